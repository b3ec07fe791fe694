"""`zenflow show`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from zenflow.cli.stack_option import StackName, chosen_stack

if TYPE_CHECKING:
    from zenflow.history.run import Run
    from zenflow.history.steps import StepResult
    from zenflow.stacks.stack import Stack


def show(
    ref: Annotated[
        str, typer.Argument(metavar="RUN[/STEP]", help="A run id or its beginning, @latest, or a step of it.")
    ],
    times: Annotated[bool, typer.Option("--times", help="What each step took: phases, CPU, memory, bytes.")] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Follow a run until it ends; exit code 0 if it ended well, else 1.")
    ] = False,
    trace: Annotated[
        Path | None,
        typer.Option("--trace", metavar="FILE", help="Write a trace for ui.perfetto.dev instead; `-` is stdout."),
    ] = None,
    stack_name: StackName = None,
    json: Annotated[bool, typer.Option("--json", help="JSON on stdout; with --watch a line for each change.")] = False,
) -> None:
    """A run: its parameters, steps, metrics and outputs. With a step: its inputs, attempts, outputs and error."""
    from zenflow.history.references import parse_reference
    from zenflow.history.run import Run

    run_ref, name = parse_reference(ref)
    _refuse_mixtures(name, trace=trace is not None, others={"--times": times, "--watch": watch, "--json": json})
    stack = chosen_stack(stack_name, run_ref)
    if watch:
        _watch(stack, run_ref, times=times, json=json)
        return
    run = Run.open(stack, run_ref)
    if trace is not None:
        _write_trace(run, trace)
    else:
        _tell(run, name, times=times, json=json)


def _refuse_mixtures(step: str | None, *, trace: bool, others: Mapping[str, bool]) -> None:
    from zenflow.errors import UsageError

    given = [option for option, is_given in others.items() if is_given]
    if trace and given:
        raise UsageError(f"`--trace` and `{given[0]}` do not go together", help="a trace is all that is written")
    if step is not None and (trace or others["--watch"]):
        whole = "--trace" if trace else "--watch"
        raise UsageError(f"`{whole}` is of a whole run, not of a step", help=f"leave out `/{step}`")


def _tell(run: Run[Any], step: str | None, *, times: bool, json: bool) -> None:
    from zenflow.cli.documents import print_json, run_document, step_document

    if json:
        print_json(step_document(run.steps[step]) if step else run_document(run))
    elif step:
        _show_step(run, run.steps[step], times=times)
    else:
        _show_run(run, times=times)


def _watch(stack: Stack, ref: str, *, times: bool, json: bool) -> None:
    from zenflow.cli.errors import FINDINGS, Refused
    from zenflow.cli.follow import Events, followed
    from zenflow.cli.progress import listener
    from zenflow.history.run import Run
    from zenflow.metadata import queries

    with stack.database() as database:
        run = queries.find_begun(database, ref)
        over = queries.has_ended(database, run)
    if json:
        status = followed(stack, run, Events()).status
    elif over:
        status = Run.open(stack, run).status
    else:
        with listener(quiet=False) as progress:
            status = followed(stack, run, progress).status
    if not json:
        _show_run(Run.open(stack, run), times=times)
    if status != "ok":
        raise Refused(FINDINGS)


def _write_trace(run: Run[Any], file: Path) -> None:
    from zenflow.cli.terminal import data, say, size
    from zenflow.errors import UsageError

    trace = run.trace()
    if str(file) == "-":
        data(trace.decode())
        return
    try:
        file.write_bytes(trace)
    except OSError as error:
        raise UsageError(
            f"the trace can not be written to {file}: {error.strerror or error}",
            help="give a file in a folder that is there and that you may write to, or `-` for stdout",
        ) from error
    say(f"wrote {file} ({size(len(trace))}): open it in https://ui.perfetto.dev or chrome://tracing")


def _show_run(run: Run[Any], *, times: bool = False) -> None:
    from zenflow.cli.closing import metric_lines, step_table
    from zenflow.cli.terminal import coloured, data, moment, seconds, status_word
    from zenflow.cli.times import times_table
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
        "environment": environment.environments.get("", "")[:16],
        "error": run.error and f"{run.error.type}: {run.error.message}",
    }
    _facts({name: str(value) for name, value in facts.items() if value})
    _section("parameters", run.params)
    steps = run.steps.values()
    data(f"\n{times_table(steps) if times else step_table(steps)}")
    _section("metrics", metric_lines(run.metrics))
    if run.status == "ok":
        _section("outputs", {name: shown(artifact) for name, artifact in run.outputs.items()})


def _show_step(run: Run[Any], step: StepResult, *, times: bool) -> None:
    from zenflow.cli.closing import metric_text, step_table
    from zenflow.cli.terminal import coloured, data, moment, seconds, status_word
    from zenflow.cli.times import time_facts, times_table
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
        "environment": run.record.environment.environments.get(step.name, "")[:16],
        "attempts": str(step.attempts) if step.attempts else "",
    }
    facts |= time_facts(step)
    _facts({name: value for name, value in facts.items() if value})
    _section("inputs", {name: digest[:16] for name, digest in record.inputs.items()})
    _section("metrics", {name: metric_text(value) for name, value in step.metrics.items()})
    if step.elements:
        data(f"\n{times_table(step.elements) if times else step_table(step.elements)}")
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
