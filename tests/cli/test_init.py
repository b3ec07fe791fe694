"""`zenflow init`: what it makes works at once, and what it can not make it leaves no trace of."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.check.running import REPOSITORY
from tests.cli.conftest import Shell
from zenflow import __version__
from zenflow.cli.new_project.files import files_of
from zenflow.cli.new_project.naming import Unfit, names_of, suggested
from zenflow.cli.new_project.placing import place
from zenflow.errors import UsageError
from zenflow.stacks.configuration.layers import configuration

MODULE = (sys.executable, "-P", "-m")


@pytest.fixture
def demo(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """The command line in a project that was just made."""
    ended = shell("init", "my-demo")
    assert ended.code == 0, ended.err
    monkeypatch.chdir("my-demo")
    return shell


def test_a_new_project_is_checked_run_and_run_again(demo: Shell, local_ray: None) -> None:
    checked = demo("check")
    assert (checked.code, checked.out) == (0, "")
    assert "3 files, 1 pipeline, 5 steps: no findings" in checked.err

    first = demo("run")
    assert first.code == 0, first.err
    assert first.out.startswith("Curve{\n  width: 3\n")

    second = demo("run")
    assert "all 5 steps cached" in second.err
    assert second.out == first.out
    assert demo("get", "delays@latest", "-o", "-").out.startswith('{\n  "width": 3')
    assert {path.name for path in Path().iterdir()} >= {".zenflow"}  # where its configuration says


def test_tests_types_and_style_of_a_new_project_are_clean(demo: Shell) -> None:
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}

    def ended(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )

    tests = ended(*MODULE, "pytest", "-q", "-W", "error", "-p", "no:cacheprovider")
    assert (tests.returncode, "5 passed" in tests.stdout) == (0, True), tests.stdout
    types = ended(*MODULE, "mypy")
    assert types.stdout == "Success: no issues found in 3 source files\n"
    linted = ended(*MODULE, "ruff", "check", "--isolated", "--extend-select", "I,UP,B", ".")
    assert linted.returncode == 0, linted.stdout
    laid_out = ended(*MODULE, "ruff", "format", "--isolated", "--check", ".")
    assert laid_out.returncode == 0, laid_out.stdout


def test_the_plugin_is_on_in_a_new_project(demo: Shell) -> None:
    flow = Path("my_demo/flow.py")
    flow.write_text(flow.read_text().replace("best(curves, errors)", "best(errors, errors)"))
    found = subprocess.run(
        [*MODULE, "mypy"],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert "list[Artifact[float]]" in found.stdout or "Artifact[list[float]]" in found.stdout, found.stdout


def test_what_is_made_is_listed_with_what_comes_next(shell: Shell) -> None:
    ended = shell("init", "a folder/demo")
    assert [line.split()[1] for line in ended.out.splitlines()[1:]] == [
        f"folder/demo/{path}" for path in files_of(names_of("demo"))
    ]
    assert ended.err == "next:\n  cd 'a folder/demo'\n  zenflow check\n  zenflow run\n"
    assert [path.name for path in Path("a folder").iterdir()] == ["demo"]  # nothing beside it


def test_without_a_folder_the_current_one_is_made_a_project(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("rides/.git").mkdir(parents=True)
    Path("rides/LICENSE").write_text("mine\n")
    monkeypatch.chdir("rides")
    ended = shell("init")
    assert (ended.code, ended.err) == (0, "next:\n  zenflow check\n  zenflow run\n")
    assert Path("rides/flow.py").is_file()
    assert Path("LICENSE").read_text() == "mine\n"


def test_a_name_may_differ_from_the_folders(shell: Shell) -> None:
    assert shell("init", "2026", "--name", "Flight-Delays").code == 0
    assert tomllib.loads(Path("2026/pyproject.toml").read_text())["project"]["name"] == "Flight-Delays"
    assert Path("2026/flight_delays/flow.py").is_file()


@pytest.mark.parametrize(
    ("words", "said", "mended"),
    [
        (["my demo!"], "it takes letters of ASCII, digits", "zenflow init my-demo"),
        (["new/class"], "its package would be `class`, which is a keyword", "zenflow init new/flow-class"),
        (["123"], "no name in Python begins with a digit", "zenflow init flow-123"),
        (["zenflow"], "hide ZenFlow itself", "zenflow init flow-zenflow"),
        (["Tests"], "hide the folder of its tests", "zenflow init flow-Tests"),
        (["json"], "hide the module of the standard library", "zenflow init flow-json"),
        (["networkx"], "hide a module that is installed", "zenflow init flow-networkx"),
        (["x", "--name", "."], "it takes letters", "zenflow init x --name my-flow"),
        (["--name", "json"], "standard library", "zenflow init --name flow-json"),
        (["file"], "`file` is no folder", "name another place"),
        (["file/in/it"], "`file` is no folder", "name another place"),
        (["/proc/demo"], "no project can be made in `/proc/demo`", "nothing was made"),
    ],
)
def test_what_can_not_be_made_is_told_and_leaves_nothing(
    shell: Shell, words: list[str], said: str, mended: str
) -> None:
    Path("file").write_text("mine")
    before = _everything(Path())
    ended = shell("init", *words)
    assert ended.code == 2
    assert ended.out == ""
    assert said in ended.err
    assert f"help: {mended}" in ended.err
    assert _everything(Path()) == before


def test_no_file_is_overwritten_and_all_in_the_way_are_told(shell: Shell) -> None:
    Path("demo").mkdir()
    Path("demo/mypy.ini").write_text("mine")
    Path("demo/README.md").symlink_to("nowhere")
    Path("demo/tests").write_text("a file where a folder belongs")
    before = _everything(Path())
    ended = shell("init", "demo")
    assert ended.code == 2
    assert "3 files are in the way in `demo`: mypy.ini, README.md, tests\n" in ended.err
    assert _everything(Path()) == before


@pytest.mark.parametrize("there", [True, False], ids=["folder is there", "folder is new"])
@pytest.mark.parametrize("failing", range(3))
def test_a_file_that_can_not_be_written_takes_the_others_with_it(project: Path, there: bool, failing: int) -> None:
    folder = project / "deep" / "demo"
    if there:
        folder.mkdir(parents=True)
        (folder / "kept").write_text("mine")
    names = ["a/b/c.py", "a/d.py", "e.py"]
    names[failing] = f"a/{'n' * 300}"  # longer than any file system takes
    before = _everything(project)
    with pytest.raises(UsageError, match="File name too long"):
        place(dict.fromkeys(names, "text"), folder)
    assert _everything(project) == before


def _everything(folder: Path) -> dict[str, str]:
    return {
        str(path): str(path.readlink()) if path.is_symlink() else path.read_text() if path.is_file() else "folder"
        for path in sorted(folder.rglob("*"))
    }


@given(st.one_of(st.text(max_size=20), st.from_regex(r"[A-Za-z0-9._-]{1,12}", fullmatch=True)))
def test_whatever_is_given_a_name_is_taken_or_one_is_suggested(text: str) -> None:
    try:
        names = names_of(text)
    except Unfit:
        names = names_of(suggested(text))
    assert names.package.isidentifier()
    assert re.sub("[-_.]+", "_", names.distribution).lower() == names.package


def test_no_marker_of_a_template_is_left(project: Path) -> None:
    for path, made in files_of(names_of("my-demo")).items():
        assert not re.search("@(name|package|version)@", path + made.text)


def test_the_cluster_that_a_new_project_sketches_is_a_stack(demo: Shell) -> None:
    file = Path("zenflow.toml")
    sketch = file.read_text().partition("[stacks.cluster]")[2].replace("\n# ", "\n").replace("\n#\n", "\n\n")
    file.write_text(f"{file.read_text()}\n[stacks.cluster]{sketch}")
    found = configuration().values("cluster")
    assert found["ray",].text == "http://head:8265"
    assert found["env", "requirements"].raw == (f"zenflow>={__version__}",)
