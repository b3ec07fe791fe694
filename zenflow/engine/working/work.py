"""What a worker is asked, and what it answers: plain records, so that in-process and Ray differ in the carrier only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

from attrs import field, frozen

from zenflow.artifacts.content import Content
from zenflow.graph.function import Shape
from zenflow.metadata.records import ErrorRecord

if TYPE_CHECKING:
    from zenflow.artifacts.store import Store

# ---------------------------------------------------------------- asked


@frozen(eq=False)
class Slot:
    """The place of a stored input in an argument."""

    index: int


@frozen(eq=False)
class Plain:
    """A constant in an argument."""

    value: Any


class Obtainable(Protocol):
    """Something that is not sent: the worker finds it."""

    def obtain(self, store: Store) -> object: ...


@frozen(eq=False)
class Sought:
    """A part of an argument that the worker finds: the text of a secret, a file."""

    what: Obtainable


@frozen(eq=False)
class Build:
    """A display to build in an argument."""

    kind: type
    items: tuple[Part, ...]
    keys: tuple[Any, ...] | None = None


PREFIX = 16
"""Bytes of a cache key that tell it from all others."""

Part: TypeAlias = Slot | Plain | Sought | Build


@frozen(eq=False)
class Stored:
    """An input: what is stored, as which type to load it, and whether it may be unpickled."""

    content: Content
    hint: Any
    allow_pickle: bool = False


@frozen(eq=False)
class Made:
    """An input that an earlier work of the same segment makes: its number, and which of its outputs; the rest as of one
    that is stored."""

    work: int
    index: int
    hint: Any
    allow_pickle: bool = False


@frozen
class Imported:
    """A function to find by import; `code` is a fingerprint of what it should be."""

    module: str
    qualname: str
    code: bytes


Shipped: TypeAlias = Imported | bytes
"""A function as a worker can have it: by import, or pickled."""


@frozen(eq=False)
class Operation:
    """A step as a worker needs it, the same for every call of it in a segment.

    `remembered` are the beginnings (`PREFIX`) of the keys that the cache has for it: a later work of a segment whose
    key is among them need not run. `allow_pickle`: results that have no materializer are pickled.
    """

    function: Callable[..., Any] | Shipped
    outputs: Shape
    materializer: Any = None
    allow_pickle: bool = False
    retry_on: tuple[type[BaseException], ...] = ()
    timeout: float | None = None
    remembered: frozenset[bytes] = frozenset()


@frozen(eq=False)
class Work:
    """One attempt at one call: no other has its number. `key` is the recipe of its cache key, where that is known only
    when what it follows in its segment has run (see `Keys.recipe`)."""

    id: int
    title: str
    operation: Operation
    arguments: tuple[tuple[str, Part], ...]
    inputs: tuple[Stored | Made, ...]
    key: tuple[bytes | int, ...] | None = None


@frozen(eq=False)
class Segment:
    """What one worker executes, in order: a straight run of calls that feed each other, or calls that are independent,
    or several such runs.

    `patience`: seconds after which what has not begun, and does not follow something that ran here, is handed back.
    `watched`: inputs are hashed before and after each step. `halts`: a failure hands back what has not begun, too.
    """

    store: str
    works: tuple[Work, ...]
    patience: float = 0.2
    watched: bool = False
    halts: bool = False


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
    """How one attempt ended. Times are seconds since the epoch; `timings` seconds by phase (load, run, store, and cpu);
    `usage` bytes (peak_memory, bytes_in, bytes_out).

    `unreadable`: it failed because the stored bytes of an input are gone or damaged.
    """

    work: int
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
    usage: Mapping[str, int] = field(factory=dict)
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
    time: float
    host: str
    pid: int


@frozen
class Wrote:
    """A step wrote a line, live."""

    work: int
    line: Line


@frozen
class Reported:
    """A step reported a metric, live."""

    work: int
    measure: Measure


@frozen
class Ended:
    """An attempt ended while its segment goes on."""

    outcome: Outcome


@frozen
class Returned:
    """Works that were not begun and will not be, in the segment they came with."""

    works: tuple[int, ...]


LiveEvent: TypeAlias = Started | Wrote | Reported | Ended | Returned
