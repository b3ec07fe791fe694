"""One run whose driver is killed and which is resumed until it ends: what holds of it all the time, and at the end."""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from attrs import define, field

from tests.engine.running import until
from tests.faults.drivers import OK, Driver, Job, kept, temporary
from tests.faults.processes import sessions
from tests.faults.programs import Program, marks
from tests.faults.tally import Tally
from zenflow.history.run import Run
from zenflow.metadata import queries
from zenflow.metadata.records import Execution, RunRecord

_DONE = ("ran", "cached")


@define(eq=False)
class Case:
    """A program in a folder of its own."""

    home: Path
    program: Program
    tally: Tally
    engine: str = "inline"
    ray: str | None = None
    recorded: dict[str, int] = field(factory=dict)
    pids: set[int] = field(factory=set)

    @property
    def log(self) -> Path:
        """Where its steps write that they run."""
        return self.home / "log"

    @property
    def _database(self) -> Path:
        return self.home / "kept" / "zenflow.db"

    def start(self) -> Driver:
        """A driver that begins the run, or resumes it."""
        found = self.run()
        job = Job(
            self.home,
            partial(self.program.built, self.log),
            engine=self.engine,
            ray=self.ray,
            resumes=None if found is None else found.id,
        )
        driver = Driver(job)
        self.pids.add(driver.pid)
        return driver

    def run(self) -> RunRecord | None:
        """What is recorded of the run, if anything is."""
        if not self._database.exists():
            return None
        with kept(self.home).database() as database:
            found = queries.runs(database)
            assert len(found) <= 1, "a run that is resumed is no new one"
            return found[0] if found else None

    @property
    def ended(self) -> bool:
        """Whether the run is recorded to have ended well."""
        found = self.run()
        return found is not None and found.status == "ok"

    def executions(self) -> list[Execution]:
        """What is recorded of its steps."""
        found = self.run()
        if found is None:
            return []
        with kept(self.home).database() as database:
            return queries.executions(database, found.id)

    def count_recorded(self) -> int:
        """How many executions are recorded as done: cheap enough to be asked all the time."""
        if not self._database.exists():
            return 0
        with closing(sqlite3.connect(f"file:{self._database}?mode=ro", uri=True)) as connection:
            try:
                found = connection.execute("SELECT count(*) FROM executions WHERE status IN ('ran', 'cached')")
            except sqlite3.OperationalError:
                return 0  # it is being made
            return int(found.fetchone()[0])

    def begun(self) -> Counter[str]:
        """How often each step was begun."""
        return Counter(mark.title for mark in marks(self.log) if mark.kind == "begin")

    def killed(self, kind: str) -> None:
        """The driver is gone: the run is interrupted, what was recorded did not run again, and is remembered."""
        found = self.run()
        status = found.status if found is not None else "interrupted"
        assert status in ("interrupted", "ok"), f"its driver is gone, and the run is {status}"
        self.check_reruns()
        self.struck(kind)

    def struck(self, kind: str) -> None:
        """Something was killed, and the driver goes on: what is recorded by now is remembered."""
        begun = self.begun()
        self.recorded = {one.step: begun[one.step] for one in self.executions() if one.status in _DONE}
        self.tally.killed(kind, len(self.recorded))

    def running(self) -> dict[str, int]:
        """The steps that have begun and not ended, and in which processes."""
        current: dict[int, str] = {}
        for mark in marks(self.log):
            if mark.kind == "begin":
                current[mark.pid] = mark.title
            else:
                current.pop(mark.pid, None)
        return {title: pid for pid, title in current.items()}

    def check_reruns(self) -> None:
        """No step that was recorded at the last kill has run since."""
        begun = self.begun()
        again = {title: begun[title] - times for title, times in self.recorded.items() if begun[title] != times}
        self.tally.reruns += sum(again.values())
        assert not again, f"recorded steps ran again: {again}"

    def finish(self) -> None:
        """Resume to the end, where it has not ended yet, and check all of it."""
        if not self.ended:
            driver = self.start()
            code = driver.wait()
            assert code == OK, f"the run that was resumed ended with {code}: {driver.said()}"
        self.check()

    def check(self) -> None:
        """What must hold of a run that has ended well."""
        self.check_reruns()
        run = Run.open(kept(self.home), "@latest")
        assert run.status == "ok"
        assert {name: artifact.load() for name, artifact in run.outputs.items()} == self.program.plainly()
        self._check_records(run)
        self._check_leftovers()

    def _check_records(self, run: Run[Any]) -> None:
        begun = self.begun()
        with kept(self.home).database() as database:
            for one in queries.executions(database, run.id):
                expected = ("skipped",) if one.step.partition("[")[0] in self._untaken(run) else _DONE
                assert one.status in expected, f"`{one.step}` is {one.status}"
                assert one.status != "ran" or one.attempts or not begun[one.step], f"`{one.step}` has no attempt"
                tries = queries.attempts(database, run.id, one.step)
                unended = [attempt for attempt in tries if attempt.status in ("running", "pending")]
                assert not unended, f"the run has ended, and attempts are {unended}"
        with closing(sqlite3.connect(self._database)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]

    def _untaken(self, run: Run[Any]) -> set[str]:
        """Steps of branches that were not taken: they never began."""
        begun = self.begun()
        return {one.step for one in self.executions() if one.status == "skipped" and not begun[one.step]}

    def _check_leftovers(self) -> None:
        left: list[str] = []
        with closing(sqlite3.connect(self._database)) as connection:
            left += [f"driver {row}" for row in connection.execute("SELECT * FROM drivers")]
        left += [str(path) for path in (self.home / "kept" / "store" / "tmp").glob("*")]
        left += [str(path) for path in temporary(self.home).rglob("*")]
        self.tally.leftovers += len(left)
        assert not left, f"left behind: {left}"
        until(lambda: not self._processes(), f"the end of processes {self._processes()}")

    def _processes(self) -> list[int]:
        """Those of the drivers' sessions, and workers that executed steps."""
        workers = {mark.pid for mark in marks(self.log)}
        return [pid for pid, session in sessions().items() if session in self.pids or pid in workers]
