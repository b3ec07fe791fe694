"""What steps took, in `show`: by phase, CPU, memory, bytes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cli.conftest import Shell
from zenflow.metadata.records import Execution, Record, RunRecord
from zenflow.stacks.stack import stack_in

LOADED: dict[str, Any] = {
    "timings": {"queue": 0.25, "start": 0.5, "load": 0.001, "run": 2.0, "store": 0.03, "cpu": 1.5},
    "usage": {"peak_memory": 3 * 2**20, "bytes_in": 0, "bytes_out": 2048},
    "host": "node-1",
    "pid": 77,
}


@pytest.fixture
def measured(shell: Shell) -> Shell:
    """A run of which the records are known to the byte."""

    def ran(name: str, start: float, **more: Any) -> Execution:
        plain: dict[str, Any] = {"status": "ran", "attempts": 1, "started": start, "finished": start + 2.5}
        return Execution("r", name, name.partition("[")[0], function="flow:f", **(plain | more))

    element = {"timings": {"run": 1.0, "cpu": 0.5}, "usage": {"peak_memory": 1024, "bytes_in": 10, "bytes_out": 1}}
    higher = {"timings": {"run": 2.0}, "usage": {"peak_memory": 2048, "bytes_in": 10}}
    records: list[Record] = [
        RunRecord("r", "ok", 10.0, 20.0),
        ran("load", 11.0, **LOADED),
        ran("train[0]", 12.0, element=0, **element),
        ran("train[1]", 13.0, element=1, **higher),
        ran("train", 14.0, attempts=0),
        ran("old", 15.0, status="cached", attempts=0),
    ]
    with stack_in(shell.folder / ".zenflow").database() as database:
        database.commit(records)
    return shell


def _rows(text: str) -> list[list[str]]:
    """The rows of the table that is shown, by cells."""
    lines = text.splitlines()
    at = next(i for i, line in enumerate(lines) if line.split()[:2] == ["step", "status"])
    return [[cell for cell in line.split("  ") if cell] for line in lines[at:] if line]


def test_times_of_a_run_are_a_table(measured: Shell) -> None:
    rows = [[cell.strip() for cell in row] for row in _rows(measured("show", "r", "--times").out)]
    assert rows == [
        ["step", "status", "time", "queue", "start", "load", "run", "store", "cpu", "memory", "in", "out"],
        ["load", "ran", "2.50 s", "0.25 s", "0.50 s", "1 ms", "2.00 s", "30 ms", "1.50 s", "3.0 MiB", "0 B", "2.0 KiB"],
        ["train", "ran", "2.50 s", "3.00 s", "0.50 s", "2.0 KiB", "20 B", "1 B"],
        ["old", "cached"],
    ]


def test_times_leave_out_what_nothing_was_measured_for(measured: Shell) -> None:
    rows = _rows(measured("show", "r/train", "--times").out)
    assert [cell.strip() for cell in rows[0]] == ["step", "status", "time", "run", "cpu", "memory", "in", "out"]
    assert [row[0] for row in rows[1:]] == ["train[0]", "train[1]"]


def test_a_step_tells_all_it_took(measured: Shell) -> None:
    out = measured("show", "r/load").out
    assert "  time      queue 0.25 s, start 0.50 s, load 1 ms, run 2.00 s, store 30 ms\n" in out
    assert "  cpu       1.50 s\n" in out
    assert "  memory    3.0 MiB at its peak\n" in out
    assert "  data      0 B in, 2.0 KiB out\n" in out
    assert "  worker    node-1:77\n" in out


def test_json_has_all_of_it(measured: Shell) -> None:
    document = measured("show", "r/load", "--json").json
    assert {key: document[key] for key in ("durations", "usage", "host", "pid")} == {
        "durations": LOADED["timings"],
        "usage": LOADED["usage"],
        "host": "node-1",
        "pid": 77,
    }
    train = measured("show", "r/train", "--json").json
    assert train["usage"] == {"peak_memory": 2048, "bytes_in": 20, "bytes_out": 1}
    assert train["durations"] == {"run": 3.0, "cpu": 0.5}
    assert [element["durations"] for element in train["elements"]] == [{"run": 1.0, "cpu": 0.5}, {"run": 2.0}]
