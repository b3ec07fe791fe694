"""`zenflow check` as a hook: what the repository offers and what the documentation says, in a real pre-commit."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.docs.pages import REPOSITORY, blocks

yaml = pytest.importorskip("yaml")
clientlib = pytest.importorskip("pre_commit.clientlib")

MANIFEST = REPOSITORY / ".pre-commit-hooks.yaml"
PAGE = {
    block.file: block.text for block in blocks(REPOSITORY / "docs" / "how-to" / "ci.md") if block.language == "yaml"
}

STEPS = """\
from zenflow import step


@step
def load() -> {type}:
    return {type}()


@step
def total(numbers: list[int]) -> int:
    return sum(numbers)
"""
FLOW = """\
from steps import load, total
from zenflow import Artifact, pipeline


@pipeline
def training() -> Artifact[int]:
    return total(load())
"""


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A git repository with a flow and its steps, and pre-commit as its hook once `hooks` says which."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)  # those of a hook that these tests run in
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
    monkeypatch.setenv("PRE_COMMIT_HOME", str(tmp_path / "pre-commit"))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    folder = tmp_path / "repository"
    folder.mkdir()
    (folder / "steps.py").write_text(STEPS.format(type="list[int]"))
    (folder / "flow.py").write_text(FLOW)
    git(folder, "init", "--quiet")
    git(folder, "config", "user.name", "Test")
    git(folder, "config", "user.email", "test@example.com")
    return folder


def git(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["git", *words], cwd=folder, check=False, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )


def hooks(folder: Path, config: str) -> None:
    (folder / ".pre-commit-config.yaml").write_text(config)
    subprocess.run([sys.executable, "-m", "pre_commit", "install"], cwd=folder, check=True, stdout=subprocess.DEVNULL)


def commit(folder: Path) -> subprocess.CompletedProcess[str]:
    git(folder, "add", "--all")
    return git(folder, "commit", "--message", "a change")


def offered() -> dict[str, Any]:
    """The hook that the repository offers."""
    (hook,) = clientlib.load_manifest(str(MANIFEST))
    assert isinstance(hook, dict)
    return hook


def test_the_hook_of_the_page_lets_a_right_flow_pass_and_stops_a_wrong_one(repository: Path) -> None:
    hooks(repository, PAGE[".pre-commit-config.yaml"])
    assert (passed := commit(repository)).returncode == 0, passed.stdout

    (repository / "steps.py").write_text(STEPS.format(type="dict[str, int]"))
    stopped = commit(repository)  # the mistake is in `flow.py`, which is no part of this commit
    assert stopped.returncode == 1
    assert "flow.py:7:18: error[ZF201]" in stopped.stdout
    assert git(repository, "status", "--short").stdout == "M  steps.py\n"

    (repository / "steps.py").write_text(STEPS.format(type="list[int]") + "\n\nFAST = True\n")
    assert (passed := commit(repository)).returncode == 0, passed.stdout


def test_the_offered_hook_does_the_same_without_an_environment_of_its_own(repository: Path) -> None:
    config = {"repos": [{"repo": "local", "hooks": [offered() | {"language": "system", "args": ["flow.py"]}]}]}
    hooks(repository, yaml.safe_dump(config))
    (repository / "steps.py").write_text(STEPS.format(type="dict[str, int]"))
    stopped = commit(repository)
    assert stopped.returncode == 1
    assert "- hook id: zenflow-check" in stopped.stdout
    assert stopped.stdout.count("error[ZF201]") == 1


def test_a_commit_without_python_is_not_checked(repository: Path) -> None:
    hooks(repository, PAGE[".pre-commit-config.yaml"])
    (repository / "flow.py").unlink()
    (repository / "steps.py").unlink()
    done = commit(repository)
    assert done.returncode == 0
    assert "(no files to check)Skipped" in done.stdout


def test_the_page_and_the_repository_offer_one_hook(tmp_path: Path) -> None:
    hook = offered()
    assert (hook["id"], hook["language"]) == ("zenflow-check", "python")
    own, theirs = (_only_hook(tmp_path, PAGE[name]) for name in PAGE if "repos:" in PAGE[name])
    assert {key: own[key] for key in own if key != "language"}.items() <= hook.items()
    assert theirs["id"] == hook["id"]


def test_the_workflows_of_the_page_are_yaml() -> None:
    workflows = [yaml.safe_load(text) for name, text in PAGE.items() if name and name.startswith(".git")]
    commands = [
        step["run"]
        for flow in workflows
        for job in flow.get("jobs", {}).values()
        for step in job["steps"]
        if "run" in step
    ]
    assert "zenflow check --format github" in commands
    assert len(workflows) == 3


def _only_hook(folder: Path, text: str) -> dict[str, Any]:
    """The hook of a configuration, as its author wrote it, once pre-commit takes it."""
    config = folder / "config.yaml"
    config.write_text(text)
    clientlib.load_config(str(config))
    hook = yaml.safe_load(text)["repos"][0]["hooks"][0]
    assert isinstance(hook, dict)
    return hook
