"""mypy's messages as findings of ours: those that are about handles under our codes, in the words of pipelines.

What is left keeps mypy's own code: `mypy:assignment`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from attrs import frozen

from zenflow.check.diagnostics import Diagnostic
from zenflow.check.mypy.messages import Message
from zenflow.check.source import in_characters

PREFIX = "mypy:"
_CALL = r'(?:"(?P<call>[^"]+)"(?: of "(?P<owner>[^"]+)")?)'
_HANDLE = r'"Artifact\[(?P<given>[^"]+)\]"'


@frozen
class _Reading:
    """What a message of mypy's means here: its code there, its form, our code, our words and how to mend it."""

    theirs: str
    form: re.Pattern[str]
    code: str
    message: Callable[[re.Match[str]], str]
    help: str


def _inner(text: str) -> str:
    """Types as users think of them: what an artifact is of.

    >>> _inner("Artifact[dict[str, list[int]]] | list[Artifact[int]]")
    'dict[str, list[int]] | list[int]'
    """
    head, opening, rest = text.partition("Artifact[")
    if not opening:
        return text
    depth, end = 1, 0
    while depth and end < len(rest):
        depth += {"[": 1, "]": -1}.get(rest[end], 0)
        end += 1
    return f"{head}{_inner(rest[: end - 1])}{_inner(rest[end:])}"


def _edge(match: re.Match[str]) -> str:
    where, given, wanted = match["where"], _inner(match["given"]), _inner(match["wanted"])
    place = f"argument {where}" if where.isdigit() else f"`{where.strip(chr(34))}`"
    return f"`{_callee(match)}` expects `{wanted}` for {place}, but gets `{given}`"


def _callee(match: re.Match[str]) -> str:
    """`train.map` for `"map" of "train"`."""
    return f"{match['owner']}.{match['call']}" if match["owner"] else match["call"]


_ARGUMENT = rf'Argument (?P<where>\d+|"[^"]+") to {_CALL} has incompatible type '
_READINGS = (
    _Reading(
        "arg-type",
        re.compile(_ARGUMENT + rf'{_HANDLE}; expected "(?P<wanted>[^"]*Artifact\[[^"]*)"'),
        "ZF201",
        _edge,
        "change the one type or the other, or convert in a step between",
    ),
    _Reading(
        "arg-type",
        re.compile(_ARGUMENT + rf'{_HANDLE}; expected "(?P<wanted>[^"]*)"'),
        "ZF105",
        lambda m: (
            f"`{_callee(m)}` is a plain function: it takes a `{m['wanted']}`, and gets a handle on a `{m['given']}`"
        ),
        "call it inside a step, where the value is there; or make it a step",
    ),
    _Reading(
        "arg-type",
        re.compile(r'The branches of "when" differ: "(?P<one>.*)" and "(?P<other>.*)"'),
        "ZF201",
        lambda m: f"the branches of `when` build `{_inner(m['one'])}` and `{_inner(m['other'])}`",
        "build one type in both",
    ),
    _Reading(
        "return-value",
        re.compile(rf'Incompatible return value type \(got {_HANDLE}, expected "(?P<wanted>Artifact\[[^"]*)"\)'),
        "ZF204",
        lambda m: f"the pipeline is declared to return `{m['wanted']}`, and returns `Artifact[{m['given']}]`",
        "change the annotation, or what is returned",
    ),
    _Reading(
        "return-value",
        re.compile(r'Incompatible return value type \(got "(?P<type>\w+)", expected "(?P=type)"\)'),
        "ZF204",
        lambda m: f"the pipeline is declared to return a `{m['type']}` of values, and returns one of artifacts",
        "annotate a NamedTuple whose fields are artifacts: `train: Artifact[Table]`",
    ),
    _Reading(
        "attr-defined",
        re.compile(rf'{_HANDLE} has no attribute "__(?:iter|next|len)__"'),
        "ZF103",
        lambda m: f"a handle on a `{m['given']}` can not be iterated or unpacked",
        "map a step over it with step.map(each(artifact))",
    ),
    _Reading(
        "attr-defined",
        re.compile(rf'{_HANDLE} has no attribute "(?P<name>\w+)"'),
        "ZF104",
        lambda m: f"a handle on a `{m['given']}` has no attribute `{m['name']}`",
        "read it inside a step, where the value is there",
    ),
    _Reading(
        "misc",
        re.compile(rf"{_HANDLE} object is not iterable"),
        "ZF103",
        lambda m: f"a handle on a `{m['given']}` can not be iterated or unpacked",
        "map a step over it with step.map(each(artifact))",
    ),
    _Reading(
        "assignment",
        re.compile(
            r'Incompatible default for parameter "(?P<name>[^"]+)" '
            r'\(default has type "(?P<given>[^"]+)", parameter has type "(?P<wanted>(?!Artifact\[)[^"]+)"\)'
        ),
        "ZF201",
        lambda m: f"parameter `{m['name']}` is annotated `{m['wanted']}`, but defaults to a `{m['given']}`",
        "change the one or the other",
    ),
    _Reading(
        "index",
        re.compile(rf"Value of type {_HANDLE} is not indexable"),
        "ZF103",
        lambda m: f"a handle on a `{m['given']}` can not be indexed",
        "index it inside a step, where the value is there",
    ),
    _Reading(
        "operator",
        re.compile(rf"Unsupported (?:left operand type|operand types?) .*{_HANDLE}"),
        "ZF104",
        lambda m: f"a handle on a `{m['given']}` takes no arithmetic and no comparison",
        "do this inside a step, where the value is there",
    ),
    _Reading(
        "truthy-bool",
        re.compile(rf".*{_HANDLE} which does not implement __bool__"),
        "ZF101",
        lambda m: f"a handle on a `{m['given']}` has no truth value",
        "use when(predicate, then, otherwise), or decide inside a step",
    ),
)
_OF_STEPS = re.compile(r' (?:to|for|of) (?:"[^"]*" of )?"(?:Step|Pipeline|StepDecorator)"')


def finding(message: Message) -> Diagnostic:
    """A message as a finding, its columns in characters."""
    span = in_characters(message.span)
    for reading in _READINGS:
        match = reading.form.search(message.text) if reading.theirs == message.code else None
        if match is not None:
            return Diagnostic(reading.code, reading.message(match), span, help=reading.help, notes=message.notes)
    if message.code in _CODES and _OF_STEPS.search(message.text):
        return Diagnostic(_CODES[message.code], message.text, span, notes=message.notes)
    code = f"{PREFIX}{message.code or 'error'}"
    return Diagnostic(code, message.text, span, notes=message.notes)


CODES = frozenset(reading.code for reading in _READINGS) | {"ZF206"}
"""Codes of ours that a message of mypy's may come under."""
_CODES = {"call-arg": "ZF206", "arg-type": "ZF201", "call-overload": "ZF206"}


def findings(messages: Iterable[Message]) -> list[Diagnostic]:
    """Messages as findings. Syntax is judged elsewhere; a plain default of a data input is lifted, and no mistake."""
    judged = (m for m in messages if m.code != "syntax" and not _LIFTED.match(m.text))
    return [finding(message) for message in judged]


_LIFTED = re.compile(r'Incompatible default for parameter "[^"]+" \(.*, parameter has type "Artifact\[.*"\)')
