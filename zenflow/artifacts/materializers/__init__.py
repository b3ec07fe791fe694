"""One kind of value a file: each turns its types into blobs and back, and has `FORMAT`s of its own.

A third party's library is imported by its file alone, and the registry imports that file only when a hint or a value
names one of the library's classes.
"""
