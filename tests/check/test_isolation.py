"""Whatever a file's code does, it is a finding of that file, and all others are checked."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.check.bad_files import HANGS, HEAD, IMPORTS, LAST, STEP, TEXTS, TRACES, WRONG
from tests.check.running import Ended, check, ended, start, write
from zenflow.check.project.isolation import Examiner

TOLD = "from pathlib import Path\ndef TOLD(pid): Path(__file__).with_suffix('.pid').write_text(str(pid))\n"
Files = Mapping[str, tuple[str | bytes, str]]


def lay_out(folder: Path, files: Files) -> Path:
    for name, (text, _) in files.items():
        told = isinstance(text, str) and "TOLD" in text
        write(folder, {f"files/{name}.py": TOLD + text if told and isinstance(text, str) else text})
    write(folder, {"files/zz_last.py": STEP + WRONG})
    return folder


@pytest.fixture(scope="module")
def checks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, tuple[Path, Ended]]]:
    """Two folders of bad files, each checked once, side by side."""
    folders = {
        "harm": lay_out(tmp_path_factory.mktemp("harm"), {**TEXTS, **IMPORTS, **TRACES}),
        "hangs": lay_out(tmp_path_factory.mktemp("hangs"), HANGS),
    }
    limits = {"harm": "30", "hangs": "1"}
    running = {
        name: start(folder, "files", "--format", "json", "--no-mypy", "--import-limit", limits[name])
        for name, folder in folders.items()
    }
    yield {name: (folders[name], ended(process)) for name, process in running.items()}
    for folder in folders.values():
        for file in folder.glob("files/*.pid"):
            assert not alive(int(file.read_text())), file.name


@pytest.fixture(scope="module")
def of_file(checks: dict[str, tuple[Path, Ended]]) -> Callable[[str, str], list[dict[str, Any]]]:
    def found(check: str, name: str) -> list[dict[str, Any]]:
        shown = f"files/{name}.py"
        every = checks[check][1].found
        return [one for one in every if one["file"] == shown or (one["file"] is None and shown in one["message"])]

    return found


def alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("name", [*TEXTS, *IMPORTS, *TRACES])
def test_a_bad_file_is_a_finding_and_its_other_mistakes_are_found(
    of_file: Callable[[str, str], list[dict[str, Any]]], name: str
) -> None:
    text, message = {**TEXTS, **IMPORTS, **TRACES}[name]
    found = of_file("harm", name)
    codes = [one["code"] for one in found if one["severity"] == "error"]
    if message:
        assert "ZF001" in codes
        (told,) = [one for one in found if one["code"] == "ZF001"]
        assert message in told["message"]
        assert told["help"]
    else:
        wrong = WRONG.encode() in (text if isinstance(text, bytes) else text.encode())
        assert codes == (["ZF201"] if wrong else [])


@pytest.mark.parametrize("name", HANGS)
def test_what_never_ends_is_ended(of_file: Callable[[str, str], list[dict[str, Any]]], name: str) -> None:
    (told,) = of_file("hangs", name)
    assert told["code"] == "ZF001"
    assert HANGS[name][1] in told["message"]


@pytest.mark.parametrize("name", ["harm", "hangs"])
def test_all_that_comes_after_is_checked_and_no_traceback_is_ours(
    checks: dict[str, tuple[Path, Ended]], of_file: Callable[[str, str], list[dict[str, Any]]], name: str
) -> None:
    ended = checks[name][1]
    assert ended.code == 1
    assert [one["code"] for one in of_file(name, "zz_last")] == ["ZF201"]
    assert "Traceback" not in ended.err
    assert "internal error" not in ended.err


def test_what_a_file_started_is_gone_with_the_check(checks: dict[str, tuple[Path, Ended]]) -> None:
    told = {file.stem: int(file.read_text()) for file in checks["harm"][0].glob("files/*.pid")}
    assert set(told) == {"child", "daemon"}
    assert not any(map(alive, told.values()))


def test_nothing_that_a_file_left_behind_meets_the_next_one(project: Path) -> None:
    """Each `a` changes something of the process, each `b` would fail where it found that."""
    changes = {
        "cwd": ("os.chdir('/')", "os.getcwd() != '/'"),
        "environment": ("os.environ['LEFT'] = '1'", "'LEFT' not in os.environ"),
        "path": ("sys.path.append('left')", "'left' not in sys.path"),
        "arguments": ("sys.argv.append('left')", "'left' not in sys.argv"),
        "modules": ("sys.modules['json'] = None", "__import__('json') is not None"),
        "builtins": ("import builtins; builtins.len = None", "len([]) == 0"),
        "recursion": ("sys.setrecursionlimit(5000)", "sys.getrecursionlimit() != 5000"),
        "warnings": (
            "import warnings; warnings.simplefilter('ignore')",
            "('ignore', None, Warning, None, 0) not in __import__('warnings').filters",
        ),
        "handler": ("signal.signal(14, signal.SIG_IGN)", "signal.getsignal(14) != signal.SIG_IGN"),
    }  # fmt: skip
    for name, (change, holds) in changes.items():
        write(project, {f"{name}_a.py": f"{HEAD}{change}\n{LAST}", f"{name}_b.py": f"{HEAD}assert {holds}\n{LAST}"})
    ended = check(project, "--no-mypy", "--format", "json")
    assert [one["message"] for one in ended.found if "builtins_a.py" not in one["message"]] == []


def test_each_folder_has_its_own_modules(project: Path) -> None:
    for folder, type_ in (("a", "int"), ("b", "str")):
        write(project, {
            f"{folder}/shared.py": f"T = {type_}\n",
            f"{folder}/flow.py": HEAD + "import shared\n@step\ndef f(x: shared.T) -> int: ...\n" + WRONG,
        })  # fmt: skip
    write(
        project,
        {"shared.py": "T = bytes\n", "flow.py": HEAD + "import shared\n@step\ndef f(x: shared.T) -> int: ...\n"},
    )
    ended = check(project, "--no-mypy", "--format", "json")
    assert [(one["file"], one["code"]) for one in ended.found] == [("a/flow.py", "ZF201")]


def test_packages_are_imported_from_above_themselves(project: Path) -> None:
    write(project, {
        "package/__init__.py": "",
        "package/inner/__init__.py": "",
        "package/inner/steps.py": STEP,
        "package/inner/flow.py": HEAD + "from .steps import f\nfrom ..inner import steps\n" + WRONG,
        "spaced/steps.py": STEP,
        "spaced/flow.py": HEAD + "from steps import f\n" + WRONG,
    })  # fmt: skip
    ended = check(project, "--no-mypy", "--format", "json")
    assert [(one["file"], one["code"]) for one in ended.found] == [
        ("package/inner/flow.py", "ZF201"),
        ("spaced/flow.py", "ZF201"),
    ]


def test_an_examiner_that_is_left_early_leaves_no_process(project: Path) -> None:
    write(project, {"flow.py": TOLD + HEAD + "TOLD(os.getpid())\n", "later.py": HEAD + "time.sleep(999)\n"})
    with Examiner({Path("flow.py"): True, Path("later.py"): True}, 30.0) as examiner:
        next(examiner.results())
    assert not alive(int(Path("flow.pid").read_text()))
