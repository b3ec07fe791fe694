"""Outcomes of attempts that have none of their own: Ray tells of a loss by an exception, in many ways."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from zenflow.engine.failures import StepTimeout, WorkerLost, error_record
from zenflow.engine.working.work import Outcome, Work
from zenflow.errors import EngineError

_TOLD = 12
"""How many lines of an installer are told."""


def failed(work: Work, error: BaseException) -> Outcome:
    """An attempt that failed before or outside of the step."""
    return Outcome(work.id, "failed", error=error_record(error))


def cancelled(work: Work, reason: str) -> Outcome:
    """An attempt that was stopped."""
    return Outcome(work.id, "cancelled", error=error_record(WorkerLost(reason)))


def timeout(work: Work) -> Outcome:
    """An attempt whose time was up."""
    error = StepTimeout(f"the step ran longer than its timeout of {work.operation.timeout:g} s")
    return evolve(failed(work, error), retryable=issubclass(StepTimeout, work.operation.retry_on))


def lost(ray: Any, work: Work, error: Exception) -> Outcome:
    """An attempt whose worker, node or inputs are gone, by the exception that Ray raised for it."""
    gone = ray.exceptions
    title = work.title
    if isinstance(error, gone.RuntimeEnvSetupError):
        return failed(work, _not_made(title, str(error)))
    if isinstance(error, gone.OutOfMemoryError):
        return _lost(work, f"the machine ran out of memory while `{title}` ran, and Ray ended its worker")
    if isinstance(error, gone.NodeDiedError):
        return _lost(work, f"the node that ran `{title}` died")
    if isinstance(error, gone.WorkerCrashedError):
        return _lost(work, f"the worker process of `{title}` died (a signal, os._exit, or a crash in C)")
    if isinstance(error, (gone.ObjectLostError, gone.RayTaskError)) and _is_lost(error, gone):
        return _lost(work, f"an input of `{title}` was lost with its node")
    if isinstance(error, gone.RayTaskError):
        cause = error.cause if isinstance(getattr(error, "cause", None), Exception) else error
        return failed(work, cause)
    return _lost(work, f"Ray lost `{title}`: {type(error).__name__}")


def _not_made(title: str, told: str) -> EngineError:
    lines = [line.strip() for line in told.splitlines() if line.strip()]
    last = "\n".join(f"    {line}" for line in lines[-_TOLD:])
    return EngineError(
        f"the environment of `{title}` can not be made on the cluster; the last that was said of it:\n{last}",
        help="mend its packages, variables or image: the step's `env`, or the stack's",
    )


def _lost(work: Work, why: str) -> Outcome:
    return Outcome(work.id, "lost", error=error_record(WorkerLost(why)))


def _is_lost(error: Exception, gone: Any) -> bool:
    cause = getattr(error, "cause", None)
    return isinstance(error, gone.ObjectLostError) or isinstance(cause, gone.ObjectLostError)
