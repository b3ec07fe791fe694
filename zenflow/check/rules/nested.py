"""ZF304 before a run gets there: steps and pipelines that a step's body calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import CodeType, FunctionType
from typing import Any

from zenflow.check.bodies.events import Body, Called
from zenflow.check.bodies.live import body_of
from zenflow.check.bodies.source import Source
from zenflow.check.bodies.steps import notes_of, steps_of
from zenflow.check.bodies.values import Callee
from zenflow.check.diagnostics import Diagnostic
from zenflow.check.rules.registry import Subject, also_found, also_read
from zenflow.keys.bytecode import nested
from zenflow.language.pipeline import Pipeline
from zenflow.language.step import Step


@also_read("ZF304")
def calls_are_plain(source: Source) -> Iterator[Diagnostic]:
    """Calls of steps and pipelines in the steps of a file."""
    for body in steps_of(source):
        yield from _calls(source, body)


@also_found("ZF304")
def called_steps(subject: Subject) -> Iterator[Diagnostic]:
    """The same, in the steps of a graph."""
    for spec in subject.specs:
        fn = spec.function.fn
        found = body_of(fn) if _may_call_one(fn) else None
        if found is not None:
            yield from _calls(*found)


def _calls(source: Source, body: Body) -> Iterator[Diagnostic]:
    for called in body.of(Called):
        callee = called.receiver if called.method == "map" else called.function
        if isinstance(callee, Callee):
            message, fix = _said(callee, body.callee.label)
            yield Diagnostic("ZF304", message, source.span(called.node), help=fix, notes=notes_of(body, called))


def _said(callee: Callee, outer: str) -> tuple[str, str]:
    """The words of the language, which raises when a body gets there."""
    name = callee.label
    if callee.role == "step":
        fix = f"call the plain function there: {name}.fn(...)"
        return f"step `{name}` is called in the body of step `{outer}`", fix
    return f"pipeline `{name}` is called in the body of a step", "call it in a pipeline"


def _may_call_one(fn: Callable[..., Any]) -> bool:
    """Whether a function, or one of its file that it names, names a step or pipeline: few do, and are read."""
    waiting: list[object] = [fn]
    seen: set[CodeType] = set()
    while waiting:
        function = waiting.pop()
        if not isinstance(function, FunctionType) or function.__code__ in seen:
            continue
        if function.__code__.co_filename != fn.__code__.co_filename:
            continue
        seen.add(function.__code__)
        for value in _named(function, function.__code__):
            if isinstance(value, Step | Pipeline):
                return True
            waiting.append(value)
    return False


def _named(function: FunctionType, code: CodeType) -> Iterator[object]:
    for cell in function.__closure__ or ():
        try:
            yield cell.cell_contents
        except ValueError:  # not assigned yet
            continue
    namespace = function.__globals__
    names = {name for part in nested(code) for name in part.co_names}
    for name in names:
        value = namespace.get(name)
        yield value
        if isinstance(value, type):
            yield from vars(value).values()
        elif hasattr(value, "__dict__") and type(value).__name__ == "module":
            yield from (vars(value)[inner] for inner in names & vars(value).keys())
