"""ZF401, ZF402: steps that change what they were given, or what others see."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from zenflow.check.bodies.changes import mutates, mutation_of
from zenflow.check.bodies.events import Body, Called, Changed, Event, Read, Rebound
from zenflow.check.bodies.shared import changed_globals
from zenflow.check.bodies.source import Source
from zenflow.check.bodies.steps import notes_of, steps_of
from zenflow.check.bodies.values import Blueprint, Callee, Defined, Given, Global, Imported, Value
from zenflow.check.diagnostics import Diagnostic
from zenflow.check.rules.registry import source_rule

_COPIES = {
    "list": "{0} = list({0})",
    "dict": "{0} = dict({0})",
    "set": "{0} = set({0})",
    "ndarray": "{0} = {0}.copy()",
    "DataFrame": "{0} = {0}.copy()",
    "Series": "{0} = {0}.copy()",
    "Tensor": "{0} = {0}.clone()",
}


@source_rule(
    "ZF401",
    "a step that mutates an input",
    why="""An input is the result of another step, and others may hold the same object: a later step, or a second run in
    this process, would see it changed. What was stored for it would no longer be what was computed with.""",
    bad="""
    @step
    def clean(rows: list[dict[str, int]]) -> list[dict[str, int]]:
        rows.sort(key=len)
        return rows
    """,
    good="""
    @step
    def clean(rows: list[dict[str, int]]) -> list[dict[str, int]]:
        return sorted(rows, key=len)
    """,
    severity="warning",
)
def inputs_are_kept(source: Source) -> Iterator[Diagnostic]:
    """Inputs of steps that are changed in place."""
    for body in steps_of(source):
        for event in body.events:
            given = _changed_input(event)
            if given is not None:
                yield Diagnostic(
                    "ZF401",
                    f"step `{body.callee.label}` mutates its input `{given.parameter}`",
                    source.span(event.node),
                    help=f"work on a copy: `{_copy_of(given)}`",
                    notes=notes_of(body, event),
                    severity="warning",
                )


def _changed_input(event: Event) -> Given | None:
    if isinstance(event, Changed) and isinstance(event.value, Given):
        return event.value
    changed = mutation_of(event) if isinstance(event, Called) else None
    return changed if isinstance(changed, Given) else None


def _copy_of(given: Given) -> str:
    name = given.parameter
    short = given.hint.name.rpartition(".")[2]
    form = "{0} = copy.deepcopy({0})" if given.part else _COPIES.get(short, "{0} = copy.deepcopy({0})")
    return form.format(name)


@source_rule(
    "ZF402",
    "a step that reads or writes mutable global state",
    why="""Steps run in other processes and in any order, and one whose result is cached does not run at all. What it
    writes into a global is lost or seen by chance, and what it reads there is part of no key.""",
    bad="""
    seen: list[int] = []

    @step
    def count(x: int) -> int:
        seen.append(x)
        return len(seen)
    """,
    good="""
    @step
    def count(x: int, seen: list[int]) -> int:
        return len(seen) + 1
    """,
    severity="warning",
)
def globals_are_kept(source: Source) -> Iterator[Diagnostic]:
    """Variables of the module that steps change, or read while something changes them."""
    for body in steps_of(source):
        written: set[str] = set()
        for event in body.events:
            what, name = _written(event)
            if what:
                written.add(name)
                yield _shared(source, body, event, what)
        for read in _reads(body, source, written):
            name = read.value.name if isinstance(read.value, Global) else ""
            yield _shared(source, body, read, f"reads the global `{name}`, which is changed elsewhere")


def _reads(body: Body, source: Source, written: set[str]) -> Iterator[Read]:
    told = set(written)
    for event in body.of(Read):
        if isinstance(event.value, Global) and event.value.name not in told:
            told.add(event.value.name)
            if event.value.name in changed_globals(source):
                yield event


def _shared(source: Source, body: Body, event: Event, what: str) -> Diagnostic:
    return Diagnostic(
        "ZF402",
        f"step `{body.callee.label}` {what}",
        source.span(event.node),
        help="take what it reads as an argument, and return what it makes",
        notes=notes_of(body, event),
        severity="warning",
    )


_ENVIRONMENT = tuple(f"os.environ.{name}" for name in ("update", "setdefault", "pop", "popitem", "clear"))


def _written(event: Event) -> tuple[str, str]:
    """What an event changes that others see, in words, and the global's name."""
    if isinstance(event, Rebound):
        kind = "imports into" if isinstance(event.node, ast.Import | ast.ImportFrom) else "rebinds"
        return f"{kind} the global `{event.name}`", event.name
    if isinstance(event, Changed):
        return _target(event.value)
    if isinstance(event, Called):
        if event.name in _ENVIRONMENT or event.name in ("os.putenv", "os.unsetenv"):
            return "changes the environment of its process", ""
        changed = event.receiver if mutates(event) else mutation_of(event)
        return _target(changed) if isinstance(changed, Global) else ("", "")
    return "", ""


def _target(value: Value) -> tuple[str, str]:
    if isinstance(value, Global):
        return f"changes the global `{value.name}`", value.name
    if isinstance(value, Blueprint) and "<locals>" not in value.cls.qualname:
        return f"changes the class `{value.cls.qualname}`", ""
    if isinstance(value, Callee) or (isinstance(value, Defined) and value.closure is None):
        name = value.label if isinstance(value, Callee) else value.function.qualname
        return f"changes the function `{name}`", ""
    if isinstance(value, Imported) and value.name == "os.environ":
        return "changes the environment of its process", ""
    if isinstance(value, Imported) and value.name.startswith("."):
        return f"changes `{value.name.lstrip('.')}` of another module", ""
    return "", ""
