"""`zenflow submit`, and the way of any command whose run a cluster drives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from zenflow.cli.run import Help, KeepGoing, Name, ParamsFile, Quiet, Tags, TargetText, WatchInputs, Wish
from zenflow.cli.stack_option import StackName, chosen_stack

if TYPE_CHECKING:
    from zenflow.cli.handing import Handing
    from zenflow.history.run import Run
    from zenflow.metadata.records import Submission
    from zenflow.stacks.stack import Stack


def submit(
    context: typer.Context,
    target: TargetText = None,
    stack_name: StackName = None,
    wait: Annotated[bool, typer.Option("--wait", help="Follow the run, and print its outputs, as `run` does.")] = False,
    engine: Annotated[
        str | None, typer.Option(metavar="ray|inline", help="Where steps run; chosen by the driver without it.")
    ] = None,
    tag: Tags = None,
    name: Name = None,
    params: ParamsFile = None,
    watch_inputs: WatchInputs = False,
    keep_going: KeepGoing = False,
    json: Annotated[bool, typer.Option("--json", help="JSON on stdout: the submission, or the run.")] = False,
    quiet: Quiet = False,
    help: Help = False,
) -> None:
    """Run a pipeline on the cluster of a stack, as a job of its own that needs this machine no more.

    Parameters are given as for `run`: zenflow submit flow.py:training --depth 3

    The pipeline is traced and checked here, and the project's files that git would commit go with it. Prints the run's
    id: `zenflow logs -f RUN` and `zenflow show RUN --watch` follow it, `zenflow cancel RUN` ends it.
    """
    from zenflow.cli.handing import Handing
    from zenflow.cli.target import print_help

    if help:
        print_help(context, target)
        return
    wish = Wish(target, engine, tag or (), name, params, watch_inputs, keep_going, json, quiet)
    stack = chosen_stack(stack_name)
    handed(stack, Handing(context, stack, wish), wait=wait)


def handed(stack: Stack, handing: Handing, *, wait: bool) -> None:
    """Hand a run over, tell what follows, and with `wait` follow it to its end.

    Raises:
        Refused: The run did not end well, which is told.
    """
    from zenflow.cli.terminal import coloured, data, say

    wish = handing.wish
    submission = handing.hand_over(say if not wish.quiet else _silent)
    if wait:
        _wait(stack, submission, wish)
        return
    if wish.json:
        from zenflow.cli.documents import print_json

        print_json(_document(submission))
        return
    data(submission.run)
    if not wish.quiet:
        run = coloured(submission.run, bold=True)
        say(f"run {run} is job {submission.job} of {submission.cluster}")
        say(f"  zenflow logs -f {submission.run}       zenflow show {submission.run} --watch")
        say(f"  zenflow cancel {submission.run}        zenflow jobs")


def _wait(stack: Stack, submission: Submission, wish: Wish) -> None:
    from zenflow.cli.errors import FINDINGS, Refused
    from zenflow.cli.failure import tell_failure
    from zenflow.cli.follow import followed
    from zenflow.cli.progress import listener
    from zenflow.cli.run import tell
    from zenflow.cli.terminal import coloured, say
    from zenflow.errors import StepFailed
    from zenflow.history.run import Run

    if not wish.quiet and not wish.json:
        say(f"run {coloured(submission.run, bold=True)} is job {submission.job} of {submission.cluster}")
    with listener(quiet=wish.quiet or wish.json) as progress:
        followed(stack, submission.run, progress)
    run: Run[object] = Run.open(stack, submission.run)
    if run.status == "ok":
        tell(run, json=wish.json, quiet=wish.quiet)
        return
    if run.status == "failed":
        failed = StepFailed(run.error.message if run.error else f"run {run.id} failed")
        failed.run = run
        tell_failure(failed)
    else:
        goes_on = f"zenflow resume {run.id}" if run.status == "interrupted" else f"zenflow show {run.id}"
        say(f"run {run.id} was {run.status}; what had finished is kept: {goes_on}")
    if wish.json:
        _print_run(run)
    raise Refused(FINDINGS)


def _print_run(run: Run[object]) -> None:
    from zenflow.cli.documents import print_json, run_document

    print_json(run_document(run))


def _document(submission: Submission) -> dict[str, object]:
    return {
        "run": submission.run,
        "attempt": submission.attempt,
        "job": submission.job,
        "stack": submission.stack,
        "cluster": submission.cluster,
        "target": submission.target,
        "package": submission.package,
    }


def _silent(_text: str) -> None: ...
