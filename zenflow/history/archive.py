"""What a run and its steps read from: the records of one run, and the store that has its values."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Any

from attrs import evolve

from zenflow.artifacts.content import Content
from zenflow.artifacts.materializers.pickle import FORMAT as PICKLE
from zenflow.artifacts.store import Store
from zenflow.errors import BlobMissing, ZenFlowError
from zenflow.graph.bodies import Work
from zenflow.graph.build import Graph
from zenflow.graph.expression import Call, StepSpec
from zenflow.graph.nodes import GraphRecord, NodeRecord
from zenflow.history.declared import Declared, asks_for_pickle, declared, places_of
from zenflow.history.inputs import stored
from zenflow.history.losses import teller
from zenflow.language.artifact import Artifact
from zenflow.metadata import queries
from zenflow.metadata.database import Database
from zenflow.metadata.records import Attempt, Execution, LogLine, Metric, RunRecord
from zenflow.metadata.trust import Trust

_UNENDED = ("running", "pending")


class Archive:
    """The records of one run. Read when first asked for and then kept: a run that has ended does not change."""

    def __init__(
        self,
        database: Database,
        store: Store,
        record: RunRecord,
        graph: Graph | None = None,
        *,
        allow_pickle: bool = False,
    ) -> None:
        """`allow_pickle`: what the stack says."""
        self._trust = Trust(database, store, allow_pickle=allow_pickle)
        self.database = database
        self.store = store
        self.record = record
        self.graph = graph
        self._contents: dict[str, Content] = {}

    @cached_property
    def executions(self) -> tuple[Execution, ...]:
        """All steps and map elements, in the order they started.

        What still stands as running or pending in a run that was interrupted was interrupted with it.
        """
        found = queries.executions(self.database, self.record.id)
        if self.record.status != "interrupted":
            return tuple(found)
        return tuple(evolve(one, status="interrupted") if one.status in _UNENDED else one for one in found)

    def attempts(self, step: str) -> tuple[Attempt, ...]:
        """The tries at a step, in order, as `executions` tells them."""
        found = queries.attempts(self.database, self.record.id, step)
        if self.record.status != "interrupted":
            return tuple(found)
        return tuple(evolve(one, status="interrupted") if one.status in _UNENDED else one for one in found)

    @cached_property
    def metrics(self) -> tuple[Metric, ...]:
        """Every value that was reported, by step, attempt, name and number."""
        return tuple(queries.metrics(self.database, self.record.id))

    @cached_property
    def graph_record(self) -> GraphRecord:
        """The graph of the run as plain records."""
        if self.graph is not None:
            return self.graph.record
        if not self.record.graph:
            raise ZenFlowError(f"run {self.record.id} has no graph: it ended before it was traced")
        from zenflow.graph.serial import from_json

        return from_json(self.record.graph)

    @cached_property
    def nodes(self) -> dict[str, NodeRecord]:
        """The nodes of the graph by name; none for a run without a graph."""
        return {node.name: node for node in self.graph_record.nodes} if self.graph or self.record.graph else {}

    def forget(self) -> None:
        """Read contents anew when they are asked for: their bytes were mended."""
        self._contents.clear()

    def logs(self, step: str) -> tuple[LogLine, ...]:
        """What a step wrote, by attempt and line."""
        return tuple(queries.logs(self.database, self.record.id, step))

    def contents(self, digests: Iterable[str]) -> dict[str, Content]:
        """The stored values of these digests.

        Raises:
            BlobMissing: The database does not know one of them.
        """
        wanted = list(dict.fromkeys(digests))
        new = [digest for digest in wanted if digest not in self._contents]
        self._contents.update(queries.contents(self.database, new) if new else {})
        for digest in wanted:
            if digest not in self._contents:
                raise BlobMissing(f"artifact {digest} of run {self.record.id} is not recorded", help="run it again")
        return {digest: self._contents[digest] for digest in wanted}

    def artifact(self, digest: str, execution: Execution | None, index: int = 0) -> Artifact[Any]:
        """The handle on an output of a step (`index`: which), or on a value that no step made."""
        content = self.contents([digest])[digest]
        how = self._declared(content, execution, index)
        asked = how.allow_pickle or self._trust.allow_pickle
        refusal = self._trust.refusal(content) if asked or content.format == PICKLE else None
        return stored(
            content,
            how.hint,
            store=self.store.url,
            run=self.record.id,
            step=execution.step if execution else "",
            allow_pickle=asked and refusal is None and self._trust.opens(content),
            untrusted=refusal,
            lost=teller(self.database, content),
        )

    def _declared(self, content: Content, execution: Execution | None, index: int) -> Declared:
        if execution is None:
            return Declared()
        node = self.graph.nodes.get(execution.node) if self.graph else None
        if isinstance(node, Work):
            hints = node.hints if execution.element is None else node.outputs.hints
            spec = node.step if isinstance(node, Call) else node.body
            return Declared(hints[index], isinstance(spec, StepSpec) and asks_for_pickle(spec.options))
        return declared(execution.function, content, index, places_of(self.record, self.store))
