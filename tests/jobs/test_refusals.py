"""What is refused before anything is submitted; nothing of it is left."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cluster.cluster import Cluster
from tests.cluster.configuration import text_of
from tests.jobs.submitting import Project
from zenflow.stacks.jobs_server import JobsServer


@pytest.fixture(autouse=True)
def _nothing_submitted(project: Project, cluster: Cluster) -> Iterator[None]:
    """Neither the stack's database nor the cluster has a job more than before."""
    server = JobsServer(cluster.jobs, cluster.token)
    before = {job.id for job in server.jobs()}
    yield
    assert project("jobs", "--json").json == []
    assert {job.id for job in server.jobs() if job.id.startswith("zf-")} <= before


def test_what_can_not_run_there_is_refused_here(project: Project) -> None:
    costly = project("submit", "flow.py:costly")
    assert costly.code == 1
    assert "error[ZF504] no node can run step `on_gpu`: it asks for CPU 1, GPU 1 on one node" in costly.err
    elsewhere = {"ray": "http://head.example:8265", "artifacts": "s3://bucket/x", "metadata": "sqlite:///zenflow.db"}
    kept = (project.folder / "zenflow.toml").read_text()
    project.write("zenflow.toml", kept + text_of({"file": elsewhere}))
    file = project("submit", "flow.py:gated", "--folder", "x", stack="file")
    assert file.code == 1
    assert "error[ZF505] stack `file` keeps its metadata in" in file.err
    plain = project("submit", "flow.py:gated", "--folder", "x", stack="laptop")
    assert plain.code == 2
    assert "stack `laptop` has no Jobs server: its Ray is one of each process's own" in plain.err


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("data/ignored.csv", "is not in the package that the cluster gets: git ignores it"),
        ("../other.csv", "lies outside of the project"),
        ("{here}/data/kept.csv", "is elsewhere on the cluster\n  help: write it relative: data/kept.csv"),
    ],
)
def test_a_file_that_does_not_go_along_is_refused(project: Project, path: str, said: str) -> None:
    (project.folder / "data").mkdir(exist_ok=True)
    for name in ("ignored.csv", "kept.csv", "../../other.csv"):
        (project.folder / "data" / name).write_text("1")
    project.write(".gitignore", "ignored.csv\n")
    done = project("submit", "flow.py:year", "--archive", path.format(here=project.folder), "--folder", "x")
    assert done.code == 2
    assert said in done.err


def test_parameters_are_listed_and_a_wrong_one_is_refused(project: Project) -> None:
    assert "--folder str" in project("submit", "flow.py:gated", "--help").out
    wrong = project("submit", "flow.py:gated", "--foldr", "x")
    assert wrong.code == 2
    assert "did you mean `--folder`?" in wrong.err
