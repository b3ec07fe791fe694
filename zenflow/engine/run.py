"""`run`: check a target, run what is not cached, record it, give the run."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, overload

from attrs import evolve, field, frozen

from zenflow.engine.cache.costs import Costs
from zenflow.engine.cache.keying import Keys
from zenflow.engine.cache.memo import Memo
from zenflow.engine.driving.garbage import patient_collector
from zenflow.engine.driving.journal import Journal, function_of
from zenflow.engine.driving.recorder import Recorder
from zenflow.engine.driving.resuming import Recorded, resumable
from zenflow.engine.driving.tenure import Tenure
from zenflow.engine.environment import Commit, environment, with_environments, with_packages
from zenflow.engine.failures import revived, seen_by_users
from zenflow.engine.listener import Listener, Silent
from zenflow.engine.passes import optimised, passes
from zenflow.engine.spans import observed
from zenflow.engine.targets import Target, target_of
from zenflow.engine.working.inline import refuse_gangs
from zenflow.engine.working.watching import VARIABLE
from zenflow.errors import StepFailed, Superseded, UsageError
from zenflow.graph.bodies import Work
from zenflow.graph.build import Graph, graph_of
from zenflow.history.run import Run
from zenflow.language.artifact import Artifact
from zenflow.language.typing import NT, A, B, C, T
from zenflow.metadata import submissions
from zenflow.metadata.queries import costs
from zenflow.metadata.reach import about, identity
from zenflow.metadata.records import Environment, ErrorRecord, RunRecord
from zenflow.metadata.trust import Trust
from zenflow.stacks.env import in_effect
from zenflow.stacks.stack import Stack, resolve_stack

if TYPE_CHECKING:
    from zenflow.engine.driving.driver import Driver
    from zenflow.engine.driving.job import Failure
    from zenflow.engine.evaluation.values import Value
    from zenflow.engine.working.executor import Executor

ENGINES = ("ray", "inline")
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


@frozen(eq=False)
class Request:
    """What is asked of one run. `params` are the pipeline's parameters, printed; `watch_inputs` asks for inputs to be
    hashed before and after each step; after a failure `keep_going` still runs what does not depend on it; `resumes` is
    the run to finish, instead of a new one; `job` the run and attempt that this process drives as a cluster's job."""

    target: Any
    stack: Stack
    engine: str | None = None
    tags: tuple[str, ...] = ()
    name: str | None = None
    pipeline: str | None = None
    target_text: str | None = None
    params: Mapping[str, str] = field(factory=dict)
    watch_inputs: bool = False
    keep_going: bool = False
    resumes: str | None = None
    job: tuple[str, int] | None = None


@overload
def run(  # pyright: ignore[reportOverlappingOverload]
    target: Artifact[T],
    *,
    stack: Stack | str | None = None,
    engine: str | None = None,
    tags: Iterable[str] = (),
    name: str | None = None,
    keep_going: bool = False,
) -> Run[T]: ...
@overload
def run(
    target: NT,
    *,
    stack: Stack | str | None = None,
    engine: str | None = None,
    tags: Iterable[str] = (),
    name: str | None = None,
    keep_going: bool = False,
) -> Run[Any]: ...
@overload
def run(
    target: tuple[Artifact[A], Artifact[B]],
    *,
    stack: Stack | str | None = None,
    engine: str | None = None,
    tags: Iterable[str] = (),
    name: str | None = None,
    keep_going: bool = False,
) -> Run[tuple[A, B]]: ...
@overload
def run(
    target: tuple[Artifact[A], Artifact[B], Artifact[C]],
    *,
    stack: Stack | str | None = None,
    engine: str | None = None,
    tags: Iterable[str] = (),
    name: str | None = None,
    keep_going: bool = False,
) -> Run[tuple[A, B, C]]: ...
@overload
def run(
    target: tuple[Artifact[T], ...],
    *,
    stack: Stack | str | None = None,
    engine: str | None = None,
    tags: Iterable[str] = (),
    name: str | None = None,
    keep_going: bool = False,
) -> Run[tuple[T, ...]]: ...
@overload
def run(
    target: Mapping[str, Artifact[T]],
    *,
    stack: Stack | str | None = None,
    engine: str | None = None,
    tags: Iterable[str] = (),
    name: str | None = None,
    keep_going: bool = False,
) -> Run[dict[str, T]]: ...
def run(
    target: Any,
    *,
    stack: Stack | str | None = None,
    engine: str | None = None,
    tags: Iterable[str] = (),
    name: str | None = None,
    keep_going: bool = False,
) -> Any:
    """Run what a target needs and is not cached, and record it.

    Args:
        target: An artifact, or a tuple or dict of artifacts.
        stack: Where to keep and compute; the local stack without one.
        engine: `"ray"`, `"inline"` (in this process, where debuggers work), or None to let ZenFlow choose.
        tags: Words to find the run by.
        name: A name for the run.
        keep_going: After a failure, still run what does not depend on it; the run fails all the same.

    Raises:
        CheckFailed: The graph has mistakes; nothing was run.
        StepFailed: A step failed. Its `__cause__` is the step's own exception, `.run` the failed run.
        UsageError: The target is none, or the engine is not known.

    >>> from zenflow import run, step
    >>> @step
    ... def double(x: int) -> int:
    ...     return 2 * x
    >>> run(double(double(3)), engine="inline").output
    12
    """
    words = (tags,) if isinstance(tags, str) else tuple(tags)
    return execute(
        Request(
            target=target,
            stack=resolve_stack(stack),
            engine=engine,
            tags=words,
            name=name,
            keep_going=keep_going,
        )
    )


def new_id() -> str:
    """An id for a run."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(10))


def execute(request: Request, listener: Listener | None = None) -> Run[Any]:
    """Run a request, telling a listener of everything that happens. See `run`."""
    from zenflow.check.guard import refuse_while_checking

    refuse_while_checking()
    if request.engine is not None and request.engine not in ENGINES:
        raise UsageError(f"there is no engine {request.engine!r}", help="engines are `ray` and `inline`")
    from zenflow.check.check import require_clean

    request = _in_reach(request)
    with patient_collector(), in_effect(request.stack.env.variables):
        target = target_of(request.target)
        graph = graph_of(target.refs, target.traces, form=target.form)
        require_clean(graph, allow_pickle=request.stack.allow_pickle)
        if request.engine == "inline":
            refuse_gangs(graph)
        return _Session(request, target, graph, observed(listener or Silent())).run()


def _in_reach(request: Request) -> Request:
    """The request, in this process where its artifacts are in no other."""
    if not request.stack.artifacts.startswith("memory://"):
        return request
    if request.engine == "ray":
        raise UsageError(
            f"the artifacts in `{request.stack.artifacts}` are in this process, and Ray's workers are others",
            help="leave engine='ray' out, or keep artifacts in a folder or a bucket",
        )
    return evolve(request, engine="inline")


class _Session:
    """One run from its first record to its last."""

    def __init__(self, request: Request, target: Target, graph: Graph, listener: Listener) -> None:
        self._target = target
        self._graph = graph
        self._listener = listener
        self._request = request
        self._store = request.stack.store()
        self._database = request.stack.database()
        self._trust = Trust(self._database, self._store, allow_pickle=request.stack.allow_pickle)
        self._keys = Keys(allow_pickle=request.stack.allow_pickle)
        self._costs = Costs(lambda functions: costs(self._database, functions))
        self._recorded: Recorded | None = None
        if request.job is not None:
            submissions.begin(self._database, *request.job, note=False)
        here = with_environments(environment(), request.stack.env, graph)
        self._commit = Commit(here.directory)
        self._record = self._new_record(here) if request.resumes is None else self._taken_over(here, request.resumes)
        self._tenure = Tenure(self._database, self._record.id)
        self._recorder = Recorder(self._database, self._tenure.owned)

    def _new_record(self, here: Environment) -> RunRecord:
        request, graph = self._request, self._graph
        trace = graph.traces[0] if graph.traces else None
        return RunRecord(
            id=new_id() if request.job is None else request.job[0],
            status="running",
            started=time.time(),
            name=request.name,
            pipeline=request.pipeline or (trace.pipeline.name if trace else None),
            target=request.target_text,
            stack=request.stack.name,
            params=request.params or self._target.params(graph),
            tags=request.tags,
            graph=graph.to_json(),
            environment=here,
        )

    def _taken_over(self, here: Environment, id: str) -> RunRecord:
        """The record of the run that is resumed; what it has recorded is looked up."""
        record = resumable(self._database, id, self._graph.to_json())
        self._recorded = Recorded(self._database, self._store, id, self._trust)
        now = evolve(here, command=record.environment.command)
        return evolve(record, status="running", finished=None, error=None, environment=now)

    def run(self) -> Run[Any]:
        """Drive the graph to its end; the run, or the error that ended it."""
        self._recorder.add(self._record)
        if self._recorded is not None:
            self._recorder.add(*self._recorded.interrupted())
            self._begin()
        if self._request.job is not None:
            submissions.begin(self._database, *self._request.job)
        self._listener.run_started(self._record, self._graph)
        before = None if self._recorded is None else self._recorded.attempts
        memo = Memo(self._database, self._store, self._keys, self._trust)
        journal = Journal(self._record.id, self._recorder, self._listener, self._keys, memo, self._trust, before)
        driver: Driver | None = None
        try:
            driver = self._driver(journal, memo)
            outputs = driver.run()
        except Superseded:
            raise  # another driver has the run: nothing more is recorded of it here
        except BaseException as error:
            interrupted = isinstance(error, (KeyboardInterrupt, SystemExit))  # Ray makes SIGTERM the latter
            from zenflow.engine.failures import error_record

            self._close(journal, "cancelled" if interrupted else "failed", driver, error=error_record(error))
            raise
        if outputs is None:
            assert driver.failure is not None
            failed = self._close(journal, "failed", driver, error=driver.failure.error)
            raise _step_failed(driver.failure, failed)
        return self._close(journal, "ok", driver, outputs=outputs)

    def _begin(self) -> None:
        """Something will run: from here on other processes see the run, that it is driven, and what it stores."""
        if not self._tenure.begun:
            self._store.register(identity(self._database), about(self._request.stack.metadata))
            self._recorder.start(self._tenure.begin)

    def _driver(self, journal: Journal, memo: Memo) -> Driver:
        from zenflow.engine.driving.driver import Driver, Setting

        setting = Setting(
            run=self._record.id,
            store=self._store,
            memo=memo,
            journal=journal,
            database=self._database,
            recorder=self._recorder,
            listener=self._listener,
            costs=self._costs,
            trust=self._trust,
            start_ray=self._ray,
            begin=self._begin,
            beat=self._tenure.beat,
            recorded=self._recorded,
            engine=self._request.engine,
            watched=self._request.watch_inputs or os.environ.get(VARIABLE, "") not in ("", "0"),
            keep_going=self._request.keep_going,
        )
        return Driver(optimised(self._graph, passes(self._costs)), setting)

    def _ray(self, notice: Callable[[str], None]) -> Executor:
        from zenflow.engine.ray.executor import RayExecutor

        return RayExecutor(self._request.stack, notice)

    def _close(
        self,
        journal: Journal,
        status: Any,
        driver: Driver | None,
        *,
        outputs: Mapping[str, Value] | None = None,
        error: ErrorRecord | None = None,
    ) -> Run[Any]:
        journal.close()
        seen = driver.seen() if driver is not None else set()
        reason = "no branch that was taken needs it" if status == "ok" else "the run ended before it"
        if status == "failed" and self._request.keep_going:
            reason = "what it needs failed"
        for name, node in self._graph.nodes.items():
            if isinstance(node, Work) and name not in seen:
                journal.skipped(name, function_of(node), reason)
        known = with_packages(self._record.environment, self._keys.closures())
        self._record = evolve(
            self._record,
            status=status,
            finished=time.time(),
            engine=driver.engines if driver is not None else None,
            outputs={name: value.content.digest for name, value in (outputs or {}).items()},
            environment=self._commit.added_to(known),
            params={name: self._keys.told(text) for name, text in self._record.params.items()},
            error=error,
        )
        self._recorder.add(self._record, *self._costs.learned())
        self._recorder.close()
        self._listener.run_finished(self._record)
        return Run(
            self._database,
            self._store,
            self._record,
            graph=self._graph,
            artifacts=self._target.artifacts if status == "ok" else None,
            shape=self._target.shape,
            again=lambda: execute(evolve(self._request, resumes=None), self._listener),
            allow_pickle=self._trust.allow_pickle,
        )


def _step_failed(failure: Failure, run: Run[Any]) -> StepFailed:
    cause = revived(failure.error) if failure.raised is None else seen_by_users(failure.raised)
    inputs = "".join(f"\n  input {name}: {digest[:12]}" for name, digest in failure.inputs.items())
    message = f"step `{failure.title}` failed: {failure.error.type}: {failure.error.message}{inputs}"
    if failure.error.traceback:
        message += "\n" + failure.error.traceback
    error = StepFailed(message, help=f"`zenflow logs {run.id}/{failure.title}` shows what it wrote")
    error.run = run
    error.__cause__ = cause
    return error
