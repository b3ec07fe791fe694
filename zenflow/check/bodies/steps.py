"""The steps of a file as rules ask for them."""

from __future__ import annotations

from collections.abc import Iterator

from zenflow.check.bodies.events import Body, Event
from zenflow.check.bodies.source import Source
from zenflow.check.bodies.walk import bodies_of


def steps_of(source: Source) -> Iterator[Body]:
    """The steps of a file."""
    return (body for body in bodies_of(source) if body.callee.role == "step")


def cached_steps_of(source: Source) -> Iterator[Body]:
    """The steps of a file whose results are certainly kept and used again."""
    for body in steps_of(source):
        options = body.callee.options
        if not options.open and options.certain("cache", True) is True and options.certain("effect", False) is False:
            yield body


def notes_of(body: Body, event: Event) -> tuple[str, ...]:
    """How a step gets to a function that stands elsewhere in the file."""
    return () if event.helper is None else (f"reached from step `{body.callee.label}`",)
