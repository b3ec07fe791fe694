"""What a measurement is: samples of ours and of a yardstick, taken in turns, and the ratio that is allowed."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from attrs import frozen

from zenflow import Stack


@frozen
class Measured:
    """A measurement.

    Args:
        work: What is measured.
        ours: What ZenFlow takes, a sample a turn, in `unit`.
        yardstick: What it is compared with.
        theirs: What the yardstick takes, in `unit`; a single figure where it is a constant.
        budget: The ratio of the medians that is allowed; None where there is only a comparison.
        unit: `s`, `ms` (a step) or `kB` (a node).

    >>> Measured("chain", (1.0, 3.0, 2.0), "raw Ray", (4.0,), budget=0.6).ratio
    0.5
    """

    work: str
    ours: tuple[float, ...]
    yardstick: str
    theirs: tuple[float, ...]
    budget: float | None = None
    unit: str = "s"

    @property
    def our(self) -> float:
        """The median of ours."""
        return statistics.median(self.ours)

    @property
    def their(self) -> float:
        """The median of the yardstick."""
        return statistics.median(self.theirs)

    @property
    def ratio(self) -> float:
        """Ours by the yardstick's."""
        return self.our / self.their

    @property
    def met(self) -> bool | None:
        """Whether the budget is kept; None where there is none."""
        return None if self.budget is None else self.ratio <= self.budget


@frozen
class Scale:
    """How large the work is: what the budgets speak of, or a share of it, which is then done once.

    >>> Scale().of(1_000), Scale(0.05).of(1_000), Scale().turns(3), Scale(0.05).turns(3)
    (1000, 50, 3, 1)
    """

    share: float = 1.0

    @property
    def is_full(self) -> bool:
        """Whether the figures can be held against the budgets."""
        return self.share == 1.0

    def of(self, full: int) -> int:
        """How many instead of `full`; two at least."""
        return max(2, round(full * self.share))

    def turns(self, full: int) -> int:
        """How often to measure."""
        return full if self.is_full else 1


@frozen
class Case:
    """One or several measurements that are taken together, under a name to ask for."""

    name: str
    about: str
    measure: Callable[[Scale], Iterable[Measured]]


def seconds(work: Callable[[], Any]) -> float:
    """Seconds that some work takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def in_turns(turns: int, *works: Callable[[], float]) -> tuple[tuple[float, ...], ...]:
    """The samples of each work, all of them once a turn: a noisy machine moves them together.

    >>> in_turns(2, lambda: 1.0, lambda: 2.0)
    ((1.0, 1.0), (2.0, 2.0))
    """
    rounds = [tuple(work() for work in works) for _ in range(turns)]
    return tuple(zip(*rounds, strict=True))


def each_step(samples: tuple[float, ...], steps: int) -> tuple[float, ...]:
    """Seconds for all steps as milliseconds a step."""
    return tuple(1_000 * sample / steps for sample in samples)


@contextmanager
def scratch() -> Iterator[Path]:
    """A new folder, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="zenflow-bench-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def stack_in(folder: Path) -> Stack:
    """A stack that keeps everything in one folder; its Ray is the one at `RAY_ADDRESS`, or one of its own."""
    return Stack(
        "bench",
        artifacts=str(folder / "store"),
        metadata=f"sqlite:///{folder / 'zenflow.db'}",
        ray=os.environ.get("RAY_ADDRESS") or None,
    )
