"""Runs as OpenTelemetry spans, taken by the real SDK."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from tests.engine.running import Heard, Runner
from zenflow import Artifact, each, pipeline, step
from zenflow.engine.listener import Several
from zenflow.engine.run import Request, execute
from zenflow.engine.spans import Spans
from zenflow.errors import StepFailed
from zenflow.history.run import Run


@step
def number(x: int) -> int:
    return x


@step
def half(x: int) -> int:
    if x % 2:
        raise ValueError(f"{x} is odd")
    return x // 2


@step
def total(numbers: list[int]) -> int:
    return sum(numbers)


@pipeline
def halves(numbers: list[int]) -> Artifact[int]:
    return total(half.map(each([number(x) for x in numbers])))


class Taken:
    """A provider of spans, and what it was given."""

    def __init__(self) -> None:
        self._exporter = InMemorySpanExporter()
        self._provider = TracerProvider(shutdown_on_exit=False)
        self._provider.add_span_processor(SimpleSpanProcessor(self._exporter))

    @property
    def spans(self) -> Spans:
        return Spans(self._provider.get_tracer("tests"))

    @property
    def run(self) -> ReadableSpan:
        (found,) = [span for span in self._exporter.get_finished_spans() if span.name == "zenflow run"]
        return found

    @property
    def steps(self) -> dict[object, ReadableSpan]:
        """The spans of steps, by what they are spans of."""
        spans = [span for span in self._exporter.get_finished_spans() if span.name != "zenflow run"]
        return {(span.attributes or {})["zenflow.step"]: span for span in spans}


@pytest.fixture
def taken() -> Taken:
    return Taken()


def _attribute(span: ReadableSpan, name: str) -> object:
    return (span.attributes or {}).get(name)


def test_each_executed_step_is_a_span_in_that_of_the_run(either: Runner, taken: Taken) -> None:
    run: Run[int] = execute(Request(halves(numbers=[2, 4]), either.stack, engine=either.engine), taken.spans)
    whole = taken.run
    assert set(taken.steps) == {"number", "number_2", "half[0]", "half[1]", "total"}
    for name, span in taken.steps.items():
        assert isinstance(name, str)
        record = run.steps[name].record
        assert span.parent is not None
        assert span.parent.span_id == whole.context.span_id
        assert record.started is not None
        assert record.finished is not None
        assert (span.start_time, span.end_time) == (round(record.started * 1e9), round(record.finished * 1e9))
        assert _attribute(span, "zenflow.run") == run.id
        assert _attribute(span, "zenflow.status") == "ran"
        assert _attribute(span, "zenflow.attempts") == 1
        assert _attribute(span, "zenflow.function") == record.function
        assert _attribute(span, "zenflow.cache.reason") == "first run of this step"
        assert span.status.status_code is StatusCode.UNSET
    assert {taken.steps[name].name for name in ("half[0]", "half[1]")} == {"half"}
    assert _attribute(whole, "zenflow.run") == run.id
    assert _attribute(whole, "zenflow.status") == "ok"
    assert _attribute(whole, "zenflow.pipeline") == "halves"
    assert whole.status.status_code is StatusCode.UNSET


def test_cached_steps_are_events_of_the_run(inline: Runner, taken: Taken) -> None:
    before = inline.run(halves(numbers=[2, 4]))
    execute(Request(halves(numbers=[2, 6]), inline.stack, engine="inline"), taken.spans)
    assert set(taken.steps) == {"number_2", "half[1]", "total"}
    events = {(event.attributes or {})["zenflow.step"]: event for event in taken.run.events}
    assert set(events) == {"number", "half[0]"}
    assert {event.name for event in events.values()} == {"zenflow.cached"}
    assert (events["number"].attributes or {})["zenflow.source"] == f"{before.id}/number"


def test_failures_are_errors_with_their_exception(inline: Runner, taken: Taken) -> None:
    with pytest.raises(StepFailed):
        execute(Request(halves(numbers=[3]), inline.stack, engine="inline"), taken.spans)
    for span in (taken.steps["half[0]"], taken.run):
        assert span.status.status_code is StatusCode.ERROR
        assert span.status.description == "ValueError: 3 is odd"
        (event,) = span.events
        assert event.name == "exception"
        attributes = event.attributes or {}
        assert (attributes["exception.type"], attributes["exception.message"]) == ("ValueError", "3 is odd")
        assert 'raise ValueError(f"{x} is odd")' in str(attributes["exception.stacktrace"])
    assert _attribute(taken.steps["half[0]"], "zenflow.status") == "failed"
    assert _attribute(taken.run, "zenflow.status") == "failed"


def test_several_listeners_hear_the_same(inline: Runner) -> None:
    first, second = Heard(), Heard()
    execute(Request(halves(numbers=[2]), inline.stack, engine="inline"), Several(first, second))
    assert first == second
    assert len(first.runs) == 2
    assert first.executions


PROVIDED = """
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

exporter = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(exporter))
trace.set_tracer_provider(provider)
"""
OUTER = """
with trace.get_tracer("outer").start_as_current_span("outer"):
    run(one(), engine="inline")
spans = {span.name: span for span in exporter.get_finished_spans()}
print(*spans, *(spans["zenflow run"].parent == span.context for name, span in spans.items() if name == "outer"))
"""
ONE = """
import sys
from zenflow import run, step

@step
def one() -> int:
    return 1
"""


@pytest.mark.parametrize(
    ("program", "environment", "printed"),
    [
        (PROVIDED + ONE + OUTER, {}, "one zenflow run outer True"),
        (PROVIDED + ONE + OUTER, {"OTEL_SDK_DISABLED": "TRUE"}, ""),
        (
            ONE + 'run(one(), engine="inline"); from opentelemetry import trace\n'
            "print(type(trace.get_tracer_provider()).__module__)",
            {"OTEL_PYTHON_TRACER_PROVIDER": "sdk_tracer_provider"},
            "opentelemetry.sdk.trace",
        ),
        (ONE + 'run(one(), engine="inline"); print("opentelemetry" in sys.modules)', {}, "False"),
    ],
    ids=["a provider is set", "switched off", "the environment names one", "nobody takes spans"],
)
def test_spans_are_made_where_someone_takes_them(
    project: Path, program: str, environment: dict[str, str], printed: str
) -> None:
    (project / "program.py").write_text(program)
    clean = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    paths = {"PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "program.py"]
    done = subprocess.run(command, env=clean | paths | environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == printed
