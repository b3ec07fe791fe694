"""Who drives a run: one at a time, and a run without one is interrupted."""

import os
import socket
import subprocess
import sys
import time

import pytest
from sqlalchemy import select

from tests.metadata import made
from zenflow.errors import MetadataError, Superseded
from zenflow.metadata import drivers, queries
from zenflow.metadata.database import Database
from zenflow.metadata.liveness import alive
from zenflow.metadata.schema import drivers as table

HERE = socket.gethostname()


def aged(database: Database, seconds: float) -> None:
    """The drivers as they are when nothing was heard of them for so long."""
    database.write(lambda connection: connection.execute(table.update().values(beat=time.time() - seconds)))


@pytest.fixture
def running(database: Database) -> Database:
    """A run that this process drives."""
    drivers.claim(database, "r1", "me", HERE, os.getpid())
    database.commit([made.run("r1", "running")])
    return database


def test_a_driver_hears_what_was_asked_of_it(running: Database) -> None:
    assert drivers.beat(running, "r1", "me") is None
    drivers.ask(running, "r1", "cancel")
    assert drivers.beat(running, "r1", "me") == "cancel"


def test_another_driver_takes_over_and_what_was_asked_is_forgotten(running: Database) -> None:
    drivers.ask(running, "r1", "cancel")
    drivers.claim(running, "r1", "another", HERE, os.getpid())
    assert drivers.beat(running, "r1", "another") is None
    with pytest.raises(Superseded, match=r"run r1 is no longer driven .*another driver has taken it over"):
        drivers.beat(running, "r1", "me")


def test_a_superseded_driver_writes_nothing(running: Database) -> None:
    running.commit([made.execution("r1", "load")], run_owner=("r1", "me"))
    drivers.claim(running, "r1", "another", HERE, os.getpid())
    with pytest.raises(Superseded):
        running.commit([made.execution("r1", "train")], run_owner=("r1", "me"))
    assert [execution.step for execution in queries.executions(running, "r1")] == ["load"]
    running.commit([made.execution("r1", "train")], run_owner=("r1", "another"))
    assert len(queries.executions(running, "r1")) == 2


def test_the_record_of_a_runs_end_gives_it_up(running: Database) -> None:
    running.commit([made.run("r2", "ok"), made.run("r1", "running")], run_owner=("r1", "me"))
    assert drivers.beat(running, "r1", "me") is None
    running.commit([made.run("r1", "failed")], run_owner=("r1", "me"))
    with pytest.raises(Superseded, match="it has no driver any more"):
        drivers.beat(running, "r1", "me")
    with pytest.raises(MetadataError, match="run r1 has no driver to ask for `cancel`"):
        drivers.ask(running, "r1", "cancel")


def test_claims_of_drivers_that_ended_before_they_recorded_anything_are_cleared_away(running: Database) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        ended.wait()
    drivers.claim(running, "never", "gone", HERE, ended.pid)
    drivers.claim(running, "soon", "another", HERE, os.getpid())
    drivers.claim(running, "r2", "me", HERE, os.getpid())
    assert sorted(row.run for row in running.read(select(table.c.run))) == ["r1", "r2", "soon"]


class TestInterrupted:
    def statuses(self, database: Database) -> set[str]:
        found = [queries.run(database, "r1"), queries.find_run(database, "@latest"), *queries.runs(database)]
        for status in ("running", "interrupted", "ok"):
            assert [run.status for run in queries.runs(database, status=status)] in ([], [status])
            found += queries.runs(database, status=status)
        return {run.status for run in found}

    def test_a_run_that_is_driven_is_running(self, running: Database) -> None:
        assert self.statuses(running) == {"running"}

    def test_a_driver_that_is_silent_for_long_is_gone(self, running: Database) -> None:
        aged(running, drivers.INTERRUPTED_AFTER + 1)
        assert self.statuses(running) == {"interrupted"}
        drivers.beat(running, "r1", "me")
        assert self.statuses(running) == {"running"}

    def test_a_process_of_this_machine_that_ended_is_gone_at_once(self, running: Database) -> None:
        with subprocess.Popen([sys.executable, "-c", ""]) as ended:
            ended.wait()
        drivers.claim(running, "r1", "another", HERE, ended.pid)
        assert self.statuses(running) == {"interrupted"}
        drivers.claim(running, "r1", "another", "elsewhere", ended.pid)
        assert self.statuses(running) == {"running"}

    def test_a_run_without_a_driver_is_interrupted(self, database: Database) -> None:
        database.commit([made.run("r1", "running")])
        assert self.statuses(database) == {"interrupted"}

    def test_a_run_that_ended_is_what_it_came_to(self, running: Database) -> None:
        running.commit([made.run("r1", "ok")], run_owner=("r1", "me"))
        assert self.statuses(running) == {"ok"}

    def test_as_many_are_given_as_were_asked_for(self, running: Database) -> None:
        running.commit([made.run(f"old{i}", "running", started=2.0 + i) for i in range(5)])
        assert [run.id for run in queries.runs(running, 1, status="running")] == ["r1"]
        assert [run.id for run in queries.runs(running, 2, status="interrupted")] == ["old4", "old3"]


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_process_that_is_younger_than_the_beat_is_another_one() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as later:
        now = time.time()
        assert alive(HERE, later.pid, now)
        assert not alive(HERE, later.pid, now - 10)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_process_that_only_waits_to_be_reaped_is_gone() -> None:
    with subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE) as ended:
        assert ended.stdout is not None
        os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)
        assert not alive(HERE, ended.pid, time.time())
