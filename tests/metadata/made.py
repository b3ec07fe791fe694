"""Records with the fields a test does not care about filled in."""

from collections.abc import Mapping

from blake3 import blake3
from sqlalchemy import Connection

from zenflow.artifacts.content import Blob, Content, content_digest
from zenflow.metadata.database import Database
from zenflow.metadata.records import CacheEntry, Execution, RunRecord, RunStatus, StepStatus, Version


def digest(of: str) -> str:
    return blake3(of.encode()).hexdigest()


def run(id: str, status: RunStatus = "ok", *, started: float = 1.0, name: str | None = None) -> RunRecord:
    return RunRecord(id=id, status=status, started=started, name=name)


def execution(
    run: str,
    step: str,
    status: StepStatus = "ran",
    *,
    inputs: Mapping[str, str] | None = None,
    outputs: tuple[str, ...] = (),
    source: tuple[str, str] | None = None,
    started: float | None = 1.0,
) -> Execution:
    source_run, source_step = source or (None, None)
    return Execution(
        run=run,
        step=step,
        node=step,
        status=status,
        inputs=inputs or {},
        outputs=outputs,
        source_run=source_run,
        source_step=source_step,
        started=started,
    )


def content(*pieces: bytes, keep: bool = True) -> Content:
    blobs = tuple(Blob(f"piece{i}", blake3(data).hexdigest(), len(data)) for i, data in enumerate(pieces))
    small = {blob.digest: data for blob, data in zip(blobs, pieces, strict=True)} if keep else {}
    return Content(content_digest("test/1", blobs), "test/1", "bytes", sum(map(len, pieces)), blobs, {}, small)


def entry(key: str, *outputs: str, function: str = "flow.train", created: float = 1.0) -> CacheEntry:
    return CacheEntry(key=key, function=function, run="r1", step="train", outputs=outputs, created=created)


def version(name: str, of: str, number: int = 0) -> Version:
    return Version(name=name, version=number, digest=digest(of), run="r1", step="train", created=1.0)


def raw(database: Database, sql: str, *values: object) -> list[tuple[object, ...]]:
    """A statement given to the database's driver as it is, `%s` for values; what it gives."""

    def action(connection: Connection) -> list[tuple[object, ...]]:
        text = sql if connection.dialect.name == "postgresql" else sql.replace("%s", "?")
        found = connection.exec_driver_sql(text, values or None)
        return [tuple(row) for row in found] if found.returns_rows else []

    return database.write(action)
