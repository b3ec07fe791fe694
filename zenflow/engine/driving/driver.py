"""The driver: takes what evaluation says is ready, asks the cache, hands the rest to executors, records all of it.

One loop, turned by one thread at a time: the driver's own, or its deputy while the former is inside a step. Executors,
retries and records differ in nothing between in-process and Ray; only the driver writes metadata. A failed step stops
the run early, unless it is to keep going: what is under way gets a moment to finish and be kept.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from attrs import frozen

from zenflow.engine.cache.costs import Costs
from zenflow.engine.cache.memo import Answer, Memo
from zenflow.engine.driving.claiming import claiming
from zenflow.engine.driving.deputy import Deputy
from zenflow.engine.driving.digesting import Digesting
from zenflow.engine.driving.dispatch import Dispatcher
from zenflow.engine.driving.job import Failure
from zenflow.engine.driving.journal import Journal
from zenflow.engine.driving.lanes import Lanes
from zenflow.engine.driving.outcomes import Outcomes
from zenflow.engine.driving.recorder import Recorder
from zenflow.engine.driving.recovery import Recovery
from zenflow.engine.driving.resuming import Recorded
from zenflow.engine.driving.sought import Seeker, require_secrets
from zenflow.engine.evaluation.codec import codec
from zenflow.engine.evaluation.evaluation import Evaluation
from zenflow.engine.evaluation.frames import Frame
from zenflow.engine.evaluation.values import Value
from zenflow.engine.interruption import Interruption
from zenflow.engine.listener import Listener
from zenflow.engine.working.executor import Event, Executor, Finished
from zenflow.engine.working.inline import Inline
from zenflow.engine.working.work import Ended, LiveEvent, Reported, Segment, Started, Work, Wrote
from zenflow.errors import EngineError
from zenflow.graph.build import Graph, specs_of
from zenflow.graph.expression import Call, Map, StepSpec
from zenflow.graph.resolution import Resolution
from zenflow.keys.hashing import telling

if TYPE_CHECKING:
    from zenflow.artifacts.store import Store
    from zenflow.metadata.database import Database
    from zenflow.metadata.trust import Trust

_GRACE = 5.0
"""Seconds that what is under way has to finish after another step failed."""

_LAST_WORDS = 2.0
"""Seconds that what is cancelled has to say what had ended before."""

_POLL = 0.2
_LONG = 1.0
"""Seconds after which a step in this process holds the others up, so that Ray is brought up for them."""

_FIRST_NOTICE = 5.0


@frozen(eq=False)
class Setting:
    """What a driver works with. `start_ray` connects to Ray, telling of it; `begin` is called once, when it turns out
    that something must run; `beat` keeps the run alive in the eyes of other processes, and raises KeyboardInterrupt
    where one of them asked for its end. `recorded` is what an earlier driver of the run left."""

    run: str
    store: Store
    memo: Memo
    journal: Journal
    database: Database
    recorder: Recorder
    listener: Listener
    costs: Costs
    trust: Trust
    start_ray: Callable[[Callable[[str], None]], Executor]
    begin: Callable[[], None]
    beat: Callable[[], None]
    recorded: Recorded | None = None
    engine: str | None = None
    watched: bool = False
    keep_going: bool = False


class Driver:
    """Runs one graph to its end."""

    def __init__(self, graph: Graph, setting: Setting) -> None:
        self._setting = setting
        self._graph = graph
        self._interruption = Interruption()
        self._deputy = Deputy(self._stand_in, setting.beat, self._interruption)
        self._notices: SimpleQueue[str] = SimpleQueue()
        here = Inline(self._heard_live, self._deputy.away, self._interruption.check)
        self._lanes = Lanes(setting.engine, here, self._start_ray, setting.costs)
        self._lanes.look_out(self._open_steps)
        self._seen: set[str] = set()
        store = claiming(setting.store, setting.begin)
        made = codec(store, setting.journal.made)
        self._recovery = Recovery(setting.store, setting.database)
        self._evaluation = Evaluation(graph, made, self._node_completed)
        self._dispatcher = Dispatcher(
            lanes=self._lanes,
            costs=setting.costs,
            evaluation=self._evaluation,
            memo=setting.memo,
            allow_pickle=setting.trust.allow_pickle,
            segment=self._segment,
            seeker=Seeker(store, setting.memo.settled, setting.journal.made),
        )
        self._outcomes = Outcomes(
            self._evaluation,
            self._dispatcher,
            setting.journal,
            setting.listener,
            self._recovery,
            setting.costs,
            setting.trust,
            keep_going=setting.keep_going,
        )
        self._renewed = False
        self._stop_at: float | None = None
        self._quiet_since = time.monotonic()
        self._noticed = 0.0

    def run(self) -> dict[str, Value] | None:
        """Evaluate to the end; the outputs, or None when a step failed (see `failure`)."""
        digesting = Digesting(self._setting.listener.notice, self._interruption.check)
        with self._interruption, self._deputy.baton, telling(digesting):
            try:
                self._take_ready()
                if not self._ended():
                    require_secrets(self._open_calls(), self._setting.engine)
                    self._setting.begin()
                    self._deputy.start()
                while not self._ended():
                    self._turn()
                return self._evaluation.outputs() if self._evaluation.done else None
            except BaseException as error:
                self._wind_up()
                trouble = self._deputy.trouble
                if trouble is not None and trouble is not error:
                    raise trouble from None  # what the interruption was for
                raise
            finally:
                self._deputy.close()
                self._lanes.close()

    def _start_ray(self) -> Executor:
        if threading.current_thread() is not threading.main_thread():
            return self._setting.start_ray(self._notices.put)
        with self._interruption.open():
            return self._setting.start_ray(self._notices.put)

    def _wind_up(self) -> None:
        """The run was interrupted: stop what is under way, and keep what had ended before."""
        reason = "the run was interrupted"
        for work, _ in self._dispatcher.flights:
            for executor in self._lanes.executors():
                executor.cancel(work, reason=reason)
        others = self._lanes.executors()[1:]
        give_up = time.monotonic() + _LAST_WORDS
        self._take_ready()
        while others and self._dispatcher.flights and time.monotonic() < give_up:
            for event in others[0].wait(_POLL):
                self._hear(event)
            self._take_ready()
        self._outcomes.cancelled(reason)

    @property
    def failure(self) -> Failure | None:
        """The step that made the run fail."""
        return self._outcomes.failure

    @property
    def engines(self) -> str | None:
        """The executors that ran something, or None when nothing had to run."""
        return self._lanes.names

    def seen(self) -> set[str]:
        """The nodes of the target's graph that were demanded and have a record of their own."""
        return self._seen

    # ------------------------------------------------------------ the loop

    def _turn(self) -> None:
        """Once around, in the driver's own thread."""
        self._interruption.check()
        self._outcomes.due()
        self._submit(away=False)
        for event in self._wait():
            self._hear(event)
        self._take_ready()
        self._deputy.check()
        self._setting.recorder.tick()

    def _stand_in(self, away_for: float) -> None:
        """Once around while the driver's thread is inside a step, which has taken so many seconds."""
        self._outcomes.due()
        if len(self._dispatcher) and away_for > _LONG and self._setting.engine is None:
            self._lanes.ray()
        self._submit(away=True)
        for executor in self._lanes.executors()[1:]:
            for event in executor.wait(0):
                self._hear(event)
        self._take_ready()
        self._tell()
        self._setting.recorder.tick()

    def _ended(self) -> bool:
        if self._dispatcher.flights:
            return False
        if self._evaluation.done or self._outcomes.stopping:
            return True
        open_ends = len(self._dispatcher) or self._evaluation.ready or self._outcomes.next_due() is not None
        if open_ends:
            return False
        if self._outcomes.failure is None:
            raise EngineError("nothing runs and nothing is ready: the run can not go on", help="please report this")
        return True

    def _take_ready(self) -> None:
        evaluation = self._evaluation
        while (evaluation.ready or evaluation.failures) and not self._outcomes.stopping:
            tasks = list(evaluation.ready)
            evaluation.ready.clear()
            for answer in self._setting.memo.look(tasks) if tasks else ():
                self._seen.add(answer.task.frame.title(answer.task.name).partition("[")[0])
                self._answered(answer)
            self._outcomes.settle()
            failures = list(evaluation.failures)
            evaluation.failures.clear()
            for frame, name, error in failures:
                self._seen.add(frame.title(name).partition("[")[0])
                self._outcomes.node_failed(frame, name, error)

    def _answered(self, answer: Answer) -> None:
        recalled = None if self._setting.recorded is None else self._setting.recorded.recall(answer)
        if recalled is None:
            self._outcomes.answered(answer)
        else:
            self._outcomes.recalled(answer.task, *recalled)

    def _submit(self, *, away: bool) -> None:
        if not self._outcomes.stopping:
            self._dispatcher.submit(away=away)
        elif self._stop_at is None:
            self._stop_at = time.monotonic() + _GRACE

    def _wait(self) -> list[Event]:
        """What happened. The executor of this process runs its step here; the others are waited for."""
        seconds = _POLL
        due = self._outcomes.next_due()
        if due is not None:
            seconds = min(seconds, due)
        here, *others = self._lanes.executors()
        if others and not self._renewed:  # Ray has put its own handlers of signals in the place of ours
            self._renewed = True
            self._interruption.renew()
        events = here.wait(0)
        if others:
            events += others[0].wait(0 if events else seconds)
        elif not events and self._lanes.starting:
            self._lanes.await_ray(seconds)
        elif not events and due is not None:
            time.sleep(seconds)
        self._watch(bool(events))
        return events

    def _watch(self, busy: bool) -> None:
        """Say what a long silence waits for; enforce the time given to what runs after a failure."""
        self._tell()
        now = time.monotonic()
        if busy:
            self._quiet_since = self._noticed = now
        elif now - max(self._quiet_since, self._noticed) > _FIRST_NOTICE:
            self._noticed = now
            for executor in self._lanes.executors():
                waiting = executor.explain_wait()
                if waiting:
                    self._setting.listener.notice(f"{waiting} (for {now - self._quiet_since:.0f} s)")
        if self._stop_at is not None and now > self._stop_at:
            self._stop_at = now + _GRACE
            for work, _ in self._dispatcher.flights:
                for executor in self._lanes.executors():
                    executor.cancel(work, reason="another step failed")

    def _tell(self) -> None:
        while True:
            try:
                self._setting.listener.notice(self._notices.get_nowait())
            except Empty:
                return

    # ------------------------------------------------------------ what happens

    def _hear(self, event: Event) -> None:
        if isinstance(event, (Started, Wrote, Reported)) and self._dispatcher.flights.is_ahead(event.work):
            self._take_ready()  # what it follows has just ended, so its task is there
        self._outcomes.hear(event)

    def _heard_live(self, event: LiveEvent) -> None:
        """A step in this process speaks, from its own thread or another, or its watcher does."""
        with self._deputy.baton:
            if not isinstance(event, Ended):
                self._hear(event)
            elif event.outcome.status == "ok":  # of a failure more is told when its segment is over
                self._hear(Finished(event.outcome))

    def _segment(self, works: tuple[Work, ...]) -> Segment:
        setting = self._setting
        return Segment(setting.store.url, works, watched=setting.watched, halts=not setting.keep_going)

    def _open_calls(self) -> Iterable[Call | Map]:
        """The calls of the target's graph that will run unless what they need turns out to be cached."""
        states = self._evaluation.root.states
        nodes = (self._graph.nodes[name] for name, state in states.items() if state.values is None)
        return (node for node in nodes if isinstance(node, (Call, Map)))

    def _open_steps(self) -> Iterable[StepSpec]:
        """The steps of the target's graph that may still have to run."""
        states = self._evaluation.root.states
        open_nodes = [name for name in self._graph.nodes if name not in states or states[name].values is None]
        return (spec for name in open_nodes for spec in specs_of(self._graph, name))

    def _node_completed(self, frame: Frame, name: str, values: tuple[Value, ...]) -> None:
        self._setting.journal.node_completed(frame, name, values)
        if not frame.prefix:
            self._seen.add(name)
            resolution = Resolution(
                contents=tuple(value.content for value in values),
                store=self._setting.store.url,
                run=self._setting.run,
                step=name,
                allow_pickle=self._opens(values),
            )
            frame.graph.resolve(name, resolution)

    def _opens(self, values: tuple[Value, ...]) -> bool:
        """Whether the pickles in all of these may be opened; a branch may give one that may, and one that may not."""
        others = [value.content for value in values if not value.allow_pickle]
        return len(others) < len(values) and not self._setting.trust.holds(others)
