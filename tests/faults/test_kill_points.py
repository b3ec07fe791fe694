"""Kills at random points of random pipelines: the run, resumed, ends as if nothing had happened.

`ZENFLOW_FAULTS=full` tries ten times as many; `ZENFLOW_FAULTS_SEED` repeats a session's choices, if not its timing.
"""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

import pytest

from tests.faults.cases import Case
from tests.faults.cluster import Nodes
from tests.faults.drivers import OK, Driver
from tests.faults.programs import marks, program
from tests.faults.tally import Tally, batches

pytestmark = pytest.mark.timeout(900)  # a batch of kill points is many runs

AT_ONCE = 3
"""Runs that are driven at the same time: their steps sleep, mostly."""


MOST = 2
"""How often the worker of one step is killed: the fourth time, it is the step that counts as deadly."""


def wait_for_a_random_point(case: Case, driver: Driver, random: Random, seconds: float) -> None:
    """Until some time has passed, or some step has begun or ended, or some more are recorded; or the driver ends."""
    kind = random.choice(["time", "lines", "records"])
    end = time.monotonic() + random.uniform(0, seconds)
    lines = len(marks(case.log)) + random.randint(1, 60)
    records = case.count_recorded() + random.randint(1, 30)
    while not driver.ended:
        if (
            (kind == "time" and time.monotonic() > end)
            or (kind == "lines" and len(marks(case.log)) >= lines)
            or (kind == "records" and case.count_recorded() >= records)
        ):
            break
        time.sleep(0.002)
    time.sleep(random.choice([0, 0, random.uniform(0, 0.02)]))


def drivers_killed(case: Case, random: Random, kind: str, seconds: float, most: int) -> int:
    """Drive a case to its end, killing some of its drivers; how many were killed."""
    kills = 0
    for _ in range(min(random.randint(2, 6), most)):
        driver = case.start()
        wait_for_a_random_point(case, driver, random, seconds)
        if driver.kill() != OK:
            case.killed(kind)
            kills += 1
        if case.ended:
            break
    case.finish()
    return kills


@pytest.mark.parametrize("seed", batches("driver", 210, 30))
def test_a_driver_killed_at_any_point(seed: str, tmp_path: Path, tally: Tally) -> None:
    def kill(thread: int) -> None:
        random = Random(f"{seed}-{thread}")
        kills = number = 0
        while kills < 30 // AT_ONCE:
            case = Case(tmp_path / f"{thread}-{number}", program(random, 10, slow=0.15), tally)
            kills += drivers_killed(case, random, "drivers inline", 0.8, 30 // AT_ONCE - kills)
            number += 1

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(kill, range(AT_ONCE)))


@pytest.mark.parametrize("seed", batches("driver-on-ray", 25, 5))
def test_a_driver_on_ray_killed_at_any_point(seed: str, cluster: Nodes, tmp_path: Path, tally: Tally) -> None:
    random = Random(seed)
    kills = number = 0
    while kills < 5:
        case = Case(tmp_path / str(number), program(random, 12, slow=0.15), tally, "ray", cluster.address)
        kills += drivers_killed(case, random, "drivers on Ray", 3.0, 5 - kills)
        number += 1


@pytest.mark.parametrize("seed", batches("worker", 70, 14))
def test_workers_killed_while_they_execute(seed: str, cluster: Nodes, tmp_path: Path, tally: Tally) -> None:
    random = Random(seed)
    kills = number = 0
    while kills < 14:
        case = Case(tmp_path / str(number), program(random, 30, slow=0.15), tally, "ray", cluster.address)
        driver = case.start()
        killed: Counter[str] = Counter()
        gone: set[int] = set()
        while not driver.ended and kills < 14:
            time.sleep(random.uniform(0.1, 0.6))
            running = [
                (title, pid) for title, pid in case.running().items() if killed[title] < MOST and pid not in gone
            ]
            if running:
                title, worker = random.choice(running)
                killed[title] += 1
                gone.add(worker)
                if kill_worker(worker):
                    case.struck("workers")
                    kills += 1
        assert driver.wait(180) == OK, driver.said()
        case.check()
        number += 1


def kill_worker(pid: int) -> bool:
    """End a worker of Ray's with SIGKILL; whether it was there."""
    try:
        if not Path(f"/proc/{pid}/cmdline").read_bytes().startswith(b"ray::"):
            return False
        os.kill(pid, signal.SIGKILL)
    except (FileNotFoundError, ProcessLookupError):
        return False
    return True


@pytest.mark.parametrize("seed", batches("node", 6, 2))
def test_nodes_killed_while_they_execute(seed: str, cluster: Nodes, tmp_path: Path, tally: Tally) -> None:
    random = Random(seed)
    kills = number = 0
    while kills < 2:
        case = Case(tmp_path / str(number), program(random, 25, slow=0.15), tally, "ray", cluster.address)
        driver = case.start()
        while not driver.ended and kills < 2:
            wait_for_a_random_point(case, driver, random, 5.0)
            if case.running() and not driver.ended:
                cluster.kill(random.randrange(len(cluster)))
                case.struck("nodes")
                kills += 1
                cluster.add()
        assert driver.wait(180) == OK, driver.said()
        case.check()
        number += 1
