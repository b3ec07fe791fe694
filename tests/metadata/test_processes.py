"""Many processes and threads at one database: no error, nothing lost."""

import multiprocessing
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Connection

from tests.metadata import drivers, made
from zenflow.errors import MetadataError
from zenflow.metadata import queries
from zenflow.metadata.database import Database
from zenflow.metadata.sqlite import FileLock

DRIVERS, COMMITS = 4, 40


def test_drivers_that_open_a_new_database_together_lose_nothing(url: str) -> None:
    spawn = multiprocessing.get_context("spawn")
    together = spawn.Barrier(DRIVERS)
    processes = [
        spawn.Process(target=drivers.write_steps, args=(url, driver, COMMITS, together)) for driver in range(DRIVERS)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * DRIVERS

    with Database.open(url) as database:
        assert [run.id for run in queries.runs(database, status="ok")] == [f"run-{i}" for i in reversed(range(DRIVERS))]
        for driver in range(DRIVERS):
            executions = queries.executions(database, f"run-{driver}")
            assert len(executions) == COMMITS
            contents = queries.contents(database, [digest for found in executions for digest in found.outputs])
            assert len(contents) == COMMITS
            assert all(content.small for content in contents.values())
        numbers = [version.version for version in queries.versions(database, "forest")]
        assert numbers == list(range(1, DRIVERS * COMMITS + 1))


@pytest.mark.parametrize("acknowledged", [1, 20, 150])
def test_a_killed_driver_loses_nothing_acknowledged(url: str, acknowledged: int) -> None:
    program = f"from tests.metadata import drivers; drivers.write_until_killed({url!r})"
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, cwd=_root()) as driver:
        assert driver.stdout is not None
        for _ in range(acknowledged):
            last = int(driver.stdout.readline())
        driver.kill()
        last = int(([str(last), *driver.stdout.read().splitlines(keepends=True)])[-1])

    with Database.open(url) as database:
        steps = {found.step for found in queries.executions(database, "run")}
        assert steps >= {f"step_{i}" for i in range(last + 1)}
        assert len(steps) <= last + 2
        database.commit([made.run("next")])


def test_readers_see_the_last_commit_while_a_writer_is_open(url: str, database: Database) -> None:
    def action(connection: Connection) -> None:
        connection.exec_driver_sql("DELETE FROM runs")
        assert [run.id for run in queries.runs(database)] == ["before"]

    database.commit([made.run("before")])
    with Database.open(url) as other:
        other.write(action)
    assert queries.runs(database) == []


def test_two_databases_of_one_process_see_each_other(url: str, database: Database) -> None:
    with Database.open(url) as other:
        for i in range(3):
            other.commit([made.run(f"a{i}", started=2.0 * i)])
            database.commit([made.run(f"b{i}", started=2.0 * i + 1)])
            assert queries.runs(database) == queries.runs(other)
    assert len(queries.runs(database)) == 6


def test_threads_share_a_database(database: Database) -> None:
    def work(thread: int) -> int:
        for i in range(25):
            database.commit([made.execution("r1", f"step_{thread}_{i}")])
            assert queries.execution(database, "r1", f"step_{thread}_{i}").status == "ran"
        return len(queries.executions(database, "r1"))

    with ThreadPoolExecutor(4) as pool:
        assert max(pool.map(work, range(4))) == 100


def test_a_writer_that_waits_too_long_says_for_whom(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    holder, waiter = FileLock(path), FileLock(path)
    with holder.held(), pytest.raises(MetadataError, match=f"process {os.getpid()} holds {path}"), waiter.held(0.01):
        pass
    with waiter.held(0.01):
        pass
    holder.close()
    waiter.close()


def test_an_interrupted_commit_frees_the_database(url: str, database: Database) -> None:
    def interrupted(connection: Connection) -> None:
        connection.exec_driver_sql("DELETE FROM runs")
        raise KeyboardInterrupt

    database.commit([made.run("r1")])
    with pytest.raises(KeyboardInterrupt):
        database.write(interrupted)
    with Database.open(url) as other:
        other.commit([made.run("r2", started=2.0)])
    assert [run.id for run in queries.runs(database)] == ["r2", "r1"]


def test_a_forked_child_is_told_to_open_its_own(database: Database) -> None:
    child = os.fork()
    if child == 0:
        try:
            database.commit([made.run("r1")])
        except MetadataError:
            os._exit(7)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    assert queries.runs(database) == []


def _root() -> Path:
    return Path(__file__).parents[2]
