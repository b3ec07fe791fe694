"""Runs that a real cluster drives: submitted, watched, cancelled, lost and resumed."""

from __future__ import annotations

import signal
import tomllib
from pathlib import Path

import pytest

from tests.cluster.cluster import Cluster
from tests.engine.running import until
from tests.jobs.submitting import Project, ended, line_with
from zenflow.metadata import submissions
from zenflow.metadata.database import Database
from zenflow.metadata.records import Submission
from zenflow.stacks.jobs_server import JobsServer
from zenflow.stacks.packaging.package import package

pytestmark = pytest.mark.timeout(400)


def states(project: Project) -> dict[str, str]:
    return {one["run"]: one["status"] for one in project("jobs", "--json").json}


def test_the_cluster_comes_to_what_this_machine_comes_to_and_shares_its_cache(project: Project) -> None:
    assert "no run was submitted yet" in project("jobs").err
    there = project("submit", "digits.py", "--wait", "--tag", "nightly", "--json")
    assert there.code == 0, there.err
    assert (there.json["status"], there.json["tags"], there.json["engine"]) == ("ok", ["nightly"], there.json["engine"])
    here = project("run", "digits.py", "--json", stack="laptop")
    assert here.code == 0, here.err
    assert here.json["outputs"] == there.json["outputs"]
    assert {step["status"] for step in here.json["steps"]} == {"cached"}
    assert here.json["engine"] is None
    again = project("run", "digits.py")
    assert again.code == 0
    assert "Ray was not started" in again.err
    assert "job" not in again.err
    assert states(project) == {there.json["id"]: "ok"}


def test_a_run_goes_on_without_those_who_watch_it(project: Project) -> None:
    run = project.submit("flow.py:gated", "--folder", str(project.gates))
    assert states(project)[run] in ("pending", "starting", "running")
    watcher, logs = project.start("show", run, "--watch"), project.start("logs", "-f", f"{run}/gate")
    assert "waiting for gate" in line_with(logs, "waiting for gate", stream="stdout")
    line_with(watcher, "gate │ waiting for gate")
    watcher.send_signal(signal.SIGHUP)
    left = ended(watcher)
    assert left.code == 130
    assert f"no longer watching; the run goes on: zenflow show {run} --watch" in left.err
    logs.kill()
    logs.communicate()
    assert states(project)[run] == "running"
    late = project.start("logs", "-f", f"{run}/gate")
    assert line_with(late, "waiting for gate", stream="stdout") == "waiting for gate\n"
    project.open()
    done = ended(late)
    assert (done.code, done.out) == (0, "gate is open\n")
    assert states(project)[run] == "ok"
    found = project("get", f"{run}/first", "-o", "-")
    assert (found.code, found.out.strip()) == (0, "open!"), found.err


def test_a_run_is_cancelled_and_a_failing_one_is_told(project: Project) -> None:
    run = project.submit("flow.py:gated", "--folder", str(project.gates), "--name", "held", "--", "--name", "never")
    assert "step" not in states(project)[run]
    project.waiting("never")
    done = project("cancel", run)
    assert done.code == 0, done.err
    assert states(project)[run] == "cancelled"
    project.open("bad", "fail")
    failed = project("run", "flow.py:gated", "--folder", str(project.gates), "--", "--name", "bad")
    assert failed.code == 1
    assert "step `gate` failed: ValueError: told to fail" in failed.err
    assert 'raise ValueError("told to fail")' in failed.err
    assert sorted(states(project).values())[:2] == ["cancelled", "failed"]


def test_a_job_whose_driver_never_begins_is_told_and_can_be_handed_in_again(project: Project) -> None:
    project.write("helper.py", "from zenflow import step\n\n@step\ndef one() -> int:\n    return 1\n")
    project.write(
        "lone.py",
        "from helper import one\nfrom zenflow import Artifact, pipeline\n\n"
        "@pipeline\ndef lone() -> Artifact[int]:\n    return one()\n",
    )
    project.write(".gitignore", "helper.py\n")
    done = project("submit", "lone.py", "--wait")
    assert done.code == 1
    assert "ended before the run began" in done.err
    assert "No module named 'helper'" in done.err
    (run,) = [run for run, state in states(project).items() if state == "failed" and run in done.err]
    project.write(".gitignore", "")
    again = project("resume", run, "--wait")
    assert again.code == 0, again.err
    assert again.out.strip() == "1"
    assert f"zf-{run}-2" in again.err


def test_a_submission_that_broke_off_is_told_and_handed_in_again(project: Project, cluster: Cluster) -> None:
    stores = tomllib.loads((project.folder / "zenflow.toml").read_text())["stacks"]["cluster"]
    broken = Submission(
        run="brokenoff2",
        attempt=1,
        stack="cluster",
        cluster=cluster.jobs,
        target="flow.py:gated",
        command=("run", "flow.py:gated", "--", "--folder", str(project.gates), "--name", "late"),
        directory=str(project.folder),
        package="zenflow-ab.zip",
        host="here",
        user="anna",
        created=1.0,
    )
    with Database.open(stores["metadata"]) as database:
        submissions.record(database, broken)
    (told,) = [one for one in project("jobs", "--json").json if one["run"] == "brokenoff2"]
    assert (told["status"], told["note"]) == ("lost", "it was never started: it did not get to the cluster")
    project.open("late")
    done = project("resume", "broken", "--wait")
    assert done.code == 0, done.err
    assert "job zf-brokenoff2-1" in done.err


def test_the_driver_of_a_job_that_others_submitted_uses_the_cluster_that_it_is_on(
    project: Project, cluster: Cluster, tmp_path: Path
) -> None:
    made = package(project.folder)
    server = JobsServer(cluster.jobs, cluster.token)
    server.upload(made.name, made.write(tmp_path))
    project.open("foreign")
    words = f"run flow.py:gated --engine ray --folder {project.gates} -- --name foreign"
    command = f"ZENFLOW_STACK=laptop ZENFLOW_RAY=auto python -m zenflow {words}"
    server.submit("foreign-1", command, runtime_env={"working_dir": made.uri})
    until(lambda: (job := server.job("foreign-1")) and job.over, "the end of the job")
    assert "open!" in server.log("foreign-1")
    assert "sending the project" not in server.log("foreign-1")


def test_a_node_dies_and_the_totals_are_right(project: Project, cluster: Cluster) -> None:
    from examples.flights import ARCHIVE

    run = project.submit("flow.py:year", "--archive", str(ARCHIVE), "--folder", f"{project.gates}/year")
    (project.gates / "year").mkdir(exist_ok=True)
    watch = project.start("show", run, "--watch")
    workers = {name: part.pid for name, part in cluster.parts.items() if name.startswith("worker")}

    def busy() -> str | None:
        for mark in (project.gates / "year").glob("*.waits"):
            above = _above(int(mark.name.split(".")[1]))
            for name, pid in workers.items():
                if pid in above:
                    return name
        return None

    dying = until(busy, "a step on a worker")
    cluster.kill(dying)
    (project.gates / "year" / "gate").write_text("open")
    done = ended(watch)
    cluster.add_worker()
    assert done.code == 0, done.err
    assert project("get", run, "-o", "-").out.strip() == "336776"


def _above(pid: int) -> set[int]:
    import psutil

    try:
        return {process.pid for process in psutil.Process(pid).parents()}
    except psutil.NoSuchProcess:
        return set()


def test_a_lost_cluster_loses_no_history(project: Project, cluster: Cluster) -> None:
    words = ("flow.py:gated", "--folder", str(project.gates), "--", "--name", "lost")
    run = project.submit(*words)
    project.waiting("lost")
    watch = project.start("logs", "-f", run)
    line_with(watch, "waiting for lost", stream="stdout")
    cluster.kill("head")
    told = ended(watch)
    assert told.code == 1
    assert f"run {run} was interrupted: its driver is gone; `zenflow resume {run}` finishes it" in told.err
    listed = project("jobs")
    assert "what follows is from the database alone" in listed.err
    assert f"{run}  1        interrupted" in listed.out
    cluster.restart_ray()
    project.open("lost")
    done = project("resume", run, "--wait")
    assert done.code == 0, done.err
    assert "open!" in done.out
    assert states(project)[run] == "ok"
