"""ZF306: a pipeline that builds something else each time.

A pipeline is a function of its arguments, so it is called a second time with the same ones, and what it called is
compared call by call. The second time nobody listens to what it prints.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout

from zenflow.check.diagnostics import Diagnostic
from zenflow.check.rules.registry import Subject, rule
from zenflow.check.source import function_span, site_span
from zenflow.graph.bodies import Loop
from zenflow.graph.expression import (
    Argument,
    Call,
    Constant,
    Display,
    Elements,
    Leaf,
    Map,
    Named,
    Node,
    Ref,
    StepSpec,
    Trace,
    When,
)
from zenflow.language.pipeline import traced_again

Shown = tuple[object, ...]


@rule(
    "ZF306",
    "a pipeline that builds something else each time",
    why="""A pipeline is code that runs before anything else does. What depends on the clock, on chance or on a file
    that changes is another graph each time: nothing of it is found in the cache, and a check of it says nothing of the
    run.""",
    bad="""
    @pipeline
    def training() -> Artifact[Model]:
        return train(load(), seed=random.randint(0, 100))
    """,
    good="""
    @pipeline
    def training(seed: int = 0) -> Artifact[Model]:
        return train(load(), seed=seed)
    """,
)
def the_same_twice(subject: Subject) -> Iterator[Diagnostic]:
    """Outermost pipelines, traced again with the same arguments."""
    for trace in subject.graph.traces:
        if not trace.finished or any(one.recovered for one in _flat(trace)):
            continue  # what a mistake decided may be decided otherwise the second time
        try:
            with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
                again = traced_again(trace)
        except Exception as error:  # a pipeline is the user's code, which may raise anything
            yield _finding(trace, None, f"it raises {type(error).__name__}: {error}")
            continue
        if again is not None:
            yield from _difference(trace, again)


def _difference(first: Trace, second: Trace) -> Iterator[Diagnostic]:
    """The first call that is another one the second time."""
    one, other = _calls(first), _calls(second)
    places, others = _places(one), _places(other)
    for node, twin in zip(one, other, strict=False):
        if node.identity == twin.identity and node.label == twin.label:
            continue  # one computation; those that are never merged have identities of their own
        if _shown(node, places) != _shown(twin, others):
            yield _finding(
                first, node, f"another call of `{node.label}`" if node.label == twin.label else "another call"
            )
            return
    if len(one) != len(other):
        node = (one if len(one) > len(other) else other)[min(len(one), len(other))]
        yield _finding(first, node, f"{len(other)} calls instead of {len(one)}")
    elif [_ref(ref, places) for ref in first.results] != [_ref(ref, others) for ref in second.results]:
        yield _finding(first, None, "another result")


def _finding(trace: Trace, node: Node | None, what: str) -> Diagnostic:
    span = site_span(node.site) if node is not None and node.site else function_span(trace.pipeline.fn)
    message = f"pipeline `{trace.pipeline.name}` builds something else when it is called again: {what}"
    help_ = "make what differs a parameter of the pipeline, or leave it to a step"
    return Diagnostic("ZF306", message, span, help=help_)


def _flat(trace: Trace) -> Iterator[Trace]:
    stack = [trace]
    while stack:
        one = stack.pop()
        yield one
        stack.extend(reversed(one.children))


def _calls(trace: Trace) -> list[Node]:
    return [node for one in _flat(trace) for node in one.calls]


def _places(calls: list[Node]) -> dict[int, int]:
    return {id(node): place for place, node in enumerate(calls)}


def _shown(node: Node, places: dict[int, int]) -> Shown:
    """What a call is, with the calls that it uses by their places: the same for two traces of one pipeline."""
    if isinstance(node, (Call, Map)):
        body = node.step if isinstance(node, Call) else node.body
        step = (body.function.path, repr(body.options)) if isinstance(body, StepSpec) else (len(body),)
        arguments = tuple((name, _argument(argument, places)) for name, argument in node.arguments)
        return (type(node).__name__, node.label, step, arguments)
    if isinstance(node, Loop):
        return ("Loop", _ref(node.init, places), node.limit, *(_ref(ref, places) for ref in node.body.results))
    if isinstance(node, When):
        branches = tuple(_ref(ref, places) for ref in (node.predicate, *node.then, *node.otherwise))
        return ("When", branches)
    if isinstance(node, Named):
        return ("Named", node.name, _ref(node.source, places))
    return (type(node).__name__, node.label)


def _argument(argument: Argument, places: dict[int, int]) -> Shown:
    if isinstance(argument, Ref):
        return _ref(argument, places)
    if isinstance(argument, Constant):
        return ("value", type(argument.value).__name__ if argument.problem else argument.identity)
    if isinstance(argument, Display):
        keys = None if argument.keys is None else tuple(map(repr, argument.keys))
        return ("display", argument.kind.__qualname__, keys, *(_argument(item, places) for item in argument.items))
    source: tuple[Argument, ...] = (argument.source,) if isinstance(argument.source, Ref) else argument.source
    assert isinstance(argument, Elements)
    return ("each", *(_argument(item, places) for item in source))


def _ref(ref: Ref, places: dict[int, int]) -> Shown:
    place = places.get(id(ref.node))
    if place is None and isinstance(ref.node, Leaf):  # a placeholder, or a value that was lifted
        return (type(ref.node).__name__, ref.node.label, ref.index)
    return (ref.node.identity if place is None else place, ref.index)
