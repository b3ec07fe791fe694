"""A run as a trace for Perfetto and chrome://tracing."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.history.conftest import made
from tests.history.trace_format import Event, checked, end, of
from zenflow.artifacts.store import Store
from zenflow.history.run import Run
from zenflow.metadata.database import Database
from zenflow.metadata.records import (
    Attempt,
    Environment,
    ErrorRecord,
    Execution,
    Metric,
    Record,
    RunRecord,
    RunStatus,
    StepStatus,
)
from zenflow.stacks.stack import Stack, stack_in

HERE = Environment(host="here", pid=700)


def _run(database: Database, store: Store, *records: Record, **fields: Any) -> Run[Any]:
    plain: dict[str, Any] = {"status": "ok", "started": 10.0, "finished": 30.0, "environment": HERE}
    record = RunRecord("r", **(plain | fields))
    database.commit([record, *records])
    return Run(database, store, record)


def _step(name: str, start: float | None, stop: float | None, **fields: Any) -> Execution:
    plain: dict[str, Any] = {"status": "ran", "attempts": 1, "host": "there", "pid": 7, "function": f"flow:{name}"}
    node = name.partition("[")[0]
    return Execution("r", name, **({"node": node, "started": start, "finished": stop} | plain | fields))


def _names(events: list[Event]) -> dict[int, str]:
    return {e["pid"]: e["args"]["name"] for e in events if e["name"] == "process_name"}


def _slice(events: list[Event], name: str) -> Event:
    (found,) = [event for event in of(events, "X") if event["name"] == name]
    return found


def test_workers_are_processes_and_the_driver_is_one(database: Database, store: Store) -> None:
    run = _run(
        database,
        store,
        _step("a", 11.0, 12.0),
        _step("b", 12.0, 13.0),
        _step("c", 12.0, 13.0, pid=8),
        _step("d", 12.0, 13.0, host="far"),
        _step("e", 14.0, 15.0, host="here", pid=700),
    )
    events = checked(run.trace())
    assert list(_names(events).values()) == ["driver here:700", "worker there:7", "worker there:8", "worker far:7"]
    where = {name: _slice(events, name)["pid"] for name in "abcde"}
    assert where == {"a": 2, "b": 2, "c": 3, "d": 4, "e": 1}
    assert _slice(events, "a")["tid"] == _slice(events, "b")["tid"]
    whole = _slice(events, "run r")
    assert (whole["pid"], whole["ts"], whole["dur"]) == (1, 10_000_000, 20_000_000)


def test_phases_are_nested_in_their_step(database: Database, store: Store) -> None:
    took = {"queue": 5.0, "load": 0.25, "run": 1.5, "store": 0.125, "cpu": 1.25}
    run = _run(database, store, _step("a", 11.0, 13.0, timings=took, usage={"bytes_in": 10}))
    events = checked(run.trace())
    assert [(e["name"], e["ts"], e["dur"]) for e in of(events, "X", "phase")] == [
        ("load", 11_000_000, 250_000),
        ("run", 11_250_000, 1_500_000),
        ("store", 12_750_000, 125_000),
    ]
    assert _slice(events, "a")["args"]["seconds"] == took
    assert _slice(events, "a")["args"]["bytes"] == {"bytes_in": 10}


def test_phases_end_with_their_step_whatever_the_clocks_say(database: Database, store: Store) -> None:
    run = _run(database, store, _step("a", 11.0, 11.5, timings={"load": 0.25, "run": 9.0, "store": 1.0}))
    events = checked(run.trace())
    assert [(e["name"], e["dur"]) for e in of(events, "X", "phase")] == [("load", 250_000), ("run", 250_000)]


def test_every_attempt_is_a_slice_and_failed_ones_are_marked(database: Database, store: Store) -> None:
    unlucky = ErrorRecord("ValueError", "unlucky", "")
    run = _run(
        database,
        store,
        _step("a", 13.0, 14.0, attempts=2, timings={"run": 0.5}),
        Attempt("r", "a", 1, "failed", 11.0, 12.0, "there", 7, unlucky),
        Attempt("r", "a", 2, "ran", 13.0, 14.0, "there", 8),
    )
    events = checked(run.trace())
    first, second = of(events, "X", "step,failed") + of(events, "X", "step")
    assert (first["name"], first["cname"], first["args"]["error"]) == (
        "a (attempt 1)",
        "terrible",
        "ValueError: unlucky",
    )
    assert (second["name"], second["args"]["status"], "cname" in second) == ("a (attempt 2)", "ran", False)
    assert _names(events)[first["pid"]] == "worker there:7"
    assert [phase["pid"] for phase in of(events, "X", "phase")] == [second["pid"]]


def test_an_attempt_that_no_worker_had_is_left_out(database: Database, store: Store) -> None:
    run = _run(
        database, store, _step("a", None, 12.0, status="cancelled"), Attempt("r", "a", 1, "cancelled", None, 12.0)
    )
    assert of(checked(run.trace()), "X", "step") == []


def test_cached_steps_are_moments(database: Database, store: Store) -> None:
    cached = _step("a", 11.0, 11.0, status="cached", attempts=0, source_run="q", source_step="a")
    (event,) = of(checked(_run(database, store, cached).trace()), "i")
    assert (event["name"], event["pid"], event["ts"], event["args"]["from"]) == ("a", 1, 11_000_000, "q/a")


def test_steps_that_overlap_in_one_process_have_lanes_of_their_own(database: Database, store: Store) -> None:
    run = _run(database, store, _step("a", 11.0, 13.0), _step("b", 12.0, 14.0), _step("c", 13.0, 15.0))
    events = checked(run.trace())
    lanes = [_slice(events, name)["tid"] for name in "abc"]
    assert lanes[0] == lanes[2] != lanes[1]


def test_a_map_lasts_from_its_first_element_to_its_end(database: Database, store: Store) -> None:
    elements = [_step(f"m[{i}]", 11.0 + i, 12.0 + i, element=i) for i in range(3)]
    whole = _step("m", 12.0, 14.5, attempts=0, host="", pid=0)
    events = checked(_run(database, store, *elements, whole).trace())
    drawn = _slice(events, "m")
    assert (drawn["cat"], drawn["pid"], drawn["ts"], end(drawn)) == ("map", 1, 11_000_000, 14_500_000)


def test_metrics_are_counters_of_the_process_that_reported_them(database: Database, store: Store) -> None:
    elements = [_step(f"m[{i}]", 11.0 + i, 12.0 + i, element=i, pid=7 + i) for i in range(2)]
    values: list[float | str] = [0.5, 0.25, float("nan"), "text"]
    metrics = [Metric("r", f"m[{i}]", 1, "loss", n, v, 11.5 + i) for i in range(2) for n, v in enumerate(values)]
    events = checked(_run(database, store, *elements, *metrics).trace())
    counters = of(events, "C", "metric")
    assert [(e["name"], e["pid"], e["args"]["value"]) for e in counters] == [
        ("m.loss", 2, 0.5),
        ("m.loss", 2, 0.25),
        ("m.loss", 3, 0.5),
        ("m.loss", 3, 0.25),
    ]


def test_what_ran_at_a_time_is_counted(database: Database, store: Store) -> None:
    run = _run(database, store, _step("a", 11.0, 13.0), _step("b", 12.0, 13.0, pid=8))
    counts = [(e["ts"], e["args"]["running"]) for e in of(checked(run.trace()), "C", "run")]
    assert counts == [(11_000_000, 1), (12_000_000, 2), (13_000_000, 0)]


def test_arrows_lead_from_the_maker_of_a_value_to_its_users(trained: Run[Any]) -> None:
    run = made(trained._archive.database, trained._archive.store, "two", [2, 4])
    data = run.value([1, 2], list[int])
    run.step("load", outputs=(data,), started=11.0, finished=12.0)
    run.step("split", inputs={"data": data}, outputs=(data, data), started=13.0, finished=14.0)
    for i in range(2):
        run.step(f"train[{i}]", element=i, inputs={"data": data}, started=15.0 + i, finished=16.0 + i)
    events = checked(run.commit().trace())
    starts, ends = ({e["id"]: e for e in of(events, phase)} for phase in "sf")
    slices = of(events, "X", "step")

    def at(event: Event) -> str:
        (found,) = [s["name"] for s in slices if s["tid"] == event["tid"] and s["ts"] <= event["ts"] < end(s)]
        return str(found)

    # `load` and `split` came to equal values: the graph says whose is meant
    assert [(at(starts[number]), at(ends[number])) for number in starts] == [
        ("load", "split"),
        ("split", "train[0]"),
        ("split", "train[1]"),
    ]


def test_a_run_that_goes_on_is_drawn_up_to_now(database: Database, store: Store) -> None:
    running = _step("a", 11.0, None, status="running")
    run = _run(database, store, running, status="running", finished=None)
    events = checked(run.trace())
    assert _slice(events, "a")["args"]["status"] == "running"
    assert end(_slice(events, "a")) == end(_slice(events, "run r")) > 11_000_000


def test_a_run_whose_driver_died_is_drawn_up_to_the_last_that_is_known(database: Database, store: Store) -> None:
    steps = [_step("a", 11.0, 12.0), _step("b", 13.0, None, status="running")]
    trying = Attempt("r", "b", 2, "running", 13.0, None, "there", 7)
    run = _run(database, store, *steps, trying, status="interrupted", finished=None)
    events = checked(run.trace())
    assert end(_slice(events, "run r")) == 13_000_000
    assert _slice(events, "b")["args"]["status"] == "interrupted"


def test_an_empty_run_is_a_trace(database: Database, store: Store) -> None:
    assert len(of(checked(_run(database, store).trace()), "X")) == 1


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Database, Store]]:
    stack: Stack = stack_in(Path(tmp_path_factory.mktemp("traces")))
    with stack.database() as database:
        yield database, stack.store()


MOMENTS = st.none() | st.floats(0.0, 100.0)
SECONDS = st.floats(0.0, 50.0)
_ids = itertools.count()


@st.composite
def executions(draw: st.DrawFn, run: str) -> list[Record]:
    """Steps with any times at all, as clocks that disagree may give them."""
    found: list[Record] = []
    for i in range(draw(st.integers(0, 8))):
        name = draw(st.sampled_from([f"s{i}", f"m[{i}]", f"p[{i}]/s"]))
        timings = draw(st.dictionaries(st.sampled_from(["queue", "load", "run", "store"]), SECONDS))
        digests = st.lists(st.sampled_from(["x", "y", "z"]), max_size=2)
        found.append(
            Execution(
                run,
                name,
                name.partition("[")[0],
                draw(st.sampled_from(get_args(StepStatus))),
                attempts=draw(st.integers(0, 2)),
                started=draw(MOMENTS),
                finished=draw(MOMENTS),
                timings=timings,
                inputs={str(n): digest for n, digest in enumerate(draw(digests))},
                outputs=tuple(draw(digests)),
                host=draw(st.sampled_from(["", "here", "there"])),
                pid=draw(st.integers(0, 2)),
            )
        )
        if draw(st.booleans()):
            found.append(Attempt(run, name, 1, "failed", draw(MOMENTS), draw(MOMENTS), "there", 1))
        found.append(Metric(run, name, 1, "loss", 0, draw(st.floats()), draw(SECONDS)))
    return found


@settings(max_examples=40)
@given(data=st.data())
def test_any_records_make_a_trace_that_nests(kept: tuple[Database, Store], data: st.DataObject) -> None:
    database, store = kept
    name = f"r{next(_ids)}"
    status: RunStatus = data.draw(st.sampled_from(get_args(RunStatus)))
    finished = None if status == "running" else data.draw(SECONDS)
    record = RunRecord(name, status, data.draw(SECONDS), finished, environment=Environment(host="here", pid=1))
    database.commit([record, *data.draw(executions(name))])
    checked(Run[Any](database, store, record).trace())
