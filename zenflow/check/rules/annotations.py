"""ZF202, ZF203, ZF205: functions that can not be steps, or do not say what they take and give."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Iterator
from typing import Any

from zenflow.check.diagnostics import Diagnostic
from zenflow.check.rules.registry import Subject, rule
from zenflow.check.source import function_span
from zenflow.graph.function import Function
from zenflow.graph.hint_kinds import is_unpacked


@rule(
    "ZF202",
    "a step's parameter or result without a type",
    why="""The types of steps are what a pipeline is checked by, what chooses how a result is stored, and what a stored
    value is loaded as. Without one, or with Any, nothing of that can be known.""",
    bad="""
    @step
    def load(path):
        ...
    """,
    good="""
    @step
    def load(path: Path) -> pa.Table:
        ...
    """,
)
def annotated(subject: Subject) -> Iterator[Diagnostic]:
    """Parameters and results of steps that are not annotated, or with Any."""
    for function in _functions(subject):
        if function.hint_problem is not None:
            continue
        for parameter in function.signature.parameters.values():
            if function.hints.get(parameter.name, Any) is Any:
                how = "has no annotation" if parameter.annotation is parameter.empty else "is annotated `Any`"
                yield Diagnostic(
                    "ZF202",
                    f"parameter `{parameter.name}` of step `{function.name}` {how}",
                    function_span(function.fn, parameter.name),
                    help=f"say what it takes: `{parameter.name}: int`",
                )
        if function.returns is Any:
            empty = function.signature.return_annotation is inspect.Signature.empty
            how = "does not say what it returns" if empty else "is annotated to return `Any`"
            span = function_span(function.fn, "return")
            yield Diagnostic("ZF202", f"step `{function.name}` {how}", span, help="annotate the result: `-> int`")


@rule(
    "ZF203",
    "a function that can not be a step",
    why="""A step is one function with one signature: overloads are seen by type checkers only, and a `*args` of
    different types can not be mapped or checked.""",
    bad="""
    @overload
    def size(x: str) -> int: ...
    @overload
    def size(x: bytes) -> float: ...
    @step
    def size(x): ...
    """,
    good="""
    @step
    def size(x: str | bytes) -> int: ...
    """,
)
def can_be_a_step(subject: Subject) -> Iterator[Diagnostic]:
    """Overloads, and `*args` of mixed kinds. (Lambdas, generators and classes are refused by `@step` itself.)"""
    for function in _functions(subject):
        if typing.get_overloads(function.fn):
            message = f"step `{function.name}` is overloaded, and a step has one signature"
            yield Diagnostic("ZF203", message, function_span(function.fn), help="use a union, or a step for each")
        for parameter in function.signature.parameters.values():
            if parameter.kind is parameter.VAR_POSITIONAL and _mixed(function.hints.get(parameter.name)):
                message = f"`*{parameter.name}` of step `{function.name}` takes several types in order"
                span = function_span(function.fn, parameter.name)
                yield Diagnostic("ZF203", message, span, help="name the parameters")


@rule(
    "ZF205",
    "an annotation that does not resolve",
    why="""Annotations are read when the pipeline is checked and when values are loaded: a name that exists only under
    TYPE_CHECKING, or not at all, is no type then.""",
    bad="""
    if TYPE_CHECKING:
        from models import Forest

    @step
    def train(depth: int) -> Forest: ...
    """,
    good="""
    from models import Forest
    """,
)
def resolves(subject: Subject) -> Iterator[Diagnostic]:
    """Steps and pipelines whose hints can not be evaluated."""
    for function in (*_functions(subject), *subject.pipelines):
        if function.hint_problem is not None:
            message = f"an annotation of `{function.name}` does not resolve: {function.hint_problem}"
            help_ = "import the name where the program runs, not only under TYPE_CHECKING"
            yield Diagnostic("ZF205", message, function_span(function.fn), help=help_)


def _functions(subject: Subject) -> Iterator[Function]:
    return iter({spec.function.fn: spec.function for spec in subject.specs}.values())


def _mixed(hint: Any) -> bool:
    """Whether `*args` is annotated with a tuple of several types: `*args: *tuple[int, str]`."""
    if not is_unpacked(hint):
        return False
    args = typing.get_args(hint)
    items = typing.get_args(args[0]) if args and typing.get_origin(args[0]) is tuple else args
    return len(set(items) - {Ellipsis}) > 1
