"""Garbage collection against puts, commits, crashes and other collections, in every order that Hypothesis finds.

The store and the database are real; time is told. A removal is split where the process that does it may stop: between
the rename and the look, and whatever happens in between is a rule of its own.
"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from attrs import define, field
from blake3 import blake3
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.storage.places import in_memory
from tests.storage.tally import FULL
from zenflow.artifacts.content import SMALL, Blob, Content, content_digest
from zenflow.artifacts.folder import leaving
from zenflow.artifacts.folder.store import LocalStore
from zenflow.artifacts.store import Held
from zenflow.history.collection import Collector, Mark
from zenflow.metadata import drivers
from zenflow.metadata.database import Database
from zenflow.metadata.reach import identity
from zenflow.metadata.records import CacheEntry, Execution, RunRecord, Version
from zenflow.metadata.schema import drivers as table

DATA = [bytes([n]) * (SMALL + 1 + n) for n in range(3)]
"""The values that steps come to: few, so that they meet."""

BLOBS = [Blob("data", blake3(data).hexdigest(), len(data)) for data in DATA]
CONTENTS = [Content(content_digest("raw/1", [b]), "raw/1", "bytes", b.size, (b,)) for b in BLOBS]
DAY = 86_400.0

which = st.integers(0, len(DATA) - 1)


@define
class Driver:
    """One that lives: what it put and has not recorded."""

    run: str
    started: float
    pending: set[int] = field(factory=set)
    made: int = 0


@define
class Removal:
    """A removal under way: the blob is in the trash."""

    held: Held
    away: Path


class Collections(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.scope = ExitStack()
        self.folder = self.scope.enter_context(in_memory())
        self.now = 1_800_000_000.0
        self.store = LocalStore(self.folder / "store", self.nanoseconds)
        self.other = LocalStore(self.folder / "store", self.nanoseconds)
        self.database = Database.open(f"sqlite:///{self.folder / 'zenflow.db'}")
        self.store.register(identity(self.database), "the one of this test")
        self.living: list[Driver] = []
        self.recorded: set[int] = set()
        self.used: dict[int, float] = {}
        self.named: set[int] = set()
        self.mark: Mark | None = None
        self.listed: list[Held] = []
        self.removals: list[Removal] = []
        self.runs = 0

    def nanoseconds(self) -> int:
        self.now += 1e-5
        return round(self.now * 1e9)

    def path(self, digest: str) -> Path:
        return self.folder / "store" / "blobs" / digest[:2] / digest[2:]

    @property
    def live(self) -> set[int]:
        return self.recorded.union(*(driver.pending for driver in self.living))

    # ------------------------------------------------------------ drivers

    @rule(seconds=st.sampled_from([1.0, 100.0, 5_000.0, DAY, 3 * DAY]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        for driver in self.living:
            self.beat(driver)

    def beat(self, driver: Driver) -> None:
        statement = table.update().where(table.c.run == driver.run).values(beat=self.now)
        self.database.write(lambda connection: connection.execute(statement))

    @rule(value=which)
    def an_orphan_is_left(self, value: int) -> None:
        """By a driver of which nothing is known any more."""
        self.store.put(DATA[value])
        self.now += 100.0
        for driver in self.living:
            self.beat(driver)

    @rule(value=which)
    def a_run_is_made(self, value: int) -> None:
        driver = self.started()
        self.store.put(DATA[value])
        driver.pending.add(value)
        self.ended(driver)

    @precondition(lambda self: len(self.living) < 3)
    @rule(value=which)
    def a_run_starts(self, value: int) -> None:
        driver = self.started()
        self.other.put(DATA[value])
        driver.pending.add(value)

    def started(self) -> Driver:
        self.runs += 1
        self.now += 1e-5
        driver = Driver(f"r{self.runs}", self.now)
        record = RunRecord(driver.run, "running", self.now)
        drivers.claim(self.database, driver.run, driver.run, "elsewhere", 1, [record])
        self.beat(driver)
        self.living.append(driver)
        return driver

    @precondition(lambda self: self.living)
    @rule(data=st.data(), value=which, streamed=st.booleans())
    def a_driver_puts(self, data: st.DataObject, value: int, streamed: bool) -> None:
        driver = data.draw(st.sampled_from(self.living), "driver")
        store = data.draw(st.sampled_from([self.store, self.other]), "process")
        if streamed:
            with store.sink() as sink:
                sink.write(DATA[value])
                sink.commit()
        else:
            store.put(DATA[value])
        driver.pending.add(value)

    @precondition(lambda self: any(driver.pending for driver in self.living))
    @rule()
    def drivers_commit(self) -> None:
        for driver in self.living:
            records = [record for value in driver.pending for record in self.records(driver, value)]
            self.database.commit(records, run_owner=(driver.run, driver.run))
            self.recorded |= driver.pending
            self.used.update(dict.fromkeys(driver.pending, self.now))
            driver.pending.clear()

    def records(self, driver: Driver, value: int) -> list[Content | Execution | CacheEntry]:
        driver.made += 1
        step, digest = f"s{driver.made}", CONTENTS[value].digest
        made = Execution(driver.run, step, step, "ran", started=self.now, finished=self.now, outputs=(digest,))
        return [CONTENTS[value], made, CacheEntry(f"{value}", "f", driver.run, step, (digest,), self.now)]

    @precondition(lambda self: self.recorded)
    @rule(data=st.data())
    def a_value_is_named(self, data: st.DataObject) -> None:
        value = data.draw(st.sampled_from(sorted(self.recorded)), "value")
        self.database.commit([Version(f"v{value}", 0, CONTENTS[value].digest, "r1", "s1", self.now)])
        self.named.add(value)

    @precondition(lambda self: self.living)
    @rule(data=st.data())
    def a_run_ends(self, data: st.DataObject) -> None:
        self.ended(data.draw(st.sampled_from(self.living), "driver"))

    def ended(self, driver: Driver) -> None:
        self.drivers_commit()
        record = RunRecord(driver.run, "ok", driver.started, self.now)
        self.database.commit([record], run_owner=(driver.run, driver.run))
        self.living.remove(driver)

    @precondition(lambda self: self.living)
    @rule(data=st.data())
    def a_driver_crashes(self, data: st.DataObject) -> None:
        self.living.remove(data.draw(st.sampled_from(self.living), "driver"))

    # ------------------------------------------------------------ collections

    def collector(self, grace: float) -> Collector:
        return Collector(self.other, [self.database], grace=grace, skew=0, clock=lambda: self.now)

    @rule(grace=st.sampled_from([0.0, 3600.0]))
    def a_collection_marks(self, grace: float) -> None:
        self.now += 1e-3
        self.mark = self.collector(grace).mark()
        self.it_lists()

    @precondition(lambda self: self.mark)
    @rule()
    def it_lists(self) -> None:
        assert self.mark is not None
        self.listed = [held for held in self.other.listing() if self.mark.condemns(held)]

    @precondition(lambda self: self.listed)
    @rule()
    def it_removes(self) -> None:
        while self.listed:
            self.other.remove(self.listed.pop())

    @precondition(lambda self: self.listed)
    @rule()
    def it_takes(self) -> None:
        held = self.listed.pop()
        away = leaving.take(self.path(held.digest), self.folder / "store" / "trash", held.digest)
        if away is not None:
            self.removals.append(Removal(held, away))

    @precondition(lambda self: self.removals)
    @rule(first=st.booleans())
    def it_settles(self, first: bool) -> None:
        removal = self.removals.pop(0 if first else -1)
        leaving.settle(removal.away, self.path(removal.held.digest), removal.held, self.nanoseconds())

    @precondition(lambda self: self.removals)
    @rule()
    def it_is_killed(self) -> None:
        self.removals.clear()
        self.listed = []

    @rule(age=st.sampled_from([0.0, 100.0, 2 * DAY]))
    def artifacts_are_let_go(self, age: float) -> None:
        (gone,) = self.collector(0.0).let_go(age)
        values = {n for n, content in enumerate(CONTENTS) if content.digest in gone.artifacts}
        if self.living:
            assert gone.leases
            assert not values
        assert values <= self.recorded - self.named
        assert all(self.used[value] < self.now - age for value in values)
        self.recorded -= values

    @precondition(lambda self: self.recorded)
    @rule(data=st.data())
    def a_value_is_read(self, data: st.DataObject) -> None:
        value = data.draw(st.sampled_from(sorted(self.recorded)), "value")
        assert bytes(self.store.get(BLOBS[value].digest)) == DATA[value]

    # ------------------------------------------------------------ what must hold

    @invariant()
    def nothing_that_is_live_is_lost(self) -> None:
        trash = self.folder / "store" / "trash"
        for value in self.live:
            digest = BLOBS[value].digest
            assert self.path(digest).exists() or leaving.left_of(digest, trash), f"value {value} is lost"

    def teardown(self) -> None:
        """What is dead goes in the end, what is live is whole, and nothing else is left."""
        try:
            if self.living:
                self.drivers_commit()
            self.living.clear()
            self.now += 10 * DAY
            collector = self.collector(3600.0)
            list(collector.sweep(collector.mark()))
            assert {held.digest for held in self.other.listing()} == {BLOBS[value].digest for value in self.recorded}
            assert all(verdict.problem is None for verdict in self.other.verify())
            assert not list((self.folder / "store").glob("trash/*"))
        finally:
            self.database.close()
            self.scope.close()


TestCollections = Collections.TestCase
TestCollections.settings = settings(max_examples=150 if FULL else 30, stateful_step_count=30)
