"""What was found before is told again only where it still holds: a check with a memo is one without."""

from __future__ import annotations

import linecache
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.check.bad_files import STEP, WRONG
from tests.check.running import Ended, check, environment, write
from zenflow.check.project.asking import Asked, Request, Told
from zenflow.check.project.files import asked_files
from zenflow.check.project.memo import Memo
from zenflow.check.project.worker import work
from zenflow.check.session import Report, Session
from zenflow.check.settings import Settings

TOLD = "from pathlib import Path\nwith Path(__file__).with_suffix('.log').open('a') as log: log.write('x')\n"
FLOW = """
from zenflow import Artifact, pipeline, step
from pathlib import Path
import {module}
@step
def f(x: {module}.T) -> int: return 1
@step
def read(path: Path) -> int: return 1
@pipeline
def p() -> Artifact[int]:
    f(read(Path({data!r})))
    return f({argument})
"""


def remembering(folder: Path, memo_in: Path | None) -> tuple[Report, list[str]]:
    """A check of a folder in this process, and the files that it imported."""
    linecache.clearcache()
    session = Session(Settings(folder, mypy=False))
    asked = asked_files([folder], session.settings)
    memo = Memo(memo_in)
    entries = {file: memo.known(file, named=False) for file in asked}
    new = [file for file, entry in entries.items() if entry is None]
    told: list[Told] = []
    work(Request([Asked(bytes(file), False) for file in new], 30.0), told.append)
    for file, examined in zip(new, [one.examined for one in told if one.examined is not None], strict=True):
        entries[file] = memo.add(examined, named=False)
    memo.save()
    return session.report([entry for entry in entries.values() if entry is not None]), [file.name for file in new]


def _flow(name: str) -> st.SearchStrategy[tuple[str, str]]:
    text = st.builds(
        FLOW.format,
        module=st.sampled_from(["helper", "package.helper", "nowhere"]),
        data=st.sampled_from(["data.csv", "other.csv"]),
        argument=st.sampled_from(["1", "'a'"]),
    )
    return text.map(lambda text: (name, text))


_HELPERS = st.tuples(
    st.sampled_from(["helper.py", "package/helper.py", "package/__init__.py", "sub/helper.py", "helper/__init__.py"]),
    st.sampled_from(["T = int\n", "T = str\n", "T = \n", ""]),
)
_DATA = st.tuples(st.sampled_from(["data.csv", "other.csv"]), st.just("1\n"))
_REMOVED = st.tuples(st.sampled_from(["helper.py", "package/__init__.py", "data.csv", "flow.py"]), st.none())
EDITS = st.lists(
    st.one_of(_flow("flow.py"), _flow("sub/flow.py"), _HELPERS, _HELPERS, _DATA, _REMOVED), min_size=1, max_size=6
)


def edit(folder: Path, name: str, text: str | None) -> None:
    path = folder / name
    if text is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    elif path.exists():
        path.unlink()


@settings(max_examples=40)
@given(edits=EDITS)
def test_a_check_with_a_memo_finds_what_one_without_does_after_any_edit(
    edits: Sequence[tuple[str, str | None]],
) -> None:
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as place:
        patch.setattr(sys, "dont_write_bytecode", True)
        folder = Path(place).resolve() / "project"
        write(
            folder, {"flow.py": FLOW.format(module="helper", data="data.csv", argument="1"), "helper.py": "T = int\n"}
        )
        patch.chdir(folder)
        for name, text in [("data.csv", "1\n"), *edits]:
            edit(folder, name, text)
            if not any(folder.rglob("*.py")):
                continue
            assert remembering(folder, folder / ".memo")[0] == remembering(folder, None)[0]


def test_only_what_an_edit_can_change_is_looked_at_again(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    write(project, {
        "a/flow.py": FLOW.format(module="helper", data="data.csv", argument="1"),
        "a/helper.py": "T = int\n",
        "b/flow.py": STEP + WRONG,
        "b/README.md": "",
    })  # fmt: skip
    kept = project / ".memo"
    assert remembering(project, kept)[1] == ["flow.py", "helper.py", "flow.py"]
    assert remembering(project, kept)[1] == []
    write(project, {"a/helper.py": "T = str\n"})
    assert remembering(project, kept)[1] == ["flow.py", "helper.py"]
    write(project, {"b/new.py": ""})  # may take the place of what `b/flow.py` imports
    assert remembering(project, kept)[1] == ["flow.py", "new.py"]
    write(project, {"b/README.md": "more", "b/notes.txt": ""})
    assert remembering(project, kept)[1] == []
    write(project, {"data.csv": ""})
    assert remembering(project, kept)[1] == ["flow.py"]


def test_what_was_written_while_it_was_checked_is_not_remembered(project: Path) -> None:
    """The finding may be that of the text before."""
    write(project, {"flow.py": STEP})
    memo = Memo(project / ".memo")
    told: list[Told] = []
    work(Request([Asked(b"flow.py", True)], 30.0), told.append)
    write(project, {"flow.py": STEP + WRONG})
    assert told[-1].examined is not None
    memo.add(told[-1].examined, named=True)
    memo.save()
    assert Memo(project / ".memo").known(Path("flow.py"), named=True) is None


# ---------------------------------------------------------------- in processes, as users have it


def checked(folder: Path, *words: str) -> Ended:
    env = environment()
    del env["PYTHONDONTWRITEBYTECODE"]
    return check(folder, "--no-mypy", "--format", "json", *words, env=env)


def test_a_second_check_imports_nothing_and_tells_the_same(project: Path) -> None:
    write(project, {"flow.py": TOLD + STEP + WRONG, "clean.py": TOLD + STEP})
    first, second = checked(project), checked(project)
    assert first.codes == [("ZF201", 11)]
    assert (first.code, first.out, first.err) == (second.code, second.out, second.err)
    assert Path("flow.log").read_text() == Path("clean.log").read_text() == "x"
    assert checked(project, "--no-cache").out == first.out
    assert Path("flow.log").read_text() == "xx"
    assert not Path("__pycache__").exists()


def test_an_edit_of_the_same_size_in_the_same_second_is_seen(project: Path) -> None:
    write(project, {"flow.py": "import helper\n" + STEP + WRONG.replace("'a'", "helper.x"), "helper.py": "x = 111\n"})
    assert checked(project).codes == []
    write(project, {"helper.py": "x = 'a'\n"})
    assert checked(project).codes == [("ZF201", 10)]


def test_data_that_was_read_is_looked_at_again(project: Path) -> None:
    read = "import json\nx = json.load(open('settings.json'))\ny = [p.name for p in Path('parts').glob('*')]\n"
    write(project, {
        "flow.py": TOLD + read + STEP + WRONG.replace("'a'", "x if len(y) == 1 else str(y)"),
        "settings.json": "1",
        "parts/one": "",
    })  # fmt: skip
    assert checked(project).codes == []
    write(project, {"settings.json": '"1"'})
    assert checked(project).codes == [("ZF201", 14)]
    write(project, {"settings.json": "1"})
    assert checked(project).codes == []
    write(project, {"parts/two": ""})
    assert checked(project).codes == [("ZF201", 14)]
    assert checked(project).codes == [("ZF201", 14)]
    assert Path("flow.log").read_text() == "x" * 4


def test_a_damaged_memo_is_one_that_knows_nothing(project: Path) -> None:
    write(project, {"flow.py": TOLD + STEP + WRONG})
    first = checked(project)
    kept = Path(".zenflow/check/findings.msgpack")
    whole = kept.read_bytes()
    for damage in (b"garbage", b"", whole[: len(whole) // 2], whole.replace(b"ZF201", b"ZF202")):
        kept.write_bytes(damage)
        again = checked(project)
        assert (again.code, again.out, again.err) == (first.code, first.out, first.err)
    assert Path("flow.log").read_text() == "xxxxx"


def test_a_folder_that_nothing_can_be_kept_in_is_checked_all_the_same(project: Path) -> None:
    write(project, {"flow.py": STEP + WRONG, ".zenflow": "a file where the folder would be"})
    ended = checked(project)
    assert (ended.code, ended.codes) == (1, [("ZF201", 9)])
    assert "Traceback" not in ended.err
