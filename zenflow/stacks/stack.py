"""A stack: where artifacts and metadata are kept and where steps run."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import evolve, field, frozen

from zenflow.errors import UsageError
from zenflow.stacks.env import Env

if TYPE_CHECKING:
    from zenflow.artifacts.store import Store
    from zenflow.metadata.database import Database

_HOME = ".zenflow"


@frozen
class Stack:
    """A name for a store, a database and a cluster.

    Args:
        name: How it is called.
        artifacts: The store: a folder, or a URL (`s3://bucket/prefix`).
        metadata: The database's URL (`sqlite:///…`, `postgresql+psycopg://…`).
        ray: The cluster's address (`auto`, `host:port`, or `http://host:8265` of its Jobs server), or None for one of
            this process's own.
        allow_pickle: Whether values whose type has no materializer are pickled, and pickles that are signed with the
            user's key are opened, also where no step says `output=Pickle`.
        token: What the cluster asks for before it answers.
        env: What its processes are given: packages, variables, an image.

    >>> Stack("scratch", artifacts="/tmp/zf/store", metadata="sqlite:////tmp/zf/zenflow.db").name
    'scratch'
    """

    name: str
    artifacts: str
    metadata: str = field(repr=lambda url: repr(_without_password(url)))
    ray: str | None = None
    allow_pickle: bool = False
    token: str | None = field(default=None, repr=False)
    env: Env = field(factory=Env)

    def store(self) -> Store:
        """The artifact store, opened."""
        from zenflow.artifacts.store import open_store

        return open_store(self.artifacts)

    def database(self) -> Database:
        """The metadata database, opened and of the current schema."""
        from zenflow.metadata.database import Database

        return Database.open(self.metadata)


def _without_password(url: str) -> str:
    if "@" not in url and "password" not in url:  # the rule spares a stack of files the import
        return url
    from zenflow.metadata.backend import shown

    return shown(url)


def stack_in(home: Path, *, ray: str | None = None) -> Stack:
    """The stack whose store and SQLite database live in one folder."""
    return Stack("local", str(home / "store"), f"sqlite:///{home / 'zenflow.db'}", ray)


def default_stack() -> Stack:
    """What you get without any configuration: all in the project's home, and Ray where `RAY_ADDRESS` says.

    `ZENFLOW_ARTIFACTS` and `ZENFLOW_METADATA` name another store and another database; `ZENFLOW_ALLOW_PICKLE=1` is its
    `allow_pickle`.

    Raises:
        UsageError: `ZENFLOW_ALLOW_PICKLE` is neither 0 nor 1.
    """
    stack = stack_in(home(), ray=os.environ.get("RAY_ADDRESS") or None)
    return evolve(
        stack,
        artifacts=os.environ.get("ZENFLOW_ARTIFACTS") or stack.artifacts,
        metadata=os.environ.get("ZENFLOW_METADATA") or stack.metadata,
        allow_pickle=_switch("ZENFLOW_ALLOW_PICKLE"),
    )


def _switch(name: str) -> bool:
    text = os.environ.get(name, "")
    if text not in ("", "0", "1"):
        raise UsageError(f"{name} is {text!r}", help=f"write {name}=1 for yes, {name}=0 or nothing for no")
    return text == "1"


def home() -> Path:
    """The folder where a project keeps everything: `.zenflow` in the nearest folder that has one, from the current
    one up; else in the current one. `ZENFLOW_HOME` names another."""
    chosen = os.environ.get("ZENFLOW_HOME")
    if chosen:
        return Path(chosen).absolute()
    here = Path.cwd()
    root = next((folder for folder in (here, *here.parents) if (folder / _HOME).is_dir()), here)
    return root / _HOME


def resolve_stack(stack: Stack | str | None) -> Stack:
    """A stack as it was given, or the one of that name.

    Raises:
        UsageError: for a name that no stack has.
    """
    if isinstance(stack, Stack):
        return stack
    if stack is None or stack == "local":
        return default_stack()
    raise UsageError(
        f"there is no stack {stack!r}", help="the stack here is `local`; a Stack(...) can be given as it is"
    )
