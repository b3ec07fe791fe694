"""Copying runs and named artifacts from one stack to another: what is asked for, what is there of it, and the copy.

`selection` reads one side, `comparison` both, and `transfer` alone writes. No Ray and no terminal is known here.
"""
