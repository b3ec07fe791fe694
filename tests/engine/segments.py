"""Segments made by hand, and one who hears what is told while they are executed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, get_type_hints

from attrs import define, field

from tests.engine.running import DEADLINE
from zenflow.artifacts.saving import save
from zenflow.artifacts.store import open_store
from zenflow.engine.working.segment import Ran, execute_segment
from zenflow.engine.working.work import (
    Ended,
    LiveEvent,
    Made,
    Operation,
    Part,
    Plain,
    Segment,
    Slot,
    Started,
    Stored,
    Work,
)
from zenflow.graph.function import shape_of


def operation(function: Callable[..., Any], **options: Any) -> Operation:
    """A function as a worker has it."""
    return Operation(function, shape_of(get_type_hints(function).get("return", Any)), **options)


def work(
    number: int,
    function: Callable[..., Any],
    *inputs: Made | Stored,
    key: tuple[bytes | int, ...] | None = None,
    given: Mapping[str, Any] | None = None,
    **options: Any,
) -> Work:
    """A call whose first parameters take these inputs, the others what is `given`."""
    code = function.__code__
    names = [*code.co_varnames[: code.co_argcount + code.co_kwonlyargcount], *(given or {})]
    arguments: list[tuple[str, Part]] = list(zip(names, map(Slot, range(len(inputs))), strict=False))
    arguments += [(name, Plain(value)) for name, value in (given or {}).items()]
    return Work(number, function.__name__, operation(function, **options), tuple(arguments), inputs, key)


def stored(value: object, hint: Any, folder: Path) -> Stored:
    """An input that is in the store."""
    return Stored(save(value, hint, open_store(folder)), hint)


@define
class Ear:
    """Hears events, with the name of the thread that told each."""

    events: list[LiveEvent] = field(factory=list)
    threads: list[str] = field(factory=list)
    waited: dict[type, threading.Event] = field(factory=dict)

    def __call__(self, event: LiveEvent) -> None:
        self.events.append(event)
        self.threads.append(threading.current_thread().name)
        self.of(type(event)).set()

    def of(self, kind: type) -> threading.Event:
        return self.waited.setdefault(kind, threading.Event())

    def wait(self, kind: type) -> None:
        """Until an event of a kind was heard: a step that calls this takes long enough to be told of."""
        if not self.of(kind).wait(DEADLINE):
            raise TimeoutError(f"nobody told of {kind.__name__}")

    @property
    def told(self) -> list[tuple[str, int]]:
        """What was told, in short: the kind of event and the number of the work."""
        return [(type(event).__name__, _number(event)) for event in self.events]


def _number(event: LiveEvent) -> int:
    if isinstance(event, Ended):
        return event.outcome.work
    return event.work if isinstance(event, Started) else getattr(event, "work", -1)


def executed(
    folder: Path,
    works: Sequence[Work],
    live: Callable[[LiveEvent], None] | None = None,
    *,
    tidy: bool = False,
    patience: float = DEADLINE,
    **options: Any,
) -> Ran:
    """Execute works as one segment."""
    segment = Segment(str(folder), tuple(works), patience=patience, **options)
    return execute_segment(segment, lambda function: function, {}, live or Ear(), tidy=tidy)


def log(ran: Ran, index: int = 0) -> list[str]:
    """The lines of one of the works that were executed."""
    return [line.text for line in ran.executed[index].outcome.lines]


def status(ran: Ran) -> dict[int, str]:
    return {done.outcome.work: done.outcome.status for done in ran.executed}
