"""ZF201, ZF204, ZF206: what is passed fits what is declared."""

from __future__ import annotations

import inspect
import types
from collections.abc import Iterator
from typing import Any, get_args, get_origin

from zenflow.check.arguments import Misfit, as_display, misfit_of
from zenflow.check.diagnostics import Diagnostic
from zenflow.check.render import shown_file
from zenflow.check.rules import Subject, rule
from zenflow.check.source import argument_span, function_span, keyword_span, site_span
from zenflow.graph.assignable import assignable
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
from zenflow.graph.printing import type_text, value_text
from zenflow.graph.site import Span
from zenflow.graph.substitution import formal_of, hint_of, solution, substitute
from zenflow.language.artifact import Artifact
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
    """Arguments of steps, mapped pipelines and pipelines against their parameters; predicates; branches."""
    for _, spec, node in subject.steps:
        if node.misfit is None and spec.function.hint_problem is None:
            yield from _call(node, spec.function)
    for composition in subject.compositions:
        yield from _body_arguments(composition) if isinstance(composition, Map) else _when(composition)
    for trace in subject.traces:
        yield from _pipeline_arguments(trace)


def _call(node: Call | Map, function: Function) -> Iterator[Diagnostic]:
    solved = solution(function, node.arguments)
    for name, argument in node.arguments:
        parameter, declared = function.signature.parameters[name], formal_of(function, name)
        variable = parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
        given = as_display(argument) if variable else argument
        found = misfit_of(given, substitute(declared, solved))
        if found is None and solved:  # bounds and constraints of TypeVars
            found = misfit_of(given, declared)
        if found is None:
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
    return Diagnostic("ZF201", message, function_span(function.fn, name), help=optional)


def _misfit(node: Node, function: Function, place: str, name: str, found: Misfit) -> Diagnostic:
    span = argument_span(node.site, function.signature, name, found.path, place) if node.site else None
    return _edge(node.label, place, found, span)


def _edge(consumer: str, place: str, found: Misfit, span: Span | None) -> Diagnostic:
    """One finding for every kind of consumer: what it expects, what it gets, from where."""
    many = "each element of " if found.listless else ""
    inside = "in" if found.path and not place.startswith("*") else "for"
    expects = f"`{consumer}` expects `{type_text(found.formal)}` {inside} {many}`{place}`"
    part = found.part
    if not isinstance(part, Ref):
        what = value_text(part.value) if isinstance(part, Constant) else ""
        gets = f"`{what}`, of type `{type_text(hint_of(part))}`" if what else f"`{type_text(hint_of(part))}`"
        help_ = f"pass {_article(found.formal)}, or change the annotation of `{place}`"
        return Diagnostic("ZF201", f"{expects}, but gets {gets}", span, help=help_)
    source = unnamed(part).node
    verb = "returns" if isinstance(source, (Call, Map)) else "is"
    tail = ", which has no elements in order" if found.listless else ""
    message = f"{expects}, but `{source.label}` {verb} `{type_text(part.hint)}`{tail}"
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


def _pipeline_arguments(trace: Trace) -> Iterator[Diagnostic]:
    """Data inputs of a pipeline that is called by another one, or with plain values."""
    for name, value in trace.arguments.items():
        hint = artifact_hint(trace.pipeline.hints.get(name))
        if hint is None or not isinstance(value, Artifact):
            continue
        node = value._ref.node
        lifted = isinstance(node, Literal) and node.hint == hint  # here, from the value that the caller gave
        argument = Constant(node.value, b"") if isinstance(node, Literal) and lifted else value._ref
        found = misfit_of(argument, hint)
        if found is not None:
            span = argument_span(trace.site, trace.pipeline.signature, name) if trace.site else None
            yield _edge(trace.pipeline.name, name, found, span)


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
        if not trace.finished or trace.pipeline.hint_problem is not None:
            continue
        span = function_span(trace.pipeline.fn, "return")
        for message, help_ in _promises(trace):
            yield Diagnostic("ZF204", message, span, help=help_)


_CHANGE = "change the annotation, or what is returned"


def _promises(trace: Trace) -> Iterator[tuple[str, str]]:
    """What a pipeline's annotation promises and its results break, with how to mend it."""
    name, returns = trace.pipeline.name, trace.pipeline.returns
    if _is_no_artifact(returns):
        message = f"pipeline `{name}` is declared to return `{type_text(returns)}`, but returns artifacts"
        yield message, f"a pipeline gives handles on values: `-> Artifact[{type_text(returns)}]`"
        return
    declared = _declared(returns)
    if declared is None:
        return
    if len(declared) != len(trace.results):
        promised = f"{len(declared)} artifact{'s' if len(declared) != 1 else ''}"
        yield f"pipeline `{name}` is declared to return {promised}, but returns {len(trace.results)}", _CHANGE
        return
    for hint, ref in zip(declared, trace.results, strict=True):
        if assignable(ref.hint, hint) is Fit.NO:
            promised, given = f"`Artifact[{type_text(hint)}]`", f"`{unnamed(ref).node.label}`"
            message = f"pipeline `{name}` is declared to return {promised}, but {given} is `{type_text(ref.hint)}`"
            yield message, _CHANGE


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
            signature = f"{spec.function.name}{spec.function.signature}"
            yield Diagnostic("ZF206", node.misfit, span, help=f"the signature is `{signature}`")
