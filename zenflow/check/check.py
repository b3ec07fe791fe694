"""Checking a graph: every rule over it, all findings at once, in the order of the source."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from zenflow.check.diagnostics import Diagnostic, by_position
from zenflow.check.reports.full import render, summary
from zenflow.check.rules.registry import Subject, all_rules
from zenflow.check.suppression import ignored
from zenflow.errors import CheckFailed
from zenflow.graph.bodies import Loop
from zenflow.graph.build import Graph, steps_of
from zenflow.graph.expression import Call, Map, Node, StepSpec, Trace, When


def findings(graph: Graph, *, warnings: bool = True) -> tuple[Diagnostic, ...]:
    """All findings in a graph, in the order of the source, also those that a comment silences."""
    subject = subject_of(graph)
    rules = (rule for rule in all_rules() if rule.find is not None and (warnings or rule.severity == "error"))
    found = {diagnostic: None for rule in rules if rule.find is not None for diagnostic in rule.find(subject)}
    return tuple(sorted(found, key=by_position))


def check_graph(graph: Graph) -> tuple[Diagnostic, ...]:
    """All findings in a graph but those that a comment on their line silences."""
    return tuple(found for found in findings(graph) if not ignored(found))


def require_clean(graph: Graph, *, allow_pickle: bool = False) -> None:
    """Stop a run that has mistakes before it starts. Warnings are for `zenflow check`, and no obstacle; nor is a type
    without a materializer where the stack pickles it.

    Raises:
        CheckFailed: With the whole report as its message.
    """
    found = tuple(found for found in findings(graph, warnings=False) if not ignored(found))
    if allow_pickle:
        found = tuple(one for one in found if one.code != "ZF406")
    if found:
        raise failed(found)


def failed(found: tuple[Diagnostic, ...]) -> CheckFailed:
    """The error that carries a report."""
    return CheckFailed(f"{render(found)}\n\n{summary(found)}; nothing was run", found)


def subject_of(graph: Graph) -> Subject:
    """A graph, with what the rules ask of it listed once; calls that were traced and dropped are looked at too."""
    traces = tuple({id(trace): trace for trace in _traces(tuple(_roots(graph)))}.values())
    steps = {node.identity: (name, spec, node) for name, spec, node in steps_of(graph)}
    compositions: dict[bytes, Map | When | Loop] = {}
    for node in chain(_nodes(graph), *(trace.calls for trace in traces)):
        spec = node.step if isinstance(node, Call) else node.body if isinstance(node, Map) else None
        if isinstance(node, (Call, Map)) and isinstance(spec, StepSpec):
            steps.setdefault(node.identity, (node.label, spec, node))
        elif isinstance(node, (Map, When, Loop)):
            compositions.setdefault(node.identity, node)
    specs = {spec.function.fn: spec for _, spec, _ in steps.values()}
    return Subject(graph, tuple(steps.values()), tuple(specs.values()), traces, tuple(compositions.values()))


def _roots(graph: Graph) -> Iterator[Trace]:
    yield from graph.traces
    for bodies in graph.bodies.values():
        for body in bodies:
            yield from _roots(body)


def _nodes(graph: Graph) -> Iterator[Node]:
    yield from graph.nodes.values()
    for bodies in graph.bodies.values():
        for body in bodies:
            yield from _nodes(body)


def _traces(roots: tuple[Trace, ...]) -> Iterator[Trace]:
    stack = list(reversed(roots))
    while stack:
        trace = stack.pop()
        yield trace
        stack.extend(reversed(trace.children))
