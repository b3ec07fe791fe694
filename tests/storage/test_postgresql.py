"""A server that restarts and a network that breaks lose nothing, double nothing, and nobody hangs."""

from __future__ import annotations

import random
import signal
from collections.abc import Iterator
from itertools import chain, cycle, repeat

import pytest

from tests.faults.tally import SEED
from tests.metadata import made
from tests.storage.commit_proxy import Cut, Proxy
from tests.storage.server import Server, server
from tests.storage.tally import FULL, Tally
from tests.storage.writers import Driver, Drivers, found
from zenflow.errors import MetadataError
from zenflow.metadata import postgresql as backend
from zenflow.metadata import queries
from zenflow.metadata.database import Database

RESTARTS = 20 if FULL else 6
CUTS = 60
DRIVERS = 2


@pytest.fixture(scope="module")
def restarted() -> Iterator[Server]:
    """A server that this module may stop."""
    with server(durable=True) as found:
        yield found


@pytest.mark.timeout(600)
def test_a_server_that_restarts_under_drivers_loses_nothing(restarted: Server, figures: Tally) -> None:
    chance, url = random.Random(SEED), restarted.new_schema()
    with Drivers(Driver(url, number) for number in range(DRIVERS)) as drivers:
        for restart in range(RESTARTS):
            for driver in drivers:
                driver.hear(chance.randrange(1, 20))
            restarted.stop(signal.SIGQUIT if restart % 2 else signal.SIGINT)
            restarted.start()
        for driver in drivers:
            driver.hear(1)
    assert drivers.complaints == [""] * DRIVERS
    outcome = found(url, drivers)
    longest = max(driver.silent for driver in drivers)
    figures.tell(
        f"PostgreSQL: restarts {RESTARTS}, acknowledged {outcome.acknowledged}, lost {outcome.lost}, "
        f"doubled {outcome.doubled}, hangs 0 (longest wait {longest:.1f} s)",
    )
    assert (outcome.lost, outcome.doubled) == (0, 0)


@pytest.mark.timeout(600)
def test_a_commit_whose_answer_is_lost_is_done_once(restarted: Server, figures: Tally) -> None:
    url = restarted.new_schema()
    Database.open(url).close()
    kinds: Iterator[Cut] = cycle(("before", "answer", "late"))
    plan: Iterator[Cut | None] = chain(*([None, next(kinds)] for _ in range(CUTS)), repeat(None))
    proxy = Proxy(restarted.port, plan)
    try:
        cut_off = url.replace(str(restarted.port), str(proxy.port)) + "&sslmode=disable&gssencmode=disable"
        with Database.open(cut_off) as database:
            names = [made.digest(f"0 {number}") for number in range(CUTS + 5)]
            versions = [database.commit([made.version("forest", f"0 {i}")])[0] for i in range(len(names))]
    finally:
        proxy.close()
    assert [version.digest for version in versions] == names
    with Database.open(url) as database:
        recorded = queries.versions(database, "forest")
    lost, doubled = len({*versions} - {*recorded}), len(recorded) - len({*recorded} & {*versions})
    cuts = ", ".join(f"{count} {kind}" for kind, count in sorted(proxy.cuts.items()))
    figures.tell(f"PostgreSQL: cuts around COMMIT {proxy.cuts.total()} ({cuts}), lost {lost}, doubled {doubled}")
    assert (proxy.cuts.total(), lost, doubled) == (CUTS, 0, 0)
    assert [version.version for version in recorded] == list(range(1, len(names) + 1))


def test_a_server_that_stays_away_is_reported_in_time(restarted: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backend, "PATIENCE", 0.3)
    with Database.open(restarted.new_schema()) as database:
        database.commit([made.run("r1")])
        restarted.stop()
        try:
            for action in (lambda: database.commit([made.run("r2")]), lambda: queries.runs(database)):
                with pytest.raises(MetadataError, match=r"was lost and did not come back in 0.3 s"):
                    action()
        finally:
            restarted.start()
        database.commit([made.run("r3", started=2.0)])
        assert [run.id for run in queries.runs(database)] == ["r3", "r1"]


def test_a_server_that_is_not_there_is_said_at_once() -> None:
    with pytest.raises(MetadataError, match=r"postgresql://anna:\*\*\*@127.0.0.1:1/db can not be opened"):
        Database.open("postgresql://anna:secret@127.0.0.1:1/db")
