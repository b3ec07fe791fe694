"""`zenflow export rayjob`: a target that is right becomes a manifest that is taken; a mistake is told before."""

from __future__ import annotations

import json
import shlex
from typing import Any

import pytest
import yaml

from tests.cli.conftest import Shell
from tests.stacks.kubernetes.schema import mistakes

STACK = """
[stacks.team]
ray = "http://head:8265"
token = "${env:RAY_AUTH_TOKEN}"
artifacts = "s3://bucket/zenflow"
metadata = "postgresql+psycopg://${env:DB_USER}@db/zenflow"
env.requirements = ["scikit-learn==1.9.0"]
env.variables = { AWS_REGION = "eu-central-1", AWS_SECRET_ACCESS_KEY = "${env:AWS_KEY}" }
"""
BAD = """
from zenflow import Artifact, pipeline, step


@step
def one(n: int) -> int:
    return n


@pipeline
def flow(n: int, m: int) -> Artifact[int]:
    return one(n)
"""
RAYJOB = ("export", "rayjob")
GIVEN = ("--stack", "team", "--image", "flows:1", "--secret", "zenflow")
TRAINING = ("flow.py:training", "--rows", "5", "--depths", "[1, 2]")


@pytest.fixture
def team(flow: Shell) -> Shell:
    """A project with a stack that pods can reach; nothing that it refers to is known here."""
    flow.write("zenflow.toml", STACK)
    return flow


def manifest(shell: Shell, *words: str) -> Any:
    ended = shell(*RAYJOB, *words)
    assert ended.code == 0, ended.err
    document = yaml.safe_load(ended.out)
    assert mistakes(document) == []
    return document


def test_a_target_becomes_a_manifest_that_is_taken(team: Shell) -> None:
    document = manifest(team, *TRAINING, *GIVEN, "--queue", "nightly", "--deadline", "2h", "--workers", "3")
    spec = document["spec"]
    assert document["metadata"] == {"name": "training", "labels": {"kueue.x-k8s.io/queue-name": "nightly"}}
    assert (spec["suspend"], spec["shutdownAfterJobFinishes"], spec["activeDeadlineSeconds"]) == (True, True, 7200)
    assert yaml.safe_load(spec["runtimeEnvYAML"]) == {"uv": {"packages": ["scikit-learn==1.9.0"]}}
    assert [one["replicas"] for one in spec["rayClusterSpec"]["workerGroupSpecs"]] == [3]
    assert "RAY_AUTH_TOKEN" not in json.dumps(document)


def test_the_entrypoint_runs_the_same(team: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    entrypoint = manifest(team, *TRAINING, *GIVEN)["spec"]["entrypoint"]
    assert entrypoint.startswith("python -m zenflow run flow.py:training")
    monkeypatch.setenv("ZENFLOW_STACK", "local")
    monkeypatch.setenv("ZENFLOW_RAY", "")
    words = shlex.split(entrypoint)[3:]
    ended = team(words[0], "--engine", "inline", *words[1:])
    assert ended.code == 0, ended.err
    assert "count: 2" in ended.out


def test_the_parameters_of_a_file_are_written_out(team: Shell) -> None:
    team.write("params.toml", "rows = 5\ndepths = [1, 2]\n")
    document = manifest(team, "flow.py:training", "--params", "params.toml", *GIVEN)
    assert shlex.split(document["spec"]["entrypoint"])[-2:] == ["--depths=[1, 2]", "--rows=5"]


@pytest.mark.parametrize(
    ("hint", "given", "word"),
    [
        ("bool", "true", "--x"),
        ("bool", "false", "--no-x"),
        ("int | None", "null", "--no-x"),
        ("float", "NaN", "--x=NaN"),
        ("str", '"5"', "--x=5"),
        ("Path", '"a b"', "--x=a b"),
        ("date", '"2026-01-31"', "--x=2026-01-31"),
        ("dict[str, list[int]]", '{"a": [1]}', '--x={"a": [1]}'),
    ],
)
def test_a_value_of_a_file_is_written_as_the_command_line_takes_it(
    team: Shell, hint: str, given: str, word: str
) -> None:
    imports = "from datetime import date\nfrom pathlib import Path\nfrom zenflow import step\n\n\n"
    team.write("one.py", f"{imports}@step\ndef one(x: {hint}) -> int:\n    return 1\n")
    team.write("a b", "")
    team.write("params.json", f'{{"x": {given}}}')
    document = manifest(team, "one.py:one", "--params", "params.json", *GIVEN)
    assert shlex.split(document["spec"]["entrypoint"])[-1] == word


def test_the_same_job_gives_the_same_manifest_in_both_forms(team: Shell) -> None:
    words = (*RAYJOB, *TRAINING, *GIVEN)
    first = team(*words)
    assert team(*words).out == first.out
    assert json.loads(team(*words, "--json").out) == yaml.safe_load(first.out)
    assert team(*words, "-o", "job.yaml").out == ""
    assert (team.folder / "job.yaml").read_text() == first.out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "needs a target"),
        (("flow.py:training",), "`training` needs `--rows`"),
        ((*TRAINING,), "pods need an image"),
        ((*TRAINING, "--image", "flows:1"), "which the cluster has to know"),
        ((*TRAINING, *GIVEN, "--stack", "tean"), "did you mean `team`?"),
        ((*TRAINING, *GIVEN, "--stack", "local"), "ZF505"),
        ((*TRAINING, *GIVEN, "--image", "not an image"), "is not the name of an image"),
        ((*TRAINING, *GIVEN, "--name", "Train"), "`--name train`"),
        ((*TRAINING, *GIVEN, "--namespace", "ML"), "`--namespace ml`"),
        ((*TRAINING, *GIVEN, "--queue", "a_b"), "`--queue a-b`"),
        ((*TRAINING, *GIVEN, "--deadline", "soon"), "is not a length of time"),
        ((*TRAINING, *GIVEN, "--ttl", "100000d"), "longer than Kubernetes takes"),
        ((*TRAINING, *GIVEN, "--worker-memory", "much"), "is not a size"),
        ((*TRAINING, *GIVEN, "--nodes", "H100"), "names no nodes"),
        ((*TRAINING, *GIVEN, "--nodes", "H100=a b=c"), "no node has a label"),
        ((*TRAINING, *GIVEN, "-o", "no/such/folder.yaml"), "can not be written"),
    ],
)
def test_what_can_not_be_is_told_with_its_fix(team: Shell, words: tuple[str, ...], message: str) -> None:
    if words:
        words = words if "--stack" in words else (*words, "--stack", "team")
    ended = team(*RAYJOB, *words)
    assert (ended.code, ended.out) == (2, "")
    assert message in ended.err
    assert "help:" in ended.err


def test_a_mistake_in_the_pipeline_is_told_before_a_manifest(team: Shell) -> None:
    team.write("bad.py", BAD)
    ended = team(*RAYJOB, "bad.py:flow", "--n", "1", "--m", "2", *GIVEN)
    assert (ended.code, ended.out) == (1, "")
    assert "ZF302" in ended.err
