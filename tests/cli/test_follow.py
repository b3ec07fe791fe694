"""`zenflow show RUN --watch`: one process runs, another one tells of it."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import INLINE, TRAINING, Shell
from tests.engine.running import until
from zenflow.metadata import queries
from zenflow.stacks.stack import stack_in

GATED = """
from pathlib import Path

from zenflow import Artifact, each, pipeline, report, step


@step
def gate(name: str) -> str:
    report(opened=0.0)
    print(f"waiting for {name}")
    with Path(name).open() as pipe:
        word = pipe.readline().strip()  # whoever writes to it lets the step go on
    if word == "fail":
        raise ValueError("told to fail")
    return word


@step
def join(first: str, rest: list[str]) -> str:
    return " ".join([first, *rest])


@pipeline
def gated() -> Artifact[str]:
    return join(gate("first"), gate.map(each(["second", "third"])))
"""
GATES = ("first", "second", "third")


class Project:
    """A project in which runs go on until the test opens their gates."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.started: list[subprocess.Popen[str]] = []
        (folder / "flow.py").write_text(GATED)
        self._pipes: dict[str, int] = {}
        for name in GATES:
            os.mkfifo(folder / name)
            self._pipes[name] = os.open(folder / name, os.O_RDWR)  # opened so, writing never waits for a reader

    def start(self, *words: str, **more: Any) -> subprocess.Popen[str]:
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "TERM": "xterm"}
        command = [sys.executable, "-m", "zenflow", *words]
        process = subprocess.Popen(command, cwd=self.folder, env=environment, text=True, **(pipes | more))
        self.started.append(process)
        return process

    def run(self) -> tuple[subprocess.Popen[str], str]:
        """A run that waits at its first gate, and its id."""
        process = self.start("run", "flow.py", *INLINE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with stack_in(self.folder / ".zenflow").database() as database:

            def standing() -> str | None:
                for run in queries.runs(database):
                    if any(step.status == "running" for step in queries.executions(database, run.id)):
                        return run.id
                return None

            return process, until(standing, "a step that runs")

    def open(self, gate: str, word: str = "open") -> None:
        os.write(self._pipes[gate], f"{word}\n".encode())

    def close(self) -> None:
        """End what still runs."""
        for process in self.started:
            if process.poll() is None:
                process.kill()
            process.communicate()
        for pipe in self._pipes.values():
            os.close(pipe)


@pytest.fixture
def gates(project: Path) -> Iterator[Project]:
    here = Project(project)
    yield here
    here.close()


def _events(process: subprocess.Popen[str]) -> Iterator[dict[str, Any]]:
    assert process.stdout is not None
    return (json.loads(line) for line in process.stdout)


def _next(events: Iterator[dict[str, Any]], kind: str, **wanted: str) -> dict[str, Any]:
    """The next event of a kind that has these fields."""
    found = {"event": kind} | wanted
    return next(event for event in events if found.items() <= event.items())


def test_each_change_is_told_while_the_run_goes_on(gates: Project) -> None:
    run, name = gates.run()
    events = _events(gates.start("show", name, "--watch", "--json"))
    first = next(events)
    assert (first["event"], first["id"], first["status"]) == ("run", name, "running")
    for _ in GATES:
        begun = _next(events, "step", status="running")
        assert _next(events, "metric")["name"] == "opened"
        log = _next(events, "log")
        assert log["step"] == begun["name"]
        assert run.poll() is None
        gates.open(log["text"].removeprefix("waiting for "))
        assert _next(events, "step", status="ran")["name"] == begun["name"]
    rest = list(events)
    assert {event["name"] for event in rest if event["event"] == "step"} >= {"join"}
    assert (rest[-1]["event"], rest[-1]["status"]) == ("run", "ok")
    assert (gates.started[-1].wait(), run.wait()) == (0, 0)


def test_lines_go_to_stderr_and_the_whole_run_to_stdout(gates: Project) -> None:
    _, name = gates.run()
    watch = gates.start("show", name[:5], "--watch")
    assert watch.stderr is not None
    assert watch.stderr.readline() == f"run {name} of gated: 3 nodes\n"
    assert " │ waiting for " in watch.stderr.readline()
    for gate in GATES:
        gates.open(gate)
    out, err = watch.communicate()
    assert "gate_2 2/2" in err
    assert out.startswith(f"run {name} ok in ")
    assert "\noutputs\n  output  open open open\n" in out
    assert watch.returncode == 0


def test_a_run_that_fails_ends_the_watch_with_code_1(gates: Project) -> None:
    run, name = gates.run()
    watch = gates.start("show", name, "--watch", "--times")
    assert watch.stderr is not None
    assert watch.stderr.readline().startswith(f"run {name}")
    for gate in GATES:
        gates.open(gate, "fail")
    out, err = watch.communicate()
    assert "ValueError: told to fail" in err
    assert "  error     ValueError: told to fail\n" in out
    assert (watch.returncode, run.wait()) == (1, 1)


def test_a_driver_that_dies_ends_the_watch_with_code_1(gates: Project) -> None:
    run, name = gates.run()
    events = _events(gates.start("show", name, "--watch", "--json"))
    _next(events, "step", status="running")
    run.kill()
    run.wait()
    assert list(events)[-1]["status"] == "interrupted"
    assert gates.started[-1].wait() == 1


def test_an_interrupt_ends_the_watch_and_leaves_the_run_alone(gates: Project) -> None:
    run, name = gates.run()
    watch = gates.start("show", "@latest", "--watch")
    assert watch.stderr is not None
    assert watch.stderr.readline().startswith(f"run {name}")
    watch.send_signal(signal.SIGINT)
    _, err = watch.communicate()
    assert (watch.returncode, err.splitlines()[-1]) == (
        130,
        f"no longer watching; the run goes on: zenflow show {name} --watch",
    )
    for gate in GATES:
        gates.open(gate)
    assert run.wait() == 0


def test_who_has_a_terminal_sees_what_is_under_way(gates: Project) -> None:
    _, name = gates.run()
    ours, theirs = pty.openpty()
    watch = gates.start("show", name, "--watch", stdout=theirs, stderr=theirs)
    os.close(theirs)
    shown = ""
    while "opened 0" not in shown:
        shown += os.read(ours, 4096).decode(errors="replace")
    for gate in GATES:
        gates.open(gate)
    while "open open open" not in shown:
        shown += os.read(ours, 4096).decode(errors="replace")
    assert watch.wait() == 0
    os.close(ours)


def test_a_run_that_has_ended_is_shown_at_once(trained: Shell) -> None:
    ended = trained("show", "@latest", "--watch")
    assert (ended.code, ended.out, ended.err) == (0, trained("show", "@latest").out, "")
    trained("run", *INLINE, "flow.py:training", "--rows", "1", "--depths", "[13]")
    assert trained("show", "@latest", "--watch").code == 1


def test_as_json_a_run_that_has_ended_tells_all_it_did(trained: Shell) -> None:
    ended = trained("show", "@latest", "--watch", "--json")
    events = [json.loads(line) for line in ended.out.splitlines()]
    assert [e["name"] for e in events if e["event"] == "step"] == [
        "load",
        "train[0]",
        "train[1]",
        "train",
        "best",
        "count",
    ]
    assert [e["event"] for e in events].count("log") == 3
    assert events[0] == events[-1]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("@latest/load", "--watch"), "`--watch` is of a whole run"),
        (("@latest/load", "--trace", "-"), "`--trace` is of a whole run"),
        (("@latest", "--trace", "-", "--watch"), "`--trace` and `--watch` do not go together"),
        (("@latest", "--trace", "-", "--json"), "`--trace` and `--json` do not go together"),
    ],
)
def test_what_does_not_go_together_is_refused(trained: Shell, words: tuple[str, ...], message: str) -> None:
    ended = trained("show", *words)
    assert (ended.code, ended.out) == (2, "")
    assert message in ended.err


def test_traces_go_to_a_file_or_to_stdout(trained: Shell) -> None:
    from tests.history.trace_format import checked, of

    ended = trained("show", "@latest", "--trace", "-")
    assert (ended.code, ended.err) == (0, "")
    events = checked(ended.out.encode())
    assert [e["name"] for e in of(events, "X", "step")] == ["load", "train[0]", "train[1]", "best", "count"]
    written = trained("show", "@latest", "--trace", "trace.json")
    assert (written.code, written.out) == (0, "")
    assert written.err.startswith("wrote trace.json (")
    assert (trained.folder / "trace.json").read_text() + "\n" == ended.out
    trained("run", "--quiet", *TRAINING)
    cached = checked(trained("show", "@latest", "--trace", "-").out.encode())
    assert len(of(cached, "i", "cached")) == 6


def test_a_trace_that_can_not_be_written_says_so(trained: Shell) -> None:
    ended = trained("show", "@latest", "--trace", "nowhere/trace.json")
    assert (ended.code, ended.out) == (2, "")
    assert "nowhere/trace.json: No such file or directory" in ended.err
    assert "help: give a file in a folder that is there" in ended.err


def test_logs_of_a_run_are_followed_to_its_end(gates: Project) -> None:
    run, name = gates.run()
    logs = gates.start("logs", "-f", f"{name}/gate", "--json")
    assert logs.stdout is not None
    first = json.loads(logs.stdout.readline())
    assert (first["step"], first["text"].strip()) == ("gate", "waiting for first")
    gates.open("first", "fail")
    out, err = logs.communicate(timeout=60)
    assert (logs.returncode, out) == (1, "")
    assert f"run {name} failed: zenflow show {name}" in err
    assert run.wait(60) == 1
