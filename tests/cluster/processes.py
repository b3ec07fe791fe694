"""Processes that outlive whoever started them, and are ended with all that they have started since.

A process is told by its number and the time of its birth: a number alone may be another's by now. Ray's workers and
the drivers of its jobs are in process groups and sessions of their own, and a head that is killed leaves children
without a parent; so what belongs to a process are its descendants and those of its session.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil
from attrs import frozen

_PATIENCE = 20.0
_started: dict[int, subprocess.Popen[bytes]] = {}
"""Children of this very process: the system keeps their numbers until they are waited for."""


@frozen
class Detached:
    """A process in a session of its own."""

    pid: int
    born: float

    @property
    def lives(self) -> bool:
        """Whether it runs; another process under its number is not it."""
        try:
            process = psutil.Process(self.pid)
            return bool(process.create_time() == self.born and process.status() != psutil.STATUS_ZOMBIE)
        except psutil.NoSuchProcess:
            return False

    def end(self, first: signal.Signals | None = None) -> None:
        """Kill it, and all that it has started; with `first`, what it is asked to end by before."""
        if first is not None and self.lives:
            os.kill(self.pid, first)
            self._wait([psutil.Process(self.pid)])
        while members := self._members():
            for process in members:
                try:
                    process.kill()
                except psutil.NoSuchProcess:
                    continue
            self._wait(members)

    def _members(self) -> list[psutil.Process]:
        """What lives of it: its descendants, those that share its session, and theirs."""
        found: dict[int, psutil.Process] = {}
        for process in psutil.process_iter():
            try:
                own = process.pid == self.pid and self.lives
                if own or (os.getsid(process.pid) == self.pid and process.create_time() >= self.born):
                    found |= {one.pid: one for one in (process, *process.children(recursive=True))}
            except (psutil.NoSuchProcess, ProcessLookupError):
                continue
        return [process for process in found.values() if _runs(process)]

    def _wait(self, processes: Sequence[psutil.Process]) -> None:
        if self.pid in _started and any(process.pid == self.pid for process in processes):
            _started.pop(self.pid).wait(_PATIENCE)
        psutil.wait_procs(processes, timeout=_PATIENCE)


def start(command: Sequence[str | Path], environment: Mapping[str, str], log: Path) -> Detached:
    """Start a process whose output goes to a file."""
    with log.open("ab") as out:
        return adopt(
            subprocess.Popen(
                command,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                cwd=log.parent,
                start_new_session=True,
            )
        )


def adopt(process: subprocess.Popen[bytes]) -> Detached:
    """A process that was started in a session of its own."""
    _started[process.pid] = process
    return Detached(process.pid, psutil.Process(process.pid).create_time())


def _runs(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
