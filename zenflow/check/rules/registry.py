"""The registry of rules: a rule is a function from what it looks at to findings, with the text that explains it."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module

from attrs import evolve, frozen

from zenflow.check.bodies.source import Source
from zenflow.check.diagnostics import Diagnostic, Severity
from zenflow.errors import UsageError
from zenflow.graph.bodies import Loop
from zenflow.graph.build import Graph
from zenflow.graph.expression import Call, Map, StepSpec, Trace, When
from zenflow.graph.function import Function

_FAMILIES = (
    "loading",
    "misuse",
    "handles",
    "nested",
    "purity",
    "nondeterminism",
    "environment",
    "code",
    "devices",
    "edges",
    "annotations",
    "composition",
    "determinism",
    "shipping",
    "resources",
)


@frozen
class Subject:
    """What rules look at: a graph, and everything in it that they ask for, listed once.

    `compositions` are mapped pipelines, branches and loops. Calls that were traced and dropped are there too.
    """

    graph: Graph
    steps: tuple[tuple[str, StepSpec, Call | Map], ...] = ()
    specs: tuple[StepSpec, ...] = ()
    traces: tuple[Trace, ...] = ()
    compositions: tuple[Map | When | Loop, ...] = ()

    @property
    def pipelines(self) -> tuple[Function, ...]:
        """The pipelines that were traced, each once."""
        return tuple({trace.pipeline.fn: trace.pipeline for trace in self.traces if not trace.repeats}.values())


Finder = Callable[[Subject], Iterable[Diagnostic]]
Reader = Callable[[Source], Iterable[Diagnostic]]


@frozen
class Rule:
    """A rule: its code, what it finds and why that matters, a bad and a good example.

    `find` looks at a traced graph, `read` at the source of a file; a rule may have both. It has neither where the
    mistake is found as it happens (a file that does not import).
    """

    code: str
    title: str
    why: str
    bad: str
    good: str
    severity: Severity = "error"
    find: Finder | None = None
    read: Reader | None = None

    def explanation(self) -> str:
        """What `zenflow explain` prints."""
        examples = (("Bad:", self.bad), ("Good:", self.good))
        shown = "\n\n".join(f"{head}\n\n{textwrap.indent(text.strip(), '    ')}" for head, text in examples)
        return f"{self.code}: {self.title}\n\n{textwrap.fill(self.why, 100)}\n\n{shown}"


_rules: dict[str, Rule] = {}
_readers: dict[str, Reader] = {}
_finders: dict[str, Finder] = {}


def explained(code: str, title: str, *, why: str, bad: str, good: str, severity: Severity = "error") -> None:
    """A rule with its text. It is found where it happens, or by what `also_found` and `also_read` add."""
    _rules[code] = Rule(code, title, " ".join(why.split()), _dedent(bad), _dedent(good), severity)


def rule(
    code: str, title: str, *, why: str, bad: str, good: str, severity: Severity = "error"
) -> Callable[[Finder], Finder]:
    """Make a function the finder of a rule, over graphs."""
    explained(code, title, why=why, bad=bad, good=good, severity=severity)
    return also_found(code)


def source_rule(
    code: str, title: str, *, why: str, bad: str, good: str, severity: Severity = "error"
) -> Callable[[Reader], Reader]:
    """Make a function the reader of a rule, over the source of files."""
    explained(code, title, why=why, bad=bad, good=good, severity=severity)
    return also_read(code)


def also_read(code: str) -> Callable[[Reader], Reader]:
    """Make a function the reader of a rule that is there already: what a trace finds is found in the source too."""

    def decorate(read: Reader) -> Reader:
        _readers[code] = read
        return read

    return decorate


def also_found(code: str) -> Callable[[Finder], Finder]:
    """Make a function the finder of a rule that is there already: what a run would meet is found before it."""

    def decorate(find: Finder) -> Finder:
        _finders[code] = find
        return find

    return decorate


def all_rules() -> Iterator[Rule]:
    """Every rule, by code."""
    for family in _FAMILIES:
        import_module(f"zenflow.check.rules.{family}")
    for code in sorted(_rules):
        yield evolve(_rules[code], find=_finders.get(code), read=_readers.get(code))


def explain(code: str) -> str:
    """What a code means, why it matters, a bad and a good example.

    Raises:
        UsageError: No rule has this code.
    """
    known = {rule.code: rule for rule in all_rules()}
    if code.startswith("mypy"):
        raise UsageError(f"`{code}` is a code of mypy's", help="https://mypy.readthedocs.io/en/stable/error_codes.html")
    if code.upper() not in known:
        raise UsageError(f"there is no rule `{code}`", help="rules are " + ", ".join(known))
    return known[code.upper()].explanation()


def _dedent(text: str) -> str:
    return textwrap.dedent(text.strip("\n"))
