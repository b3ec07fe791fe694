"""What an earlier driver of a run has recorded: a run that is resumed takes it as it is.

The cache answers most of it anyway; here are also the steps that the cache may not keep, because they act on the world
or opted out. A step counts as recorded where it has the same name, the same key and results that are still stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from attrs import evolve

from zenflow.artifacts.blobs import damaged
from zenflow.artifacts.content import Content
from zenflow.engine.cache.memo import Answer
from zenflow.errors import UsageError
from zenflow.graph.nodes import GraphRecord, NodeRecord
from zenflow.graph.serial import from_json
from zenflow.metadata.queries import attempts, contents, executions, run
from zenflow.metadata.records import Attempt, Execution, RunRecord

if TYPE_CHECKING:
    from zenflow.artifacts.store import Store
    from zenflow.metadata.database import Database
    from zenflow.metadata.trust import Trust

_DONE = ("ran", "cached")
_UNENDED = ("pending", "running")


class Recorded:
    """The executions of a run so far, by step."""

    def __init__(self, database: Database, store: Store, id: str, trust: Trust) -> None:
        self._database = database
        self._trust = trust
        self._run = id
        self._executions = {found.step: found for found in executions(database, id)}
        digests = {digest for found in self._executions.values() if found.status in _DONE for digest in found.outputs}
        found = contents(database, sorted(digests)) if digests else {}
        self._contents = {digest: content for digest, content in found.items() if not damaged(content)}
        large = [blob for one in self._contents.values() for blob in one.blobs if blob.digest not in one.small]
        self._gone = store.missing(large) if large else set()

    def interrupted(self) -> list[Execution | Attempt]:
        """What that driver was at when it went, as it is to be recorded now."""
        left: list[Execution | Attempt] = []
        for found in self._executions.values():
            if found.status in _UNENDED:
                left.append(evolve(found, status="interrupted"))
                tries = attempts(self._database, self._run, found.step)
                left += (evolve(one, status="interrupted") for one in tries if one.status in _UNENDED)
        return left

    @property
    def attempts(self) -> Mapping[str, int]:
        """How many attempts were made at each step."""
        return {step: found.attempts for step, found in self._executions.items() if found.attempts}

    def recall(self, answer: Answer) -> tuple[Execution, tuple[Content, ...]] | None:
        """What is recorded of a task, and the contents it came to; None where it has to run."""
        found = self._executions.get(answer.task.title)
        identity = answer.keyed.identity
        key = None if identity is None else identity.digest
        if found is None or found.status not in _DONE or found.key != key or answer.error is not None:
            return None
        known = tuple(self._contents[digest] for digest in found.outputs if digest in self._contents)
        if len(known) < len(found.outputs) or any(b.digest in self._gone for one in known for b in one.blobs):
            return None
        options = answer.task.spec.options
        # What acted on the world is not done again, come of its result what may: whoever opens it is told.
        if not options.effect and self._trust.allows(options.output) and self._trust.doubt(known):
            return None
        return found, known


def resumable(database: Database, id: str, graph: bytes) -> RunRecord:
    """The record of a run that may be resumed with this graph.

    Raises:
        MetadataError: There is no such run.
        UsageError: It ended well, or still runs, or its pipeline builds another graph by now.
    """
    record = run(database, id)
    if record.status == "ok":
        raise UsageError(f"run {id} ended well: there is nothing to resume", help=f"`zenflow show {id}` shows it")
    if record.status == "running":
        raise UsageError(
            f"run {id} is being driven by process {record.environment.pid} on {record.environment.host}",
            help=f"`zenflow show {id} --watch` follows it, `zenflow cancel {id}` ends it",
        )
    if _calls(from_json(record.graph)) != _calls(from_json(graph)):
        raise UsageError(
            f"the pipeline of run {id} builds another graph by now",
            help="run it anew: whatever still holds is cached",
        )
    return record


def _calls(graph: GraphRecord) -> GraphRecord:
    """A graph without its places in the source."""
    return evolve(graph, nodes=tuple(map(_call, graph.nodes)))


def _call(node: NodeRecord) -> NodeRecord:
    return evolve(node, span=None, bodies=tuple(map(_calls, node.bodies)))
