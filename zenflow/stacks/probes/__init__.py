"""Whether a stack works, tried out: each probe does one thing that runs rely on, and takes it back.

`probe` says what a probe is and runs them, each within its time; `store`, `database` and `surroundings` have those of
their kind. What a probe tells is for people; `zenflow doctor` prints it.
"""
