"""What is said when a step of a run failed."""

from __future__ import annotations

from typing import Any

from zenflow.cli.terminal import coloured, say, size
from zenflow.cli.values import SHOWN, described, pretty
from zenflow.errors import StepFailed, ZenFlowError
from zenflow.graph.nodes import ArgumentRecord
from zenflow.history.run import Run
from zenflow.history.steps import StepResult, element_of

_LINES = 80


def tell_failure(error: StepFailed) -> None:
    """Each failed step with its inputs and the user's own traceback; where its logs are; what is kept."""
    run = error.run
    failed = _failed(run) if isinstance(run, Run) else []
    if not isinstance(run, Run) or not failed:
        say(f"{coloured('error:', 'red', bold=True)} {error.message}")
        return
    for step in failed:
        _tell_step(run, step)
    kept = sum(part.status in ("ran", "cached") for part in _parts(run))
    if kept:
        say(
            "what finished is kept: the next run takes "
            + ("1 step" if kept == 1 else f"{kept:,} steps")
            + " from the cache"
        )
    say(f"run {coloured(run.id, bold=True)} {coloured('failed', 'red')}: zenflow show {run.id}")


def _failed(run: Run[Any]) -> list[StepResult]:
    """The steps that failed by themselves: not a map for its element, nor one for a step inside of it."""
    failed = [step for step in _parts(run) if step.status == "failed"]
    return [step for step in failed if step.record.error is not None] or failed[:1]


def _parts(run: Run[Any]) -> list[StepResult]:
    """The steps of a run, of a map its elements."""
    return [part for step in run.steps.values() for part in (step.elements or (step,))]


def _tell_step(run: Run[Any], step: StepResult) -> None:
    record = step.error
    what = f": {record.type}: {record.message}" if record else ""
    tries = f" after {step.attempts} attempts" if step.attempts > 1 else ""
    say(f"{coloured('error:', 'red', bold=True)} step {coloured(f'`{step.name}`', bold=True)} failed{tries}{what}")
    for name, text in _inputs(run, step):
        say(f"  input {name} = {text}")
    if record and record.traceback:
        say("\n".join(f"  {line}" for line in _bounded(record.traceback.splitlines())))
    say(f"  {coloured('logs:', 'cyan')} zenflow logs {run.id}/{step.name}")


def _bounded(lines: list[str]) -> list[str]:
    """A traceback without the middle of an endless recursion."""
    if len(lines) <= _LINES:
        return lines
    half = _LINES // 2
    return [*lines[:half], f"  … {len(lines) - 2 * half:,} more lines", *lines[-half:]]


def _inputs(run: Run[Any], step: StepResult) -> list[tuple[str, str]]:
    """What the step was given: stored values by what is in them, plain ones as they were written."""
    plain = {name: a for name, a in _arguments(run, step) if a.kind == "value"}
    found = [(name, argument.text) for name, argument in plain.items()]
    for name, digest in step.record.inputs.items():
        found.append((name, _value(run, digest)))
    return found


def _arguments(run: Run[Any], step: StepResult) -> tuple[tuple[str, ArgumentRecord], ...]:
    node = run._archive.nodes.get(step.record.node)
    if node is None:
        return ()
    _, element = element_of(step.name)
    return tuple(
        (name, a.items[element])
        if a.kind == "each" and element is not None and element < len(a.items) and a.items[0].kind == "value"
        else (name, a)
        for name, a in node.arguments
    )


def _value(run: Run[Any], digest: str) -> str:
    try:
        artifact = run._archive.artifact(digest, None)
        short = artifact.info.size <= min(SHOWN, 4096)
        text = " ".join(pretty(artifact.load()).split()) if short else described(artifact)
    except ZenFlowError:
        return _known(run, digest)
    return text if len(text) <= 100 else text[:99] + "…"


def _known(run: Run[Any], digest: str) -> str:
    """A value that does not load without its type, by what is recorded of it."""
    from zenflow.metadata import queries

    content = queries.contents(run._archive.database, [digest]).get(digest)
    return f"{content.type}, {size(content.size)}" if content else digest[:12]
