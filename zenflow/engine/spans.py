"""A run as OpenTelemetry spans: one for the run, in it one for each step that was executed.

Spans are made where someone takes them, and nowhere else: importing OpenTelemetry takes longer than a short run. Its
API gives spans to the provider that was set, which needs the API imported, or to the one that the environment names;
where neither is so, nobody would ever see them, and nothing is imported.

Times are those of the records, so a span of a step is as long as the worker took, whenever the driver heard of it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from zenflow.engine.listener import Listener, Several, Silent
from zenflow.graph.build import Graph
from zenflow.metadata.records import ErrorRecord, Execution, RunRecord, code_name

if TYPE_CHECKING:
    from opentelemetry.trace import Span, Tracer

_EXECUTED = ("ran", "failed", "cancelled")
Attributes = dict[str, str | int]


def observed(listener: Listener) -> Listener:
    """The listener, and with it one that makes spans, where OpenTelemetry is in use in this process."""
    tracer = _tracer() if _is_in_use(os.environ) else None
    return listener if tracer is None else Several(listener, Spans(tracer))


def _is_in_use(environment: Mapping[str, str]) -> bool:
    if environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return False
    return "opentelemetry.trace" in sys.modules or bool(environment.get("OTEL_PYTHON_TRACER_PROVIDER"))


def _tracer() -> Tracer | None:
    """The tracer of the provider that is set, or None where its spans go nowhere."""
    try:
        from opentelemetry import trace
    except ImportError:  # the environment names a provider of something that is not installed here
        return None
    from zenflow import __version__

    provider = trace.get_tracer_provider()
    if isinstance(provider, (trace.ProxyTracerProvider, trace.NoOpTracerProvider)):
        return None
    return provider.get_tracer("zenflow", __version__)


class Spans(Silent):
    """A listener that makes spans."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer
        self._run: Span | None = None

    def run_started(self, run: RunRecord, graph: Graph) -> None:
        attributes = _known({"zenflow.run": run.id, "zenflow.pipeline": run.pipeline, "zenflow.name": run.name})
        attributes |= {"zenflow.stack": run.stack, "zenflow.nodes": len(graph)}
        self._run = self._tracer.start_span("zenflow run", start_time=_ns(run.started), attributes=attributes)

    def execution(self, record: Execution) -> None:
        run = self._run
        if run is None or record.finished is None or not run.is_recording():
            return
        if record.status == "cached":
            run.add_event("zenflow.cached", _attributes(record), _ns(record.finished))
        elif record.status in _EXECUTED and record.attempts:
            started = record.finished if record.started is None else record.started
            self._step(run, record, min(started, record.finished), record.finished)

    def run_finished(self, run: RunRecord) -> None:
        if self._run is None:
            return
        self._run.set_attributes(_known({"zenflow.status": run.status, "zenflow.engine": run.engine}))
        finished = run.started if run.finished is None else run.finished
        if run.status != "ok":
            _fail(self._run, run.error, run.status, finished)
        self._run.end(_ns(finished))
        self._run = None

    def _step(self, run: Span, record: Execution, started: float, finished: float) -> None:
        from opentelemetry.trace import set_span_in_context

        span = self._tracer.start_span(
            code_name(record.node),  # elements share a name: backends group by it
            context=set_span_in_context(run),
            start_time=_ns(started),
            attributes=_attributes(record),
        )
        if record.status != "ran":
            _fail(span, record.error, record.status, finished)
        span.end(_ns(finished))


def _fail(span: Span, error: ErrorRecord | None, status: str, when: float) -> None:
    from opentelemetry.trace import Status, StatusCode

    if error is None:
        span.set_status(Status(StatusCode.ERROR, status))
        return
    described = {"exception.type": error.type, "exception.message": error.message}
    span.add_event("exception", described | {"exception.stacktrace": error.traceback}, _ns(when))
    span.set_status(Status(StatusCode.ERROR, f"{error.type}: {error.message}"))


def _attributes(record: Execution) -> Attributes:
    attributes = _known(
        {
            "zenflow.run": record.run,
            "zenflow.step": record.step,
            "zenflow.status": record.status,
            "zenflow.function": record.function,
            "zenflow.cache.reason": record.cache_reason,
            "host.name": record.host,
        }
    )
    if record.source_run:
        attributes["zenflow.source"] = f"{record.source_run}/{record.source_step}"
    if record.attempts:
        attributes["zenflow.attempts"] = record.attempts
    if record.pid:
        attributes["process.pid"] = record.pid
    return attributes


def _known(attributes: Mapping[str, str | None]) -> Attributes:
    return {name: value for name, value in attributes.items() if value}


def _ns(moment: float) -> int:
    return round(moment * 1e9)
