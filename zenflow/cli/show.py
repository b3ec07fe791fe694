"""`zenflow show`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from zenflow.history.run import Run
    from zenflow.history.steps import StepResult


def show(
    ref: Annotated[
        str, typer.Argument(metavar="RUN[/STEP]", help="A run id or its beginning, @latest, or a step of it.")
    ],
    json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """A run: its parameters, steps, metrics and outputs. With a step: its inputs, attempts, outputs and error."""
    from zenflow.cli.documents import print_json, run_document, step_document
    from zenflow.history.references import parse_reference
    from zenflow.history.run import Run
    from zenflow.stacks.stack import default_stack

    run_ref, name = parse_reference(ref)
    run = Run.open(default_stack(), run_ref)
    if json:
        print_json(step_document(run.steps[name]) if name else run_document(run))
    elif name:
        _show_step(run, run.steps[name])
    else:
        _show_run(run)


def _show_run(run: Run[Any]) -> None:
    from zenflow.cli.closing import metric_lines, step_table
    from zenflow.cli.terminal import coloured, data, moment, seconds, status_word
    from zenflow.cli.values import shown

    record = run.record
    took = f" in {seconds(run.duration)}" if run.duration is not None else ""
    data(f"run {coloured(run.id, bold=True)} {status_word(run.status)}{took}, started {moment(record.started)}")
    environment = record.environment
    dirty = " (changed since)" if environment.git_dirty else ""
    facts = {
        "name": run.name,
        "tags": ", ".join(run.tags),
        "pipeline": record.pipeline,
        "target": record.target,
        "stack": record.stack,
        "engine": record.engine,
        "git": environment.git_commit and environment.git_commit[:12] + dirty,
        "python": environment.python,
        "error": run.error and f"{run.error.type}: {run.error.message}",
    }
    _facts({name: str(value) for name, value in facts.items() if value})
    _section("parameters", run.params)
    data(f"\n{step_table(run.steps.values())}")
    _section("metrics", metric_lines(run.metrics))
    if run.status == "ok":
        _section("outputs", {name: shown(artifact) for name, artifact in run.outputs.items()})


def _show_step(run: Run[Any], step: StepResult) -> None:
    from zenflow.cli.closing import metric_text, step_table
    from zenflow.cli.terminal import coloured, data, moment, seconds, status_word
    from zenflow.cli.values import shown

    record = step.record
    took = f" in {seconds(step.duration)}" if step.duration is not None and step.status != "cached" else ""
    data(f"step {coloured(step.name, bold=True)} of run {run.id}: {status_word(step.status)}{took}")
    facts = {
        "why": step.cache_reason,
        "function": record.function,
        "started": moment(step.started),
        "taken from": f"{record.source_run}/{record.source_step}" if record.source_run else "",
        "key": (record.key or "")[:16],
        "attempts": str(step.attempts) if step.attempts else "",
        "seconds": ", ".join(f"{phase} {seconds(took)}" for phase, took in step.durations.items()),
    }
    _facts({name: value for name, value in facts.items() if value})
    _section("inputs", {name: digest[:16] for name, digest in record.inputs.items()})
    _section("metrics", {name: metric_text(value) for name, value in step.metrics.items()})
    if step.elements:
        data(f"\n{step_table(step.elements)}")
    if record.outputs:
        names = step.fields or tuple(str(i) for i in range(len(record.outputs)))
        outputs = {name: shown(artifact) for name, artifact in zip(names, step.artifacts, strict=True)}
        _section("outputs", outputs if len(outputs) > 1 else {"output": next(iter(outputs.values()))})
    if step.error and not step.elements:
        data(f"\n{coloured('error', bold=True)}\n  {step.error.type}: {step.error.message}")
        data("\n".join(f"  {line}" for line in step.error.traceback.splitlines()))


def _facts(facts: Mapping[str, str]) -> None:
    from zenflow.cli.terminal import data, table

    if facts:
        data(table(("", ""), list(facts.items()), indent="  "))


def _section(title: str, facts: Mapping[str, str]) -> None:
    from zenflow.cli.terminal import coloured, data

    if not facts:
        return
    data(f"\n{coloured(title, bold=True)}")
    width = max(map(len, facts))
    for name, value in facts.items():
        if "\n" in value:
            data(f"  {name}\n" + "\n".join(f"    {line}" for line in value.splitlines()))
        else:
            data(f"  {name:{width}}  {value}")
