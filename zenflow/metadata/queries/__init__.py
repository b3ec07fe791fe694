"""What may be asked of the metadata, a file per question; each function takes an open Database first.

    from zenflow.metadata import queries
    queries.find_run(database, "@latest")

Functions give records, never rows, and raise MetadataError for a reference that names nothing.
"""

from __future__ import annotations

from zenflow.metadata.queries.cache import cached, family, found, nearest
from zenflow.metadata.queries.code import code
from zenflow.metadata.queries.contents import contents
from zenflow.metadata.queries.costs import costs
from zenflow.metadata.queries.executions import attempts, execution, executions
from zenflow.metadata.queries.lineage import consumers, producers
from zenflow.metadata.queries.names import aliases, resolve_name, versions
from zenflow.metadata.queries.output import logs, metrics
from zenflow.metadata.queries.runs import find_run, is_recorded, run, runs, runs_of
from zenflow.metadata.queries.submissions import (
    find_begun,
    find_submission,
    has_ended,
    submission,
    submissions,
)

__all__ = [
    "aliases",
    "attempts",
    "cached",
    "code",
    "consumers",
    "contents",
    "costs",
    "execution",
    "executions",
    "family",
    "find_begun",
    "find_run",
    "find_submission",
    "found",
    "has_ended",
    "is_recorded",
    "logs",
    "metrics",
    "nearest",
    "producers",
    "resolve_name",
    "run",
    "runs",
    "runs_of",
    "submission",
    "submissions",
    "versions",
]
