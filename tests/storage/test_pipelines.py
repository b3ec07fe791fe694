"""Runs whose artifacts are in a bucket: on both engines, cached the second time and from another machine."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.storage.proxy import Proxy
from tests.storage.s3 import S3
from zenflow.artifacts.store import _open_objects
from zenflow.cli import main

FLOW = """
import json
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from zenflow import Artifact, each, pipeline, step

# The workers of a Ray that runs already know nothing of this process's environment.
ENV = {"env_vars": json.loads(Path(__file__).with_name("env.json").read_text())}


@step(env=ENV)
def draw(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(1500, 1000))


@step(env=ENV)
def table(values: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(values[:5000, :4], columns=list("abcd"))


@step(env=ENV)
def files(frame: pd.DataFrame) -> Path:
    folder = Path(tempfile.mkdtemp()) / "written"
    (folder / "deep").mkdir(parents=True, exist_ok=True)
    frame.to_csv(folder / "frame.csv")
    (folder / "deep" / "note.txt").write_text(f"{len(frame)} rows")
    return folder


@step(env=ENV)
def read(folder: Path, frame: pd.DataFrame) -> str:
    again = pd.read_csv(folder / "frame.csv", index_col=0)
    assert np.allclose(again, frame)
    return (folder / "deep" / "note.txt").read_text()


@step(env=ENV)
def part(values: np.ndarray, number: int) -> np.ndarray:
    return values[number * 100 : number * 100 + 50]


@step(env=ENV)
def total(parts: list[np.ndarray]) -> float:
    return float(sum(values.sum() for values in parts))


@pipeline
def flow(seed: int = 3) -> tuple[Artifact[str], Artifact[float]]:
    values = draw(seed)
    frame = table(values)
    return read(files(frame), frame), total(part.map(values, each(range(6))))
"""

LOST = """
from zenflow import Artifact, pipeline, step


@step
def large() -> bytes:
    return bytes(100_000)


@pipeline
def flow() -> Artifact[bytes]:
    return large()
"""

PROGRAM = """
from outcome import outcome

print(outcome("inline"))
"""

OUTCOME = """
import json

from flow import flow
from zenflow import run


def outcome(engine):
    done = run(flow(), engine=engine)
    statuses = sorted({step.status for step in done.steps.values()})
    said = "".join(step.logs for step in done.steps.values())
    return json.dumps([statuses, done.output[0], round(done.output[1], 6), said])
"""


def in_a_process(folder: Path) -> str:
    """What becomes of the flow in this folder, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": f"{folder}:{Path(__file__).parents[2]}"},
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1]


def test_a_store_that_is_gone_is_told_without_our_frames(
    direct: S3, project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "lost.py").write_text(LOST)
    monkeypatch.setenv("ZENFLOW_ARTIFACTS", "s3://nobody-made-this")
    assert main(["run", "lost.py", "--engine", "inline", "--quiet"]) == 2
    told = capsys.readouterr().err
    assert "contextlib" not in told
    assert "there is no bucket `nobody-made-this`" in told
    assert "help: make it, or name another store" in told
    assert "Traceback" not in told
    assert "obstore" not in told


@pytest.mark.timeout(300)
@pytest.mark.usefixtures("local_ray")
def test_a_run_over_a_bucket_is_as_one_over_a_folder(
    proxied: Proxy, direct: S3, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both engines, while a tenth of all requests fails; what Ray has computed another machine finds cached."""
    proxied.faults, proxied.rate = ["error", "busy", "reset", "lost", "cut"], 0.1
    monkeypatch.setenv("TMPDIR", str(project))
    monkeypatch.setenv("ZENFLOW_ARTIFACTS", f"{direct.bucket()}/flows")
    passed_on = [name for name in os.environ if name.startswith(("AWS_", "ZENFLOW_", "TMPDIR"))]
    (project / "env.json").write_text(json.dumps({name: os.environ[name] for name in passed_on}))
    (project / "flow.py").write_text(FLOW)
    (project / "outcome.py").write_text(OUTCOME)
    monkeypatch.syspath_prepend(project)
    outcome = importlib.import_module("outcome").outcome
    assert outcome("ray") == '[["ran"], "1500 rows", 781.676555, ""]'
    assert not (project / ".zenflow" / "store").exists()
    monkeypatch.setenv("ZENFLOW_CACHE", str(project / "cache-of-another-machine"))
    _open_objects.cache_clear()
    assert outcome("inline") == '[["cached"], "1500 rows", 781.676555, ""]'
    monkeypatch.setenv("ZENFLOW_ARTIFACTS", f"{direct.bucket()}/flows")
    monkeypatch.setenv("ZENFLOW_HOME", str(project / "home-of-another"))
    assert in_a_process(project) == '[["ran"], "1500 rows", 781.676555, ""]'
    assert proxied.done.total() > 0
