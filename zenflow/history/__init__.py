"""What users ask afterwards: a run as it was, its steps, what two runs differ in.

Everything here reads and nothing writes. It knows the language (a stored artifact is an input like any other), the
metadata and the artifact store, and neither the engine nor the terminal.
"""
