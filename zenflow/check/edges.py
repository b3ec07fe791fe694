"""ZF201, ZF204, ZF206: what is passed fits what is declared."""

from __future__ import annotations

import inspect
from collections import abc
from collections.abc import Iterator
from types import GenericAlias
from typing import Any, get_args, get_origin

from zenflow.check.diagnostics import Diagnostic
from zenflow.check.rules import Subject, rule
from zenflow.check.source import argument_span, function_span, keyword_span, site_span
from zenflow.graph.assignable import Fit, assignable
from zenflow.graph.expression import Argument, Call, Constant, Display, Elements, Map, Node, Ref, StepSpec, Trace, When
from zenflow.graph.function import Function
from zenflow.graph.printing import type_text, value_text
from zenflow.graph.substitution import element_hint, hint_of, solve, substitute
from zenflow.graph.value_fit import value_fits
from zenflow.language.artifact import Artifact
from zenflow.language.pipeline import artifact_hint

_LISTS = (list, abc.Sequence, abc.Iterable, abc.Collection, abc.MutableSequence)
_MAPPINGS = (dict, abc.Mapping, abc.MutableMapping)


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
        yield from _arguments(node, spec.function)
    for other in subject.graph.nodes.values():
        if isinstance(other, Map) and not isinstance(other.body, StepSpec) and other.body:
            yield from _body_arguments(other)
        elif isinstance(other, When):
            yield from _when(other)
    for trace in subject.traces:
        yield from _pipeline_arguments(trace)


def _arguments(node: Call | Map, function: Function) -> Iterator[Diagnostic]:
    if node.misfit is not None or function.hint_problem is not None:
        return
    solved: dict[Any, Any] = {}
    for name, argument in node.arguments:
        solve(_formal(function, name), hint_of(argument), solved)
    for name, argument in node.arguments:
        formal = substitute(_formal(function, name), solved)
        wrong = _wrong(argument, formal)
        if wrong is not None:
            yield _misfit(node, function, name, formal, wrong)


def _formal(function: Function, name: str) -> Any:
    hint = function.hints.get(name, Any)
    kind = function.signature.parameters[name].kind
    if kind is inspect.Parameter.VAR_POSITIONAL:
        return GenericAlias(tuple, (hint, ...))
    if kind is inspect.Parameter.VAR_KEYWORD:
        return (
            Any if getattr(hint, "__unpacked__", False) or "Unpack" in repr(hint) else GenericAlias(dict, (str, hint))
        )
    return hint


def _wrong(argument: Argument, formal: Any) -> Argument | None:
    """The part of an argument that certainly does not fit, or None."""
    if formal is Any or formal is object:
        return None
    if isinstance(argument, Constant):
        return argument if value_fits(argument.value, formal) is Fit.NO else None
    if isinstance(argument, Ref):
        return argument if assignable(argument.hint, formal) is Fit.NO else None
    if isinstance(argument, Elements):
        return _wrong_elements(argument, formal)
    return _wrong_display(argument, formal)


def _wrong_elements(argument: Elements, formal: Any) -> Argument | None:
    if not isinstance(argument.source, Ref):
        return next((wrong for item in argument.source if (wrong := _wrong(item, formal)) is not None), None)
    hint = argument.source.hint
    if assignable(hint, list[Any]) is Fit.NO and assignable(hint, tuple[Any, ...]) is Fit.NO:
        return argument.source
    return argument.source if assignable(element_hint(hint), formal) is Fit.NO else None


def _wrong_display(argument: Display, formal: Any) -> Argument | None:
    origin, args = get_origin(formal), get_args(formal)
    if origin in _MAPPINGS and argument.keys is not None and len(args) == 2:
        return next((wrong for item in argument.items if (wrong := _wrong(item, args[1])) is not None), None)
    if origin in _LISTS and argument.keys is None and args:
        return next((wrong for item in argument.items if (wrong := _wrong(item, args[0])) is not None), None)
    if origin is tuple and argument.keys is None and args[-1:] == (Ellipsis,):
        return next((wrong for item in argument.items if (wrong := _wrong(item, args[0])) is not None), None)
    return argument if assignable(hint_of(argument), formal) is Fit.NO else None


def _misfit(node: Node, function: Function, name: str, formal: Any, wrong: Argument) -> Diagnostic:
    expects = f"`{node.label}` expects `{type_text(formal)}` for `{name}`"
    span = argument_span(node, function, name)
    if isinstance(wrong, Ref):
        source = wrong.node
        label, help_ = "", f"change the type of `{name}`, or convert in a step between"
        if isinstance(source, (Call, Map)) and isinstance(spec := _spec(source), StepSpec):
            place = function_span(spec.function.fn)
            label = f"`{source.label}` is declared at {_short(place)}" if place else ""
            help_ = f"change the return type of `{source.label}`, or convert in a step between"
        returns = "returns" if isinstance(source, (Call, Map)) else "is"
        message = f"{expects}, but `{source.label}` {returns} `{type_text(wrong.hint)}`"
        return Diagnostic("ZF201", message, span, label, help_)
    given = hint_of(wrong)
    what = f"`{value_text(wrong.value)}`, a " if isinstance(wrong, Constant) else ""
    message = f"{expects}, but gets {what}`{type_text(given)}`"
    return Diagnostic("ZF201", message, span, "", f"pass a `{type_text(formal)}`, or change the annotation of `{name}`")


def _spec(node: Call | Map) -> object:
    return node.step if isinstance(node, Call) else node.body


def _short(place: Any) -> str:
    from zenflow.check.render import shown_file

    return f"{shown_file(place.file)}:{place.line}"


def _body_arguments(node: Map) -> Iterator[Diagnostic]:
    assert not isinstance(node.body, StepSpec)
    hints = {name: parameter.hint for name, parameter in node.body[0].parameters}
    for name, argument in node.arguments:
        formal = hints.get(name, Any)
        wrong = _wrong(argument, formal)
        if wrong is not None:
            message = (
                f"`{node.label}` expects `{type_text(formal)}` for `{name}`, but gets `{type_text(hint_of(wrong))}`"
            )
            yield Diagnostic("ZF201", message, argument_span(node, None, name), help="change one of the two types")


def _when(node: When) -> Iterator[Diagnostic]:
    span = argument_span(node, None, "predicate") if node.site else None
    if assignable(node.predicate.hint, bool) is Fit.NO:
        message = (
            f"`when` decides by a `bool`, but `{node.predicate.node.label}` returns `{type_text(node.predicate.hint)}`"
        )
        yield Diagnostic("ZF201", message, span, help="decide in a step that returns bool")
    for then, otherwise in zip(node.then, node.otherwise, strict=True):
        if Fit.NO is assignable(then.hint, otherwise.hint) is assignable(otherwise.hint, then.hint):
            message = f"the branches of `when` build `{type_text(then.hint)}` and `{type_text(otherwise.hint)}`"
            yield Diagnostic(
                "ZF201", message, site_span(node.site) if node.site else None, help="build one type in both"
            )


def _pipeline_arguments(trace: Trace) -> Iterator[Diagnostic]:
    for name, value in trace.arguments.items():
        hint = artifact_hint(trace.pipeline.hints.get(name))
        if hint is None or not isinstance(value, Artifact) or not trace.site:
            continue
        lifted = getattr(value._ref.node, "value", None)
        fits = assignable(value._ref.hint, hint) if lifted is None else value_fits(lifted, hint)
        if fits is Fit.NO:
            given = value_text(lifted) if lifted is not None else type_text(value._ref.hint)
            message = f"pipeline `{trace.pipeline.name}` expects `{type_text(hint)}` for `{name}`, but gets `{given}`"
            yield Diagnostic("ZF201", message, keyword_span(trace.site, name), help="change one of the two types")


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
        declared = _declared(trace.pipeline.returns)
        if declared is None:
            continue
        span = function_span(trace.pipeline.fn, "return")
        name = trace.pipeline.name
        if len(declared) != len(trace.results):
            message = (
                f"pipeline `{name}` is declared to return {len(declared)} artifacts, and returns {len(trace.results)}"
            )
            yield Diagnostic("ZF204", message, span, help="change the annotation, or what is returned")
            continue
        for hint, ref in zip(declared, trace.results, strict=True):
            if assignable(ref.hint, hint) is Fit.NO:
                message = (
                    f"pipeline `{name}` is declared to return `Artifact[{type_text(hint)}]`, "
                    f"but `{ref.node.label}` gives `{type_text(ref.hint)}`"
                )
                yield Diagnostic("ZF204", message, span, help="change the annotation, or what is returned")


def _declared(returns: Any) -> tuple[Any, ...] | None:
    """The types a pipeline's annotation promises, or None where it promises nothing that can be told."""
    single = artifact_hint(returns)
    if single is not None:
        return (single,)
    if isinstance(returns, type) and issubclass(returns, tuple) and hasattr(returns, "_fields"):
        hints = inspect.get_annotations(returns, eval_str=False)
        types = [artifact_hint(hint) if not isinstance(hint, str) else Any for hint in hints.values()]
        return tuple(Any if hint is None else hint for hint in types)
    args = get_args(returns)
    if get_origin(returns) is tuple and args and Ellipsis not in args:
        types = [artifact_hint(arg) for arg in args]
        return tuple(Any if hint is None else hint for hint in types)
    return None


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
