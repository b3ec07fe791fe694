"""What steps took: time by phase, CPU time, memory, bytes in and out."""

from __future__ import annotations

from collections.abc import Iterable

from zenflow.cli.terminal import seconds, size, status_word, table
from zenflow.history.steps import StepResult

PHASES = ("queue", "start", "load", "run", "store")
"""In the order they happen: waiting for a worker, for it to begin, fetching inputs, computing, saving outputs."""


def time_facts(step: StepResult) -> dict[str, str]:
    """What a step took, as far as it was measured, a line a kind."""
    took, used = step.durations, step.usage
    moved = [f"{size(used[what])} {way}" for what, way in (("bytes_in", "in"), ("bytes_out", "out")) if what in used]
    return {
        "time": ", ".join(f"{phase} {seconds(took[phase])}" for phase in PHASES if phase in took),
        "cpu": seconds(took.get("cpu")),
        "memory": f"{size(used['peak_memory'])} at its peak" if "peak_memory" in used else "",
        "data": ", ".join(moved),
        "worker": step.worker,
    }


def times_table(steps: Iterable[StepResult]) -> str:
    """A row a step, and no columns that nothing was measured for; a map's phases are the sums over its elements."""
    heads = ("step", "status", "time", *PHASES, "cpu", "memory", "in", "out")
    rows = [_row(step) for step in steps]
    kept = [i for i in range(len(heads)) if i < 3 or any(row[i] for row in rows)]
    return table([heads[i] for i in kept], [[row[i] for i in kept] for row in rows])


def _row(step: StepResult) -> tuple[str, ...]:
    took, used = step.durations, step.usage
    whole = None if step.status in ("cached", "skipped") else step.duration
    sizes = [size(used[what]) if what in used else "" for what in ("peak_memory", "bytes_in", "bytes_out")]
    times = [seconds(took.get(phase)) for phase in (*PHASES, "cpu")]
    return (step.name, status_word(step.status), seconds(whole), *times, *sizes)
