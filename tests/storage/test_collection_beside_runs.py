"""Collections that go on beside real drivers, some of which are killed: nothing that is recorded is lost."""

from __future__ import annotations

import subprocess
import sys

import numpy as np

from tests.storage.driving import VALUES
from tests.storage.places import in_memory
from tests.storage.tally import FULL, Tally
from zenflow.artifacts.saving import save
from zenflow.history.collection import Collector
from zenflow.history.verification import verify
from zenflow.metadata.reach import reached
from zenflow.stacks.stack import stack_in

SECONDS = 6.0 if FULL else 3.0


def test_collections_beside_drivers_lose_nothing(figures: Tally) -> None:
    with in_memory() as folder, stack_in(folder).database() as database:
        store = stack_in(folder).store()
        collections = removed = kills = 0
        drivers = [start(folder, number) for number in range(2)]
        doomed = start(folder, 9)
        while any(driver.poll() is None for driver in drivers):
            for value in range(VALUES + 1):  # what a driver leaves that was killed before it recorded anything
                save(np.full(4_000, float(value)), np.ndarray, store)
            collector = Collector(store, [database], grace=0, skew=0)
            if collections in (25, 50):  # later ones leave what is then looked at
                collector.let_go(0)
            removed += max((swept.blobs for swept in collector.sweep(collector.mark())), default=0)
            collections += 1
            if collections % 40 == 0:
                doomed.kill()
                doomed.communicate()
                kills += 1
                doomed = start(folder, 10 + kills)
        doomed.kill()
        doomed.communicate()
        runs = sum(int(driver.communicate()[0]) for driver in drivers)
        troubles = verify(store, database).troubles
        artifacts = sum(1 for _ in reached(database))
    figures.tell(
        f"collections beside 3 drivers: {collections}, blobs removed {removed}; runs {runs}, drivers killed {kills}, "
        f"artifacts {artifacts}, lost or damaged {len(troubles)}"
    )
    assert [driver.returncode for driver in drivers] == [0, 0]
    assert troubles == ()
    assert min(runs, collections, removed, artifacts) > 0


def start(folder: object, number: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.storage.driving", str(folder), str(number), str(SECONDS)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
