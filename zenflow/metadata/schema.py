"""The tables. A record's fields are the columns of its table, under the same names and in the same order,
apart from what is kept elsewhere (a run's graph, a content's small blobs) or in another form (a metric's value).

What people ask for by value (status, names, digests) is a column of its own type; mappings, tuples and
nested records are MessagePack in a `LargeBinary`, because nobody filters by them and one value is one
write. Types are portable between SQLite and PostgreSQL.

No foreign keys: records of one step arrive in whatever batch they are ready for (logs while it runs, its
execution when it is done), and garbage collection deletes by reachability, which foreign keys do not know.

What a commit costs is the pages it touches, and keys that are digests touch one for nearly every row. So there is one
table of them where one does: the small blobs of a content are in its own row.

Lineage is the exception to "a record's fields are its columns". `lineage` is an index from the beginning of a
digest to the executions that *may* have had it as an input or output; the execution's own `inputs` and
`outputs` decide. So a row of it is never updated or deleted when an execution is replaced, it is one
B-tree without a separate row, and `MARK` characters find as much as all of a digest.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
)

REVISIONS = ("0001", "0002", "0003", "0004")
"""Every revision of the schema this version of ZenFlow can migrate from or work with, oldest first."""

MARK = 10
"""Characters of a digest in `lineage`: 40 bits, so that one of a million artifacts seldom meets another."""

metadata = MetaData(
    naming_convention={"ix": "ix_%(table_name)s_%(column_0_N_name)s", "pk": "pk_%(table_name)s"},
)


# Text is ordered by code points, as SQLite does: answers come in one order everywhere, and no index of PostgreSQL
# depends on the locale of its machine (https://wiki.postgresql.org/wiki/Locale_data_changes).
_TEXT = Text().with_variant(Text(collation="C"), "postgresql")


def _text(name: str, *, nullable: bool = False) -> Column[str]:
    return Column(name, _TEXT, nullable=nullable)


def _integer(name: str, *, nullable: bool = False) -> Column[int]:
    return Column(name, Integer, nullable=nullable)


def _large(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False)


def _number(name: str, *, nullable: bool = False) -> Column[float]:
    return Column(name, Double, nullable=nullable)


def _packed(name: str, *, nullable: bool = False) -> Column[bytes]:
    return Column(name, LargeBinary, nullable=nullable)


runs = Table(
    "runs",
    metadata,
    _text("id"),
    _text("status"),
    _number("started"),
    _number("finished", nullable=True),
    _text("name", nullable=True),
    _text("pipeline", nullable=True),
    _text("target", nullable=True),
    _text("engine", nullable=True),
    _text("stack"),
    _packed("params"),
    _packed("tags"),
    _packed("outputs"),
    _packed("environment"),
    _packed("error", nullable=True),
    _text("graph_digest", nullable=True),
    PrimaryKeyConstraint("id"),
    Index(None, "started"),
)

# Graphs of runs by their BLAKE3: most runs repeat the graph of an earlier one.
graphs = Table(
    "graphs",
    metadata,
    _text("digest"),
    _packed("data"),
    PrimaryKeyConstraint("digest"),
)

run_tags = Table(
    "run_tags",
    metadata,
    _text("tag"),
    _text("run"),
    PrimaryKeyConstraint("tag", "run"),
    Index(None, "run"),
)

executions = Table(
    "executions",
    metadata,
    _text("run"),
    _text("step"),
    _text("node"),
    _text("status"),
    _text("function"),
    _integer("element", nullable=True),
    _text("key", nullable=True),
    _text("cache_reason"),
    _integer("attempts"),
    _number("started", nullable=True),
    _number("finished", nullable=True),
    _packed("inputs"),
    _packed("outputs"),
    _text("source_run", nullable=True),
    _text("source_step", nullable=True),
    _packed("timings"),
    _packed("error", nullable=True),
    _packed("usage"),
    _text("host"),
    _integer("pid"),
    PrimaryKeyConstraint("run", "step"),
)

lineage = Table(
    "lineage",
    metadata,
    _text("mark"),
    _text("run"),
    _text("step"),
    PrimaryKeyConstraint("mark", "run", "step"),
    sqlite_with_rowid=False,
)

# Who drives a run, and since when nothing was heard of it. `owner` is a driver's own random word.
drivers = Table(
    "drivers",
    metadata,
    _text("run"),
    _text("owner"),
    _text("host"),
    _integer("pid"),
    _number("beat"),
    _text("asked", nullable=True),
    PrimaryKeyConstraint("run"),
)

# Runs that were handed to a cluster, a row for each job: `handed` is when the cluster took it, `begun` when its driver
# claimed the run, `outcome` and `problem` what became of a job that never did.
submissions = Table(
    "submissions",
    metadata,
    _text("run"),
    _integer("attempt"),
    _text("stack"),
    _text("cluster"),
    _text("target"),
    _packed("command"),
    _text("directory"),
    _text("package"),
    _text("host"),
    _text("user"),
    _number("created"),
    _number("handed", nullable=True),
    _number("begun", nullable=True),
    _text("outcome", nullable=True),
    _text("problem", nullable=True),
    PrimaryKeyConstraint("run", "attempt"),
    Index(None, "created"),
)

attempts = Table(
    "attempts",
    metadata,
    _text("run"),
    _text("step"),
    _integer("number"),
    _text("status"),
    _number("started", nullable=True),
    _number("finished", nullable=True),
    _text("host"),
    _integer("pid"),
    _packed("error", nullable=True),
    PrimaryKeyConstraint("run", "step", "number"),
)

logs = Table(
    "logs",
    metadata,
    _text("run"),
    _text("step"),
    _integer("attempt"),
    _integer("number"),
    _number("time"),
    _text("stream"),
    _text("text"),
    PrimaryKeyConstraint("run", "step", "attempt", "number"),
)

# A number is in `value`, a string in `text`. Where both are NULL the number is NaN, which SQLite can not hold.
metrics = Table(
    "metrics",
    metadata,
    _text("run"),
    _text("step"),
    _integer("attempt"),
    _text("name"),
    _integer("number"),
    _number("time"),
    _number("value", nullable=True),
    _text("text", nullable=True),
    PrimaryKeyConstraint("run", "step", "attempt", "name", "number"),
)

# `small` has the bytes of the small blobs, in the order of `blobs`. Those of large ones are in the artifact store.
artifacts = Table(
    "artifacts",
    metadata,
    _text("digest"),
    _text("format"),
    _text("type"),
    _large("size"),
    _packed("blobs"),
    _packed("description"),
    _packed("small", nullable=True),
    PrimaryKeyConstraint("digest"),
)

# `parts` names the components that the entry shares with others, those of one family side by side; without it
# `components` has them all.
cache_entries = Table(
    "cache_entries",
    metadata,
    _text("key"),
    _text("function"),
    _text("run"),
    _text("step"),
    _packed("outputs"),
    _number("created"),
    _packed("components"),
    _text("parts", nullable=True),
    PrimaryKeyConstraint("key"),
    Index("ix_cache_entries_function", "function", "created"),
    Index(None, "parts"),
)

# The code, packages and types that the keys of many calls are made of, by family and then by the BLAKE3 of all.
key_parts = Table(
    "key_parts",
    metadata,
    _text("digest"),
    _packed("components"),
    PrimaryKeyConstraint("digest"),
)

costs = Table(
    "costs",
    metadata,
    _text("function"),
    _integer("count"),
    _number("seconds"),
    _large("peak_memory"),
    _large("bytes_out"),
    _number("updated"),
    PrimaryKeyConstraint("function"),
)

code = Table(
    "code",
    metadata,
    _text("digest"),
    _text("name"),
    _text("source"),
    PrimaryKeyConstraint("digest"),
)

run_code = Table(
    "run_code",
    metadata,
    _text("run"),
    _text("node"),
    _text("name"),
    _text("digest"),
    PrimaryKeyConstraint("run", "node", "name"),
)

# One row a name: what a writer locks while it gives out the next version number.
names = Table(
    "names",
    metadata,
    _text("name"),
    _number("created"),
    PrimaryKeyConstraint("name"),
)

versions = Table(
    "versions",
    metadata,
    _text("name"),
    _integer("version"),
    _text("digest"),
    _text("run"),
    _text("step"),
    _number("created"),
    PrimaryKeyConstraint("name", "version"),
    Index(None, "digest"),
)

aliases = Table(
    "aliases",
    metadata,
    _text("name"),
    _text("alias"),
    _integer("version"),
    _number("created"),
    PrimaryKeyConstraint("name", "alias"),
)

# The latest commits by a random word of each, by which a client that lost its connection learns what became of one.
commits = Table(
    "commits",
    metadata,
    _text("id"),
    _number("created"),
    PrimaryKeyConstraint("id"),
)

# `identity` is a random word that tells this database from all others.
settings = Table(
    "settings",
    metadata,
    _text("name"),
    _text("value"),
    PrimaryKeyConstraint("name"),
)

# Artifacts that hold a pickle, by digest, signed with the store's key by who recorded them.
signatures = Table(
    "signatures",
    metadata,
    _text("digest"),
    _text("hmac"),
    PrimaryKeyConstraint("digest"),
)

# Artifacts whose bytes garbage collection has let go: what is known of them stays.
collected = Table(
    "collected",
    metadata,
    _text("digest"),
    _number("time"),
    PrimaryKeyConstraint("digest"),
)
