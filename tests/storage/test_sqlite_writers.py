"""Many processes that write one SQLite database and one store: all of them do, and nothing is lost."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from blake3 import blake3

from tests.storage.tally import FULL, Tally
from tests.storage.writers import Driver, Drivers, found
from zenflow.artifacts.content import Blob
from zenflow.artifacts.store import open_store

PROCESSES = 8
SECONDS = 30.0 if FULL else 8.0


@pytest.mark.timeout(300)
def test_many_writers_of_one_file_and_store_lose_nothing(tmp_path: Path, figures: Tally) -> None:
    url, store = f"sqlite:///{tmp_path}/zenflow.db", str(tmp_path / "store")
    with Drivers(Driver(url, number, store) for number in range(PROCESSES)) as drivers:
        for driver in drivers:
            driver.hear(1)
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            drivers[0].hear(1)
    assert drivers.complaints == [""] * PROCESSES
    damaged = [verdict for verdict in open_store(store).verify() if verdict.problem]
    outcome = found(url, drivers, in_store(store))
    figures.tell(
        f"SQLite: {PROCESSES} processes, {SECONDS:g} s, acknowledged {outcome.acknowledged}, lost {outcome.lost}, "
        f"doubled {outcome.doubled}, `database is locked` 0, damaged blobs {len(damaged)}",
    )
    assert (outcome.lost, outcome.doubled, damaged) == (0, 0, [])


def in_store(url: str) -> Callable[[bytes], bool]:
    """Whether a store has these bytes."""
    store = open_store(url)
    return lambda data: not store.missing([Blob("value", blake3(data).hexdigest(), len(data))])
