"""`zenflow resume`: a run that did not end well is finished, and nothing that it has recorded is done again."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.engine.running import until
from tests.faults.drivers import kept
from tests.faults.projects import FLOW, Project, ended
from zenflow.errors import ZenFlowError
from zenflow.metadata import queries
from zenflow.metadata.liveness import INTERRUPTED_AFTER
from zenflow.metadata.schema import drivers

RECORDED = ["load", "notify", "draw"]


def recorded(flow: Project) -> bool:
    """Whether all that precedes the gate is recorded."""
    try:
        return [flow.statuses().get(name) for name in RECORDED] == ["ran"] * len(RECORDED)
    except ZenFlowError:
        return False  # the run is not recorded yet


def killed(flow: Project, *words: str) -> None:
    """A run whose driver was killed at the gate."""
    driver = flow.run("inline", "flow", *words)
    until(lambda: recorded(flow), "the records of what ran")
    driver.kill()
    driver.wait()


def test_a_run_whose_driver_was_killed_shows_as_interrupted_and_is_finished(flow: Project) -> None:
    killed(flow)
    assert [run["status"] for run in flow("ls", "runs", "--json").json] == ["interrupted"]
    shown = flow("show", "@latest", "--json").json
    assert shown["status"] == "interrupted"
    assert flow.statuses()["gate"] == "interrupted"
    flow.open()
    resumed = flow("resume", "@latest")
    assert (resumed.code, resumed.out) == (0, "5\n"), resumed.err
    assert flow.marks() == [*RECORDED, "gate", "gate", "last"]
    run = flow.latest()
    assert run.id == shown["id"]
    assert run.status == "ok"
    assert set(flow.statuses().values()) == {"ran"}
    assert [(one.number, one.status) for one in run.steps["gate"].tries] == [(1, "interrupted"), (2, "ran")]


def test_a_failed_run_is_finished(flow: Project) -> None:
    flow.open()
    (flow.folder / "broken").touch()
    assert ended(flow.run("inline")).code == 1
    assert flow.statuses()["gate"] == "failed"
    (flow.folder / "broken").unlink()
    resumed = flow("resume", "@latest")
    assert (resumed.code, resumed.out) == (0, "5\n"), resumed.err
    assert flow.marks() == [*RECORDED, "gate", "gate", "last"]
    assert [(one.number, one.status) for one in flow.latest().steps["gate"].tries] == [(1, "failed"), (2, "ran")]
    assert flow.latest().error is None


def test_a_cancelled_run_is_finished(flow: Project) -> None:
    driver = flow.run("inline")
    driver.send_signal(signal.SIGINT)
    assert ended(driver).code == 130
    assert flow.latest().status == "cancelled"
    flow.open()
    resumed = flow("resume", "@latest")
    assert (resumed.code, resumed.out) == (0, "5\n"), resumed.err
    assert flow.marks() == [*RECORDED, "gate", "gate", "last"]


def test_a_run_may_be_killed_and_resumed_again_and_again(flow: Project) -> None:
    killed(flow)
    for times in (2, 3):
        driver = flow.start("resume", "@latest")
        until(lambda times=times: flow.marks().count("gate") == times, "the step that waits")  # type: ignore[misc]
        driver.kill()
        driver.wait()
    flow.open()
    assert flow("resume", "@latest").code == 0
    assert flow.marks() == [*RECORDED, *["gate"] * 4, "last"]


def test_a_run_that_ended_well_is_not_resumed(flow: Project) -> None:
    flow.open()
    assert ended(flow.run("inline")).code == 0
    refused = flow("resume", "@latest")
    assert refused.code == 2
    assert "ended well: there is nothing to resume" in refused.err


def test_a_run_that_is_driven_is_not_resumed(flow: Project) -> None:
    driver = flow.run("inline")
    refused = flow("resume", "@latest")
    assert refused.code == 2
    assert f"is being driven by process {driver.pid}" in refused.err
    flow.open()
    assert ended(driver).out == "5\n"


def test_a_run_whose_pipeline_is_another_by_now_is_not_resumed(flow: Project) -> None:
    killed(flow)
    flow.write(FLOW.replace("last(folder, gate(folder, draw", "last(folder, gate(folder, load(folder), draw"))
    flow.write(
        FLOW.replace("return last(folder, gate(", "return last(folder, last(folder, gate(").replace(")))))", "))))))")
    )
    refused = flow("resume", "@latest")
    assert refused.code == 2
    assert "builds another graph by now" in refused.err
    assert flow.latest().status == "interrupted"


def test_a_run_that_a_program_started_is_not_resumed_from_the_command_line(flow: Project) -> None:
    text = f"import flow, zenflow\nzenflow.run(flow.flow({str(flow.folder)!r}), engine='inline')\n"
    (flow.folder / "program.py").write_text(text)
    environment = {"PYTHONPATH": str(Path(__file__).parents[2]), "ZENFLOW_HOME": str(flow.folder / "kept")}
    program = subprocess.Popen([sys.executable, "program.py"], cwd=flow.folder, env=environment)
    until(lambda: "gate" in flow.marks(), "the step that waits")
    program.kill()
    program.wait()
    refused = flow("resume", "@latest")
    assert refused.code == 2
    assert "was not started by `zenflow run`" in refused.err


def test_a_run_whose_folder_is_gone_is_not_resumed(flow: Project, tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    other = Project(inner)
    home = str(flow.folder / "kept")
    driver = other.start("run", "--engine", "inline", "flow.py:flow", "--folder", str(inner), ZENFLOW_HOME=home)
    until(lambda: "gate" in other.marks(), "the step that waits")
    driver.kill()
    driver.communicate()
    shutil.rmtree(inner)
    refused = flow("resume", "@latest")
    assert refused.code == 2
    assert f"was started in {inner}, which is not there any more" in refused.err


def test_no_run_of_that_name_is_not_resumed(flow: Project) -> None:
    assert flow("resume", "nothing").code == 2


def test_of_two_that_resume_one_run_one_ends_it_and_the_other_is_told(flow: Project) -> None:
    killed(flow)
    both = [flow.start("resume", "@latest") for _ in range(2)]
    until(lambda: flow.marks().count("gate") > 1, "the step that waits")
    until(lambda: any(one.poll() is not None for one in both), "the end of one of them")
    flow.open()
    codes = {one.code: one for one in map(ended, both)}
    assert set(codes) == {0, 2}, codes
    assert codes[0].out == "5\n"
    assert "driven" in codes[2].err
    assert flow.latest().status == "ok"
    assert [flow.marks().count(name) for name in (*RECORDED, "last")] == [1, 1, 1, 1]


def test_a_driver_that_comes_back_after_it_was_given_up_records_nothing_more(flow: Project) -> None:
    driver = flow.run("inline")
    until(lambda: recorded(flow), "the records of what ran")
    driver.send_signal(signal.SIGSTOP)
    with kept(flow.folder).database() as database:  # as it is when nothing was heard of it for long
        beat = time.time() - INTERRUPTED_AFTER - 1
        database.write(lambda connection: connection.execute(drivers.update().values(beat=beat)))
    other = flow.start("resume", "@latest")
    until(lambda: flow.marks().count("gate") == 2, "the other driver")
    driver.send_signal(signal.SIGCONT)
    told = ended(driver)
    assert told.code == 2
    assert "is no longer driven by this process: another driver has taken it over" in told.err
    assert flow.latest().status == "running"
    flow.open()
    assert ended(other).out == "5\n"
    run = flow.latest()
    assert run.status == "ok"
    assert run.record.environment.pid == other.pid
    assert run.steps["gate"].record.pid == other.pid
    with kept(flow.folder).database() as database:
        assert len(queries.runs(database)) == 1


@pytest.mark.parametrize("word", ["--json", "--quiet"])
def test_resume_prints_what_run_prints(flow: Project, word: str) -> None:
    killed(flow)
    flow.open()
    resumed = flow("resume", "@latest", word)
    assert resumed.code == 0
    assert (resumed.json["status"] if word == "--json" else resumed.out) == ("ok" if word == "--json" else "5\n")
