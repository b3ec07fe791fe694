"""That this process drives a run: claimed before it is seen, kept by a heartbeat, given up by the record of its end."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Iterable
from typing import TYPE_CHECKING

from zenflow.engine.failures import RunCancelled
from zenflow.metadata import drivers

if TYPE_CHECKING:
    from zenflow.metadata.database import Database
    from zenflow.metadata.records import Record


class Tenure:
    """One driver's time with a run."""

    def __init__(self, database: Database, run: str) -> None:
        self._database = database
        self._run = run
        self._owner = secrets.token_hex(16)
        self._begun = False

    def begin(self, records: Iterable[Record] = ()) -> None:
        """Claim the run, whoever had it, and commit its first records."""
        drivers.claim(self._database, self._run, self._owner, socket.gethostname(), os.getpid(), records)
        self._begun = True

    @property
    def begun(self) -> bool:
        """Whether the run is claimed."""
        return self._begun

    def owned(self) -> tuple[str, str] | None:
        """What a commit is fenced with; None before there is anything to fence."""
        return (self._run, self._owner) if self._begun else None

    def beat(self) -> None:
        """Say that the driver lives.

        Raises:
            Superseded: Another driver has the run.
            RunCancelled: Another process asked for its end.
        """
        if drivers.beat(self._database, self._run, self._owner) == "cancel":
            raise RunCancelled("another process asked for the end of this run")
