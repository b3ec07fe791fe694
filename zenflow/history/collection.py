"""Garbage collection: which blobs of a store nobody can reach, and taking them away while runs go on.

A blob is put first and recorded later, so what is not recorded is not yet garbage. Three things keep it: a record of
an artifact that has it, the grace period, and the lease of a driver that lives, on all that was put since its run
started, however long that is ago.

No lock and no snapshot of everything is needed, if questions are asked in this order. Of a blob that some driver put
and has recorded, or will record:

1. the time is taken. What is put from here on is younger than the horizon, or was put again after the listing, and
   `Store.remove` leaves it;
2. which databases keep records here is asked. One that comes to it later puts later, too;
3. leases are asked for. A driver that claims its run later puts later, too; one that lives holds a lease;
4. a driver that put before and holds no lease has ended: what it recorded, it has recorded by now, and the artifacts
   that are read now have it. Records are never deleted, so they may be read page by page.

Then blobs are listed, and those taken away that are older than the horizon and in no artifact. Marking before
sweeping, with what is made meanwhile counted as live, is how concurrent collectors work (Dijkstra et al. 1978,
"On-the-fly garbage collection").
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from attrs import frozen

from zenflow.artifacts.store import Held, Store
from zenflow.errors import UsageError
from zenflow.metadata.database import Database
from zenflow.metadata.reach import LetGo, identity, leases, let_go, reached

GRACE = 24 * 3600.0
"""Seconds for which a blob that nobody can reach is kept."""

SKEW = 60.0
"""Seconds by which the clocks of the machines that share a store may differ."""


@frozen
class Mark:
    """What a collection found reachable: raw digests of blobs, and the time from which on all counts as such."""

    horizon: float
    live: frozenset[bytes]
    leases: int = 0

    def condemns(self, held: Held) -> bool:
        """Whether a blob is garbage."""
        return held.modified < self.horizon and bytes.fromhex(held.digest) not in self.live


@frozen
class Swept:
    """What a sweep took away, or would: blobs and their bytes; `kept` are orphans that are too young, or leased."""

    blobs: int
    size: int
    kept: int


class Collector:
    """Collects one store. `databases` are all that keep records of it; `gone` are identities of those that no longer
    exist, whose records hold nothing.

    Raises:
        UsageError: The store is registered to other databases.
    """

    def __init__(
        self,
        store: Store,
        databases: Sequence[Database],
        *,
        grace: float = GRACE,
        skew: float = SKEW,
        gone: Iterable[str] = (),
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._databases = databases
        self._grace = grace
        self._skew = skew
        self._gone = frozenset(gone)
        self._clock = clock
        self._require_all()

    def let_go(self, older_than: float, *, dry_run: bool = False) -> list[LetGo]:
        """Let go of artifacts that no name and no run of the last `older_than` seconds refers to; by database."""
        now = self._clock()
        return [let_go(database, now - older_than, now, self._grace, dry_run=dry_run) for database in self._databases]

    def mark(self, without: Iterable[str] = ()) -> Mark:
        """Find out what is reachable. `without` are artifacts that count as let go."""
        now = self._clock()
        self._require_all()
        held = [lease for database in self._databases for lease in leases(database, now, self._grace)]
        horizon = min([now - self._grace, *(lease.since - self._skew for lease in held)])
        left_out = frozenset(without)
        live = {
            bytes.fromhex(blob.digest)
            for database in self._databases
            for artifact in reached(database)
            if artifact.digest not in left_out
            for blob in artifact.blobs
        }
        return Mark(horizon, frozenset(live), len(held))

    def sweep(self, mark: Mark, *, dry_run: bool = False) -> Iterator[Swept]:
        """Take garbage away; after each blob that is not live, what was done so far."""
        blobs = size = kept = 0
        for held in self._store.listing():
            if bytes.fromhex(held.digest) in mark.live:
                continue
            if mark.condemns(held) and (dry_run or self._store.remove(held)):
                blobs, size = blobs + 1, size + held.size
            else:
                kept += 1
            yield Swept(blobs, size, kept)

    def _require_all(self) -> None:
        registered = self._store.registered()
        given = {identity(database) for database in self._databases}
        for word in sorted(self._gone - (registered.keys() - given)):
            raise UsageError(
                f"`{word}` is open here, and is not gone" if word in given else f"{self._store.url} knows no `{word}`",
                help=f"leave out `--gone {word}`",
            )
        others = {word: about for word, about in registered.items() if word not in given | self._gone}
        if others:
            raise UsageError(
                f"other databases keep records of what is in {self._store.url}:\n{_listed(others)}",
                help="they may need what this one does not know: name each with `--metadata URL`, or with `--gone ID` "
                "where it no longer exists",
            )


def _listed(databases: Mapping[str, str]) -> str:
    return "\n".join(f"  {word}  {about}" for word, about in databases.items())
