"""`zenflow store`: whether what is kept is whole, what it takes, and letting go of what nobody needs."""

from __future__ import annotations

import re
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated

import typer

from zenflow.cli import copying
from zenflow.cli.quick import QuickCommand, QuickGroup
from zenflow.cli.stack_option import StackName, chosen_stack

if TYPE_CHECKING:
    from zenflow.history.collection import Swept
    from zenflow.history.verification import Trouble
    from zenflow.metadata.database import Database
    from zenflow.metadata.reach import LetGo

app = typer.Typer(cls=QuickGroup, help="What is stored.", no_args_is_help=True, rich_markup_mode=None)
Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]

_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 7 * 86400.0}
_SHOWN = 10


@app.callback()
def _store() -> None:
    """What is stored."""


app.command("push", cls=QuickCommand)(copying.push)
app.command("pull", cls=QuickCommand)(copying.pull)


@app.command("verify", cls=QuickCommand)
def verify(stack_name: StackName = None, json: Json = False) -> None:
    """Read and hash everything that is stored; exit with 1 if some of it is damaged or missing."""
    from zenflow.cli.counting import blob_count, counter
    from zenflow.cli.documents import print_json
    from zenflow.cli.errors import FINDINGS, Refused
    from zenflow.cli.terminal import data, size
    from zenflow.history.verification import verify

    stack = chosen_stack(stack_name)
    with stack.database() as database, counter("verified") as count:
        found = verify(stack.store(), database, count)
    if json:
        print_json(found)
    else:
        for trouble in found.troubles:
            data(_trouble(trouble))
        large = f"{blob_count(found.blobs)} ({size(found.size)}) in the store"
        seen = f"{large}, {blob_count(found.small)} in the database"
        data(f"{seen}: {len(found.troubles) or 'none'} damaged or missing")
    if found.troubles:
        raise Refused(FINDINGS)


@app.command("du", cls=QuickCommand)
def du(stack_name: StackName = None, json: Json = False) -> None:
    """What is stored, in blobs and bytes: live, named, orphaned, and by the step that made it."""
    from zenflow.cli.documents import print_json
    from zenflow.cli.terminal import data, size, table
    from zenflow.history.usage import usage

    stack = chosen_stack(stack_name)
    with stack.database() as database:
        found = usage(stack.store(), database)
    if json:
        print_json(found)
        return
    kinds = {"live": found.live, "  named": found.named, "orphans": found.orphans, "in the database": found.small}
    data(table(("what", "blobs", "size"), [(name, f"{a.blobs:,}", size(a.size)) for name, a in kinds.items()]))
    if found.makers:
        rows = [(pipeline or "", step, f"{a.blobs:,}", size(a.size)) for pipeline, step, a in found.makers[:_SHOWN]]
        data("\n" + table(("pipeline", "step", "blobs", "size"), rows))


@app.command("gc", cls=QuickCommand)
def gc(
    older_than: Annotated[
        str | None,
        typer.Option(
            metavar="TIME", help="Also let go of what no name and no run since refers to: 90d, 12h.", show_default=False
        ),
    ] = None,
    grace: Annotated[str, typer.Option(metavar="TIME", help="Keep what was put since: 24h, 30m, 0s.")] = "24h",
    metadata: Annotated[
        list[str] | None,
        typer.Option(metavar="URL", help="Another database with records of this store; may be repeated."),
    ] = None,
    gone: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="A database that the store knows of and that no longer exists."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would go.")] = False,
    stack_name: StackName = None,
    json: Json = False,
) -> None:
    """Delete blobs that nobody can reach and that are older than the grace period.

    Runs may go on meanwhile: what was put since a living run started stays. With --older-than, artifacts are let go
    first: those that no named version and no run within that time has as an input or output, with their cache entries.
    What is known of them stays. While a run goes on none is.
    """
    from zenflow.cli.counting import blob_count, counter
    from zenflow.cli.documents import print_json
    from zenflow.cli.terminal import data, size
    from zenflow.history.collection import Collector, Swept

    stack = chosen_stack(stack_name)
    with ExitStack() as opened:
        databases = [opened.enter_context(stack.database())]
        databases += [opened.enter_context(_other(url)) for url in metadata or ()]
        collector = Collector(stack.store(), databases, grace=_seconds(grace), gone=gone or ())
        let = [] if older_than is None else collector.let_go(_seconds(older_than), dry_run=dry_run)
        mark = collector.mark(digest for one in let for digest in one.artifacts)
        swept = Swept(0, 0, 0)
        with counter("would delete" if dry_run else "deleted") as count:
            for swept in collector.sweep(mark, dry_run=dry_run):
                count(swept.blobs, swept.size)
    if json:
        artifacts, entries = sum(len(one.artifacts) for one in let), sum(len(one.entries) for one in let)
        print_json(
            {
                "dry_run": dry_run,
                "artifacts": artifacts,
                "cache_entries": entries,
                "blobs": swept.blobs,
                "size": swept.size,
                "kept": swept.kept,
                "leases": mark.leases,
                "refused": [lease.run for one in let for lease in one.leases],
            }
        )
        return
    for one in let:
        data(_let(one, dry_run))
    verb = "would delete" if dry_run else "deleted"
    data(f"{verb} {blob_count(swept.blobs)} ({size(swept.size)})" + _kept(swept, mark.leases))


def _other(url: str) -> Database:
    """Another database with records of the store. One that is not there yet has none: its URL is mistyped."""
    from zenflow.errors import UsageError
    from zenflow.metadata.backend import missing_file
    from zenflow.metadata.database import Database

    path = missing_file(url)
    if path is not None:
        raise UsageError(
            f"there is no database at {path}",
            help="mend the URL; a database that no longer exists is named by its word, with `--gone ID`",
        )
    return Database.open(url)


def _let(one: LetGo, dry_run: bool) -> str:
    from zenflow.cli.counting import counted

    if one.leases:
        runs = ", ".join(lease.run for lease in one.leases)
        return f"no artifact is let go while a run goes on ({runs}); orphans alone are deleted"
    verb = "would let go of" if dry_run else "let go of"
    entries = counted(len(one.entries), "cache entry", "cache entries")
    return f"{verb} {counted(len(one.artifacts), 'artifact')} and {entries}"


def _kept(swept: Swept, leases: int) -> str:
    from zenflow.cli.counting import counted

    if not swept.kept:
        return ""
    why = "younger than the grace period" + (f", or of {counted(leases, 'run')} under way" if leases else "")
    return f"; {counted(swept.kept, 'orphan')} kept: {why}"


def _trouble(trouble: Trouble) -> str:
    lines = [f"{trouble.digest} is {trouble.problem} in the {trouble.where} ({trouble.size} bytes)"]
    for owner in trouble.owners:
        made = f", made by {owner.run}/{owner.step}" if owner.run else ""
        lines.append(f"  artifact {owner.artifact[:16]} {' '.join(owner.names)}".rstrip() + made)
    return "\n".join(lines if trouble.owners else [*lines, "  no record has it"])


def _seconds(text: str) -> float:
    """A length of time as it is typed.

    >>> _seconds("90d"), _seconds("1.5h")
    (7776000.0, 5400.0)
    """
    from zenflow.errors import UsageError

    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smhdw])", text)
    if match is None:
        raise UsageError(f"`{text}` is not a length of time", help="write a number with its unit: 90d, 24h, 30m, 0s")
    return float(match[1]) * _UNITS[match[2]]
