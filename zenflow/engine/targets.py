"""What was asked for: an artifact, or a tuple, NamedTuple or dict of artifacts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from zenflow.graph.build import Graph
from zenflow.graph.expression import Ref, Trace
from zenflow.graph.function import Shape
from zenflow.graph.nodes import Form
from zenflow.graph.printing import value_text
from zenflow.language.artifact import Artifact
from zenflow.language.results import form_of, references


@frozen(eq=False)
class Target:
    """A target taken apart: its artifacts by output name, and the form to give their values back in."""

    artifacts: Mapping[str, Artifact[Any]]
    refs: Mapping[str, Ref]
    shape: Shape
    form: Form
    traces: tuple[Trace, ...]

    def params(self, graph: Graph) -> dict[str, str]:
        """The plain parameters of the pipeline that built it, printed."""
        if not graph.traces:
            return {}
        given = graph.traces[0].arguments
        return {name: value_text(value) for name, value in given.items() if not isinstance(value, Artifact)}


def target_of(target: Any) -> Target:
    """Take a target apart.

    Raises:
        ArgumentsError: It is none.
    """
    refs = references(target)
    if isinstance(target, Artifact):
        artifacts, shape = {"output": target}, Shape(None, (target._ref.hint,))
    else:
        items = list(target.values()) if isinstance(target, dict) else list(target)
        artifacts = dict(zip(refs, items, strict=True))
        shape = Shape(type(target), tuple(item._ref.hint for item in items), tuple(refs))
    traces = tuple(dict.fromkeys(a._trace for a in artifacts.values() if a._trace is not None))
    return Target(artifacts, refs, shape, form_of(target), traces)
