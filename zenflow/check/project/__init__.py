"""From paths to what is checked: files and notebooks found, imported in a process of their own, pipelines traced.

May know of everything in `check` but `mypy`.
"""
