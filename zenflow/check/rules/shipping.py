"""ZF405-ZF407: what can not be sent to a worker, stored, or made part of a key."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from zenflow.artifacts.registry import has_materializer
from zenflow.check.diagnostics import Diagnostic
from zenflow.check.rules.registry import Subject, rule
from zenflow.check.source import argument_span, function_span
from zenflow.errors import Unencodable, UsageError
from zenflow.graph.expression import Argument, Constant, Display, Elements, Ref
from zenflow.graph.printing import type_text
from zenflow.graph.substitution import type_variables
from zenflow.keys.encoding import encode

LIMIT = 1024 * 1024
"""Bytes of a plain value, encoded, above which it belongs in an artifact."""


@rule(
    "ZF405",
    "a closure that can not be shipped",
    why="""A function defined inside another one carries what it captures to every worker, with every call. What can not
    be pickled can not go there, and more than 1 MiB should go as data.""",
    bad="""
    def build(table: pa.Table) -> Step[[int], int]:
        @step
        def count(month: int) -> int:
            return table.filter(...).num_rows
    """,
    good="""
    @step
    def count(table: pa.Table, month: int) -> int: ...
    """,
)
def closures_ship(subject: Subject) -> Iterator[Diagnostic]:
    """Steps with closures that do not pickle or are large."""
    for spec in subject.specs:
        fn = spec.function.fn
        if not getattr(fn, "__closure__", None):
            continue
        problem = _unshippable(fn)
        if problem is not None:
            message = f"step `{spec.name}` can not be sent to a worker: {problem}"
            help_ = "move it to the top level of a module, and pass what it captures as arguments"
            yield Diagnostic("ZF405", message, function_span(fn), help=help_)


def _unshippable(fn: Any) -> str | None:
    from ray import cloudpickle

    for name, cell in zip(fn.__code__.co_freevars, fn.__closure__, strict=True):
        try:
            value = cell.cell_contents
        except ValueError:  # not assigned yet
            continue
        try:
            size = len(cloudpickle.dumps(value))  # type: ignore[no-untyped-call]
        except Exception as error:  # pickling runs the user's code, which may raise anything
            return f"the captured `{name}` can not be pickled ({type(error).__name__}: {error})"
        if size > LIMIT:
            return f"the captured `{name}` is {size / LIMIT:.1f} MiB"
    return None


@rule(
    "ZF406",
    "no materializer for an output type",
    why="""A result is stored by its declared type. A type that nothing turns into bytes can be neither cached nor
    handed to another machine; we do not pickle behind your back.""",
    bad="""
    @step
    def connect(url: str) -> socket.socket: ...
    """,
    good="""
    @materializer(Model)
    class ModelMaterializer: ...
    """,
)
def outputs_stored(subject: Subject) -> Iterator[Diagnostic]:
    """Result types of steps that have no materializer."""
    called = ((spec, node.outputs) for _, spec, node in subject.steps)
    declared = ((spec, spec.function.shape) for spec in subject.specs if spec.function.hint_problem is None)
    told: set[tuple[int, str]] = set()
    for spec, shape in chain(called, declared):
        if spec.options.output is not None or spec.function.hint_problem is not None:
            continue
        for hint in shape.hints:
            if hint is Any or type_variables(hint) or has_materializer(hint):
                continue
            key = (id(spec.function.fn), type_text(hint))
            if key not in told:
                told.add(key)
                message = f"nothing turns `{type_text(hint)}`, which `{spec.name}` returns, into bytes"
                help_ = "return data, write a @materializer for it, or say @step(output=Pickle)"
                yield Diagnostic("ZF406", message, function_span(spec.function.fn, "return"), help=help_)


@rule(
    "ZF407",
    "a parameter value that is too large, or can not be hashed",
    why="""A plain argument is part of the cache key and goes to the worker with every call. Data belongs in artifacts,
    which are stored once; what has no canonical encoding would make a key that means nothing.""",
    bad="train(pd.read_csv('flights.csv'))",
    good="train(load(Path('flights.csv')))",
)
def values_hashed(subject: Subject) -> Iterator[Diagnostic]:
    """Plain arguments above 1 MiB, without an encoding, or naming a file that is not there."""
    for _, spec, node in subject.steps:
        for name, argument in node.arguments:
            problem = _problem(argument, set())
            if problem is not None:
                message = f"`{name}` of `{spec.name}` {problem[0]}"
                span = argument_span(node.site, spec.function.signature, name) if node.site else None
                yield Diagnostic("ZF407", message, span, help=problem[1])


def _problem(argument: Argument, seen: set[int]) -> tuple[str, str] | None:
    if isinstance(argument, Constant):
        return _constant_problem(argument)
    items: tuple[Argument, ...] = ()
    if isinstance(argument, Display):
        items = argument.items
    elif isinstance(argument, Elements) and not isinstance(argument.source, Ref):
        items = argument.source
    return next((found for item in items if (found := _problem(item, seen)) is not None), None)


def _constant_problem(argument: Constant) -> tuple[str, str] | None:
    """What is wrong with a plain value, after "`parameter` of `step`", and how to mend it."""
    value = argument.value
    if argument.problem is not None:
        return _unencodable(argument.problem)
    if isinstance(value, Path) and not value.exists():
        return f"names `{value}`, which is not there", "a Path argument is a file or folder that enters by its content"
    if isinstance(value, (int, float, bool, Path)) or value is None:
        return None
    try:
        size = len(value) if isinstance(value, (str, bytes)) else len(encode(value))
    except (Unencodable, UsageError) as error:
        return _unencodable(error.message)
    if size <= LIMIT:
        return None
    return (
        f"is {size / LIMIT:.1f} MiB, and a plain value may have 1 MiB",
        "load it in a step, or annotate it Artifact[...]",
    )


def _unencodable(problem: str) -> tuple[str, str]:
    place, colon, reason = problem.partition(" can not be part of a cache key: ")
    inside = place.strip("`").removeprefix("value")
    where = f"has at `{inside}` what" if inside else ""
    said = f"{where} can not be part of a cache key: {reason}".strip() if colon else problem
    return said, "pass plain data, a dataclass or a NamedTuple; or return it from a step, and pass that artifact"
