"""Runs whose artifacts are in a bucket: on both engines, cached the second time and from another machine."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.storage.proxy import Proxy
from tests.storage.s3 import S3
from zenflow.cli import main

FLOW = """
from pathlib import Path

import numpy as np
import pandas as pd

from zenflow import Artifact, each, pipeline, step


@step
def draw(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(1500, 1000))


@step
def table(values: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(values[:5000, :4], columns=list("abcd"))


@step
def files(frame: pd.DataFrame) -> Path:
    folder = Path("written")
    (folder / "deep").mkdir(parents=True, exist_ok=True)
    frame.to_csv(folder / "frame.csv")
    (folder / "deep" / "note.txt").write_text(f"{len(frame)} rows")
    return folder


@step
def read(folder: Path, frame: pd.DataFrame) -> str:
    again = pd.read_csv(folder / "frame.csv", index_col=0)
    assert np.allclose(again, frame)
    return (folder / "deep" / "note.txt").read_text()


@step
def part(values: np.ndarray, number: int) -> np.ndarray:
    return values[number * 100 : number * 100 + 50]


@step
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
import json, sys
from flow import flow
from zenflow import run

done = run(flow(), engine=sys.argv[1])
statuses = sorted({step.status for step in done.steps.values()})
said = "".join(step.logs for step in done.steps.values())
print(json.dumps([statuses, done.output[0], round(done.output[1], 6), said]))
"""


def run_in(folder: Path, engine: str) -> str:
    """The last line that the program prints in this folder, in a process of its own."""
    folder.mkdir(exist_ok=True)
    (folder / "flow.py").write_text(FLOW)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, engine],
        cwd=folder,
        env=os.environ | {"RAY_USAGE_STATS_ENABLED": "0", "PYTHONPATH": f"{folder}:{Path(__file__).parents[2]}"},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1]


def test_a_store_that_is_gone_is_told_without_our_frames(
    direct: S3, project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "lost.py").write_text(LOST)
    monkeypatch.setenv("ZENFLOW_ARTIFACTS", "s3://nobody-made-this")
    assert main(["run", "lost.py", "--engine", "inline", "--quiet"]) == 1
    told = capsys.readouterr().err
    assert "there is no bucket `nobody-made-this`" in told
    assert "help: make it, or name another store" in told
    assert "Traceback" not in told
    assert "obstore" not in told


@pytest.mark.timeout(400)
def test_a_run_over_a_bucket_is_as_one_over_a_folder(
    proxied: Proxy, direct: S3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both engines, while a tenth of all requests fails; what Ray has computed another machine finds cached."""
    proxied.faults, proxied.rate = ["error", "busy", "reset", "lost", "cut"], 0.1
    for engine in ("ray", "inline"):
        monkeypatch.setenv("ZENFLOW_ARTIFACTS", f"{direct.bucket()}/flows")
        monkeypatch.setenv("ZENFLOW_HOME", str(tmp_path / f"home-of-{engine}"))
        monkeypatch.setenv("ZENFLOW_CACHE", str(tmp_path / f"cache-of-{engine}"))
        assert run_in(tmp_path / engine, engine) == '[["ran"], "1500 rows", 781.676555, ""]'
        assert not (tmp_path / f"home-of-{engine}" / "store").exists()
    monkeypatch.setenv("ZENFLOW_CACHE", str(tmp_path / "cache-of-another-machine"))
    assert run_in(tmp_path / "again", "inline") == '[["cached"], "1500 rows", 781.676555, ""]'
    assert proxied.done.total() > 0
