"""ZF501: code that can not be known before it runs, so that no key can stand for it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from types import ModuleType

from zenflow.check.bodies.events import Body, Called, Event, Read
from zenflow.check.bodies.live import body_of
from zenflow.check.bodies.source import Source
from zenflow.check.bodies.steps import cached_steps_of, notes_of
from zenflow.check.bodies.values import Imported
from zenflow.check.diagnostics import Diagnostic
from zenflow.check.rules.registry import Subject, also_read, rule
from zenflow.check.source import function_span
from zenflow.graph.expression import StepSpec
from zenflow.graph.site import Span
from zenflow.keys.closure import closure
from zenflow.keys.first_party import Origin, origin_of

_UNKNOWABLE = (
    *("builtins.exec", "builtins.eval", "builtins.globals", "builtins.__import__", "sys.modules"),
    *("importlib.import_module", "importlib.__import__", "runpy.run_path", "runpy.run_module"),
)
_HELP = 'name what it uses, or vouch for it yourself: @step(version="1")'


@rule(
    "ZF501",
    "code that can not be hashed",
    why="""A result is kept under the hash of all code that made it. Which code `exec` or a looked-up name stands for is
    known only while it runs, and a variable that has no encoding may hold anything: such a step is never cached.""",
    bad="""
    @step
    def score(x: float, formula: str) -> float:
        return eval(formula, {"x": x})
    """,
    good="""
    @step
    def score(x: float, *, squared: bool) -> float:
        return x * x if squared else x
    """,
    severity="warning",
)
def closures_hash(subject: Subject) -> Iterator[Diagnostic]:
    """Steps whose closure has a problem, so that they will not be cached."""
    for spec in subject.specs:
        if spec.options.reusable and spec.options.version is None:
            yield from _of_step(spec)


@also_read("ZF501")
def code_is_known(source: Source) -> Iterator[Diagnostic]:
    """Uses of what runs or finds code by name, in the steps of a file."""
    for body in cached_steps_of(source):
        if body.callee.options.certain("version") is None:
            yield from (found for _, found in _written(source, body))


def _of_step(spec: StepSpec) -> Iterator[Diagnostic]:
    problems = closure(spec.function.fn).problems
    body = body_of(spec.function.fn) if problems else None
    written = list(_written(*body)) if body is not None else []
    for problem in problems:
        names = re.findall(r"`([^`]+)`", problem)
        there = [found for name, found in written if name in names]
        if there:
            yield from there
            continue
        message = f"step `{spec.name}` will not be cached: {problem}"
        place = _place(*body, names) if body is not None else None
        yield Diagnostic("ZF501", message, place or function_span(spec.function.fn), help=_HELP, severity="warning")


def _place(source: Source, body: Body, names: list[str]) -> Span | None:
    """Where a step's own text names what a problem is about."""
    last = {name.rpartition(".")[2] for name in names[:2]} - {body.function.name}  # whose it is, and what it uses
    for node in ast.walk(body.function.node):
        if isinstance(node, ast.Name) and node.id in last:
            return source.span(node)
    return None


def _written(source: Source, body: Body) -> Iterator[tuple[str, Diagnostic]]:
    """The uses that the source shows: the name of what is used, and the finding."""
    for event in body.events:
        name = _used(event, source)
        if name is not None:
            why = f"which code `{name.removeprefix('builtins.')}` leads to is known only when it runs"
            what = f"step `{body.callee.label}` will not be cached: {why}"
            yield (
                name,
                Diagnostic(
                    "ZF501",
                    what,
                    source.span(event.node),
                    help=_HELP,
                    notes=notes_of(body, event),
                    severity="warning",
                ),
            )


def _used(event: Event, source: Source) -> str | None:
    if isinstance(event, Called):
        if event.name in _UNKNOWABLE:
            return event.name
        return _module_searched(event, source) if event.name == "builtins.getattr" else None
    if isinstance(event, Read) and isinstance(event.value, Imported) and event.value.name in _UNKNOWABLE:
        return event.value.name
    return None


def _module_searched(called: Called, source: Source) -> str | None:
    """The first-party module in which a name is looked up that is not written down."""
    first, name = called.argument(0), called.argument(1)
    if first is None or name is None or isinstance(name.node, ast.Constant) or not isinstance(first.node, ast.Name):
        return None
    module = source.namespace.get(first.node.id)
    own = isinstance(module, ModuleType) and origin_of(module) is Origin.FIRST_PARTY
    return module.__name__ if own and isinstance(module, ModuleType) else None
