"""`zenflow run`."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from attrs import frozen

from zenflow.cli.stack_option import StackName, chosen_stack

if TYPE_CHECKING:
    from zenflow.cli.target import Asked
    from zenflow.history.run import Run
    from zenflow.stacks.stack import Stack

TargetText = Annotated[
    str | None,
    typer.Argument(
        metavar="TARGET",
        show_default=False,
        help="file.py:name, package.module:name, or a file with one pipeline; `target` of zenflow.toml without it.",
    ),
]
ParamsFile = Annotated[
    Path | None, typer.Option("--params", metavar="FILE", help="Take parameters from a TOML or JSON file.")
]
Help = Annotated[bool, typer.Option("--help", help="Show this, and the parameters of TARGET.")]
Tags = Annotated[list[str] | None, typer.Option("--tag", help="A word to find the run by; may be repeated.")]
Name = Annotated[str | None, typer.Option(help="A name for the run.")]
WatchInputs = Annotated[
    bool, typer.Option("--watch-inputs", help="Hash inputs before and after each step; one that changes them fails.")
]
KeepGoing = Annotated[bool, typer.Option("--keep-going", help="After a failure, still run what does not depend on it.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="No progress; only outputs and errors.")]


def run(
    context: typer.Context,
    target: TargetText = None,
    engine: Annotated[
        str | None, typer.Option(metavar="ray|inline", help="Where steps run; chosen for you without it.")
    ] = None,
    tag: Tags = None,
    name: Name = None,
    params: ParamsFile = None,
    stack_name: StackName = None,
    watch_inputs: WatchInputs = False,
    keep_going: KeepGoing = False,
    json: Annotated[bool, typer.Option("--json", help="Print the run as JSON on stdout.")] = False,
    quiet: Quiet = False,
    help: Help = False,
) -> None:
    """Run a pipeline. Its parameters are options that follow TARGET: zenflow run flow.py:training --depth 3

    Numbers, texts, paths and dates are written as they are, a bool is --x or --no-x, anything else is JSON. Data inputs
    also take a stored value: @RUN/step, @latest/step, @name@version. A parameter named like an option of this command
    is given after `--`.
    """
    from zenflow.cli.target import print_help

    if help:
        print_help(context, target)
        return
    start(
        context,
        chosen_stack(stack_name),
        Wish(target, engine, tag or (), name, params, watch_inputs, keep_going, json, quiet),
    )


@frozen
class Wish:
    """What the command line asks of a run, besides the pipeline's parameters."""

    target: str | None
    engine: str | None = None
    tags: Sequence[str] = ()
    name: str | None = None
    params: Path | None = None
    watch_inputs: bool = False
    keep_going: bool = False
    json: bool = False
    quiet: bool = False


def start(context: typer.Context, stack: Stack, wish: Wish, *, resumes: str | None = None) -> None:
    """Run what is wished for; or finish the run `resumes`, which was started by the same wish."""
    from zenflow.cli.progress import listener
    from zenflow.cli.target import ask
    from zenflow.engine.run import ENGINES, Request, execute
    from zenflow.errors import UsageError
    from zenflow.stacks.job import own_job

    if wish.engine is not None and wish.engine not in ENGINES:
        raise UsageError(f"there is no engine `{wish.engine}`", help="engines are `ray` and `inline`")
    asked = ask(context, wish.target, wish.params, stack)
    job = own_job()
    if job is None and wish.engine != "inline" and _is_elsewhere(stack, asked):
        from zenflow.cli.handing import Handing
        from zenflow.cli.submit import handed

        handed(stack, Handing(context, stack, wish, asked), wait=True)
        return
    with _interruptible(), listener(quiet=wish.quiet or wish.json) as progress:
        request = Request(
            target=asked.build(),
            stack=stack,
            engine=wish.engine,
            tags=tuple(wish.tags),
            name=wish.name,
            pipeline=asked.target.pipeline.name,
            target_text=asked.target.text,
            params=asked.params,
            watch_inputs=wish.watch_inputs,
            keep_going=wish.keep_going,
            resumes=resumes,
            job=job,
        )
        finished = _execute(execute, request, progress, json=wish.json)
    tell(finished, json=wish.json, quiet=wish.quiet)


def _is_elsewhere(stack: Stack, asked: Asked) -> bool:
    """Whether the run is the cluster's to drive: it has a Jobs server, and something of the run is not cached."""
    if stack.ray is None:
        return False

    if not stack.has_jobs:
        return False
    from zenflow.engine.plan import plan

    return not plan(asked.build(), stack).cached


@contextmanager
def _interruptible() -> Iterator[None]:
    """Ctrl-C, or SIGTERM, ends the run as it should; the second one ends the process at once."""
    heard = False

    def hear(_number: int, _frame: object) -> None:
        nonlocal heard
        if heard:
            from zenflow.cli.errors import INTERRUPTED
            from zenflow.cli.terminal import show_cursor

            show_cursor()
            os._exit(INTERRUPTED)
        heard = True
        raise KeyboardInterrupt

    before = {number: signal.signal(number, hear) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _execute(execute: Any, request: Any, progress: Any, *, json: bool) -> Run[Any]:
    from zenflow.cli.errors import FINDINGS, INTERRUPTED, Refused
    from zenflow.cli.failure import tell_failure
    from zenflow.cli.terminal import coloured, say
    from zenflow.engine.failures import RunCancelled
    from zenflow.errors import ClusterLost, StepFailed
    from zenflow.history.run import Run

    try:
        run: Run[Any] = execute(request, progress)
    except StepFailed as failed:
        progress.close()
        tell_failure(failed)
        if json and isinstance(failed.run, Run):
            from zenflow.cli.documents import print_json, run_document

            print_json(run_document(failed.run))
        raise Refused(FINDINGS) from failed
    except ClusterLost as lost:
        progress.close()
        say(f"{coloured('error:', 'red', bold=True)} {lost.message}")
        again = f"zenflow resume {progress.run} --stack {request.stack.name}"
        say(f"what had finished is kept; once the cluster is up again: {again}")
        raise Refused(FINDINGS) from lost
    except KeyboardInterrupt as stop:
        progress.close()
        word = "cancelled by another process" if isinstance(stop, RunCancelled) else "interrupted"
        say(f"{word}; what had finished is kept{f': zenflow show {progress.run}' if progress.run else ''}")
        raise Refused(INTERRUPTED) from None
    return run


def tell(run: Run[Any], *, json: bool, quiet: bool) -> None:
    """Tell how a run ended, and print its outputs."""
    from zenflow.cli.closing import closing
    from zenflow.cli.documents import print_json, run_document
    from zenflow.cli.terminal import data, say
    from zenflow.cli.values import shown

    if json:
        print_json(run_document(run))
        return
    if not quiet:
        say(closing(run))
    outputs = run.outputs
    for name, artifact in outputs.items():
        text = shown(artifact)
        if len(outputs) == 1 and name == "output":
            data(text)
        else:
            data(f"{name}:\n{text}" if "\n" in text else f"{name}: {text}")
