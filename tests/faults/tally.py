"""What the fault suite has done: counted while it runs, told at the end of the session."""

from __future__ import annotations

import os
from collections import Counter
from random import SystemRandom

from attrs import define, field

FULL = "full"
"""What `ZENFLOW_FAULTS` says for ten times as many kill points."""

_SIZE = os.environ.get("ZENFLOW_FAULTS", "")
_SEED = os.environ.get("ZENFLOW_FAULTS_SEED", "")


def kill_points(default: int) -> int:
    """How many kill points to try where so many are the default: in continuous integration (`CI`) a tenth."""
    if _SIZE == FULL:
        return default * 10
    return -(-default // 10) if os.environ.get("CI") else default


def batches(kind: str, default: int, size: int) -> list[str]:
    """The seeds of tests that try `size` kill points each, and together as many as asked for."""
    base = SEED
    return [f"{base}-{kind}-{number}" for number in range(-(-kill_points(default) // size))]


SEED = int(_SEED) if _SEED else SystemRandom().randrange(1_000_000)
"""The beginning of all seeds of this session."""


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
