"""ZF101-ZF104 as the source shows them: artifacts used as if they were their values, in branches not taken too.

A trace raises where it comes by (`rules/misuse`); the words and places here are the same, so that what both find is
one finding.
"""

from __future__ import annotations

from collections.abc import Iterator

from zenflow.check.bodies.events import Misuse, Misused
from zenflow.check.bodies.source import Source
from zenflow.check.bodies.walk import bodies_of
from zenflow.check.diagnostics import Diagnostic
from zenflow.check.rules.registry import Reader, also_read
from zenflow.language.artifact import MISUSES

_METHODS: dict[Misuse, str] = {
    "truth": "__bool__",
    "format": "__str__",
    "iterate": "__iter__",
    "with": "__enter__",
    "compare": "__eq__",
    "arithmetic": "__add__",
    "call": "__call__",
}
"""The method of an artifact that each misuse comes to."""


def _reader(code: str) -> Reader:
    def read(source: Source) -> Iterator[Diagnostic]:
        for body in bodies_of(source):
            for event in body.of(Misused) if body.callee.role == "pipeline" else ():
                found, what, fix = _said(event)
                if found == code:
                    shown = f"<Artifact {event.handle.label}> {what}: it is a handle on a value that is computed later"
                    yield Diagnostic(code, shown, source.span(event.node), help=fix)

    return read


def _said(event: Misused) -> tuple[str, str, str]:
    """The code of a misuse, what is wrong, and how to mend it."""
    if event.how == "attribute":
        name = event.detail
        return "ZF104", f"has no attribute `{name}`", f"read `.{name}` inside a step, where the value is there"
    method = _METHODS[event.how]
    return next((code, what, fix) for code, what, fix, names in MISUSES if method in names)


for _code in ("ZF101", "ZF102", "ZF103", "ZF104"):
    also_read(_code)(_reader(_code))
