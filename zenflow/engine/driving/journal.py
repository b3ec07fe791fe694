"""What happened, written down: turns the driver's events into records and tells the listener."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Mapping
from typing import Any

from attrs import define, field

from zenflow.artifacts.content import Content
from zenflow.engine.cache.keying import Keys
from zenflow.engine.cache.memo import Answer, Memo
from zenflow.engine.driving.job import Job
from zenflow.engine.driving.recorder import Recorder
from zenflow.engine.evaluation.frames import Frame, Task
from zenflow.engine.evaluation.values import Value, values_in
from zenflow.engine.failures import error_record
from zenflow.engine.listener import Listener
from zenflow.engine.working.work import Line, Measure, Outcome, Started
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
)
from zenflow.metadata.trust import Trust

_ELEMENT = re.compile(r"\[\d+\]/")
"""An element of a mapped pipeline, in the names of what runs in it."""


@define(eq=False)
class _MapTally:
    statuses: Counter[str] = field(factory=Counter)
    started: float = field(factory=time.time)


class Journal:
    """Writes one run's executions, attempts, logs, metrics, artifacts and cache entries."""

    def __init__(
        self,
        run: str,
        recorder: Recorder,
        listener: Listener,
        keys: Keys,
        memo: Memo,
        trust: Trust,
        before: Mapping[str, int] | None = None,
    ) -> None:
        """`before`: how many attempts at each step an earlier driver of the run made."""
        self.run = run
        self._memo = memo
        self._trust = trust
        self._before = before
        self._recorder = recorder
        self._listener = listener
        self._keys = keys
        self._maps: dict[str, _MapTally] = {}
        self._broken: dict[str, tuple[Frame, str]] = {}
        self._coded: set[str] = set()
        self._names: dict[Graph, dict[str, list[tuple[str, int]]]] = {}

    # ------------------------------------------------------------ executions

    @staticmethod
    def inputs(task: Task) -> dict[str, str]:
        """The digests of a task's artifact inputs, by parameter (`models[0]` in a display)."""
        return {
            name if i == 0 and isinstance(given, Value) else f"{name}[{i}]": value.content.digest
            for name, given in task.arguments
            for i, value in enumerate(values_in(given))
        }

    def attempts_before(self, task: Task) -> int:
        """How many attempts an earlier driver of this run made at a task."""
        return self._before.get(task.title, 0) if self._before else 0

    def cached(self, answer: Answer) -> None:
        """A task was answered from the cache."""
        entry = answer.entry
        assert entry is not None
        self._answered(answer, answer.reason, entry.outputs, entry.run, entry.step)

    def shared(self, answer: Answer, leader: Task, outputs: tuple[str, ...]) -> None:
        """A task was answered by an equal one of this very run."""
        self._answered(answer, f"the same call as `{leader.title}`", outputs, self.run, leader.title)

    def _answered(self, answer: Answer, reason: str, outputs: tuple[str, ...], run: str, step: str) -> None:
        key = answer.keyed.key
        assert key is not None
        now = time.time()
        self._execution(
            answer.task,
            "cached",
            key=key.digest,
            cache_reason=reason,
            started=now,
            finished=now,
            inputs=self.inputs(answer.task),
            outputs=outputs,
            source_run=run,
            source_step=step,
        )

    def recalled(self, task: Task, execution: Execution) -> None:
        """An earlier driver of this run recorded a task: it only counts for its map."""
        self._tally(task, execution.status, execution.started)

    def started(self, job: Job, event: Started) -> None:
        """A worker began an attempt."""
        self._recorder.add(
            Attempt(self.run, job.task.title, job.attempt, "running", event.time, host=event.host, pid=event.pid)
        )
        known = {"started": event.time, "host": event.host, "pid": event.pid}
        self._publish(self._made(job.task, "running", **self._of(job), **known))

    def attempted(self, job: Job, outcome: Outcome, status: StepStatus, error: ErrorRecord | None) -> None:
        """An attempt ended."""
        self._recorder.add(
            Attempt(
                self.run,
                job.task.title,
                job.attempt,
                status,
                outcome.started or None,
                outcome.finished or time.time(),
                outcome.host,
                outcome.pid,
                error,
            ),
        )

    def ran(self, job: Job, outcome: Outcome) -> None:
        """A task ran: its artifacts, the entry that remembers it, its code."""
        task = job.task
        if job.attempt > 1 or job.started is not None:  # an attempt that was the only one shows in the execution
            self.attempted(job, outcome, "ran", None)
        outputs = tuple(content.digest for content in outcome.contents)
        self._recorder.add(*outcome.contents)
        if self._trust.allows(task.spec.options.output):
            self._recorder.add(*self._trust.sign(outcome.contents))
        key = job.answer.keyed.key
        if key is not None:
            entry = CacheEntry(
                key=key.digest,
                function=task.spec.function.path,
                run=self.run,
                step=task.title,
                outputs=outputs,
                created=outcome.finished,
                components=key.components,
            )
            self._recorder.add(entry)
            self._memo.made(entry, outcome.contents)
        self._code(task)
        self._execution(task, "ran", outputs=outputs, **self._of(job), **self._measured(job, outcome))

    def ended(
        self,
        job: Job,
        status: StepStatus,
        *,
        reason: str | None = None,
        error: ErrorRecord | None = None,
        outcome: Outcome | None = None,
    ) -> None:
        """A task failed for good, or will not run; `outcome` is that of its last attempt, if it had one."""
        self._code(job.task)
        known = self._of(job) | {"started": job.started, "finished": time.time(), "error": error}
        if reason is not None:
            known["cache_reason"] = reason
        if outcome is not None and outcome.started:
            known |= self._measured(job, outcome)
        self._execution(job.task, status, **known)

    @staticmethod
    def _measured(job: Job, outcome: Outcome) -> dict[str, Any]:
        """When and where an attempt ran, and what it used."""
        timings = dict(outcome.timings)
        timings["queue"] = max(0.0, job.submitted - job.ready)
        timings["start"] = max(0.0, outcome.started - job.submitted)
        return {
            "started": outcome.started,
            "finished": outcome.finished,
            "timings": timings,
            "usage": outcome.usage,
            "host": outcome.host,
            "pid": outcome.pid,
        }

    @staticmethod
    def _of(job: Job) -> dict[str, Any]:
        return {"key": job.key, "cache_reason": job.reason, "attempts": job.attempt, "inputs": job.inputs}

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

    def map_failed(self, frame: Frame, name: str) -> None:
        """A map will not complete: an element failed."""
        self._broken[frame.title(name)] = (frame, name)
        self._map_ended(frame, name, "failed", ())

    def close(self) -> None:
        """The run ends: maps that did not complete are summed up with all that became of their elements."""
        for frame, name in self._broken.values():
            self._map_ended(frame, name, "failed", ())

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

    def made(self, content: Content, allow_pickle: bool) -> None:
        """The driver itself made an artifact: a lifted value, a joined list. It vouches for a pickle in it that may be
        opened."""
        self._recorder.add(content)
        if allow_pickle:
            self._recorder.add(*self._trust.sign((content,)))

    # ------------------------------------------------------------ inside

    def _execution(self, task: Task, status: StepStatus, **known: Any) -> None:
        """A task came to its end."""
        execution = self._made(task, status, **known)
        self._tally(task, status, execution.started)
        self._recorder.add(execution)
        if status == "ran" and task.spec.options.effect:
            self._recorder.flush()  # told as done only when it is certain that no resumed run does it again
        self._listener.execution(execution)

    def _made(self, task: Task, status: StepStatus, **known: Any) -> Execution:
        return Execution(
            run=self.run,
            step=task.title,
            node=task.frame.title(task.name),
            status=status,
            function=task.spec.function.path,
            element=task.element,
            **known,
        )

    def _tally(self, task: Task, status: StepStatus, started: float | None = None) -> None:
        titles = [task.frame.title(task.name)] if task.element is not None else []
        if task.frame.prefix:
            titles += [task.frame.prefix[: element.start()] for element in _ELEMENT.finditer(task.frame.prefix)]
        for title in titles:
            tally = self._maps.get(title) or self._maps.setdefault(title, _MapTally())
            tally.statuses[status] += 1
            if started is not None and started < tally.started:
                tally.started = started

    def _publish(self, execution: Execution) -> None:
        self._recorder.add(execution)
        self._listener.execution(execution)

    def _code(self, task: Task) -> None:
        node = task.spec.function.path
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
