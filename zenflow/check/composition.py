"""ZF301-ZF303: work that nothing uses, parameters that nothing uses, two things under one name."""

from __future__ import annotations

import dis
from collections.abc import Iterator
from types import CodeType

from zenflow.check.diagnostics import Diagnostic
from zenflow.check.rules import Subject, rule
from zenflow.check.source import function_span, site_span
from zenflow.graph.expression import Call, Map, Named, Node, Ref, StepSpec, Trace, unnamed
from zenflow.language.artifact import Artifact


@rule(
    "ZF301",
    "work that nothing uses",
    why="""A pipeline computes what it returns. A call whose result goes nowhere would never run: a mistake nearly
    always, and for a step that acts on the world always.""",
    bad="""
    @pipeline
    def training(path: Path) -> Artifact[Model]:
        model = train(load(path))
        deploy(model)
        return model
    """,
    good="""
        return model, deploy(model)
    """,
)
def nothing_dropped(subject: Subject) -> Iterator[Diagnostic]:
    """Calls of a pipeline that its results do not reach; effects that the outermost pipeline's results do not."""
    for trace in subject.traces:
        if not trace.finished:
            continue
        reached = _reached(trace.results)
        lost = [node for node in trace.calls if id(node) not in reached]
        used = {id(ref.node) for node in lost for _, ref in (*node.strict(), *node.lazy())}
        for node in lost:
            if id(node) not in used:  # what only lost work uses is lost with it, and said once
                yield _dropped(node, trace)
        for child in trace.children:
            if child.parent is trace and child.finished and not any(id(ref.node) in reached for ref in child.results):
                span = site_span(child.site) if child.site else None
                message = f"the result of pipeline `{child.pipeline.name}` is not used"
                yield Diagnostic("ZF301", message, span, help="return it, pass it on, or take the call away")
        if trace.parent is None:
            yield from _lost_effects(trace, reached)


def _dropped(node: Node, trace: Trace) -> Diagnostic:
    span = site_span(node.site) if node.site else None
    if isinstance(node, Named):
        message = f"the artifact named `{node.name}` is not used, so nothing is registered under that name"
        return Diagnostic("ZF301", message, span, help="use or return what `.named(...)` gives")
    if _is_effect(node):
        message = f"the effect `{node.label}` is not returned, so it would never happen"
        return Diagnostic("ZF301", message, span, help=f"return its artifact from `{trace.pipeline.name}` too")
    message = f"the result of `{node.label}` is not used, so it would never run"
    return Diagnostic("ZF301", message, span, help="return it, pass it on, or take the call away")


def _lost_effects(trace: Trace, reached: set[int]) -> Iterator[Diagnostic]:
    """Effects that an inner pipeline returns and an outer one drops."""
    for child in _inner(trace):
        kept = _reached(child.results)
        for node in child.calls:
            if _is_effect(node) and id(node) in kept and id(node) not in reached:
                yield _dropped(node, trace)


def _inner(trace: Trace) -> Iterator[Trace]:
    for child in trace.children:
        if child.parent is trace:
            yield child
            yield from _inner(child)


def _is_effect(node: Node) -> bool:
    spec = node.step if isinstance(node, Call) else node.body if isinstance(node, Map) else None
    return isinstance(spec, StepSpec) and spec.options.effect


def _reached(results: tuple[Ref, ...]) -> set[int]:
    """The nodes that some results need, one way or the other."""
    seen: set[int] = set()
    stack = [ref.node for ref in results]
    while stack:
        node = stack.pop()
        if id(node) not in seen:
            seen.add(id(node))
            stack.extend(ref.node for _, ref in node.strict())
            stack.extend(ref.node for _, ref in node.lazy())
    return seen


@rule(
    "ZF302",
    "a pipeline parameter that nothing uses",
    why="Whoever sets it expects a difference. Nothing will be different.",
    bad="""
    @pipeline
    def training(path: Path, depth: int) -> Artifact[Model]:
        return train(load(path))
    """,
    good="""
        return train(load(path), depth=depth)
    """,
)
def parameters_used(subject: Subject) -> Iterator[Diagnostic]:
    """Data inputs that no result needs, and plain parameters that the code never reads."""
    told: set[tuple[int, str]] = set()
    for trace in subject.traces:
        if not trace.finished:
            continue
        reached = _reached(trace.results)
        read = _names_read(trace.pipeline.fn.__code__)
        for name, value in trace.arguments.items():
            used = name in read
            if used and isinstance(value, Artifact):
                used = id(unnamed(value._ref).node) in reached or id(value._ref.node) in reached
            key = (id(trace.pipeline.fn), name)
            if not used and key not in told and name in trace.pipeline.signature.parameters:
                told.add(key)
                message = f"nothing in pipeline `{trace.pipeline.name}` uses its parameter `{name}`"
                yield Diagnostic(
                    "ZF302", message, function_span(trace.pipeline.fn, name), help="use it, or take it away"
                )


def _names_read(code: CodeType) -> set[str]:
    """The names that a function, or one inside of it, reads."""
    names = {
        str(i.argval) for i in dis.get_instructions(code) if i.opname.startswith("LOAD_") and isinstance(i.argval, str)
    }
    inner = (constant for constant in code.co_consts if isinstance(constant, CodeType))
    return names.union(*(_names_read(one) & (set(one.co_freevars) | set(code.co_cellvars)) for one in inner))


@rule(
    "ZF303",
    "two different things under one name",
    why="""A registered name has one meaning in a run: with two, whichever came last would be the newest version. Steps
    of one name but different functions would share a place in the history.""",
    bad="""
    train(data, depth=2).named("forest")
    train(data, depth=4).named("forest")
    """,
    good="""
    train(data, depth=2).named("forest-2")
    train(data, depth=4).named("forest-4")
    """,
)
def one_name_one_meaning(subject: Subject) -> Iterator[Diagnostic]:
    """Registered names of two artifacts; step names of two functions."""
    named: dict[str, bytes] = {}
    for name, ref in subject.graph.names:
        if named.setdefault(name, ref.identity) != ref.identity:
            span = site_span(ref.node.site) if ref.node.site else None
            message = f"two different artifacts are named `{name}`"
            yield Diagnostic("ZF303", message, span, help="give them different names")
    functions: dict[tuple[tuple[str, ...], str], StepSpec] = {}
    for _, spec, node in subject.steps:
        first = functions.setdefault((node.scope, spec.name), spec)
        if first.function.path != spec.function.path:
            span = site_span(node.site) if node.site else None
            message = f"two different steps go by `{spec.name}`: `{first.function.path}` and `{spec.function.path}`"
            yield Diagnostic("ZF303", message, span, help="name one of them: @step(name=...)")
