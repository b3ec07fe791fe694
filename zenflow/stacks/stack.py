"""A stack: where artifacts and metadata are kept and where steps run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from attrs import field, frozen

from zenflow.stacks.env import Env

if TYPE_CHECKING:
    from zenflow.artifacts.store import Store
    from zenflow.metadata.database import Database


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

    @property
    def has_jobs(self) -> bool:
        """Whether its runs are jobs of its cluster: whether `ray` is the address of a Jobs server.

        >>> Stack("cluster", "s3://bucket", "postgresql://db/zenflow", ray="http://head:8265").has_jobs
        True
        """
        return is_jobs_server(self.ray)

    def store(self) -> Store:
        """The artifact store, opened; the stack's variables configure its client."""
        from zenflow.artifacts.store import open_store

        return open_store(self.artifacts, self.env.variables)

    def database(self) -> Database:
        """The metadata database, opened and of the current schema."""
        from zenflow.metadata.database import Database

        return Database.open(self.metadata)


def _without_password(url: str) -> str:
    if "@" not in url and "password" not in url:  # the rule spares a stack of files the import
        return url
    from zenflow.metadata.backend import shown

    return shown(url)


def is_jobs_server(ray: str | None) -> bool:
    """Whether what a stack says of its Ray is the address of a Jobs server.

    >>> is_jobs_server("http://head:8265"), is_jobs_server("head:6379"), is_jobs_server(None)
    (True, False, False)
    """
    return ray is not None and ray.startswith(("http://", "https://"))


def stack_in(home: Path, *, ray: str | None = None) -> Stack:
    """The stack whose store and SQLite database live in one folder."""
    return Stack("local", str(home / "store"), f"sqlite:///{home / 'zenflow.db'}", ray)


def default_stack() -> Stack:
    """The stack that is used where none is named: what the variables say, the project's file, or the user's.

    Without any of them all is in the project's home, and Ray where `RAY_ADDRESS` says.

    Raises:
        UsageError: The configuration is wrong, or what it refers to is not here.
    """
    return resolve_stack(None)


def resolve_stack(stack: Stack | str | None) -> Stack:
    """A stack as it was given, or the one of that name.

    Raises:
        UsageError: No stack has the name, the configuration is wrong, or what it refers to is not here.
    """
    if isinstance(stack, Stack):
        return stack
    from zenflow.stacks.configuration.resolving import stack_in_use

    return stack_in_use(stack)
