"""Drivers in processes of their own, which can be killed.

A server that has everything imported forks them, so that one begins in milliseconds. Each leads a session of its own,
has its own folder for temporary files, and writes what it has to say at its end into a file.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable
from functools import cache
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

from attrs import define, field, frozen

from tests.engine.running import DEADLINE

_ROOT = Path(__file__).parents[2]
_IMPORTED = (
    "ray",
    "zenflow.engine.driving.driver",
    "zenflow.engine.ray.executor",
    "zenflow.metadata.database",
    __name__,
)

OK, FAILED, INTERRUPTED = 0, 1, 130
"""Exit codes of drivers, as of the command line."""


@frozen
class Job:
    """What a driver is to do: a request, whose target is built there. `home` has the stack and all that is written."""

    home: Path
    target: Callable[[], Any]
    engine: str | None = "inline"
    ray: str | None = None
    resumes: str | None = None
    keep_going: bool = False


def kept(home: Path, ray: str | None = None) -> Any:
    """The stack of a job."""
    from zenflow.stacks.stack import stack_in

    return stack_in(home / "kept", ray=ray)


def _drive(job: Job) -> None:
    os.setsid()
    os.environ["TMPDIR"] = str(temporary(job.home))
    tempfile.tempdir = None
    # What a cluster is given is this empty folder. The nodes of a test keep their copies in one place, and one that
    # dies takes them away: were this repository among them, its workers' own modules would go with it.
    project = job.home / "project"
    project.mkdir(exist_ok=True)
    os.chdir(project)
    log = os.open(said(job.home), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 2)
    sys.exit(_executed(job))


def _executed(job: Job) -> int:
    from zenflow.engine.run import Request, execute
    from zenflow.errors import StepFailed

    stack = kept(job.home, job.ray)
    request = Request(job.target(), stack, engine=job.engine, resumes=job.resumes, keep_going=job.keep_going)
    try:
        execute(request)
    except StepFailed:
        traceback.print_exc()
        return FAILED
    except KeyboardInterrupt:
        traceback.print_exc()
        return INTERRUPTED
    finally:
        if sys.modules["ray"].is_initialized():  # what the end of an interpreter does, which a forked process has not
            sys.modules["ray"].shutdown()
    return OK


def temporary(home: Path) -> Path:
    """Where the temporary files of a job's drivers are."""
    path = home / "temporary"
    path.mkdir(parents=True, exist_ok=True)
    return path


def said(home: Path) -> Path:
    """What the drivers of a job wrote to stderr."""
    return home / "said"


@define(eq=False)
class Driver:
    """A driver that was started."""

    job: Job
    _process: Any = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.job.home.mkdir(parents=True, exist_ok=True)
        self._process = _server().Process(target=_drive, args=(self.job,), daemon=True)
        self._process.start()

    @property
    def pid(self) -> int:
        """Its process, and the session that it leads."""
        return int(self._process.pid)

    @property
    def ended(self) -> bool:
        return self._process.exitcode is not None

    def send(self, number: int) -> None:
        """Send it a signal."""
        if not self.ended:
            os.kill(self.pid, number)

    def kill(self) -> int:
        """End it with SIGKILL; how it ended, which may have been before."""
        self._process.kill()
        return self.wait()

    def wait(self, seconds: float = DEADLINE) -> int:
        """Wait for its end; its exit code, or minus the signal that ended it."""
        self._process.join(seconds)
        code = self._process.exitcode
        if code is None:
            self.send(signal.SIGKILL)
            raise AssertionError(f"driver {self.pid} has not ended within {seconds:g} s: {self.said()}")
        return int(code)

    def said(self) -> str:
        """What it, and those before it, wrote to stderr."""
        path = said(self.job.home)
        return path.read_text() if path.exists() else ""


@cache
def _server() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([*_IMPORTED])
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = str(_ROOT)  # the server's own imports, and those of workers that it leads to
    try:
        from multiprocessing.forkserver import ensure_running

        ensure_running()
    finally:
        if before is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = before
    return context
