"""`zenflow resume`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from attrs import frozen

from zenflow.cli.cancel import RunRef
from zenflow.cli.stack_option import StackName, chosen_stack
from zenflow.errors import UsageError

if TYPE_CHECKING:
    from zenflow.metadata.records import RunRecord, Submission
    from zenflow.stacks.stack import Stack


def resume(
    context: typer.Context,
    run: RunRef,
    engine: Annotated[
        str | None, typer.Option(metavar="ray|inline", help="Where steps run; as the run was started without it.")
    ] = None,
    stack_name: StackName = None,
    wait: Annotated[
        bool, typer.Option("--wait", help="Follow a run that a cluster drives, and print its outputs, as `run` does.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the run as JSON on stdout.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress; only outputs and errors.")] = False,
) -> None:
    """Finish a run that was interrupted, cancelled or failed: what it has recorded is not done again.

    The pipeline is built as `zenflow run` built it then, in the same folder, with the same parameters. On a stack with
    a Jobs server its cluster drives the run, as a job of its own, with the code as it is here now.
    """
    from zenflow.cli.run import Wish, start
    from zenflow.cli.terminal import say

    stack = chosen_stack(stack_name, run)
    left = _left(stack, run)
    _go_to(left)
    root = context.find_root()
    verb: Any = getattr(root.command, "get_command")(root, "run")  # noqa: B009 - typer's group, not click's type
    again = verb.make_context("run", list(left.arguments), parent=root)
    given = again.params
    if (given["target"] or "").startswith("-"):  # the first parameter, of a run whose target was the project's
        again.args.insert(0, given["target"])
    wish = Wish(
        target=left.target,
        engine=engine or given["engine"],
        tags=given["tag"] or (),
        name=given["name"],
        params=given["params"],
        watch_inputs=given["watch_inputs"],
        keep_going=given["keep_going"],
        json=json,
        quiet=quiet,
    )
    if left.on_cluster:
        from zenflow.cli.handing import Handing
        from zenflow.cli.submit import handed

        handed(stack, Handing(again, stack, wish, resumes=left.run, begun=left.begun), wait=wait)
        return
    say(f"resuming run {left.run}")
    start(again, stack, wish, resumes=left.run)


@frozen
class Left:
    """What there is of a run that is to be finished: its target, what followed `run` on its command line, and where
    that was; and whether a cluster is to drive it, and its driver had begun."""

    run: str
    target: str
    arguments: Sequence[str]
    directory: Path
    on_cluster: bool
    begun: bool


def _left(stack: Stack, ref: str) -> Left:
    """What there is of the run that `ref` names.

    Raises:
        MetadataError: No run is meant, or several.
        UsageError: Its job may yet begin, or it was not started by a command line.
    """
    from zenflow.metadata import queries
    from zenflow.stacks.job import own_job

    job = own_job() is not None
    on_cluster = stack.has_jobs and not job
    with stack.database() as database:
        run = queries.find_begun(database, ref)
        submission = queries.submission(database, run)
        record = queries.run(database, run) if queries.is_recorded(database, run) else None
    if submission is not None and not job:
        if on_cluster:
            _require_over(stack, submission, record)
        elif record is None:
            raise _never_begun(run)
        begun = record is not None
        return Left(run, submission.target, submission.command[1:], Path(submission.directory), on_cluster, begun)
    if record is None:
        raise _never_begun(run)
    directory = Path.cwd() if job else Path(record.environment.directory)
    target, arguments = _built(record)
    return Left(run, target, arguments, directory, on_cluster, begun=True)


def _never_begun(run: str) -> UsageError:
    return UsageError(
        f"run {run} has not begun, so there is nothing to resume here",
        help=f"on its cluster it is handed in again: zenflow resume {run} --stack NAME",
    )


def _require_over(stack: Stack, submission: Submission, record: RunRecord | None) -> None:
    """That the last job of a run does not begin any more.

    Raises:
        UsageError: It may.
        ClusterError: That can not be told.
    """
    from zenflow.history.jobs import standing
    from zenflow.stacks.jobs_server import JobsServer

    if submission.begun is not None or submission.outcome is not None:
        return
    job = JobsServer.of(stack).job(submission.job)
    state = standing(submission, record, {} if job is None else {job.id: job}).state
    if state in ("pending", "starting") and job is not None:
        raise UsageError(
            f"run {submission.run} has not begun yet: its job {submission.job} is {state}",
            help=f"`zenflow logs -f {submission.run}` waits for it, `zenflow cancel {submission.run}` takes it back",
        )


def _built(record: RunRecord) -> tuple[str, Sequence[str]]:
    """The target of a run, and what followed `run` on its command line."""
    command = record.environment.command
    if record.target is None or "run" not in command:
        raise UsageError(
            f"run {record.id} was not started by `zenflow run`: its pipeline can not be built again from here",
            help=f"start its program again (`{' '.join(command)}`): whatever it recorded is cached",
        )
    return record.target, command[command.index("run") + 1 :]


def _go_to(left: Left) -> None:
    if not left.directory.is_dir():
        raise UsageError(f"run {left.run} was started in {left.directory}, which is not there any more")
    os.chdir(left.directory)
