"""`Run[T]`: a run as it was, whether it has just ended in this process or was found in the history."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic

from zenflow.artifacts.store import Store
from zenflow.errors import BlobDamaged, BlobMissing, NotStored
from zenflow.graph.build import Graph
from zenflow.graph.function import Shape
from zenflow.graph.nodes import Edge, GraphRecord
from zenflow.history.archive import Archive
from zenflow.history.inputs import stored
from zenflow.history.steps import Steps
from zenflow.language.artifact import Artifact
from zenflow.language.typing import T_co
from zenflow.metadata import queries
from zenflow.metadata.database import Database
from zenflow.metadata.records import ErrorRecord, Execution, RunRecord, RunStatus

if TYPE_CHECKING:
    from zenflow.history.diff import Difference
    from zenflow.stacks.stack import Stack


class Run(Generic[T_co]):
    """One run: what it was asked, what became of its steps, what came out.

    Made by `run(...)`, or found again with `Run.open`.
    """

    def __init__(
        self,
        database: Database,
        store: Store,
        record: RunRecord,
        *,
        graph: Graph | None = None,
        artifacts: Mapping[str, Artifact[Any]] | None = None,
        shape: Shape | None = None,
        again: Callable[[], Run[Any]] | None = None,
        allow_pickle: bool = False,
    ) -> None:
        """The engine gives what it has alive: the `graph`, the target's `artifacts` by output name, the target's
        `shape` (of a dict: kind `dict`, the keys as fields), and how to run the same `again`. `allow_pickle` is the
        stack's."""
        self._archive = Archive(database, store, record, graph, allow_pickle=allow_pickle)
        self._live = artifacts
        self._shape = shape
        self._again = again
        self.record = record

    @classmethod
    def open(cls, stack: Stack, ref: str) -> Run[Any]:
        """The run that `ref` names: its id, the unique beginning of it, `@latest` or `@latest-ok`.

        Raises:
            MetadataError: No run is meant, or several.
        """
        database = stack.database()
        record = queries.find_run(database, ref)
        return Run(database, stack.store(), record, allow_pickle=stack.allow_pickle)

    @property
    def id(self) -> str:
        """The run's id."""
        return self.record.id

    @property
    def status(self) -> RunStatus:
        """`ok`, `failed`, `cancelled`, `running`, or `interrupted`: it was running, and its driver is gone."""
        return self.record.status

    @property
    def name(self) -> str | None:
        """The name it was given."""
        return self.record.name

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags it was given."""
        return self.record.tags

    @property
    def started(self) -> datetime:
        """When it started, in local time."""
        return datetime.fromtimestamp(self.record.started).astimezone()

    @property
    def finished(self) -> datetime | None:
        """When it ended, in local time; None while it runs."""
        finished = self.record.finished
        return None if finished is None else datetime.fromtimestamp(finished).astimezone()

    @property
    def duration(self) -> float | None:
        """Seconds from start to end; None while it runs."""
        return None if self.record.finished is None else self.record.finished - self.record.started

    @property
    def params(self) -> Mapping[str, str]:
        """The parameters, printed."""
        return self.record.params

    @property
    def error(self) -> ErrorRecord | None:
        """What it failed with."""
        return self.record.error

    @property
    def graph(self) -> Graph | GraphRecord:
        """What was run: the graph itself in the process that ran it, its records afterwards."""
        return self._archive.graph or self._archive.graph_record

    @cached_property
    def steps(self) -> Steps:
        """What became of each step, by name; of an element of a map under `train[3]`."""
        return Steps(self._archive)

    @property
    def metrics(self) -> dict[str, dict[str, float | str]]:
        """The last value of every metric, by step and name."""
        found: dict[str, dict[str, float | str]] = {}
        for metric in self._archive.metrics:
            found.setdefault(metric.step, {})[metric.name] = metric.value
        return found

    @cached_property
    def output(self) -> T_co:
        """The value of the target, loaded: one value, a tuple or a NamedTuple of values, or a dict of them.

        In the process that ran it, a cached value whose stored bytes turn out to be gone or damaged is computed again,
        in a run of its own.

        Raises:
            NotStored: The run has no output, because it failed or has not ended.
            BlobMissing, BlobDamaged: The stored bytes are gone or are not what was stored.
        """
        try:
            values = {name: artifact.load() for name, artifact in self.outputs.items()}
        except (BlobMissing, BlobDamaged):
            if self._again is None or self._again().record.outputs != self.record.outputs:
                raise
            self._archive.forget()
            del self.outputs
            values = {name: artifact.load() for name, artifact in self.outputs.items()}
        value: T_co = self._built(values)
        return value

    @cached_property
    def outputs(self) -> Mapping[str, Artifact[Any]]:
        """The artifacts of the target by output name: `output` for a single one, `0`, `1`, … for a tuple.

        Raises:
            NotStored: The run has no output, because it failed or has not ended.
        """
        if self.status != "ok":
            raise NotStored(
                f"run {self.id} has no output: it is `{self.status}`",
                help=f"`zenflow show {self.id}` tells what became of it",
            )
        edges = dict(self._archive.graph_record.outputs) if self.record.graph else {}
        self._archive.contents(self.record.outputs.values())
        found = {name: self._artifact(digest, edges.get(name)) for name, digest in self.record.outputs.items()}
        return {name: _as_live(artifact, (self._live or {}).get(name)) for name, artifact in found.items()}

    @cached_property
    def artifacts(self) -> Mapping[str, Artifact[Any]]:
        """The run's artifacts, as inputs for later steps: the target's by output name, and what was `.named`."""
        found = dict(self.outputs) if self.status == "ok" else {}
        for name, edge in self._archive.graph_record.names if self.record.graph or self._archive.graph else ():
            digest = self._digest(edge)
            if digest is not None and name not in found:
                found[name] = self._artifact(digest, edge)
        return found

    def diff(self, other: Run[Any]) -> Difference:
        """What is different in `other`: parameters, steps (code, status, outputs), metrics, packages."""
        from zenflow.history.diff import difference

        return difference(self, other)

    def trace(self) -> bytes:
        """Where and when each step ran, as JSON that ui.perfetto.dev and chrome://tracing open; of a run that goes on,
        up to now. `Path("trace.json").write_bytes(run.trace())` keeps it."""
        import msgspec

        from zenflow.history.trace import trace_of

        return msgspec.json.encode(trace_of(self._archive))

    def __repr__(self) -> str:
        what = f" {self.record.pipeline}" if self.record.pipeline else ""
        took = "" if self.duration is None else f" in {self.duration:.2f} s"
        return f"<Run {self.id}{what}: {self.status}{took}, started {self.started:%Y-%m-%d %H:%M:%S}>"

    def _artifact(self, digest: str, edge: Edge | None) -> Artifact[Any]:
        execution = self._execution(edge)
        return self._archive.artifact(digest, execution, (edge.output or 0) if edge else 0)

    def _execution(self, edge: Edge | None) -> Execution | None:
        return self.steps[edge.node].record if edge and edge.node in self.steps else None

    def _digest(self, edge: Edge) -> str | None:
        """What a node of the graph came to, where that is recorded."""
        execution = self._execution(edge)
        if execution is not None:
            return execution.outputs[edge.output or 0] if execution.outputs else None
        same = [name for name, output in self._archive.graph_record.outputs if output == edge]
        return next((self.record.outputs[name] for name in same if name in self.record.outputs), None)

    def _built(self, values: Mapping[str, Any]) -> Any:
        """The loaded outputs in the target's own form."""
        items = list(values.values())
        if self._shape is not None:
            return dict(values) if self._shape.kind is dict else self._shape.build(items)
        order = [name for name, _ in self._archive.graph_record.outputs]
        match self._archive.graph_record.form:
            case "single":
                return items[0]
            case "tuple":
                return tuple(values[name] for name in order)
            case "named":
                return namedtuple("Output", order)(*(values[name] for name in order))
            case "dict":
                return {name: values[name] for name in order}


def _as_live(artifact: Artifact[Any], live: Artifact[Any] | None) -> Artifact[Any]:
    """The stored artifact, loaded the way the live one is declared."""
    if live is None:
        return artifact
    stored_as, live_as = artifact._resolution(), live._resolution()
    (content,) = stored_as.contents
    trusted = live_as.allow_pickle and any(content.digest == one.digest for one in live_as.contents)
    return stored(
        content,
        live._ref.hint,
        store=stored_as.store,
        run=stored_as.run,
        step=stored_as.step,
        allow_pickle=trusted or stored_as.allow_pickle,
        untrusted=None if trusted else stored_as.untrusted,
        lost=stored_as.lost,
    )
