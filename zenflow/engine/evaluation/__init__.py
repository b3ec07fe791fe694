"""Evaluation by demand: from what is known of a graph, what can run now. It runs nothing, and knows no executor."""
