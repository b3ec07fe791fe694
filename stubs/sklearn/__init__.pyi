# Why: scikit-learn ships no types. Here is what the examples use.
