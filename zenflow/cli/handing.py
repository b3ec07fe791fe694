"""From a command line here to the job of a cluster: what is checked, what is shipped, what its driver is told."""

from __future__ import annotations

import getpass
import os
import socket
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from attrs import frozen

from zenflow.errors import UsageError

if TYPE_CHECKING:
    from zenflow.cli.run import Wish
    from zenflow.cli.target import Asked
    from zenflow.graph.build import Graph
    from zenflow.metadata.database import Database
    from zenflow.metadata.records import Submission
    from zenflow.stacks.packaging.package import Package
    from zenflow.stacks.stack import Stack

CONFIGURATION = "zenflow.toml"
PARAMETERS = "zenflow-params"
"""What a file of parameters that is not shipped is called in a package."""


@frozen(eq=False)
class Handing:
    """A wish whose run a cluster is to drive.

    `asked` is the target with its parameters, where they were read already; `resumes` is the run that is finished, or
    submitted again, and `begun` whether its driver had begun it before.
    """

    context: typer.Context
    stack: Stack
    wish: Wish
    asked: Asked | None = None
    resumes: str | None = None
    begun: bool = False

    def hand_over(self, tell: Callable[[str], None]) -> Submission:
        """Check, package and hand in.

        Raises:
            CheckFailed: The pipeline has mistakes, or asks for what the cluster can not give; nothing was submitted.
            UsageError: What it needs can not be shipped, or the stack has no Jobs server.
            ClusterError: The cluster can not be used.
            MetadataError, StoreError: The stack's database or store can not.
        """
        from zenflow.cli.target import ask
        from zenflow.engine.environment import Commit
        from zenflow.stacks.home import project_root
        from zenflow.stacks.job import entrypoint
        from zenflow.stacks.jobs_server import JobsServer
        from zenflow.stacks.packaging.package import package
        from zenflow.stacks.probes.cluster import preflight
        from zenflow.stacks.submission import hand_in
        from zenflow.stacks.submitted import remember

        server = JobsServer.of(self.stack)
        asked = self.asked or ask(self.context, self.wish.target, self.wish.params, self.stack)
        graph = self._checked(asked)
        here = Path.cwd().resolve()
        root = project_root(here)
        folder = here.relative_to(root)
        parameters = self._parameters(root)
        made = package(root, replaced={CONFIGURATION: self._configuration(), **parameters})
        for path, why in made.left_out.items():
            tell(f"not shipped: {path}: {why}")
        self._require_shipped(asked, made, here)
        preflight(self.stack, tell)
        with self.stack.database() as database:
            self._require_resumable(database, graph)
            submission = self._submission(database, asked, made)
            command = entrypoint(
                submission.job,
                self._command(asked, folder, parameters),
                folder.as_posix(),
                list(_search(root, here)),
                Commit(str(root)).text(),
            )
            environment = {**self.stack.env.for_ray(), "working_dir": made.uri}
            hand_in(database, server, submission, command, environment, made, tell)
        remember(submission.run, self.stack.name)
        return submission

    def _checked(self, asked: Asked) -> Graph:
        """The graph, once all was looked for that can be found before a run, the cluster's resources included."""
        from zenflow.check.check import failed, require_clean, subject_of
        from zenflow.check.rules.resources import demands
        from zenflow.check.stack import unserved, unusable
        from zenflow.engine.targets import target_of
        from zenflow.graph.build import graph_of
        from zenflow.stacks.jobs_server import JobsServer
        from zenflow.stacks.probes.nodes import cluster_nodes

        target = target_of(asked.build())
        graph = graph_of(target.refs, target.traces, form=target.form)
        require_clean(graph, allow_pickle=self.stack.allow_pickle)
        found = list(unusable(self.stack))
        wanted = list(demands(subject_of(graph).specs))
        if wanted and not found:
            found += unserved(wanted, cluster_nodes(JobsServer.of(self.stack)))
        if found:
            raise failed(tuple(found))
        return graph

    def _require_resumable(self, database: Database, graph: Graph) -> None:
        from zenflow.engine.driving.resuming import resumable

        if self.resumes is not None and self.begun:
            resumable(database, self.resumes, graph.to_json())

    def _configuration(self) -> bytes:
        from zenflow.stacks.configuration.shipping import shipped

        return shipped(self.stack.name).encode()

    def _parameters(self, root: Path) -> dict[str, bytes]:
        """The file of parameters, as it is put into the package."""
        if self.wish.params is None:
            return {}
        try:
            return {f"{PARAMETERS}{self.wish.params.suffix}": self.wish.params.read_bytes()}
        except OSError as error:
            raise UsageError(
                f"the file of parameters {self.wish.params} can not be read: {error.strerror or error}"
            ) from None

    def _require_shipped(self, asked: Asked, made: Package, here: Path) -> None:
        """That the target and the files that parameters name are where the driver looks for them."""
        file = asked.target.text.rpartition(":")[0] if ":" in asked.target.text else asked.target.text
        if file.endswith(".py"):
            self._require_file(Path(file), made, here, "the target")
        for name, value in asked.values.items():
            for path in _paths(value):
                if not path.is_absolute() or path.is_relative_to(made.root):
                    self._require_file(path, made, here, f"`--{name.replace('_', '-')}`")

    def _require_file(self, path: Path, made: Package, here: Path, what: str) -> None:
        where = Path(os.path.normpath(here / path))
        inside = where.relative_to(made.root).as_posix() if where.is_relative_to(made.root) else None
        known = inside is not None and any(one == inside or one.startswith(f"{inside}/") for one in made.files)
        if known and path.is_absolute():
            relative = os.path.relpath(where, here)
            raise UsageError(f"{what} {path} is elsewhere on the cluster", help=f"write it relative: {relative}")
        if known or inside == ".":
            return
        if inside is None:
            raise UsageError(
                f"{what} {path} lies outside of the project in {made.root}, so the cluster does not get it",
                help="keep it in the project, or in a bucket: External('s3://bucket/key')",
            )
        raise UsageError(
            f"{what} {path} is not in the package that the cluster gets: git ignores it",
            help="take it out of .gitignore, or keep it in a bucket: External('s3://bucket/key')",
        )

    def _submission(self, database: Database, asked: Asked, made: Package) -> Submission:
        from zenflow.engine.run import new_id
        from zenflow.metadata import queries
        from zenflow.metadata.records import Submission

        last = None if self.resumes is None else queries.submission(database, self.resumes)
        again = last is not None and last.handed is None and last.begun is None and last.outcome is None
        return Submission(
            run=self.resumes or new_id(),
            attempt=(last.attempt if last else 0) + (0 if again else 1),
            stack=self.stack.name,
            cluster=str(self.stack.ray).rstrip("/"),
            target=asked.target.text,
            command=tuple(self._run(asked, self.wish.params)),
            directory=str(Path.cwd()),
            package=made.name,
            host=socket.gethostname(),
            user=getpass.getuser(),
            created=time.time(),
        )

    def _command(self, asked: Asked, folder: Path, parameters: Iterable[str]) -> list[str]:
        """What the driver is told, in its own place."""
        if self.resumes is not None and self.begun:
            return ["resume", self.resumes, *([f"--engine={self.wish.engine}"] if self.wish.engine else [])]
        up = Path(*[".."] * len(folder.parts))
        return list(self._run(asked, next((up / name for name in parameters), None)))

    def _run(self, asked: Asked, params: Path | None) -> Iterator[str]:
        """The command line that starts the run."""
        wish = self.wish
        yield from ("run", asked.target.text)
        for option, value in (("--engine", wish.engine), ("--name", wish.name), ("--params", params)):
            if value is not None:
                yield f"{option}={value}"
        yield from (f"--tag={tag}" for tag in wish.tags)
        yield from ["--watch-inputs"] if wish.watch_inputs else []
        yield from ["--keep-going"] if wish.keep_going else []
        # Where the target is the project's, the first parameter was taken for it.
        first = [wish.target] if wish.target is not None and wish.target.startswith("-") else []
        yield from ["--", *first, *self.context.args] if first or self.context.args else []


def _paths(value: object) -> Iterator[Path]:
    if isinstance(value, Path):
        yield value
    elif isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        for item in value:
            yield from _paths(item)


def _search(root: Path, here: Path) -> Iterator[str]:
    """The folders of the project that modules are imported from here, besides the current one."""
    for entry in dict.fromkeys(sys.path):
        path = Path(entry).resolve()
        installed = {"site-packages", ".venv", "venv"} & set(path.parts)
        if entry and path != here and path.is_relative_to(root) and path.is_dir() and not installed:
            yield path.relative_to(root).as_posix()
