"""Kills at random points of random pipelines: the run, resumed, ends as if nothing had happened.

`ZENFLOW_FAULTS=full` tries ten times as many; `ZENFLOW_FAULTS_SEED` repeats a session's choices, if not its timing.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

import pytest

from tests.faults.cases import Case
from tests.faults.drivers import OK, Driver
from tests.faults.programs import marks, program
from tests.faults.tally import Tally, batches

AT_ONCE = 3
"""Runs that are driven at the same time: their steps sleep, mostly."""


def wait_for_a_random_point(case: Case, driver: Driver, random: Random) -> None:
    """Until some time has passed, or some step has begun or ended, or some more are recorded; or the driver ends."""
    kind = random.choice(["time", "lines", "records"])
    end = time.monotonic() + random.uniform(0, 0.8)
    lines = len(marks(case.log)) + random.randint(1, 60)
    records = len(case.recorded) + random.randint(1, 30)
    while not driver.ended:
        if (
            (kind == "time" and time.monotonic() > end)
            or (kind == "lines" and len(marks(case.log)) >= lines)
            or (kind == "records" and case.count_recorded() >= records)
        ):
            break
        time.sleep(0.002)
    time.sleep(random.choice([0, 0, random.uniform(0, 0.02)]))


def killed_and_resumed(case: Case, random: Random, kind: str) -> int:
    """Drive a case to its end, killing some of its drivers; how many were killed."""
    kills = 0
    for _ in range(random.randint(2, 6)):
        driver = case.start()
        wait_for_a_random_point(case, driver, random)
        if driver.kill() == OK:
            break  # it was done before
        case.killed(kind)
        kills += 1
    found = case.run()
    if found is None or found.status != "ok":
        case.finish()
    else:
        case.check()
    return kills


@pytest.mark.parametrize("seed", batches("driver", 210, 30))
def test_a_driver_killed_at_any_point(seed: str, tmp_path: Path, tally: Tally) -> None:
    def kill(thread: int) -> None:
        random = Random(f"{seed}-{thread}")
        kills = number = 0
        while kills < 30 // AT_ONCE:
            case = Case(tmp_path / f"{thread}-{number}", program(random, 10, slow=0.05), tally)
            kills += killed_and_resumed(case, random, "driver, inline")
            number += 1

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(kill, range(AT_ONCE)))
