"""Databases as each released schema left them: `fixtures/REVISION.sql`, with rows in every table.

Whoever adds a revision makes the fixture of its release, once, with the code of that release:

    python -m tests.metadata.releases

The others stay as they are: they were written by the code of their time.
"""

from __future__ import annotations

import sqlite3
import tempfile
from pathlib import Path

from alembic import command
from sqlalchemy import NullPool, create_engine

from tests.metadata import made
from tests.storage.server import raw
from zenflow.metadata import migrations, schema, submissions
from zenflow.metadata.components import Components, Shared
from zenflow.metadata.database import Database
from zenflow.metadata.records import (
    Alias,
    Attempt,
    CacheEntry,
    Code,
    Cost,
    Environment,
    ErrorRecord,
    Execution,
    LogLine,
    Metric,
    Record,
    RunCode,
    RunRecord,
    Submission,
    Version,
)

FOLDER = Path(__file__).parent / "fixtures"
RELEASED = tuple(path.stem for path in sorted(FOLDER.glob("*.sql")))

INPUT, CONTENT = made.content(b"in"), made.content(b"small", b"x" * 9_000, b"")
ERROR = ErrorRecord("ValueError", "wrong", "flow.py:3", pickled=b"\x80\x00")
RUN = RunRecord(
    id="r1",
    status="failed",
    started=1.0,
    finished=4.5,
    name="nightly",
    pipeline="flow:training",
    target="flow.py",
    engine="inline",
    params={"depth": "8"},
    tags=("nightly", "näme"),
    graph=b'{"nodes": []}',
    outputs={"model": CONTENT.digest},
    environment=Environment(command=("zenflow", "run"), python="3.11.2", packages={"numpy": "2.4"}, host="here"),
    error=ERROR,
)
EXECUTION = Execution(
    run="r1",
    step="train[3]",
    node="train",
    status="ran",
    function="flow:train",
    element=3,
    key="key",
    cache_reason="first run",
    attempts=2,
    started=1.0,
    finished=3.0,
    inputs={"x": INPUT.digest},
    outputs=(CONTENT.digest,),
    timings={"compute": 2.0},
    usage={"cpu": 1},
    host="host2",
    pid=2,
)
ATTEMPTS = [
    Attempt("r1", "train[3]", 1, "failed", 1.0, 1.5, "host1", 1, ERROR),
    Attempt("r1", "train[3]", 2, "ran", 2.0, 3.0, "host2", 2),
]
LINE = LogLine("r1", "train[3]", 2, 0, 2.5, "stdout", "epoch 1\tλ")
METRICS = [
    Metric("r1", "train[3]", 2, "loss", 0, 0.25, 2.5),
    Metric("r1", "train[3]", 2, "loss", 1, float("nan"), 2.6),
    Metric("r1", "train[3]", 2, "note", 0, "good", 2.7),
]
COMPONENTS = {"python": "3.11", "code flow:train": "ab", "argument x": "cd"}
ENTRY = CacheEntry("key", "flow:train", "r1", "train[3]", (CONTENT.digest,), 3.0, COMPONENTS)
CODE, OF_RUN = Code("c0de", "flow:train", "def train(): …"), RunCode("r1", "flow:train", "flow:train", "c0de")
VERSION, ALIAS = Version("forest", 1, CONTENT.digest, "r1", "train[3]", 3.0), Alias("forest", "prod", 1, 3.5)
SUBMISSION = Submission(
    run="r1",
    attempt=2,
    stack="cluster",
    cluster="http://head:8265",
    target="flow.py",
    command=("run", "flow.py", "--depth", "8"),
    directory="/home/anna/flow",
    package="zenflow-ab.zip",
    host="here",
    user="anna",
    created=1.0,
    handed=2.0,
    outcome="failed",
    problem="no module named flow",
)
COST = Cost("flow:train", 2, 2.0, 2**40, 2**41, 3.0)


def write() -> Path:
    """Make the fixture of the newest schema."""
    entry = CacheEntry("key", "flow:train", "r1", "train[3]", ENTRY.outputs, 3.0, _shared())
    records: list[Record] = [RUN, EXECUTION, *ATTEMPTS, LINE, *METRICS, INPUT, CONTENT, entry, CODE, OF_RUN]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "zenflow.db"
        with Database.open(f"sqlite:///{path}") as database:
            database.commit([*records, VERSION, ALIAS, COST])
            submissions.record(database, SUBMISSION)
            made.raw(database, "INSERT INTO drivers VALUES ('r2', 'owner', 'host', 1, 1.0, NULL)")
            for table, value in (("commits", 1.0), ("signatures", "ab"), ("collected", 1.0)):
                made.raw(database, f"INSERT INTO {table} VALUES ('a', %s)", value)
        raw_file = sqlite3.connect(path)
        dump = "\n".join(raw_file.iterdump())
        raw_file.close()
    made_at = FOLDER / f"{schema.REVISIONS[-1]}.sql"
    made_at.write_text(dump + "\n", encoding="utf-8")
    return made_at


def _shared() -> Components:
    own = {"argument x": COMPONENTS["argument x"]}
    return Components(Shared({name: part for name, part in COMPONENTS.items() if name not in own}, "f" * 16), own)


def restore(revision: str, url: str) -> None:
    """Make the database of a release at `url`: on PostgreSQL with the tables of the revision and these rows."""
    dump = (FOLDER / f"{revision}.sql").read_text(encoding="utf-8")
    if url.startswith("sqlite"):
        path = Path(url.removeprefix("sqlite:///"))
        path.parent.mkdir(parents=True, exist_ok=True)
        kept = sqlite3.connect(path)
        kept.executescript(dump)
        kept.close()
        return
    kept = sqlite3.connect(":memory:")
    kept.executescript(dump)
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        command.upgrade(migrations.config(connection), revision)
    with raw(url) as target:
        for name in tables(kept):
            target.execute(f"DELETE FROM {name}".encode())
            for row in kept.execute(f"SELECT * FROM {name}"):
                places = ", ".join(["%s"] * len(row))
                target.execute(f"INSERT INTO {name} VALUES ({places})".encode(), row)
    kept.close()


def tables(connection: sqlite3.Connection) -> list[str]:
    """The tables of a database."""
    return [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]


if __name__ == "__main__":
    write()
