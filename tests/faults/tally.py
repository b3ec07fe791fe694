"""What the fault suite has done: counted while it runs, told at the end of the session."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from random import SystemRandom
from typing import Any

from attrs import define, field

FULL = "full"
"""What `ZENFLOW_FAULTS` says for ten times as many kill points."""

PROPERTY = "kill points"
"""What a test's tally is called among its properties, by which it comes to the end of the session."""

SEED = int(os.environ.setdefault("ZENFLOW_FAULTS_SEED", str(SystemRandom().randrange(1_000_000))))
"""The beginning of all seeds of this session. The processes that share its tests are started with it."""

_SIZE = os.environ.get("ZENFLOW_FAULTS", "")


def kill_points(default: int) -> int:
    """How many kill points to try where so many are the default: in continuous integration (`CI`) a tenth."""
    if _SIZE == FULL:
        return default * 10
    return -(-default // 10) if os.environ.get("CI") else default


def batches(kind: str, default: int, size: int) -> list[str]:
    """The seeds of tests that try `size` kill points each, and together as many as asked for."""
    return [f"{SEED}-{kind}-{number}" for number in range(-(-kill_points(default) // size))]


@define
class Tally:
    """Kill points by kind; how many steps were recorded when they came; how many of those ran again."""

    kills: Counter[str] = field(factory=Counter)
    recorded: int = 0
    reruns: int = 0
    leftovers: int = 0

    def killed(self, kind: str, recorded: int) -> None:
        """A kill, and the steps that were recorded by then."""
        self.kills[kind] += 1
        self.recorded += recorded

    def plain(self) -> dict[str, Any]:
        """The same in plain values, which go from process to process."""
        counts = {"recorded": self.recorded, "reruns": self.reruns, "leftovers": self.leftovers}
        return {"kills": dict(self.kills), **counts}

    def add(self, plain: Mapping[str, Any]) -> None:
        """Add another tally, in plain values."""
        self.kills.update(plain["kills"])
        self.recorded += plain["recorded"]
        self.reruns += plain["reruns"]
        self.leftovers += plain["leftovers"]

    def lines(self) -> list[str]:
        """As a person reads it."""
        kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(self.kills.items()))
        return [
            f"kill points: {self.kills.total()} ({kinds})",
            f"steps recorded before a kill: {self.recorded}",
            f"recorded steps that ran again: {self.reruns}",
            f"left behind: {self.leftovers}",
            f"seed: {SEED} (ZENFLOW_FAULTS_SEED={SEED} repeats it)",
        ]
