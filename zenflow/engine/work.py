"""What a worker is asked, and what it answers: plain records, so that in-process and Ray differ in the carrier only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeAlias

from attrs import field, frozen

from zenflow.artifacts.content import Content
from zenflow.graph.function import Shape
from zenflow.metadata.records import ErrorRecord

# ---------------------------------------------------------------- asked


@frozen(eq=False)
class Slot:
    """The place of a stored input in an argument."""

    index: int


@frozen(eq=False)
class Plain:
    """A constant in an argument."""

    value: Any


@frozen(eq=False)
class Build:
    """A display to build in an argument."""

    kind: type
    items: tuple[Part, ...]
    keys: tuple[Any, ...] | None = None


Part: TypeAlias = Slot | Plain | Build


@frozen(eq=False)
class Stored:
    """An input: what is stored, as which type to load it, and whether it may be unpickled."""

    content: Content
    hint: Any
    allow_pickle: bool = False


@frozen
class Imported:
    """A function to find by import; `code` is a fingerprint of what it should be."""

    module: str
    qualname: str
    code: bytes


@frozen(eq=False)
class Work:
    """One attempt at one call: all a worker needs to know. `watched`: its inputs are hashed before and after."""

    id: int
    run: str
    title: str
    attempt: int
    function: Callable[..., Any] | Imported | bytes
    arguments: tuple[tuple[str, Part], ...]
    inputs: tuple[Stored, ...]
    outputs: Shape
    materializer: Any
    retry_on: tuple[type[BaseException], ...]
    store: str
    timeout: float | None = None
    keep: bool = True
    watched: bool = False


# ---------------------------------------------------------------- answered


@frozen
class Line:
    """Text a step wrote: its number in the attempt, when, on which stream."""

    number: int
    time: float
    stream: str
    text: str


@frozen
class Measure:
    """A metric a step reported."""

    name: str
    number: int
    value: float | str
    time: float


@frozen
class Outcome:
    """How one attempt ended. Times are seconds since the epoch; `timings` seconds by phase (load, run, store).

    `unreadable`: it failed because the stored bytes of an input are gone or damaged.
    """

    work: int
    attempt: int
    status: Literal["ok", "failed", "cancelled", "lost"]
    contents: tuple[Content, ...] = ()
    error: ErrorRecord | None = None
    retryable: bool = False
    unreadable: bool = False
    started: float = 0.0
    finished: float = 0.0
    host: str = ""
    pid: int = 0
    timings: Mapping[str, float] = field(factory=dict)
    lines: tuple[Line, ...] = ()
    measures: tuple[Measure, ...] = ()


@frozen(eq=False)
class Executed:
    """An outcome with what does not travel in it: the values where they are large, the exception as it was raised."""

    outcome: Outcome
    values: tuple[object, ...] | None = None
    raised: BaseException | None = None


@frozen
class Started:
    """A worker began an attempt."""

    work: int
    attempt: int
    time: float
    host: str
    pid: int


@frozen
class Wrote:
    """A step wrote a line, live."""

    work: int
    attempt: int
    line: Line


@frozen
class Reported:
    """A step reported a metric, live."""

    work: int
    attempt: int
    measure: Measure


LiveEvent: TypeAlias = Started | Wrote | Reported
