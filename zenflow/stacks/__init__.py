"""Where pipelines run: the artifact store, the metadata database and the Ray cluster that belong together.

May know of `artifacts` and `metadata`, whose parts a stack opens. Knows nothing of engines.
"""
