"""A process that forks one child after the other, each of which stores and records until it kills itself.

`python -m tests.storage.killing FOLDER POINTS` prints JSON. Forking from a process that has imported everything and has
one thread takes milliseconds; pytest's has more.

A kill comes before the n-th thing that a child asks of the system by way of Python: what `sys.addaudithook` reports
(open, link, rename, mkdir, utime, chmod, remove), writes and syncs, and the statements of SQLite. Others come at a
random moment, so that they meet what SQLite does by itself.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import event, select
from sqlalchemy.engine import Engine

from zenflow.artifacts.content import Content
from zenflow.artifacts.folder.store import LocalStore
from zenflow.artifacts.saving import load, save
from zenflow.metadata.database import Database
from zenflow.metadata.queries import contents
from zenflow.metadata.reach import reached
from zenflow.metadata.records import Execution
from zenflow.metadata.schema import executions

SIZES = (10, 2_000, 20_000, 300_000)
WATCHED = ("open", "os.link", "os.rename", "os.mkdir", "os.utime", "os.chmod", "os.remove")
_TOGETHER = 20
"""Kills in one store."""

_OUTPUTS = select(executions.c.outputs)
_POOL = random.Random(7).randbytes(400_000)


class Countdown:
    """Kills this process before the n-th event."""

    def __init__(self, left: int) -> None:
        self.left = left
        self.armed = True
        sys.addaudithook(self._heard)
        for name in ("write", "fsync"):
            setattr(os, name, self._counted(getattr(os, name)))
        event.listen(Engine, "before_cursor_execute", lambda *_: self.tick())

    def tick(self) -> None:
        if not self.armed:
            return
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        self.left -= 1

    def _heard(self, name: str, _: object) -> None:
        if name in WATCHED:
            self.tick()

    def _counted(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*args: Any) -> Any:
            self.tick()
            return call(*args)

        return counted


def value(seed: int, number: int) -> bytes:
    """What the step of this number comes to; every third repeats what an earlier one came to."""
    if number % 3 == 2:
        number -= 2
    chosen = random.Random(f"{seed}-{number}")
    start = chosen.randrange(50_000)
    return _POOL[start : start + chosen.choice(SIZES)]


@cache
def values() -> frozenset[bytes]:
    """All that is ever stored."""
    return frozenset(value(seed, number) for seed in range(3) for number in range(12))


def work(folder: Path, seed: int, kill_at: int | None, acknowledged: int) -> None:
    """Store and record, batch by batch, and say so after each commit."""
    store = LocalStore(folder / "store")
    with Database.open(f"sqlite:///{folder / 'zenflow.db'}") as database:
        countdown = Countdown(10**9 if kill_at is None else kill_at)
        for batch in range(4):
            made: list[Content] = []
            with store.batch():
                made = [save(value(seed, 3 * batch + n), bytes, store) for n in range(3)]
            steps = [
                Execution("r", f"s{seed}-{batch}-{n}", "s", "ran", outputs=(content.digest,))
                for n, content in enumerate(made)
            ]
            database.commit([*made, *steps])
            countdown.armed = False
            os.write(acknowledged, b"".join(content.digest.encode() + b"\n" for content in made))
            countdown.armed = True
        countdown.armed = False
        os.write(acknowledged, f"events {10**9 - countdown.left}\n".encode())
    os._exit(0)


def killed(folder: Path, seed: int, kill_at: int | None, after: float | None) -> list[str]:
    """What a child acknowledged before it was killed."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            work(folder, seed, kill_at, writing)
        finally:
            os._exit(1)
    os.close(writing)
    if after is not None:
        time.sleep(after)  # the moment is the point: nothing is waited for
        os.kill(child, signal.SIGKILL)
    with os.fdopen(reading) as told:
        lines = told.read().splitlines()
    _, status = os.waitpid(child, 0)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status):
        raise SystemExit("a child failed")
    return lines


def look(folder: Path, acknowledged: Iterable[str], tally: dict[str, int]) -> None:
    """Compare what a new process finds with what was acknowledged."""
    store = LocalStore(folder / "store")
    with Database.open(f"sqlite:///{folder / 'zenflow.db'}") as database:
        every = [found.digest for found in reached(database)]
        recorded = contents(database, every)
        for digest in acknowledged:
            tally["acknowledged"] += 1
            tally["lost"] += digest not in recorded
        for content in recorded.values():
            data = load(content, bytes, store)
            tally["wrong"] += data not in values()
        steps = database.read(_OUTPUTS)
        tally["half"] += sum(not set(msgspec.msgpack.decode(row[0])) <= set(every) for row in steps)
    tally["damaged"] += sum(verdict.problem is not None for verdict in store.verify())
    tally["left"] += sum(len(list((folder / "store" / place).glob("*"))) for place in ("tmp", "trash"))


def main(folder: Path, points: int) -> None:
    tally = dict.fromkeys(("points", "acknowledged", "lost", "wrong", "half", "damaged", "left"), 0)
    first = folder / "first"
    first.mkdir()
    events = next(int(line.split()[1]) for line in killed(first, 0, None, None) if " " in line)
    chosen = random.Random(events)
    done: list[str] = []
    for number in range(points):
        place = folder / str(number // _TOGETHER)
        if not place.exists():
            place.mkdir()
            done = []
        # Every fifth comes at a random moment; the others go through all events, again and again.
        at = None if number % 5 == 4 else number % events
        found = killed(place, number % 3, at, chosen.uniform(0.001, 0.03) if at is None else None)
        done += [line for line in found if " " not in line]
        look(place, done, tally)
        tally["points"] += 1
    sys.stdout.write(json.dumps(tally))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
