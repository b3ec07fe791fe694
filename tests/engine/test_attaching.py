"""A driver here on a cluster that is there: it is given the project, told apart what it lacks, and outlives it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from tests.engine.heads import Head
from tests.engine.running import until
from zenflow.engine.ray.attaching import attached
from zenflow.engine.ray.functions import ImportPaths, own_copy, use_paths
from zenflow.engine.ray.remote import use_variables
from zenflow.engine.ray.vigil import Vigil
from zenflow.errors import EngineError
from zenflow.metadata import queries
from zenflow.stacks.stack import stack_in

ROOT = Path(__file__).parents[2]

HELPER = """
import os
from pathlib import Path

SETTING = os.environ.get("SETTING")


def place() -> str:
    return __file__
"""

FLOW = """
import os
from pathlib import Path
from time import sleep

import helper
from zenflow import step


@step(cache=False)
def seen(x: int) -> dict[str, str]:
    beside = sorted(path.name for path in Path(helper.place()).parents[1].iterdir())
    return {"place": helper.place(), "setting": helper.SETTING or "", "beside": " ".join(beside)}


@step
def first(x: int) -> int:
    return x + 1


@step
def endless(x: int, began: str) -> int:
    Path(began).touch()
    sleep(600)
    return x


@step(cache=False, env={"pip": {"packages": ["zenflow-tiny==1.2"], "pip_install_options": OPTIONS}})
def tiny(x: int) -> str:
    import zenflow_tiny

    return zenflow_tiny.WORD


@step(cache=False, env={"image_uri": "127.0.0.1:1/no-such-image"})
def absent(x: int) -> str:
    return "never"
"""

DRIVE = """
import json
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "code"))
import flow

from attrs import evolve
from zenflow import run
from zenflow.errors import ZenFlowError
from zenflow.stacks.env import Env
from zenflow.stacks.stack import stack_in

address, token, kept, what = sys.argv[1:5]
env = Env(variables={"SETTING": "not to be shown"})
stack = evolve(stack_in(Path(kept)), ray=address, token=token or None, env=env)


def output(target, engine="ray"):
    return run(target, stack=stack, engine=engine).output


def jobs():
    from ray._private.state import state
    return repr(state.job_table())


def does():
    if what == "seen":
        return {"there": output(flow.seen(1)), "here": output(flow.seen(1), "inline"), "again": output(flow.seen(2)),
                "shown": "not to be shown" in jobs(), "left": os.environ.get("SETTING")}
    if what == "tiny":
        return {"word": output(flow.tiny(1))}
    if what == "absent":
        return {"word": output(flow.absent(1))}
    return output(flow.endless(flow.first(1), sys.argv[5]))


try:
    print(json.dumps(does()))
except ZenFlowError as error:
    print(json.dumps({"error": str(error), "type": type(error).__name__}))
"""


@pytest.fixture(scope="module")
def _head() -> Iterator[Head]:
    started = Head()
    yield started
    started.close()


@pytest.fixture
def head(_head: Head) -> Head:
    """A head that lives: a test may have killed it."""
    _head.start()
    return _head


@pytest.fixture
def code(tmp_path: Path) -> Path:
    """A project, with modules in a folder of it, something that git ignores, and a package that can be installed."""
    root = tmp_path / "project"
    wheels = tmp_path / "wheels"
    (root / "code").mkdir(parents=True)
    wheels.mkdir()
    options = repr(["--no-index", "--no-deps", f"--find-links={wheels}", "--disable-pip-version-check"])
    for name, text in {
        "pyproject.toml": "",
        ".gitignore": "private\n",
        "private": "",
        "drive.py": DRIVE,
        "code/helper.py": HELPER,
        "code/flow.py": FLOW.replace("OPTIONS", options),
    }.items():
        (root / name).write_text(textwrap.dedent(text))
    with ZipFile(wheels / "zenflow_tiny-1.2-py3-none-any.whl", "w") as wheel:
        wheel.writestr("zenflow_tiny.py", 'WORD = "installed"\n')
        at = "zenflow_tiny-1.2.dist-info"
        wheel.writestr(f"{at}/METADATA", "Metadata-Version: 2.1\nName: zenflow-tiny\nVersion: 1.2\n")
        wheel.writestr(
            f"{at}/WHEEL", "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{at}/RECORD", "")
    return root


def command(code: Path, address: str, token: str, what: str, *more: str) -> list[str]:
    return [sys.executable, str(code / "drive.py"), address, token, str(code.parent / "kept"), what, *more]


def environment() -> Mapping[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    return {**kept, "PYTHONPATH": str(ROOT), "RAY_USAGE_STATS_ENABLED": "0"}


def driven(code: Path, address: str, token: str, what: str, *more: str, folder: Path | None = None) -> Any:
    """What the program says, run in the project's folder."""
    done = subprocess.run(
        command(code, address, token, what, *more),
        cwd=folder or code,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=150,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_workers_import_from_the_project_that_they_were_given(code: Path, head: Head) -> None:
    saw = driven(code, head.address, head.token, "seen", folder=code / "code")
    place = Path(saw["there"]["place"])
    assert place.parts[-2:] == ("code", "helper.py")
    assert place.parents[2].name == "working_dir_files"
    assert saw["there"]["beside"] == ".gitignore code drive.py pyproject.toml"
    assert Path(saw["here"]["place"]) == code / "code" / "helper.py"


def test_variables_hold_wherever_the_stack_runs_and_are_not_shown(code: Path, head: Head) -> None:
    saw = driven(code, head.address, head.token, "seen")
    assert saw["there"]["setting"] == "not to be shown"
    assert not saw["shown"]
    assert saw["left"] is None


def test_a_step_has_packages_that_its_driver_has_not(code: Path, head: Head) -> None:
    assert driven(code, head.address, head.token, "tiny") == {"word": "installed"}


def test_an_environment_that_can_not_be_made_is_told_by_who_makes_it(code: Path, head: Head) -> None:
    # Packages would do as well, but Ray copies this test's whole virtual environment for each attempt to install some.
    told = driven(code, head.address, head.token, "absent")
    assert told["type"] == "StepFailed"
    assert "the environment of `absent` can not be made on the cluster; the last that was said of it:" in told["error"]
    assert "podman" in told["error"]


@pytest.mark.parametrize(
    ("token", "message"),
    [("wrong", "refuses the token that it was given"), ("", "asks for a token, and was given none")],
)
def test_a_token_that_does_not_do_is_told(code: Path, head: Head, token: str, message: str) -> None:
    told = driven(code, head.address, token, "seen")
    assert told["type"] == "EngineError"
    assert f"the cluster at {head.address} {message}" in told["error"]
    assert "set the stack's `token`" in told["error"]


@contextmanager
def silent() -> Iterator[str]:
    """The address of a port that takes calls and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"127.0.0.1:{listening.getsockname()[1]}"


def refused(address: str, project: Path) -> str:
    with pytest.raises(EngineError) as told:
        attached(stack_in(project / "kept", ray=address), lambda _: None)
    return str(told.value)


def test_what_is_no_cluster_is_told_apart(project: Path, head: Head) -> None:
    assert "no such name is known here" in refused("no-such-host.invalid:6379", project)
    assert "no connection to the cluster 127.0.0.1:1: connection refused" in refused("127.0.0.1:1", project)
    assert "`head` is no address of a Ray cluster" in refused("head", project)
    told = "does not answer as a Ray cluster does, within 4 s"
    assert told in refused(head.jobs, project)
    with silent() as address:
        assert told in refused(address, project)


def test_a_stack_whose_drivers_are_on_its_cluster_names_submit(project: Path) -> None:
    told = refused("http://head:8265", project)
    assert "stack `local` drives its runs on its cluster, http://head:8265, and this driver is here" in told
    assert "zenflow submit TARGET --stack local" in told


def test_a_driver_outlives_its_cluster_and_keeps_what_had_finished(code: Path, head: Head) -> None:
    began = code.parent / "began"
    with subprocess.Popen(
        command(code, head.address, head.token, "endless", str(began)),
        cwd=code,
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
    ) as driver:
        try:
            until(began.exists, "the step that is running when the cluster dies")
            until(lambda: recorded(code.parent / "kept").get("first") == "ran", "the record of what has finished")
            head.kill()
            said, _ = driver.communicate(timeout=90)
        finally:
            driver.kill()
    assert driver.returncode == 0
    told = json.loads(said.splitlines()[-1])
    assert told["type"] == "ClusterLost"
    assert f"the cluster at {head.address} is gone" in told["error"]
    assert "`zenflow resume`" in told["error"]
    assert recorded(code.parent / "kept")["first"] == "ran"
    with stack_in(code.parent / "kept").database() as database:
        assert [run.status for run in queries.runs(database)] == ["failed"]


def recorded(kept: Path) -> Mapping[str, str]:
    """The status of each step of the only run in a stack's folder."""
    if not kept.exists():
        return {}
    with stack_in(kept).database() as database:
        return {one.step: one.status for run in queries.runs(database) for one in queries.executions(database, run.id)}


def test_the_watch_over_a_cluster_tells_silence_and_what_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zenflow.engine.ray.vigil.PATIENCE", 0.0)
    with silent() as address:
        vigil = Vigil(address)
        vigil.check()
    until(lambda: vigil.silent, "the watch to find nobody")
    with pytest.raises(EngineError, match=f"the cluster at {address} is gone"):
        vigil.check()
    vigil.close()


def test_folders_of_the_project_are_those_of_the_workers_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = tmp_path / "working_dir_files" / "zenflow-1"
    for folder in (copy / "a", tmp_path / "here" / "a", tmp_path / "outside"):
        folder.mkdir(parents=True)
    paths = ImportPaths(str(tmp_path / "here"), ("a", "gone"), (str(tmp_path / "outside"), "/no/such/folder"))
    monkeypatch.setattr(sys, "path", ["/usr/own"])
    monkeypatch.setenv("PYTHONPATH", "")
    assert own_copy() is None
    use_paths(paths)
    assert sys.path == [str(tmp_path / "here" / "a"), str(tmp_path / "outside"), "/usr/own"]
    monkeypatch.setattr(sys, "path", ["/usr/own"])
    monkeypatch.setenv("PYTHONPATH", f"/first{os.pathsep}{copy}{os.pathsep}/last")
    use_paths(paths)
    assert sys.path == [str(copy / "a"), str(tmp_path / "outside"), "/usr/own"]


def test_a_worker_has_the_variables_of_the_run_that_it_works_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEPT", "before")
    monkeypatch.delenv("ADDED", raising=False)
    use_variables({"KEPT": "one", "ADDED": "one"})
    use_variables({"KEPT": "two"})
    assert (os.environ["KEPT"], os.environ.get("ADDED")) == ("two", None)
    use_variables({})
    assert os.environ["KEPT"] == "before"
