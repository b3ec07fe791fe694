"""What users write with: steps, artifacts, maps, branches, pipelines.

Every call here builds an expression (`graph.expression`) and computes nothing. May know of `graph` and what lies below;
running goes through the package's public face.
"""
