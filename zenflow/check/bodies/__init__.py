"""The source of one file as rules read it: its imports, its globals, its steps and pipelines, and what names stand for.

Nothing here imports or runs what it reads, so that any text can be looked at.
"""
