"""What identifies work: canonical encodings of values, digests of files and of code, and the cache key made of them.

Knows of values, code objects and files only; nothing of graphs, stores or runs. Everything here is a pure
function of its arguments and of the code and files they name, so a key made on one machine is the key on any other.
"""
