"""Going on after a mistake, so that one check finds all of them.

Outside of a check a misuse raises where it stands. A check traces a pipeline `recovering`: the mistake is noted with
its place, and the pipeline's code goes on with something of the right kind in the value's place, the way a compiler
goes on after an error. That value is of type Any, so it fits wherever it goes: what is found from then on does not
follow from it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import CodeType, FrameType
from typing import Any, TypeVar

from attrs import define, field

from zenflow.errors import ZenFlowError
from zenflow.graph.expression import Ref, current_trace
from zenflow.graph.site import Site

T = TypeVar("T")


@define(eq=False)
class Mistakes:
    """What went wrong while a pipeline was traced, in order."""

    errors: list[ZenFlowError] = field(factory=list)
    met: set[tuple[CodeType, int]] = field(factory=set)

    def first_at(self, frame: FrameType) -> bool:
        """Whether a place is met for the first time: a loop that an artifact decides is entered once."""
        place = (frame.f_code, frame.f_lasti)
        first = place not in self.met
        self.met.add(place)
        return first


_mistakes: ContextVar[Mistakes | None] = ContextVar("zenflow_mistakes", default=None)


@contextmanager
def recovering() -> Iterator[Mistakes]:
    """Note mistakes instead of raising them."""
    mistakes = Mistakes()
    token = _mistakes.set(mistakes)
    try:
        yield mistakes
    finally:
        _mistakes.reset(token)


def recover(
    error: ZenFlowError, instead: Callable[[Mistakes], T], used: Iterable[Ref] = (), *, steers: bool = False
) -> T:
    """Note a mistake and go on with `instead`; raise it where nobody recovers.

    Args:
        error: The mistake.
        instead: What gives a value to go on with.
        used: What the mistaken code used: its own mistake is not that nobody uses it.
        steers: Whether the value decides where the code goes on: what it does not come to may use more.
    """
    mistakes = _mistakes.get()
    if mistakes is None:
        raise error
    trace = current_trace()
    if trace is not None:
        error.add_trace(trace)
        trace.touched.extend(used)
        trace.recovered = True
        trace.steered = trace.steered or steers
    error.sites = tuple(_sites())
    if not any(_same(error, other) for other in mistakes.errors):
        mistakes.errors.append(error)
    return instead(mistakes)


def passed_over(instead: Callable[[Mistakes], T]) -> T:
    """Go on with `instead` without a word: what it stands for is a mistake that was noted already."""
    return instead(_mistakes.get() or Mistakes())


def user_frame() -> FrameType | None:
    """The nearest frame outside of this package."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and _is_ours(frame):
        frame = frame.f_back
    return frame


def _sites() -> Iterator[Site]:
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if not _is_ours(frame):
            yield Site(frame.f_code, frame.f_lasti, frame.f_lineno, frame.f_globals.get("__name__", ""))
        frame = frame.f_back


def _is_ours(frame: FrameType) -> bool:
    module = str(frame.f_globals.get("__name__", ""))
    return module == "zenflow" or module.startswith("zenflow.")


def _same(one: ZenFlowError, other: ZenFlowError) -> bool:
    """Whether two mistakes are the same code at the same place, as in a loop."""
    return [(site.code, site.instruction) for site in _innermost(one)] == [
        (site.code, site.instruction) for site in _innermost(other)
    ]


def _innermost(error: ZenFlowError) -> list[Any]:
    return list(error.sites[:1])
