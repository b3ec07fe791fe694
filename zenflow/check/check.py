"""Checking a graph: every rule over it, all findings at once, in the order of the source."""

from __future__ import annotations

import linecache
import re
from collections.abc import Iterator
from itertools import chain

from zenflow.check.diagnostics import Diagnostic, by_position
from zenflow.check.reports.full import render, summary
from zenflow.check.rules.registry import Subject, all_rules
from zenflow.errors import CheckFailed
from zenflow.graph.build import Graph, steps_of
from zenflow.graph.expression import Call, Map, Node, StepSpec, Trace, When

_IGNORE = re.compile(r"#\s*zenflow:\s*ignore\[([A-Z0-9,\s]+)\]")


def check_graph(graph: Graph) -> tuple[Diagnostic, ...]:
    """All findings in a graph, those that a comment on their line ignores left out."""
    subject = subject_of(graph)
    found = {diagnostic: None for rule in all_rules() if rule.find is not None for diagnostic in rule.find(subject)}
    return tuple(sorted((d for d in found if not ignored(d)), key=by_position))


def require_clean(graph: Graph) -> tuple[Diagnostic, ...]:
    """Stop a run that has mistakes before it starts; gives the warnings of one that has none.

    Raises:
        CheckFailed: With the whole report as its message.
    """
    found = check_graph(graph)
    if any(diagnostic.severity == "error" for diagnostic in found):
        raise failed(found)
    return found


def failed(found: tuple[Diagnostic, ...]) -> CheckFailed:
    """The error that carries a report."""
    return CheckFailed(f"{render(found)}\n\n{summary(found)}; nothing was run", found)


def subject_of(graph: Graph) -> Subject:
    """A graph, with what the rules ask of it listed once; calls that were traced and dropped are looked at too."""
    traces = tuple({id(trace): trace for trace in _traces(tuple(_roots(graph)))}.values())
    steps = {node.identity: (name, spec, node) for name, spec, node in steps_of(graph)}
    compositions: dict[bytes, Map | When] = {}
    for node in chain(_nodes(graph), *(trace.calls for trace in traces)):
        spec = node.step if isinstance(node, Call) else node.body if isinstance(node, Map) else None
        if isinstance(node, (Call, Map)) and isinstance(spec, StepSpec):
            steps.setdefault(node.identity, (node.label, spec, node))
        elif isinstance(node, (Map, When)):
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


def ignored(diagnostic: Diagnostic) -> bool:
    """Whether the line that it starts or ends on says `# zenflow: ignore[CODE]`."""
    span = diagnostic.span
    if span is None:
        return False
    lines = {linecache.getline(span.file, line) for line in (span.line, span.end_line or span.line)}
    silenced = {code.strip() for line in lines for match in _IGNORE.finditer(line) for code in match[1].split(",")}
    return diagnostic.code in silenced


def _traces(roots: tuple[Trace, ...]) -> Iterator[Trace]:
    stack = list(reversed(roots))
    while stack:
        trace = stack.pop()
        yield trace
        stack.extend(reversed(trace.children))
