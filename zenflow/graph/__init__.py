"""What a composition is: expressions, the graph traced from them, types of its edges, drawings.

May know of `keys` (the identity of a constant) and of what lies below it. Knows nothing of checks, stacks, engines or
the command line: a graph is a value.
"""
