"""A whole check, as the command line does it: files in a process of their own, mypy, one report of both."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tests.check.bad_files import STEP, TEXTS, WRONG
from tests.check.running import COMMAND, Ended, check, ended, environment, start, write
from zenflow.check.session import Facts, Session
from zenflow.check.settings import Settings
from zenflow.errors import EngineError

FLOW = """\
from dataclasses import dataclass
from typing import Protocol

from zenflow import Artifact, each, pipeline, step


class Areal(Protocol):
    def area(self, scale: int) -> float: ...


@dataclass
class Square:
    side: float = 1.0

    def area(self, scale: int) -> float:
        return 1.0


@dataclass
class Circle:
    radius: float = 1.0

    def area(self, scale: str) -> float:
        return 1.0


@step
def square() -> Square:
    return Square()


@step
def circle() -> Circle:
    return Circle()


@step
def measure(thing: Areal) -> float:
    return thing.area(2)


def plain(x: float) -> float:
    return x


@pipeline
def flow() -> tuple[Artifact[float], Artifact[float], Artifact[float]]:
    one = measure(square())
    two = measure(circle())
    three = measure("three")
    return one, two, three


number: int = "one"
"""
CLEAN = """\
from flow import measure, square
from zenflow import Artifact, pipeline


@pipeline
def clean() -> Artifact[float]:
    return measure(square())
"""


def line_of(text: str) -> int:
    return next(number for number, line in enumerate(FLOW.splitlines(), 1) if text in line)


@pytest.fixture(scope="module")
def checks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Ended]:
    """One project, checked in every way that a user may ask for it."""
    folder = tmp_path_factory.mktemp("project")
    write(folder, {"flow.py": FLOW, "clean.py": CLEAN, "odd/a b.py": STEP + WRONG, "odd/é\n.py": STEP + WRONG})
    ways = {
        "file": ["flow.py"],
        "target": ["flow.py:flow"],
        "folder": ["."],
        "clean": ["clean.py"],
        "odd": ["odd"],
        "bad": ["bad"],
    }
    write(folder, {f"bad/{name}.py": text for name, (text, _) in TEXTS.items()})
    write(folder, {"bad/last.py": "import zenflow, syntax, undecodable\nnumber: int = 'one'\n"})
    found = {"cold": check(folder, "--format", "json", "flow.py")}
    running = {way: start(folder, *words, "--format", "json") for way, words in ways.items()}
    found |= {way: ended(process) for way, process in running.items()}
    found["untyped"] = check(folder, "flow.py", "--format", "json", "--no-mypy", "--no-cache")
    return found


@pytest.mark.parametrize("way", ["file", "target", "folder", "cold"])
def test_one_file_has_the_same_findings_however_it_is_asked_for(checks: dict[str, Ended], way: str) -> None:
    found = [(one["code"], one["line"]) for one in checks[way].found if one["file"] == "flow.py"]
    wrong = ["circle())", 'measure("three")', 'number: int = "one"']
    assert found == list(zip(["ZF201", "ZF201", "mypy:assignment"], map(line_of, wrong), strict=True))
    assert checks[way].code == 1


def test_mypy_settles_what_hints_leave_open(checks: dict[str, Ended]) -> None:
    """A protocol whose methods do not fit can not be told from hints at run time."""
    (settled,) = [one for one in checks["file"].found if one["line"] == line_of("circle())")]
    assert settled["message"] == "`measure` expects `flow.Areal` for `thing`, but `circle` returns `flow.Circle`"
    assert settled["notes"][0] == "mypy settles what hints leave open"
    assert settled["notes"][-1] == "def area(self, scale: str) -> float"
    assert [one["line"] for one in checks["untyped"].found] == [line_of('"three"')]


def test_a_clean_file_ends_with_0_although_it_uses_one_that_is_not(checks: dict[str, Ended]) -> None:
    assert (checks["clean"].code, checks["clean"].found) == (0, [])
    assert checks["clean"].err == "1 file, 1 pipeline, 0 steps: no findings\n"


def test_odd_names_are_checked_too(checks: dict[str, Ended]) -> None:
    assert [(one["file"], one["code"]) for one in checks["odd"].found] == [
        ("odd/a b.py", "ZF201"),
        ("odd/é\n.py", "ZF201"),
    ]


def test_nobody_is_told_of_an_error_of_ours(checks: dict[str, Ended]) -> None:
    assert not [way for way, one in checks.items() if "Traceback" in one.err or "not checked" in one.err]


def test_mypy_checks_past_files_that_are_no_python(checks: dict[str, Ended]) -> None:
    found = [one["code"] for one in checks["bad"].found if one["file"] == "bad/last.py"]
    assert found == ["mypy:assignment"]
    assert not [one for one in checks["bad"].found if one["code"] == "mypy:syntax"]


# ---------------------------------------------------------------- mypy's own settings


def test_mypy_has_the_projects_settings(project: Path) -> None:
    write(project, {
        "mypy.ini": "[mypy]\nplugins = own.py\nstrict = True\nexclude = drafts/\nfiles = nowhere\n",
        "own.py": "from mypy.plugin import Plugin\ndef plugin(version: str) -> type[Plugin]:\n    return Plugin\n",
        "flow.py": STEP + WRONG + "def untyped(x): return x\n",
        "drafts/flow.py": "def untyped(x): return x\n",
    })  # fmt: skip
    env = environment(MYPY_CACHE_DIR=str(project / "cache"))
    ended = check(project, "--format", "json", env=env)
    assert [(one["file"], one["code"]) for one in ended.found] == [
        ("flow.py", "ZF201"),
        ("flow.py", "mypy:no-untyped-def"),
    ]
    assert [one["file"] for one in check(project, "drafts/flow.py", "--format", "json", env=env).found] == [
        "drafts/flow.py"
    ]


@pytest.mark.parametrize(
    ("ini", "said"),
    [
        ("[mypy]\npython_version = 2.7\n", "mypy's settings can not be used"),
        ("[mypy]\nnonsense = 1\n", "mypy's settings can not be used"),
        ("not even that", "mypy's settings can not be used"),
        ("[mypy]\nplugins = nowhere\n", "mypy could not check"),
    ],
    ids=["version", "option", "syntax", "plugin"],
)
def test_settings_that_mypy_can_not_use_end_with_2(project: Path, ini: str, said: str) -> None:
    write(project, {"flow.py": STEP, "mypy.ini": ini})
    ended = check(project)
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err
    assert "Traceback" not in ended.err
    assert check(project, "--no-mypy").code == 0


def test_a_damaged_cache_of_mypys_is_done_without(project: Path) -> None:
    """Two processes that write one cache at a time may leave it so."""
    write(project, {"flow.py": STEP + "x: int = 'a'\n"})
    own = project / "cache"
    assert check(project, "--format", "json").codes == [("mypy:assignment", 7)]
    shutil.copytree(Path(os.environ["MYPY_CACHE_DIR"]), own)
    for file in own.rglob("*.db"):
        file.write_bytes(b"garbage" * 1000)
    assert check(project, "--format", "json", env=environment(MYPY_CACHE_DIR=str(own))).codes == [
        ("mypy:assignment", 7)
    ]


def test_where_nothing_can_be_kept_mypys_cache_is_kept_elsewhere(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MYPY_CACHE_DIR")
    monkeypatch.setattr("tempfile.tempdir", str(project))
    write(project, {".zenflow": ""})
    elsewhere = project / f"zenflow-mypy-{os.getuid()}"
    assert Session(Settings(), project / ".zenflow/check")._cache() == elsewhere
    assert Session(Settings(), None)._cache() == elsewhere
    assert elsewhere.stat().st_mode & 0o077 == 0
    assert Session(Settings(), project / "home/check")._cache() == project / "home/check/mypy"


# ---------------------------------------------------------------- how it ends

WRONG_WORDS = {
    "no path": (["nowhere.py"], "there is no file `nowhere.py`"),
    "no folder": (["nowhere/", "flow.py"], "there is no file or folder `nowhere`"),
    "no python": (["notes.txt"], "`notes.txt` is no Python file"),
    "nothing": (["void"], "no Python file in void"),
    "to nothing": (["dangling.py"], "there is no file"),
    "format": (["--format", "yaml"], "findings are not printed as `yaml`"),
    "code": (["--select", "ZF9"], "no finding has the code `ZF9`"),
    "limit": (["--import-limit", "soon"], "`--import-limit soon` is no time"),
    "no time": (["--import-limit", "0"], "`--import-limit 0` is no time"),
    "watched": (["flow.py:wrong", "--watch"], "only files and folders are watched"),
    "two": (["flow.py", "flow.py:wrong"], "there is no file or folder `flow.py:wrong`"),
    "no pipeline": (["flow.py:wrogn"], "did you mean `wrong`?"),
}


@pytest.mark.parametrize("name", WRONG_WORDS)
def test_what_can_not_be_checked_ends_with_2(project: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    from zenflow.cli import main

    write(project, {"flow.py": STEP + WRONG, "notes.txt": "", "void/notes.txt": ""})
    (project / "dangling.py").symlink_to("gone.py")
    words, said = WRONG_WORDS[name]
    assert main(["check", "--no-mypy", *words]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err


def test_links_pipes_and_names_that_are_no_text_stop_nothing(project: Path) -> None:
    write(project, {"flow.py": STEP + WRONG, "inner/deep.py": STEP + WRONG})
    Path("dangling.py").symlink_to("gone.py")
    Path("circle.py").symlink_to("circle.py")
    Path("inner/up").symlink_to("..")
    Path("linked.py").symlink_to("inner/deep.py")
    os.mkfifo("pipe.py")
    Path(os.fsdecode(b"\xff.py")).write_text(STEP + WRONG)
    ended = check(project, "--no-mypy", "--format", "json")
    told = {one["file"]: (one["code"], one["message"]) for one in ended.found}
    assert {file: code for file, (code, _) in told.items()} == {
        "\\udcff.py": "ZF001",
        "gone.py": "ZF001",
        "flow.py": "ZF201",
        "inner/deep.py": "ZF201",
    }
    assert "its path is no UTF-8" in told["\\udcff.py"][1]
    assert "gone.py can not be read: no such file" in told["gone.py"][1]


@pytest.mark.parametrize("closed", ["<&-", ">/dev/null 2>&1", "<&- >&-", "<&- >&- 2>&-"])
def test_closed_streams_do_not_matter(project: Path, closed: str) -> None:
    write(project, {"flow.py": STEP + WRONG})
    words = " ".join(f"'{word}'" for word in (*COMMAND, "--no-mypy"))
    done = subprocess.run(["sh", "-c", f"{words} {closed}"], cwd=project, env=environment(), check=False)
    assert done.returncode == 1


def obeying_permissions(folder: Path, *words: str) -> Ended:
    """A check by somebody who may not read and write everything, as root may."""
    before: list[str] = []
    if os.access(folder, os.W_OK):
        before = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
        if shutil.which("setpriv") is None:
            pytest.skip("this user may read and write everything")
    done = subprocess.run(
        [*before, *COMMAND, *words], cwd=folder, env=environment(), capture_output=True, text=True, check=False
    )
    return Ended(done.returncode, done.stdout, done.stderr)


def test_what_can_not_be_read_is_told_and_what_can_not_be_written_does_not_matter(project: Path) -> None:
    write(project, {"flow.py": STEP + WRONG, "private/flow.py": STEP + WRONG, "secret.py": STEP})
    Path("private").chmod(0)
    Path("secret.py").chmod(0)
    project.chmod(0o555)
    ended = obeying_permissions(project, "--format", "json")
    assert {one["message"] for one in ended.found if one["code"] == "ZF001"} == {
        "private can not be read: permission denied",
        "secret.py can not be read: permission denied",
    }
    assert (ended.code, [one for one in ended.codes if one[0] == "ZF201"]) == (1, [("ZF201", 9)])
    assert ended.err == "3 files, 1 pipeline, 1 step: 3 errors\n"
    assert not Path(".zenflow").exists()
    project.chmod(0o755)


def test_a_terminal_interrupt_ends_with_130_and_leaves_no_process(project: Path) -> None:
    write(
        project,
        {"flow.py": STEP + "import os, signal\nos.kill(os.getppid(), signal.SIGINT)\nimport time\ntime.sleep(999)\n"},
    )
    ended = check(project, "--no-mypy")
    assert (ended.code, ended.out) == (130, "")
    assert "Traceback" not in ended.err


def test_a_cluster_that_does_not_answer_is_said_and_the_rest_is_told(project: Path) -> None:
    def nodes() -> Sequence[Mapping[str, float]]:
        raise EngineError("the cluster is away")

    write(project, {"flow.py": STEP + WRONG + "@step(gpus=1)\ndef big() -> int: ...\n"})
    report = Session(Settings(mypy=False), facts=Facts(nodes=nodes)).check([project])
    assert [d.code for d in report.diagnostics] == ["ZF201"]
    assert report.problems == ("what the stack's nodes have can not be told: the cluster is away",)
