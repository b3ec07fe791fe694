"""A run that another process drives, followed through its records."""

from __future__ import annotations

import math
from typing import TypeAlias

from attrs import frozen

from zenflow.metadata import queries
from zenflow.metadata.database import Database
from zenflow.metadata.queries import following
from zenflow.metadata.records import Execution, LogLine, Metric, RunRecord

Happening: TypeAlias = Execution | LogLine | Metric


@frozen
class Look:
    """What one look found: the run as it stands, and what is new since the look before, in the order of time."""

    run: RunRecord
    happened: tuple[Happening, ...]

    @property
    def ended(self) -> bool:
        """Whether the run has come to an end, whichever: nothing more will happen."""
        return self.run.status != "running"


class Following:
    """Looks at a run again and again. The first look finds everything there is."""

    def __init__(self, database: Database, run: str) -> None:
        self._database = database
        self._run = run
        self._standing: dict[str, following.Standing] = {}
        self._places: dict[str, following.Place | None] = {}
        self._values: dict[tuple[str, str], tuple[int, int]] = {}

    def turn_to(self, database: Database) -> None:
        """Look into the same database by another connection."""
        self._database = database

    def look(self) -> Look:
        """What is new. The run is read first: when it has ended, all of its steps are in what is read after.

        Raises:
            MetadataError: The run is not there, or the database can not be read.
        """
        run = queries.run(self._database, self._run)
        standing = following.standing(self._database, self._run)
        changed = [step for step, found in standing.items() if self._standing.get(step) != found]
        self._standing = standing
        executions = following.executions_of(self._database, self._run, changed)
        active = dict.fromkeys((*changed, *(step for step, found in standing.items() if found.status == "running")))
        active = dict.fromkeys(step for step in active if standing[step].attempts)
        happened: list[Happening] = [*executions, *self._lines(active), *self._metrics(active)]
        return Look(run, tuple(sorted(happened, key=_when)))

    def _lines(self, steps: dict[str, None]) -> list[LogLine]:
        places = {step: self._places.get(step) for step in steps}
        lines = following.lines_after(self._database, self._run, places)
        self._places |= {line.step: following.Place(line.attempt, line.number) for line in lines}
        return lines

    def _metrics(self, steps: dict[str, None]) -> list[Metric]:
        found = following.latest_metrics(self._database, self._run, steps)
        new = [m for m in found if self._values.get((m.step, m.name), (0, -1)) < (m.attempt, m.number)]
        self._values |= {(metric.step, metric.name): (metric.attempt, metric.number) for metric in new}
        return new


def _when(happening: Happening) -> tuple[float, bool]:
    """A step's end comes after what it wrote in the same moment, and what never ran comes last."""
    if not isinstance(happening, Execution):
        return happening.time, False
    moment = happening.started if happening.status == "running" else happening.finished
    return math.inf if moment is None else moment, happening.status != "running"
