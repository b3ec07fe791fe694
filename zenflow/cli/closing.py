"""What is said when a run has ended: a table of its steps, and the sum of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from zenflow.cli.terminal import coloured, seconds, status_word, table
from zenflow.history.run import Run
from zenflow.history.steps import StepResult, element_of

_ROWS = 40
_WIDE = 12


def closing(run: Run[Any]) -> str:
    """The table of steps and the closing line of a run."""
    steps = list(run.steps.values())
    took = seconds(run.duration)
    done = f"run {coloured(run.id, bold=True)} {status_word(run.status)} in {took}"
    if steps and run.status == "ok" and all(step.status in ("cached", "skipped") for step in steps):
        cached = sum(step.status == "cached" for step in steps)
        every = "the only step was cached" if cached == 1 else f"all {cached} steps cached"
        return f"{step_table(steps)}\n{every}; nothing ran{_engine(run)}\n{done}"
    return f"{step_table(steps)}\n{done}"


def _engine(run: Run[Any]) -> str:
    return ", Ray was not started" if run.record.engine is None else ""


def step_table(steps: Iterable[StepResult]) -> str:
    """Step, status, time and why it was cached or not; of very many, those that tell most."""
    every = list(steps)
    chosen = every
    if len(every) > _ROWS:
        chosen = [step for step in every if step.status not in ("cached", "skipped")][:_ROWS]
    rows = [(step.name, _status(step), seconds(_time(step)), step.cache_reason) for step in chosen]
    text = table(("step", "status", "time", "why"), rows)
    left = len(every) - len(chosen)
    return f"{text}\n… {left:,} more steps, {_counts(every)}" if left else text


def _status(step: StepResult) -> str:
    tries = f" ({step.attempts} attempts)" if step.attempts > 1 and not step.elements else ""
    return status_word(step.status) + tries


def _time(step: StepResult) -> float | None:
    return None if step.status in ("cached", "skipped") else step.duration


def _counts(steps: list[StepResult]) -> str:
    words: dict[str, int] = {}
    for step in steps:
        words[step.status] = words.get(step.status, 0) + 1
    return "in all " + ", ".join(f"{count:,} {word}" for word, count in words.items())


def metric_lines(metrics: Mapping[str, Mapping[str, float | str]]) -> dict[str, str]:
    """Metrics by `step.name`: those of the elements of a wide map as their range."""
    series: dict[tuple[str, str], dict[str, float | str]] = {}
    for step, found in metrics.items():
        for name, value in found.items():
            series.setdefault((element_of(step)[0], name), {})[step] = value
    lines: dict[str, str] = {}
    for (node, name), values in sorted(series.items()):
        numbers = [value for value in values.values() if isinstance(value, (int, float))]
        if len(values) > _WIDE and len(numbers) == len(values):
            lines[f"{node}.{name}"] = f"{min(numbers):.6g} … {max(numbers):.6g} ({len(numbers):,} values)"
        else:
            for step, value in sorted(values.items(), key=lambda item: (element_of(item[0])[1] or 0, item[0])):
                lines[f"{step}.{name}"] = metric_text(value)
    return lines


def metric_text(value: float | str) -> str:
    """A metric as people read it."""
    return f"{value:.6g}" if isinstance(value, float) else str(value)
