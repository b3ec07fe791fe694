"""The records of a run as another database takes them: all of it, what is there of it, and what is known without bytes.

Two things are unlike what a driver commits. What is there already stays, so what this database decides by (names,
aliases, runs) is looked at again in the transaction that writes. And an artifact may come without its bytes: it is
recorded together with the note that they are not here (`collected`, with the time 0), in one statement after another
that says what it inserted, so that an artifact whose bytes are here is never called one whose bytes are not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from attrs import frozen
from sqlalchemy import Connection, bindparam, delete, select, text

from zenflow.artifacts.content import Content
from zenflow.errors import MetadataError
from zenflow.metadata import queries, rows, schema
from zenflow.metadata.database import Database
from zenflow.metadata.liveness import alive
from zenflow.metadata.queries.chunks import chunks
from zenflow.metadata.queries.following import attempts_of_run
from zenflow.metadata.records import Alias, Execution, Record, RunRecord, Signature, Version

NEVER_HERE = 0.0
"""The time in `collected` of an artifact that came without its bytes."""

_RUN = (
    select(schema.runs, schema.graphs.c.data)
    .select_from(schema.runs.outerjoin(schema.graphs, schema.graphs.c.digest == schema.runs.c.graph_digest))
    .where(schema.runs.c.id == bindparam("run"))
)
_DRIVER = select(schema.drivers.c.host, schema.drivers.c.pid, schema.drivers.c.beat).where(
    schema.drivers.c.run == bindparam("run")
)
_LOGS = select(schema.logs).where(schema.logs.c.run == bindparam("run"))
_METRICS = select(schema.metrics).where(schema.metrics.c.run == bindparam("run"))
_RUN_CODE = select(schema.run_code).where(schema.run_code.c.run == bindparam("run"))
_CODE = select(schema.code).where(schema.code.c.digest.in_(bindparam("digests", expanding=True)))
_HAD = (
    select(schema.executions)
    .join(
        schema.lineage,
        (schema.lineage.c.run == schema.executions.c.run) & (schema.lineage.c.step == schema.executions.c.step),
    )
    .where(schema.lineage.c.mark.in_(bindparam("marks", expanding=True)), schema.executions.c.status == "ran")
)
_COLLECTED = select(schema.collected.c.digest).where(
    schema.collected.c.digest.in_(bindparam("digests", expanding=True))
)
_SIGNATURES = select(schema.signatures).where(schema.signatures.c.digest.in_(bindparam("digests", expanding=True)))

_KNOWN = text(
    "INSERT INTO artifacts (digest, format, type, size, blobs, description, small) "
    "VALUES (:digest, :format, :type, :size, :blobs, :description, :small) ON CONFLICT DO NOTHING RETURNING digest"
)
_ABSENT = text("INSERT INTO collected (digest, time) VALUES (:digest, :time) ON CONFLICT DO NOTHING")
_NAME = text("INSERT INTO names (name, created) VALUES (:name, :created) ON CONFLICT DO NOTHING")
_LOCK_NAME = select(schema.names.c.name).where(schema.names.c.name == bindparam("name")).with_for_update()
_VERSIONS = select(schema.versions).where(schema.versions.c.name == bindparam("name"))
_ALIASES = select(schema.aliases).where(schema.aliases.c.name == bindparam("name"))


@frozen
class Seen:
    """What a database had when it was decided what it is to be given: the runs by id (None: it had none of that id),
    and the versions and aliases of the names in question."""

    runs: Mapping[str, RunRecord | None]
    versions: Mapping[str, frozenset[Version]]
    aliases: Mapping[str, frozenset[Alias]]


def recorded_run(database: Database, run: str) -> RunRecord | None:
    """A run as it is recorded: one whose driver is gone is still `running` here. None where there is none."""
    found = database.read(_RUN, {"run": run})
    return rows.RUNS.record(found[0], {"graph": found[0].data or b""}) if found else None


def is_driven(database: Database, run: str) -> bool:
    """Whether a driver of the run lives."""
    return any(alive(row.host, row.pid, row.beat) for row in database.read(_DRIVER, {"run": run}))


def records_of(database: Database, run: RunRecord) -> list[Record]:
    """All that is recorded of a run and of nothing else: its steps with their attempts, what they wrote and reported,
    and their code."""
    which = {"run": run.id}
    logs = [rows.LOGS.record(row) for row in database.read(_LOGS, which)]
    metrics = [rows.metric(row) for row in database.read(_METRICS, which)]
    reached = [rows.RUN_CODE.record(row) for row in database.read(_RUN_CODE, which)]
    digests = sorted({one.digest for one in reached})
    code = [rows.CODE.record(row) for chunk in chunks(digests) for row in database.read(_CODE, {"digests": chunk})]
    steps, attempts = queries.executions(database, run.id), attempts_of_run(database, run.id)
    return [run, *steps, *attempts, *logs, *metrics, *code, *reached]


def makers(database: Database, digests: Iterable[str]) -> dict[str, list[Execution]]:
    """The executions that computed these artifacts, by artifact, newest first. As `queries.producers`, for many."""
    wanted = set(digests)
    found: dict[str, dict[tuple[str, str], Execution]] = {}
    for chunk in chunks(sorted({digest[: schema.MARK] for digest in wanted})):
        for row in database.read(_HAD, {"marks": chunk}):
            execution = rows.EXECUTIONS.record(row)
            for digest in wanted.intersection(execution.outputs):
                found.setdefault(digest, {})[execution.run, execution.step] = execution
    return {digest: sorted(made.values(), key=_start, reverse=True) for digest, made in found.items()}


def _start(execution: Execution) -> tuple[float, str, str]:
    return execution.started or 0.0, execution.run, execution.step


def without_bytes(database: Database, digests: Sequence[str]) -> set[str]:
    """Those of these artifacts whose bytes are known to be gone, or never came."""
    return {row[0] for chunk in chunks(digests) for row in database.read(_COLLECTED, {"digests": chunk})}


def signatures(database: Database, digests: Sequence[str]) -> list[Signature]:
    """The signatures of these artifacts."""
    found = (row for chunk in chunks(digests) for row in database.read(_SIGNATURES, {"digests": chunk}))
    return [rows.SIGNATURES.record(row) for row in found]


def see(database: Database, runs: Iterable[str], names: Iterable[str]) -> Seen:
    """What a database has of these runs and names."""
    every = sorted(set(names))
    return Seen(
        {run: recorded_run(database, run) for run in runs},
        {name: frozenset(queries.versions(database, name)) for name in every},
        {name: frozenset(queries.aliases(database, name)) for name in every},
    )


def still_as(seen: Seen, known: Sequence[Content], created: Mapping[str, float]) -> Callable[[Connection], None]:
    """What is done first in the transaction that writes: see that all is as it was `seen`, and record the artifacts
    that come without their bytes. `created` says since when there is a name that is new there.

    Raises:
        MetadataError: Somebody has recorded something of it meanwhile.
    """

    def action(connection: Connection) -> None:
        for run, before in sorted(seen.runs.items()):
            row = connection.execute(_RUN, {"run": run}).first()
            there = rows.RUNS.record(row, {"graph": row.data or b""}) if row else None
            if there != before:
                raise _changed(f"run {run}")
        for name in sorted(seen.versions):
            if name in created:
                connection.execute(_NAME, {"name": name, "created": created[name]})
            connection.execute(_LOCK_NAME, {"name": name})
            versions = frozenset(map(rows.VERSIONS.record, connection.execute(_VERSIONS, {"name": name})))
            aliases = frozenset(map(rows.ALIASES.record, connection.execute(_ALIASES, {"name": name})))
            if (versions, aliases) != (seen.versions[name], seen.aliases[name]):
                raise _changed(f"the name `{name}`")
        columns = schema.artifacts.columns.keys()
        for content in sorted(known, key=lambda content: content.digest):
            values = dict(zip(columns, rows.ARTIFACTS.row(content), strict=True))
            if connection.execute(_KNOWN, values).first() is not None:
                connection.execute(_ABSENT, {"digest": content.digest, "time": NEVER_HERE})

    return action


def release(database: Database, run: str, owner: str) -> None:
    """Give up what `owner` has claimed (`zenflow.metadata.drivers`)."""
    statement = delete(schema.drivers).where(schema.drivers.c.run == run, schema.drivers.c.owner == owner)
    database.write(lambda connection: connection.execute(statement).rowcount)


def _changed(what: str) -> MetadataError:
    return MetadataError(
        f"{what} was changed in the other stack meanwhile, so nothing of it was recorded there",
        help="give the same command again: what has been sent is there, and is not sent again",
    )
