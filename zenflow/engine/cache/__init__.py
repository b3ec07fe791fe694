"""What a run knows already: keys, remembered calls and why one is not, what steps cost."""
