"""Share: calls that are independent may share a task, so that 10,000 elements cost hundreds of tasks.

How many go together is decided when they are handed out, by what they were measured to take. Each
keeps its own cache entry, attempts and records. What acts on the world, what has processes of its own, and what was
promised a time limit that only the end of its process can enforce, goes alone.
"""

from __future__ import annotations

from attrs import evolve

from zenflow.engine.passes.fuse import fusible
from zenflow.graph.build import Graph
from zenflow.graph.expression import Call, Map, Node, StepSpec


def share(graph: Graph) -> Graph:
    """Mark the nodes whose calls may share a task."""
    shared = frozenset(name for name, node in graph.nodes.items() if _shareable(node))
    return evolve(graph, schedule=evolve(graph.schedule, shared=shared))


def _shareable(node: Node) -> bool:
    spec = node.step if isinstance(node, Call) else node.body if isinstance(node, Map) else None
    return isinstance(spec, StepSpec) and fusible(spec.options) and spec.options.timeout is None
