"""A project on disk and the command line in it."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.ended import Ended
from zenflow.cli import main

FLOW = '''
"""Train some models."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import NamedTuple

from zenflow import Artifact, each, pipeline, report, step


@dataclass
class Model:
    depth: int
    score: float


class Trained(NamedTuple):
    best: Artifact[Model]
    count: Artifact[int]  # type: ignore[assignment]


@step
def load(rows: int) -> list[int]:
    print(f"loading {rows} rows")
    return list(range(rows))


@step
def train(data: list[int], *, depth: int) -> Model:
    logging.getLogger("flow").warning("depth %d", depth)
    report(loss=1.0 / depth)
    if depth == 13:
        raise ValueError("unlucky")
    return Model(depth, sum(data) / depth)


@step
def best(models: list[Model]) -> Model:
    return max(models, key=lambda model: model.score)


@step
def count(models: list[Model]) -> int:
    return len(models)


@step
def describe(model: Model, name: str) -> str:
    return f"{name} {model.depth}"


@pipeline
def training(rows: int, depths: list[int]) -> Trained:
    """Train a model of each depth.

    Args:
        rows: How many rows to make.
    """
    models = train.map(load(rows), depth=each(depths))
    return Trained(best(models).named("forest"), count(models))


@pipeline
def again(model: Artifact[Model], *, name: str = "x") -> Artifact[str]:
    return describe(model, name)
'''


class Shell:
    """Runs command lines in this process, in a project's folder. Modules of the project are forgotten after each."""

    def __init__(self, folder: Path, capture: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capture = capture

    def __call__(self, *words: str) -> Ended:
        self._capture.readouterr()
        path = list(sys.path)
        try:
            code = main(words)
        finally:
            sys.path[:] = path
            self.forget()
        out, err = self._capture.readouterr()
        return Ended(code, out, err)

    def write(self, name: str, text: str) -> Path:
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text))
        return file

    def forget(self) -> None:
        from zenflow.history import declared

        declared._find.cache_clear()
        for name, module in list(sys.modules.items()):
            if str(getattr(module, "__file__", None) or "").startswith(str(self.folder)):
                del sys.modules[name]


@pytest.fixture
def shell(project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Shell]:
    """The command line in an empty project."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    shell = Shell(project, capsys)
    yield shell
    shell.forget()


@pytest.fixture
def flow(shell: Shell) -> Shell:
    """The command line in a project with `flow.py`."""
    shell.write("flow.py", FLOW)
    return shell


TRAINING = ("flow.py:training", "--rows", "5", "--depths", "[1, 2]")
INLINE = ("--engine", "inline")


@pytest.fixture
def trained(flow: Shell) -> Shell:
    """The same, after one run of `training`."""
    ended = flow("run", *INLINE, *TRAINING, "--tag", "nightly", "--name", "first")
    assert ended.code == 0, ended.err
    return flow
