"""ZF201, ZF204, ZF206: what is passed fits what is declared."""

from __future__ import annotations

import inspect
import types
from collections.abc import Iterator
from typing import Any, get_args, get_origin

from attrs import evolve

from zenflow.check.diagnostics import Diagnostic, shown_file
from zenflow.check.facts import OpenEdge
from zenflow.check.rules.arguments import Misfit, as_display, misfit_of, unsettled
from zenflow.check.rules.registry import Subject, rule
from zenflow.check.source import argument_span, default_span, function_span, keyword_span, result_span, site_span
from zenflow.graph.assignable import assignable
from zenflow.graph.bodies import Loop
from zenflow.graph.expression import (
    Argument,
    Call,
    Constant,
    Display,
    Literal,
    Map,
    Node,
    Ref,
    StepSpec,
    Trace,
    When,
    unnamed,
)
from zenflow.graph.fit import Fit
from zenflow.graph.function import Function
from zenflow.graph.inheritance import is_protocol, resolved_hints
from zenflow.graph.printing import signature_text, type_text, value_text
from zenflow.graph.site import Span
from zenflow.graph.spelling import spell
from zenflow.graph.substitution import element_hint, formal_of, hint_of, solution, substitute, type_variables
from zenflow.keys.first_party import Origin, origin_of_code
from zenflow.language.artifact import Artifact
from zenflow.language.binding import holds_artifact
from zenflow.language.loop import loop
from zenflow.language.pipeline import artifact_hint
from zenflow.language.when import when


@rule(
    "ZF201",
    "types of an edge do not fit",
    why="""A step gets what another one returns. When the types can not fit, the run would fail there, after everything
    before it was computed.""",
    bad="""
    @step
    def load() -> dict[str, int]: ...

    @step
    def train(data: list[int]) -> Model: ...

    train(load())
    """,
    good="""
    @step
    def load() -> list[int]: ...
    """,
)
def edges_fit(subject: Subject) -> Iterator[Diagnostic]:
    """Arguments of steps, mapped pipelines and pipelines against their parameters; predicates; branches; loops."""
    told: dict[Trace, set[bytes]] = {}
    for trace in subject.traces:
        for finding, argument in _pipeline_arguments(trace):
            if argument is not None:
                told.setdefault(trace, set()).add(argument.identity)
            yield finding
    for _, spec, node in subject.steps:
        if spec.function.hint_problem is None:
            yield from _call(node, spec.function, _told(told, node.trace))
    for composition in subject.compositions:
        if isinstance(composition, Map):
            yield from _body_arguments(composition)
        else:
            yield from _loop(composition) if isinstance(composition, Loop) else _when(composition)


def open_edges(subject: Subject) -> Iterator[OpenEdge]:
    """The edges of which hints can not tell whether they fit, for a type checker to settle."""
    for _, spec, node in subject.steps:
        function = spec.function
        if node.misfit is not None or function.hint_problem is not None:
            continue
        solved = solution(function, node.arguments)
        for name, argument in node.arguments:
            formal = substitute(formal_of(function, name), solved)
            for found in unsettled(argument, formal):
                edge = _open_edge(node, function, name, argument, found)
                if edge is not None:
                    yield edge


def _open_edge(node: Call | Map, function: Function, name: str, argument: Argument, found: Misfit) -> OpenEdge | None:
    assert isinstance(found.part, Ref)
    source = spell(element_hint(found.part.hint) if found.each else found.part.hint)
    target = spell(found.formal)
    if source is None or target is None or "typing.Any" in (source.text, target.text):
        return None
    finding = _misfit(node, function, _place(function.signature.parameters[name], argument, found), name, found)
    modules = tuple(sorted(source.modules | target.modules))
    return OpenEdge(source.text, target.text, modules, evolve(finding, notes=("mypy settles what hints leave open",)))


def _told(told: dict[Trace, set[bytes]], trace: Trace | None) -> set[bytes]:
    """Artifacts that do not fit the pipeline they were given to: what that does further in is not said again."""
    found: set[bytes] = set()
    while told and trace is not None:
        found |= told.get(trace, set())
        trace = trace.parent
    return found


def _call(node: Call | Map, function: Function, told: set[bytes]) -> Iterator[Diagnostic]:
    solved = solution(function, node.arguments)
    for name, argument in node.arguments:
        if name not in function.signature.parameters:  # a call that does not fit the signature
            continue
        parameter, declared = function.signature.parameters[name], formal_of(function, name)
        variable = parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
        given = as_display(argument) if variable else argument
        found = misfit_of(given, substitute(declared, solved))
        if found is None and solved:  # bounds and constraints of TypeVars
            found = misfit_of(given, declared)
        if found is None or (isinstance(found.part, Ref) and found.part.identity in told):
            continue
        if isinstance(argument, Constant) and argument.value is parameter.default:
            yield _default(function, name, found)
        else:
            yield _misfit(node, function, _place(parameter, given, found), name, found)


def _place(parameter: inspect.Parameter, given: Argument, found: Misfit) -> str:
    """The parameter as its caller sees it: `*xs` is one of several, `**options` is the keyword that was given."""
    if parameter.kind is parameter.VAR_POSITIONAL:
        return f"*{parameter.name}"
    if parameter.kind is parameter.VAR_KEYWORD and isinstance(given, Display) and given.keys and found.path:
        return str(given.keys[found.path[0]])
    return parameter.name


def _default(function: Function, name: str, found: Misfit) -> Diagnostic:
    text = value_text(found.part.value) if isinstance(found.part, Constant) else "…"
    message = (
        f"parameter `{name}` of `{function.name}` is annotated `{type_text(found.formal)}`, but defaults to `{text}`"
    )
    optional = f"annotate it `{type_text(found.formal)} | None`" if text == "None" else "change the one or the other"
    return Diagnostic("ZF201", message, default_span(function.fn, name), help=optional)


def _misfit(node: Node, function: Function, place: str, name: str, found: Misfit) -> Diagnostic:
    span = argument_span(node.site, function.signature, name, found.path, place) if node.site else None
    kind = function.signature.parameters[name].kind
    inside = len(found.path) > (kind in (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD))
    return _edge(node.label, place, found, span, inside=inside)


def _edge(consumer: str, place: str, found: Misfit, span: Span | None, *, inside: bool = False) -> Diagnostic:
    """One finding for every kind of consumer: what it expects, what it gets, from where."""
    expects = f"`{consumer}` expects `{type_text(found.formal)}` {'in' if inside else 'for'} `{place}`"
    part = found.part
    if not isinstance(part, Ref):
        what = value_text(part.value) if isinstance(part, Constant) else ""
        gets = f"`{what}`, of type `{type_text(hint_of(part))}`" if what else f"`{type_text(hint_of(part))}`"
        help_ = f"pass {_article(found.formal)}, or change the annotation of `{place}`"
        return Diagnostic("ZF201", f"{expects}, but gets {gets}", span, help=help_)
    source = unnamed(part).node
    verb = "returns" if isinstance(source, (Call, Map)) else "is"
    gets = f"`{source.label}` {verb} `{type_text(part.hint)}`"
    message = f"{expects}, but {gets}"
    if found.each == "elements":
        message = f"{expects}, but the elements of `{source.label}` are `{type_text(element_hint(part.hint))}`"
    elif found.each == "none":
        message = f"`{consumer}` takes `{place}` element by element, but {gets}, which is no list"
    label, help_ = "", f"change the type of `{place}`, or convert in a step between"
    spec = source.step if isinstance(source, Call) else source.body if isinstance(source, Map) else None
    if isinstance(spec, StepSpec):
        declared = function_span(spec.function.fn)
        label = f"`{source.label}` is declared at {shown_file(declared.file)}:{declared.line}" if declared else ""
        help_ = f"change the return type of `{source.label}`, or convert in a step between"
    return Diagnostic("ZF201", message, span, label, help_)


def _article(formal: Any) -> str:
    """`an int`, `a Table`, `None`, `one of ...`: a type as the object of a sentence."""
    text = type_text(formal)
    if text == "None" or "|" in text or text.startswith("Literal"):
        return f"`{text}`"
    return f"{'an' if text[0].lower() in 'aeio' else 'a'} `{text}`"


def _body_arguments(node: Map) -> Iterator[Diagnostic]:
    if isinstance(node.body, StepSpec) or not node.body:
        return
    parameters = dict(node.body[0].parameters)
    for name, argument in node.arguments:
        trace = parameters[name].trace if name in parameters else None
        found = misfit_of(argument, parameters[name].hint) if trace is not None else None
        if found is not None and trace is not None:
            yield _misfit(node, trace.pipeline, name, name, found)


def _when(node: When) -> Iterator[Diagnostic]:
    predicate = Misfit(node.predicate, bool)
    if assignable(node.predicate.hint, bool) is Fit.NO:
        span = argument_span(node.site, inspect.signature(when), "predicate") if node.site else None
        yield _edge("when", "predicate", predicate, span)
    for then, otherwise in zip(node.then, node.otherwise, strict=True):
        if Fit.NO is assignable(then.hint, otherwise.hint) is assignable(otherwise.hint, then.hint):
            message = f"the branches of `when` build `{type_text(then.hint)}` and `{type_text(otherwise.hint)}`"
            span = site_span(node.site) if node.site else None
            yield Diagnostic("ZF201", message, span, help="build one type in both")


def _loop(node: Loop) -> Iterator[Diagnostic]:
    value, (made, stop) = node.body.parameters[0][1], node.body.results
    signature = inspect.signature(loop)
    if assignable(made.hint, value.hint) is Fit.NO:
        message = f"the body of `loop` gets `{type_text(value.hint)}`, but gives `{type_text(made.hint)}`"
        span = argument_span(node.site, signature, "body") if node.site else None
        yield Diagnostic("ZF201", message, span, help="give what the next iteration can take")
    if assignable(stop.hint, bool) is Fit.NO:
        span = argument_span(node.site, signature, "until") if node.site else None
        yield _edge("loop", "until", Misfit(stop, bool), span)


def _pipeline_arguments(trace: Trace) -> Iterator[tuple[Diagnostic, Ref | None]]:
    """What a pipeline is given: data by its type, and plain values."""
    for name, value in trace.arguments.items():
        parameter = trace.pipeline.signature.parameters[name]
        items = (value,)
        if parameter.kind is parameter.VAR_POSITIONAL and isinstance(value, tuple):
            items = value
        elif parameter.kind is parameter.VAR_KEYWORD and isinstance(value, dict):
            items = tuple(value.values())
        for item in items:
            found = _pipeline_misfit(trace.pipeline.hints.get(name, Any), item)
            if found is None:
                continue
            data = item._ref if isinstance(item, Artifact) else None
            if isinstance(found.part, Constant) and found.part.value is parameter.default:
                yield _default(trace.pipeline, name, found), data
            else:
                yield _edge(trace.pipeline.name, name, found, _given_at(trace, name)), data


def _pipeline_misfit(declared: Any, value: object) -> Misfit | None:
    hint = artifact_hint(declared)
    if not isinstance(value, Artifact):
        plain = hint is None and not type_variables(declared) and not holds_artifact(value)
        return misfit_of(Constant(value, b""), declared) if plain else None
    if hint is None:
        return None
    node = value._ref.node
    lifted = isinstance(node, Literal) and node.hint == hint  # here, from the value that the caller gave
    return misfit_of(Constant(node.value, b"") if isinstance(node, Literal) and lifted else value._ref, hint)


def _given_at(trace: Trace, name: str) -> Span | None:
    """Where the user's code gives an argument; the parameter itself where it is given from elsewhere."""
    site = trace.site
    if site is None or origin_of_code(site.code, site.module) is not Origin.FIRST_PARTY:
        return function_span(trace.pipeline.fn, name)
    return argument_span(site, trace.pipeline.signature, name)


@rule(
    "ZF204",
    "a pipeline returns something else than its annotation says",
    why="Whoever calls the pipeline relies on its annotation, and so do the checks of what comes after it.",
    bad="""
    @pipeline
    def training() -> Artifact[Model]:
        return load()
    """,
    good="""
    @pipeline
    def training() -> Artifact[Model]:
        return train(load())
    """,
)
def returns_fit(subject: Subject) -> Iterator[Diagnostic]:
    """Each traced pipeline's results against its return annotation."""
    for trace in subject.traces:
        if trace.repeats or not trace.finished or trace.pipeline.hint_problem is not None:
            continue
        for message, index, help_ in _promises(trace):
            yield Diagnostic("ZF204", message, result_span(trace.pipeline.fn, index), help=help_)


_CHANGE = "change the annotation, or what is returned"


def _promises(trace: Trace) -> Iterator[tuple[str, int | None, str]]:
    """What a pipeline's annotation promises and its results break: which of several, and how to mend it."""
    name, returns = trace.pipeline.name, trace.pipeline.returns
    if "return" not in trace.pipeline.hints:
        handles = [f"Artifact[{type_text(ref.hint)}]" for ref in trace.results]
        promise = handles[0] if len(handles) == 1 else f"tuple[{', '.join(handles)}]"
        yield f"pipeline `{name}` does not say what it returns", None, f"annotate it: `-> {promise}`"
        return
    if _is_no_artifact(returns):
        message = f"pipeline `{name}` is declared to return `{type_text(returns)}`, but returns artifacts"
        yield message, None, f"a pipeline gives handles on values: `-> Artifact[{type_text(returns)}]`"
        return
    declared = _declared(returns)
    if declared is None:
        return
    if len(declared) != len(trace.results):
        promised = f"{len(declared)} artifact{'s' if len(declared) != 1 else ''}"
        yield f"pipeline `{name}` is declared to return {promised}, but returns {len(trace.results)}", None, _CHANGE
        return
    for index, (hint, ref) in enumerate(zip(declared, trace.results, strict=True)):
        if assignable(ref.hint, hint) is Fit.NO:
            promised, given = f"`Artifact[{type_text(hint)}]`", f"`{unnamed(ref).node.label}`"
            message = f"pipeline `{name}` is declared to return {promised}, but {given} is `{type_text(ref.hint)}`"
            yield message, index, _CHANGE


def _is_no_artifact(returns: Any) -> bool:
    """Whether an annotation names a class that no artifact is of."""
    kind = get_origin(returns) or returns
    known = isinstance(kind, type) and kind is not object and not issubclass(kind, (tuple, Artifact))
    return known and kind is not types.UnionType and not is_protocol(kind) and kind not in Artifact.__mro__


def _declared(returns: Any) -> tuple[Any, ...] | None:
    """The types a pipeline's annotation promises, or None where it promises nothing that can be told."""
    single = artifact_hint(returns)
    if single is not None:
        return (single,)
    hints: tuple[Any, ...] = ()
    if isinstance(returns, type) and issubclass(returns, tuple) and hasattr(returns, "_fields"):
        found = resolved_hints(returns) or {}
        hints = tuple(found.get(name, Any) for name in returns._fields)
    elif get_origin(returns) is tuple and Ellipsis not in get_args(returns):
        hints = get_args(returns)
    types_of = [artifact_hint(hint) for hint in hints]
    return tuple(Any if hint is None else hint for hint in types_of) or None


@rule(
    "ZF206",
    "arguments do not fit the signature",
    why="An unknown keyword or a missing argument would be a TypeError once the step runs; here it is found before.",
    bad="train(data, dept=3)",
    good="train(data, depth=3)",
)
def arguments_fit(subject: Subject) -> Iterator[Diagnostic]:
    """Calls whose arguments could not be bound."""
    for _, spec, node in subject.steps:
        if node.misfit is not None:
            unknown = node.misfit.split("no parameter `")[-1].split("`")[0] if "no parameter" in node.misfit else ""
            span = keyword_span(node.site, unknown) if node.site else None
            signature = signature_text(spec.function.signature, spec.function.hints)
            yield Diagnostic("ZF206", node.misfit, span, help=f"the signature is `{spec.function.name}{signature}`")
