"""What reproducing a run needs besides code and parameters: commit, interpreter, platform, packages, command."""

from __future__ import annotations

import getpass
import os
import platform
import socket
import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import Future
from pathlib import Path
from threading import Thread

from attrs import evolve

from zenflow.graph.build import Graph, steps_of
from zenflow.keys.closure import Closure
from zenflow.keys.encoding import digest
from zenflow.metadata.records import Environment
from zenflow.stacks.env import Env
from zenflow.stacks.job import shipped_commit

_GIT_SECONDS = 5.0


def environment() -> Environment:
    """What can be told at once; the commit takes a moment longer (`Commit`)."""
    return Environment(
        command=tuple(sys.argv),
        directory=str(Path.cwd()),
        python=platform.python_version(),
        platform=platform.platform(),
        host=socket.gethostname(),
        user=_user(),
        pid=os.getpid(),
    )


def with_packages(known: Environment, closures: Iterable[Closure]) -> Environment:
    """The environment with the versions of the packages that the steps' code reaches."""
    prefix = "package "
    parts = (item for closure in closures for item in closure.parts.items())
    packages = {name.removeprefix(prefix): version for name, version in parts if name.startswith(prefix)}
    return evolve(known, packages=dict(sorted(packages.items())))


def with_environments(known: Environment, of_stack: Env, graph: Graph) -> Environment:
    """The environment with the digests of the stack's and of the steps' own environments.

    Of the stack's variables the names enter alone: a short value could be guessed from its digest.
    """
    told = {**of_stack.for_ray(), "variables": sorted(of_stack.variables)}
    found = {"": digest(told).hex()} if of_stack else {}
    found |= {name: digest(dict(spec.options.env)).hex() for name, spec, _ in steps_of(graph) if spec.options.env}
    return evolve(known, environments=found)


class Commit:
    """The git commit of a folder, looked up beside the run: `git status` of a large tree takes its time.

    A job's package is no repository; its driver is told what it was made of.
    """

    def __init__(self, directory: str) -> None:
        self._found: Future[tuple[str | None, bool | None]] = Future()
        Thread(target=self._look, args=(directory,), name="zenflow-git", daemon=True).start()

    def added_to(self, known: Environment) -> Environment:
        """The environment with the commit and whether the tree was dirty; None for both outside of git."""
        commit, dirty = self._found.result(_GIT_SECONDS * 2 + 1)
        return evolve(known, git_commit=commit, git_dirty=dirty)

    def text(self) -> str | None:
        """The commit, with a `+` where the tree was dirty."""
        commit, dirty = self._found.result(_GIT_SECONDS * 2 + 1)
        return f"{commit}{'+' if dirty else ''}" if commit else None

    def _look(self, directory: str) -> None:
        shipped = shipped_commit()
        if shipped is not None:
            self._found.set_result(shipped)
            return
        commit = _git(directory, "rev-parse", "HEAD")
        status = _git(directory, "status", "--porcelain", "--untracked-files=no") if commit else None
        self._found.set_result((commit, bool(status) if status is not None else None))


def _git(directory: str, *arguments: str) -> str | None:
    environment = os.environ | {"GIT_OPTIONAL_LOCKS": "0"}
    try:
        done = subprocess.run(
            ["git", "-C", directory, *arguments],
            capture_output=True,
            text=True,
            timeout=_GIT_SECONDS,
            env=environment,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""
