"""ZF301-ZF303: work that nothing uses, parameters that nothing uses, two things under one name."""

from __future__ import annotations

import dis
import inspect
from collections.abc import Iterable, Iterator
from types import CodeType

from zenflow.check.diagnostics import Diagnostic
from zenflow.check.rules.registry import Subject, rule
from zenflow.check.source import function_span, site_span, stands_alone
from zenflow.graph.expression import Call, Map, Named, Node, Ref, StepSpec, Trace, When
from zenflow.graph.site import Site
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
        reached = _reached((*trace.results, *trace.touched), since=_first(trace))
        lost = [node for node in trace.calls if node.identity not in reached]
        used = {ref.node.identity for node in lost for _, ref in (*node.strict(), *node.lazy())}
        used |= {ref.node.identity for child in _inner(trace) for ref in _needs(child)}
        known = reached | used
        for node in lost:
            if node.identity not in used and _certain(
                node.site, trace
            ):  # what only lost work uses is lost with it, and said once
                yield _dropped(node, trace)
        for child in trace.children:
            if child.parent is not trace or not child.finished:
                continue
            effects = list(_lost_effects(child, trace, reached)) if trace.parent is None else []
            yield from effects
            if not effects and _unused(child, known) and _certain(child.site, trace):
                span = site_span(child.site) if child.site else None
                message = f"the result of pipeline `{child.pipeline.name}` is not used"
                yield Diagnostic("ZF301", message, span, help="return it, pass it on, or take the call away")


def _certain(site: Site | None, trace: Trace) -> bool:
    """Whether nothing can use a call: where a mistake decided what the code came to, only one that stands alone."""
    return not trace.steered or (site is not None and stands_alone(site))


def _needs(trace: Trace) -> Iterator[Ref]:
    """What a pipeline took from outside, and what its calls refer to."""
    yield from (value._ref for value in trace.arguments.values() if isinstance(value, Artifact))
    for node in trace.calls:
        yield from (ref for _, ref in (*node.strict(), *node.lazy()))


def _unused(child: Trace, known: set[bytes]) -> bool:
    """Whether nothing takes a result of an inner pipeline (one that gives back an input gives nothing new)."""
    return not any(ref.node.identity in known for ref in child.results)


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


def _lost_effects(child: Trace, outermost: Trace, reached: set[bytes]) -> Iterator[Diagnostic]:
    """Effects that an inner pipeline returns and an outer one drops."""
    for trace in (child, *_inner(child)):
        kept = _reached(trace.results, since=_first(trace))
        for node in trace.calls:
            if _is_effect(node) and node.identity in kept and node.identity not in reached:
                yield _dropped(node, outermost)


def _inner(trace: Trace) -> Iterator[Trace]:
    stack = [child for child in reversed(trace.children) if child.parent is trace]
    while stack:
        child = stack.pop()
        yield child
        stack += [inner for inner in reversed(child.children) if inner.parent is child]


def _is_effect(node: Node) -> bool:
    spec = node.step if isinstance(node, Call) else node.body if isinstance(node, Map) else None
    return isinstance(spec, StepSpec) and spec.options.effect


def _first(trace: Trace) -> int:
    """Where a pipeline's own nodes begin: what came before is not its business, and may be very much."""
    return min((node.order for inner in (trace, *_inner(trace)) for node in inner.calls[:1]), default=0)


def _reached(results: Iterable[Ref], since: int = 0) -> set[bytes]:
    """The identities of the nodes that some results need, one way or the other; what is older is not looked into."""
    seen: set[bytes] = set()
    visited: set[int] = set()
    stack = [ref.node for ref in results]
    while stack:
        node = stack.pop()
        if id(node) not in visited:
            visited.add(id(node))
            seen.add(node.identity)
            if node.order >= since:
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
    """Parameters that a pipeline's code never reads. (Of what is read and then dropped, ZF301 tells.)"""
    for pipeline in subject.pipelines:
        code = inspect.unwrap(pipeline.fn).__code__
        read = _names_read(code)
        for name in pipeline.signature.parameters:
            if read is not None and name not in read and name in code.co_varnames:
                message = f"nothing in pipeline `{pipeline.name}` uses its parameter `{name}`"
                yield Diagnostic("ZF302", message, function_span(pipeline.fn, name), help="use it, or take it away")


def _names_read(code: CodeType) -> set[str] | None:
    """The local names that a function, or one inside of it, reads; None where it may read any of them."""
    names = set(code.co_cellvars)
    for instruction in dis.get_instructions(code):
        if instruction.opname.startswith(("LOAD_FAST", "LOAD_DEREF", "LOAD_CLOSURE", "DELETE_FAST")):
            names.update(instruction.argval if isinstance(instruction.argval, tuple) else (instruction.argval,))
    return None if {"locals", "vars", "eval", "exec", "dir"} & set(code.co_names) else names


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
    """Registered names of two artifacts that one run may have both of; step names of two functions in one scope."""
    named: dict[str, Ref] = {}
    for name, ref in subject.graph.names:
        first = named.setdefault(name, ref)
        if first.identity != ref.identity and not _exclusive(subject, first, ref):
            span = site_span(ref.node.site) if ref.node.site else None
            message = f"two different artifacts are named `{name}`: `{_place(first)}` and `{_place(ref)}`"
            yield Diagnostic("ZF303", message, span, help="give them different names")
    functions: dict[str, StepSpec] = {}
    for name, spec, node in subject.steps:
        scope = name.rpartition("/")[0] or "/".join(node.scope)
        other = functions.setdefault(f"{scope}/{spec.name}", spec)
        if other.function.path != spec.function.path:
            span = site_span(node.site) if node.site else None
            message = f"two different steps go by `{spec.name}`: `{other.function.path}` and `{spec.function.path}`"
            yield Diagnostic("ZF303", message, span, help="name one of them: @step(name=...)")


def _place(ref: Ref) -> str:
    node = ref.node
    return f"{node.label}, line {node.site.line}" if node.site else node.label


def _exclusive(subject: Subject, one: Ref, other: Ref) -> bool:
    """Whether two artifacts stand in the two branches of a `when`, so that a run has one of them."""
    pair = {one.node.identity, other.node.identity}
    for node in subject.compositions:
        if isinstance(node, When):
            then, otherwise = _reached(node.then) & pair, _reached(node.otherwise) & pair
            if len(then) == len(otherwise) == 1 and then != otherwise:
                return True
    return False
