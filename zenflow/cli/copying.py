"""`zenflow store push` and `zenflow store pull`: runs and named artifacts from one stack to another."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from zenflow.cli.stack_option import StackName, chosen_stack

if TYPE_CHECKING:
    from zenflow.history.copying.comparison import Plan, Side
    from zenflow.history.copying.transfer import Copied
    from zenflow.metadata.database import Database
    from zenflow.metadata.records import Alias
    from zenflow.stacks.stack import Stack

Reference = Annotated[
    str,
    typer.Argument(metavar="RUN|NAME", help="A run (id, beginning of one, @latest), a name, name@version, name@alias."),
]
AsNext = Annotated[
    bool, typer.Option("--as-next", help="Where a version's number is taken there, register it as the next one.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only tell what would be copied.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]


def push(
    reference: Reference,
    to: Annotated[str, typer.Option("--to", metavar="STACK", help="The stack that is to have it.", show_default=False)],
    as_next: AsNext = False,
    dry_run: DryRun = False,
    stack_name: StackName = None,
    json: Json = False,
) -> None:
    """Copy a run, or what a name stands for, to another stack.

    A run travels with its artifacts and what its steps are remembered by, so that the same pipeline finds it cached
    there. A version of a name travels as its artifact. Of the runs that either comes from the records go along. What is
    there already is not sent again, and what is there is not replaced.
    """
    from zenflow.stacks.configuration.resolving import other_stack

    _copy(reference, chosen_stack(stack_name), other_stack(to), as_next=as_next, dry_run=dry_run, json=json)


def pull(
    reference: Reference,
    source: Annotated[str, typer.Option("--from", metavar="STACK", help="The stack that has it.", show_default=False)],
    as_next: AsNext = False,
    dry_run: DryRun = False,
    stack_name: StackName = None,
    json: Json = False,
) -> None:
    """Copy a run, or what a name stands for, from another stack to this one. As `zenflow store push`."""
    from zenflow.stacks.configuration.resolving import other_stack

    _copy(reference, other_stack(source), chosen_stack(stack_name), as_next=as_next, dry_run=dry_run, json=json)


def _copy(reference: str, here: Stack, there: Stack, *, as_next: bool, dry_run: bool, json: bool) -> None:
    from zenflow.cli.counting import counter
    from zenflow.cli.documents import print_json
    from zenflow.history.copying.transfer import Copied, copy, plan

    _require_their_own_places()
    with _side(here, source=True) as one, _side(there, source=False, changes=not dry_run) as other:
        planned = plan(one, other, reference, as_next=as_next)
        done = Copied(planned)
        if not dry_run:
            every = planned.every
            with counter("sent", of=(len(every), planned.size)) as count:
                done = copy(one, other, planned, count)
    if json:
        print_json(_document(done, here.name, there.name, dry_run=dry_run))
    else:
        _tell(done, there.name, dry_run=dry_run)


def _require_their_own_places() -> None:
    """A variable that takes the place of a stack's setting takes it in both: the bytes would go where the other stack
    has never looked."""
    from zenflow.errors import UsageError

    for variable in ("ZENFLOW_ARTIFACTS", "ZENFLOW_METADATA"):
        if os.environ.get(variable):
            raise UsageError(
                f"{variable} is set, and takes the place of what both stacks say of themselves",
                help=f"unset {variable}, and name the two stacks in zenflow.toml (`zenflow stack add`)",
            )


@contextmanager
def _side(stack: Stack, *, source: bool, changes: bool = True) -> Iterator[Side]:
    from zenflow.history.copying.comparison import Side

    with _opened(stack, source=source, changes=changes) as database:
        yield Side(stack.name, stack.store(), database, stack.metadata)


@contextmanager
def _opened(stack: Stack, *, source: bool, changes: bool) -> Iterator[Database]:
    """The database of a stack. One that is not there yet is not made for looking at it: an empty one stands in."""
    from tempfile import TemporaryDirectory

    from zenflow.errors import MetadataError
    from zenflow.metadata.backend import missing_file, shown
    from zenflow.metadata.database import Database
    from zenflow.metadata.inspection import revision

    if source or not changes:
        absent = missing_file(stack.metadata) is not None or revision(stack.metadata) is None
        if absent and source:
            raise MetadataError(
                f"`{stack.name}` has no records: there is no database of ZenFlow at {shown(stack.metadata)}",
                help="`zenflow stack show` tells where a stack keeps them; is it the stack you mean?",
            )
        if absent:
            with TemporaryDirectory() as folder, Database.open(f"sqlite:///{folder}/empty.db") as database:
                yield database
            return
    with stack.database() as database:
        yield database


def _document(done: Copied, here: str, there: str, *, dry_run: bool) -> dict[str, object]:
    plan = done.plan
    return {
        "from": here,
        "to": there,
        "dry_run": dry_run,
        "runs": [run.id for run in plan.runs],
        "origins": [run.id for run in plan.origins],
        "artifacts": len(plan.contents),
        "artifacts_without_bytes": len(plan.known),
        "cache_entries": len(plan.entries),
        "versions": [f"{version.name}@{version.version}" for version in plan.versions],
        "aliases": list(map(_alias, plan.aliases)),
        "aliases_kept": list(map(_alias, plan.kept)),
        "lost": list(plan.lost),
        "passed": list(plan.passed),
        "blobs": len(plan.every) if dry_run else done.blobs,
        "size": plan.size if dry_run else done.size,
    }


def _tell(done: Copied, there: str, *, dry_run: bool) -> None:
    from zenflow.cli.counting import blob_count, counted
    from zenflow.cli.terminal import data, say, size

    plan = done.plan
    if plan.done:
        data(f"`{there}` has all of it: 0 bytes sent")
    else:
        blobs, total = (len(plan.every), plan.size) if dry_run else (done.blobs, done.size)
        verb = "would send" if dry_run else "sent"
        data(f"{verb} {blob_count(blobs)} ({size(total)}) to `{there}`")
        data(f"  {_recorded(plan)}")
        origins = counted(len(plan.origins), "run")
        if plan.origins:
            data(f"  with the records of {origins} that it comes from: {_some([run.id for run in plan.origins])}")
    for alias in plan.kept:
        say(f"`{alias.name}@{alias.alias}` stays at version {alias.version} in `{there}`: aliases there are not moved")
    if plan.lost:
        say(f"{counted(len(plan.lost), 'artifact')} travelled as a record alone: the bytes are not here any more")
    if plan.passed:
        say(f"{_some(plan.passed)}: it comes from there too, and goes on, so that its records stay behind")


def _recorded(plan: Plan) -> str:
    from zenflow.cli.counting import counted

    parts = [f"run {run.id}" for run in plan.runs]
    parts += [f"{version.name}@{version.version}" for version in plan.versions]
    parts += [f"{_alias(alias)} (version {alias.version})" for alias in plan.aliases]
    if plan.contents:
        parts.append(counted(len(plan.contents), "artifact"))
    if plan.known:
        parts.append(f"{counted(len(plan.known), 'artifact')} without the bytes")
    if plan.entries:
        parts.append(counted(len(plan.entries), "cache entry", "cache entries"))
    return ", ".join(parts) or "what was missing of its records"


def _alias(alias: Alias) -> str:
    return f"{alias.name}@{alias.alias}"


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
