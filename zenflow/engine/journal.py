"""What happened, written down: turns the driver's events into records and tells the listener."""

from __future__ import annotations

import re
import time
from collections import Counter

from attrs import define, evolve, field

from zenflow.artifacts.content import Content
from zenflow.engine.failures import error_record
from zenflow.engine.frames import Frame, Task
from zenflow.engine.keying import Keys
from zenflow.engine.listener import Listener
from zenflow.engine.memo import Answer
from zenflow.engine.recorder import Recorder
from zenflow.engine.values import Value, values_in
from zenflow.engine.work import Line, Measure, Outcome, Started
from zenflow.graph.bodies import Loop, Work
from zenflow.graph.build import Graph
from zenflow.graph.expression import Call, Map, StepSpec
from zenflow.metadata.records import (
    Attempt,
    CacheEntry,
    Code,
    ErrorRecord,
    Execution,
    LogLine,
    Metric,
    RunCode,
    StepStatus,
    Version,
    code_name,
)

_ELEMENT = re.compile(r"\[\d+\]/")
"""An element of a mapped pipeline, in the names of what runs in it."""


@define(eq=False)
class _MapTally:
    statuses: Counter[str] = field(factory=Counter)
    started: float = field(factory=time.time)


class Journal:
    """Writes one run's executions, attempts, logs, metrics, artifacts and cache entries."""

    def __init__(self, run: str, recorder: Recorder, listener: Listener, keys: Keys) -> None:
        self.run = run
        self._recorder = recorder
        self._listener = listener
        self._keys = keys
        self._maps: dict[str, _MapTally] = {}
        self._coded: set[str] = set()
        self._names: dict[Graph, dict[str, list[tuple[str, int]]]] = {}

    # ------------------------------------------------------------ executions

    def base(self, task: Task, reason: str, key: str | None) -> Execution:
        """The execution of a task before anything happened."""
        inputs = {
            name if i == 0 and isinstance(given, Value) else f"{name}[{i}]": value.content.digest
            for name, given in task.arguments
            for i, value in enumerate(values_in(given))
        }
        return Execution(
            run=self.run,
            step=task.title,
            node=task.frame.title(task.name),
            status="pending",
            function=task.spec.function.path,
            element=task.element,
            key=key,
            cache_reason=reason,
            inputs=inputs,
        )

    def cached(self, answer: Answer) -> None:
        """A task was answered from the cache."""
        entry, key = answer.entry, answer.keyed.key
        assert entry is not None
        assert key is not None
        now = time.time()
        execution = self.base(answer.task, answer.reason, key.digest)
        self._execution(
            answer.task,
            evolve(
                execution,
                status="cached",
                started=now,
                finished=now,
                outputs=entry.outputs,
                source_run=entry.run,
                source_step=entry.step,
            ),
        )

    def shared(self, task: Task, leader: Task, key: str, outputs: tuple[str, ...]) -> None:
        """A task was answered by an equal one of this very run."""
        now = time.time()
        reason = f"the same call as `{leader.title}`"
        execution = evolve(
            self.base(task, reason, key),
            status="cached",
            started=now,
            finished=now,
            outputs=outputs,
            source_run=self.run,
            source_step=leader.title,
        )
        self._execution(task, execution)

    def started(self, task: Task, execution: Execution, event: Started) -> None:
        """A worker began an attempt."""
        self._recorder.add(
            Attempt(self.run, task.title, event.attempt, "running", event.time, host=event.host, pid=event.pid)
        )
        self._publish(evolve(execution, status="running", started=event.time, attempts=event.attempt))

    def attempted(self, task: Task, outcome: Outcome, status: StepStatus, error: ErrorRecord | None) -> None:
        """An attempt ended."""
        self._recorder.add(
            Attempt(
                self.run,
                task.title,
                outcome.attempt,
                status,
                outcome.started or None,
                outcome.finished or time.time(),
                outcome.host,
                outcome.pid,
                error,
            ),
        )

    def ran(self, task: Task, execution: Execution, outcome: Outcome, answer: Answer) -> None:
        """A task ran: its artifacts, the entry that remembers it, its code."""
        outputs = tuple(content.digest for content in outcome.contents)
        self._recorder.add(*outcome.contents)
        key = answer.keyed.key
        if key is not None:
            self._recorder.add(
                CacheEntry(
                    key=key.digest,
                    function=task.spec.function.path,
                    run=self.run,
                    step=task.title,
                    outputs=outputs,
                    created=time.time(),
                    components=key.components,
                )
            )
        self._code(task)
        self._execution(
            task,
            evolve(
                execution,
                status="ran",
                attempts=outcome.attempt,
                started=outcome.started,
                finished=outcome.finished,
                outputs=outputs,
                timings=outcome.timings,
            ),
        )

    def ended(
        self, task: Task, execution: Execution, status: StepStatus, attempts: int, error: ErrorRecord | None = None
    ) -> None:
        """A task failed for good, or was cancelled."""
        self._code(task)
        ended = evolve(execution, status=status, attempts=attempts, error=error, finished=time.time())
        self._execution(task, ended)

    def skipped(self, title: str, function: str, reason: str) -> None:
        """A node was never run."""
        self._publish(
            Execution(run=self.run, step=title, node=title, status="skipped", function=function, cache_reason=reason)
        )

    def node_failed(self, title: str, error: BaseException) -> None:
        """A node that is no step of its own could not be evaluated."""
        now = time.time()
        record = Execution(
            run=self.run, step=title, node=title, status="failed", started=now, finished=now, error=error_record(error)
        )
        self._publish(record)

    # ------------------------------------------------------------ maps and names

    def node_completed(self, frame: Frame, name: str, values: tuple[Value, ...]) -> None:
        """A node of the graph has its values: a map or a loop is summed up, registered names get their version."""
        node = frame.graph.nodes[name]
        if isinstance(node, (Map, Loop)):
            self._map_ended(frame, name, "ran", values)
        for registered, index in self._registered(frame.graph).get(name, ()):
            content = values[index].content
            self._recorder.add(Version(registered, 0, content.digest, self.run, frame.title(name), time.time()))

    def _registered(self, graph: Graph) -> dict[str, list[tuple[str, int]]]:
        known = self._names.get(graph)
        if known is None:
            known = self._names[graph] = {}
            for registered, ref in graph.names:
                known.setdefault(graph.name_of(ref), []).append((registered, ref.index or 0))
        return known

    def map_failed(self, frame: Frame, name: str, status: StepStatus) -> None:
        """A map will not complete: an element failed or was cancelled."""
        self._map_ended(frame, name, status, ())

    def _map_ended(self, frame: Frame, name: str, status: StepStatus, values: tuple[Value, ...]) -> None:
        node = frame.graph.nodes[name]
        assert isinstance(node, (Map, Loop))
        title = frame.title(name)
        tally = self._maps.get(title, _MapTally())
        counts = tally.statuses
        if status == "ran" and not counts["ran"]:
            status = "cached"
        reason = ", ".join(f"{count} {what}" for what, count in sorted(counts.items())) or "no elements"
        self._publish(
            Execution(
                run=self.run,
                step=title,
                node=title,
                status=status,
                function=function_of(node),
                cache_reason=reason,
                started=tally.started,
                finished=time.time(),
                outputs=tuple(value.content.digest for value in values),
            )
        )

    # ------------------------------------------------------------ live

    def wrote(self, task: Task, attempt: int, line: Line) -> None:
        """A step wrote a line, live."""
        record = self._line(task, attempt, line)
        self._recorder.add(record)
        self._listener.log(record)

    def reported(self, task: Task, attempt: int, measure: Measure) -> None:
        """A step reported a metric, live."""
        record = self._metric(task, attempt, measure)
        self._recorder.add(record)
        self._listener.metric(record)

    def made(self, content: Content) -> None:
        """The driver itself made an artifact: a lifted value, a joined list."""
        self._recorder.add(content)

    # ------------------------------------------------------------ inside

    def _execution(self, task: Task, execution: Execution) -> None:
        titles = [task.frame.title(task.name)] if task.element is not None else []
        titles += [task.frame.prefix[: element.start()] for element in _ELEMENT.finditer(task.frame.prefix)]
        for title in titles:
            self._maps.setdefault(title, _MapTally()).statuses[execution.status] += 1
        self._publish(execution)

    def _publish(self, execution: Execution) -> None:
        self._recorder.add(execution)
        self._listener.execution(execution)

    def _code(self, task: Task) -> None:
        node = code_name(task.frame.title(task.name))
        if node in self._coded or task.spec.options.version is not None:
            return
        self._coded.add(node)
        reached = self._keys.closure(task.spec)
        for name, source in reached.sources.items():
            digest = reached.parts.get(name, "")
            self._recorder.add(Code(digest, name, source), RunCode(self.run, node, name, digest))

    def _line(self, task: Task, attempt: int, line: Line) -> LogLine:
        return LogLine(self.run, task.title, attempt, line.number, line.time, line.stream, line.text)

    def _metric(self, task: Task, attempt: int, measure: Measure) -> Metric:
        return Metric(self.run, task.title, attempt, measure.name, measure.number, measure.value, measure.time)


def function_of(node: Work) -> str:
    """The path of the step that a node calls; of a mapped pipeline or a loop, its name."""
    spec = node.step if isinstance(node, Call) else node.body
    return spec.function.path if isinstance(spec, StepSpec) else node.label
