"""Runs as JSON documents: what `--json` prints, the same shape from every verb."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from zenflow.cli.terminal import data
from zenflow.cli.values import SHOWN
from zenflow.errors import UsageError, ZenFlowError
from zenflow.history.run import Run
from zenflow.history.steps import StepResult
from zenflow.language.artifact import Artifact
from zenflow.metadata.records import ErrorRecord, Execution, RunRecord


def print_json(document: object) -> None:
    """Print one JSON document."""
    data(to_json(document).decode())


def to_json(value: object) -> bytes:
    """A value as JSON. Numbers that JSON has no word for (NaN, infinities) are null.

    Raises:
        UsageError: It has no form in JSON.
    """
    built = plain(value)
    try:
        return msgspec.json.format(msgspec.json.encode(built), indent=2)
    except OverflowError:  # an int beyond 64 bits
        return json.dumps(built, indent=2, ensure_ascii=False).encode()


def plain(value: object) -> Any:
    """A value as JSON has it: records as objects, keys as texts, arrays as lists, what is neither as its text.

    Raises:
        UsageError: It has no form in JSON.
    """
    try:
        return msgspec.to_builtins(value, str_keys=True, enc_hook=_plain)
    except (TypeError, ValueError, RecursionError) as error:
        raise UsageError(f"a `{type(value).__name__}` has no form in JSON: {error}") from None


def _plain(value: object) -> object:
    tolist = getattr(value, "tolist", None)  # numpy, pandas and arrow, without importing any
    return tolist() if callable(tolist) else str(value)


def run_summary(record: RunRecord) -> dict[str, Any]:
    """A run as one of a list."""
    return {
        "id": record.id,
        "status": record.status,
        "name": record.name,
        "pipeline": record.pipeline,
        "target": record.target,
        "engine": record.engine,
        "stack": record.stack,
        "started": record.started,
        "finished": record.finished,
        "duration": None if record.finished is None else record.finished - record.started,
        "tags": list(record.tags),
        "params": dict(record.params),
    }


def run_document(run: Run[Any]) -> dict[str, Any]:
    """A run with its steps, metrics and outputs."""
    environment = run.record.environment
    return run_summary(run.record) | {
        "git_commit": environment.git_commit,
        "git_dirty": environment.git_dirty,
        "python": environment.python,
        "command": list(environment.command),
        "packages": dict(environment.packages),
        "environments": dict(environment.environments),
        "error": _error(run.error),
        "steps": [step_document(step) for step in run.steps.values()],
        "metrics": run.metrics,
        "outputs": {name: artifact_document(a) for name, a in run.outputs.items()} if run.status == "ok" else {},
    }


def step_document(step: StepResult) -> dict[str, Any]:
    """A step, with the elements of a map."""
    document = execution_document(step.record) | {
        "durations": dict(step.durations),
        "usage": dict(step.usage),
        "metrics": step.metrics,
        "error": _error(step.error),
    }
    if step.elements:
        document["elements"] = [step_document(element) for element in step.elements]
    return document


def execution_document(record: Execution) -> dict[str, Any]:
    """What is recorded of a step itself, whole maps included."""
    known = record.started is not None and record.finished is not None
    return {
        "name": record.step,
        "status": record.status,
        "function": record.function,
        "cache_reason": record.cache_reason,
        "attempts": record.attempts,
        "started": record.started,
        "duration": (record.finished or 0.0) - (record.started or 0.0) if known else None,
        "durations": dict(record.timings),
        "usage": dict(record.usage),
        "host": record.host,
        "pid": record.pid,
        "inputs": dict(record.inputs),
        "outputs": list(record.outputs),
        "source": f"{record.source_run}/{record.source_step}" if record.source_run else None,
        "error": _error(record.error),
    }


def artifact_document(artifact: Artifact[Any]) -> dict[str, Any]:
    """An artifact: always its digest, type, size and metadata; its value where that is plain and small."""
    info = artifact.info
    document: dict[str, Any] = {
        "digest": info.digest,
        "type": info.type,
        "format": info.format,
        "size": info.size,
        "metadata": dict(info.metadata),
    }
    if info.format.startswith("msgpack/") and info.size <= SHOWN:
        try:
            document["value"] = plain(artifact.load())
        except ZenFlowError as error:
            document["problem"] = error.message
    return document


def _error(error: ErrorRecord | None) -> dict[str, str] | None:
    if error is None:
        return None
    return {"type": error.type, "message": error.message, "traceback": error.traceback}
