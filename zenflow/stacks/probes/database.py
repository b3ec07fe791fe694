"""Probes of the metadata database: that it is reached, of the current schema, and written."""

from __future__ import annotations

import os
from collections.abc import Sequence

from zenflow.errors import MetadataError
from zenflow.metadata.backend import missing_file, shown
from zenflow.metadata.inspection import CURRENT, revision, write_and_take_back
from zenflow.stacks.probes.probe import Probe, Skipped


def database_probes(url: str) -> Sequence[Probe]:
    """The probes of the database at a URL. None of them makes or migrates it."""
    return (
        Probe("database: is there", lambda: _is_there(url)),
        Probe("database: has the current schema", lambda: _is_current(url), needs="database: is there"),
        Probe("database: writes and takes back", lambda: _writes(url), needs="database: has the current schema"),
    )


def _is_there(url: str) -> str:
    path = missing_file(url)
    if path is None:
        revision(url)
        return shown(url)
    above = next(folder for folder in path.absolute().parents if folder.exists())
    if above.is_dir() and os.access(above, os.W_OK | os.X_OK):
        raise Skipped(f"{path} is made by the first run")
    raise MetadataError(f"{path} is not there and can not be made in {above}", help="name another path for it")


def _is_current(url: str) -> str:
    found = revision(url)
    if found == CURRENT:
        return f"revision {found}"
    if found is None:
        raise Skipped("it is empty: the first run makes its tables")
    if found > CURRENT:
        raise MetadataError(
            f"it has schema {found}, and this version of ZenFlow knows up to {CURRENT}",
            help="upgrade ZenFlow (`pip install -U zenflow`)",
        )
    raise Skipped(f"it has schema {found}; the next run brings it to {CURRENT}")


def _writes(url: str) -> str:
    from zenflow.metadata.database import Database

    with Database.open(url) as database:
        write_and_take_back(database)
    return "nothing is left"
