"""Drivers in processes of their own that commit steadily and say what was acknowledged, and what became of it."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Self

from attrs import frozen

from tests.metadata import made
from zenflow.artifacts.content import SMALL
from zenflow.artifacts.store import open_store
from zenflow.metadata import queries
from zenflow.metadata.database import Database
from zenflow.metadata.records import LogLine

_PATIENCE = 120.0
_ROOT = Path(__file__).parents[2]


def commit_steadily(url: str, driver: int, store: str | None = None) -> None:
    """Commit a step, its content and a version at a time until stdin ends, with a blob in a store if there is one.

    After each commit its number and that of the version are printed.
    """
    ended = threading.Event()
    threading.Thread(target=_wait_for_the_end, args=(ended,), daemon=True).start()
    with Database.open(url) as database:
        number = 0
        while not ended.is_set():
            if store is not None:
                open_store(store).put(_blob(driver, number))
            version = _commit(database, driver, number)
            sys.stdout.write(f"{number} {version}\n")
            sys.stdout.flush()
            number += 1


def _wait_for_the_end(ended: threading.Event) -> None:
    sys.stdin.read()
    ended.set()


def _blob(driver: int, number: int) -> bytes:
    return f"{driver} {number} ".encode() * SMALL


def _commit(database: Database, driver: int, number: int) -> int:
    name = f"{driver} {number}"
    content = made.content(name.encode())
    step = made.execution(f"run-{driver}", f"step_{number}", outputs=(content.digest,))
    line = LogLine(step.run, step.step, 1, 0, 0.0, "stdout", name)
    (version,) = database.commit([step, content, line, made.version("forest", name)])
    return version.version


class Driver:
    """One such process, and what it has been told so far."""

    def __init__(self, url: str, number: int, store: str | None = None) -> None:
        self.number = number
        self.acknowledged: dict[int, int] = {}
        """The version by the number of the commit."""
        self.silent = 0.0
        """The longest time without a word, in seconds."""
        program = f"from tests.storage.writers import commit_steadily as c; c({url!r}, {number}, {store!r})"
        self._process = subprocess.Popen(
            [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, cwd=_ROOT,
        )  # fmt: skip
        self._heard = threading.Condition()
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        last = time.monotonic()
        for line in self._process.stdout:
            number, version = map(int, line.split())
            now = time.monotonic()
            with self._heard:
                self.silent, last = max(self.silent, now - last), now
                self.acknowledged[number] = version
                self._heard.notify_all()

    def hear(self, more: int) -> None:
        """Wait until so many more commits are acknowledged."""
        with self._heard:
            wanted = len(self.acknowledged) + more
            assert self._heard.wait_for(lambda: len(self.acknowledged) >= wanted, _PATIENCE), (
                f"driver {self.number} hangs"
            )

    def end(self) -> str:
        """Let it finish the commit it is in; what it complained of."""
        assert self._process.stdin is not None
        assert self._process.stderr is not None
        self._process.stdin.close()
        try:
            self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
        complaint = self._process.stderr.read()
        self._thread.join()
        for stream in (self._process.stderr, self._process.stdout):
            assert stream is not None
            stream.close()
        return complaint


class Drivers(list[Driver]):
    """Several of them, ended with the block; then `complaints` has what each complained of."""

    complaints: list[str]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.complaints = [driver.end() for driver in self]


@frozen
class Found:
    """What became of the acknowledged commits of some drivers."""

    acknowledged: int
    lost: int
    doubled: int


def found(url: str, drivers: list[Driver], has_blob: Callable[[bytes], bool] = lambda data: True) -> Found:
    """Look for everything that was acknowledged.

    Lost is a commit of which a record is missing or another than was said; doubled is one with more than its records.
    """
    with Database.open(url) as database:
        versions = queries.versions(database, "forest")
        assert [version.version for version in versions] == list(range(1, len(versions) + 1))
        by_number = {version.version: version.digest for version in versions}
        doubled = sum(count - 1 for count in Counter(by_number.values()).values())
        lost = 0
        for driver in drivers:
            steps = {step.step: step for step in queries.executions(database, f"run-{driver.number}")}
            lines = Counter(line.step for line in queries.logs(database, f"run-{driver.number}"))
            contents = queries.contents(database, [digest for step in steps.values() for digest in step.outputs])
            assert len(steps) <= len(driver.acknowledged) + 1
            doubled += sum(count - 1 for count in lines.values())
            for number, version in driver.acknowledged.items():
                step = steps.get(f"step_{number}")
                whole = step is not None and step.outputs[0] in contents and lines[step.step] == 1
                named = by_number.get(version) == made.digest(f"{driver.number} {number}")
                lost += not (whole and named and has_blob(_blob(driver.number, number)))
        return Found(sum(len(driver.acknowledged) for driver in drivers), lost, doubled)
