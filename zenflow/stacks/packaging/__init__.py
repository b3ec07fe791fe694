"""A project's code as one file that a cluster can be given: which folder it is, which of its files, and the zip.

The files are those that git would commit: what `.gitignore` names stays here. Equal trees have equal digests on every
machine, so a cluster that has a package is not sent it again.
"""
