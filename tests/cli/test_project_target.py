"""The project's own target: what `run`, `plan` and `graph` take where no target is typed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.check.running import environment
from tests.cli.conftest import INLINE, Shell

TARGET = 'target = "flow.py:training"\n'
PARAMETERS = ("--rows", "5", "--depths", "[1, 2]")


def test_commands_without_a_target_take_the_projects(flow: Shell) -> None:
    flow.write("zenflow.toml", TARGET)
    ended = flow("run", *INLINE, "--quiet", *PARAMETERS)
    assert (ended.code, ended.err) == (0, "loading 5 rows\n" * ended.err.count("loading"))
    assert "count: 2" in ended.out
    assert "all cached" in flow("plan", *PARAMETERS).err
    assert flow("graph", *PARAMETERS).out.startswith("load(rows=5)")
    assert "--rows int" in flow("run", "--help").out


def test_what_is_typed_goes_before_the_projects(flow: Shell) -> None:
    flow.write("zenflow.toml", TARGET)
    assert flow("graph", "flow.py:load", "--rows", "3").out.startswith("load(rows=3)")


def test_a_target_is_found_from_the_folder_of_its_file(flow: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    flow.write("pyproject.toml", '[tool.zenflow]\ntarget = "flow:training"\n')
    Path("deep/er").mkdir(parents=True)
    monkeypatch.chdir("deep/er")
    assert flow("graph", *PARAMETERS).out.startswith("load(rows=5)")  # a module's name
    flow.write("pyproject.toml", f"[tool.zenflow]\n{TARGET}")
    assert flow("graph", *PARAMETERS).out.startswith("load(rows=5)")  # a path


def test_a_run_of_the_projects_target_is_resumed_as_what_it_was(flow: Shell) -> None:
    flow.write("zenflow.toml", TARGET)
    started = [sys.executable, "-P", "-m", "zenflow", "run", *INLINE, "--rows", "5", "--depths", "[1, 13]"]
    assert subprocess.run(started, env=environment(), capture_output=True, check=False).returncode == 1
    flow.write("zenflow.toml", 'target = "flow.py:again"\n')  # since then
    ended = flow("resume", "@latest")
    assert ended.code == 1
    assert "unlucky" in ended.err


@pytest.mark.parametrize(
    ("file", "words", "said"),
    [
        (None, ["run"], ["`zenflow run` needs a target", 'write `target = "flow.py:pipeline"` into zenflow.toml']),
        (
            None,
            ["plan", "--x", "1"],
            ["`--x` stands where the target is expected", "zenflow plan flow.py:pipeline --x …"],
        ),
        ('target = "flw.py"\n', ["run"], ["zenflow.toml:1: there is no file `flw.py`", "did you mean `flow.py`?"]),
        ('\ntarget = "flow.py"\n', ["run"], ["zenflow.toml:2: there are 2 pipelines in flow.py", "flow.py:training"]),
        (
            'target = "flow.py:trainin"\n',
            ["run"],
            ["zenflow.toml:1: there is no `trainin`", "did you mean `training`?"],
        ),
        ("target = 3\n", ["run"], ["zenflow.toml:1: `target` is a number", "the pipeline to run: `flow.py:training`"]),
        ('targt = "flow.py"\n', ["run"], ["zenflow.toml:1: `targt`", "did you mean `target`?"]),
        (TARGET, ["run", "--row", "5"], ["`training` has no parameter `--row`", "did you mean `--rows`?"]),
    ],
)
def test_a_target_that_is_none_is_told_with_its_place(
    flow: Shell, file: str | None, words: list[str], said: list[str]
) -> None:
    if file is not None:
        flow.write("zenflow.toml", file)
    ended = flow(*words)
    assert ended.code == 2
    for text in said:
        assert text in ended.err


def test_a_target_is_the_projects_to_say(flow: Shell) -> None:
    user = Path(os.environ["XDG_CONFIG_HOME"]) / "zenflow" / "config.toml"
    user.parent.mkdir(parents=True, exist_ok=True)
    user.write_text(TARGET)
    try:
        ended = flow("run")
    finally:
        user.unlink()
    assert ended.code == 2
    assert "`target` in the configuration is no setting" in ended.err
