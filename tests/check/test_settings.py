"""`[tool.zenflow.check]`: what is checked, and which findings are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.check.bad_files import STEP, WRONG
from tests.check.checking import check_paths
from tests.check.running import write
from zenflow.check.diagnostics import Diagnostic
from zenflow.check.settings import Settings, read_settings
from zenflow.errors import UsageError
from zenflow.graph.site import Span


def settings(text: str) -> Settings:
    Path("pyproject.toml").write_text(f"[tool.zenflow.check]\n{text}")
    return read_settings(Path.cwd())


WRONG_TEXTS = {
    "selct = ['ZF']": "did you mean `select`?",
    "nonsense = 1": "settings are select, ignore",
    "select = 'ZF'": "is not a list of codes or their beginnings",
    "select = ['']": "is not a list of codes or their beginnings",
    "ignore = [1]": "is not a list of codes or their beginnings",
    "exclude = {}": "is not a list of patterns",
    "per-file-ignores = []": "is not a table of patterns with lists of codes",
    "per-file-ignores = { a = 'ZF4' }": "is not a table of patterns with lists of codes",
    "mypy = 'no'": "is not true or false",
    "import-limit = true": "is not a number of seconds above 0",
    "import-limit = 0": "is not a number of seconds above 0",
    "import-limit = inf": "is not a number of seconds above 0",
    "import-limit = nan": "is not a number of seconds above 0",
    "import-limit = ": "can not be read",
}


@pytest.mark.parametrize("text", WRONG_TEXTS)
@pytest.mark.usefixtures("project")
def test_a_setting_that_is_none_is_said_with_what_would_be(text: str) -> None:
    with pytest.raises(UsageError) as error:
        settings(text)
    assert WRONG_TEXTS[text] in str(error.value)
    assert "pyproject.toml" in str(error.value)
    assert error.value.help


@pytest.mark.parametrize("text", ["tool = 3", "[tool]\nzenflow = 3", "[tool.zenflow]\ncheck = true"])
def test_tables_that_are_none_are_said(project: Path, text: str) -> None:
    (project / "pyproject.toml").write_text(text)
    with pytest.raises(UsageError, match="is no table"):
        read_settings(project)


@pytest.mark.parametrize("content", [b"\xff", b"= ="])
def test_a_file_that_is_no_toml_is_said(project: Path, content: bytes) -> None:
    (project / "pyproject.toml").write_bytes(content)
    with pytest.raises(UsageError, match="can not be read"):
        read_settings(project)


def test_the_nearest_file_counts_and_none_means_the_defaults(project: Path) -> None:
    assert read_settings(project) == Settings(root=project)
    assert settings("mypy = false\nimport-limit = 3") == Settings(root=project, mypy=False, import_limit=3.0)
    inner = project / "inner" / "deep"
    inner.mkdir(parents=True)
    assert read_settings(inner).root == project
    (project / "inner/pyproject.toml").write_text("")
    assert read_settings(inner) == Settings(root=project / "inner")


@pytest.mark.parametrize(
    ("select", "ignore", "told"),
    [
        ((), (), {"ZF201", "ZF202", "mypy:arg-type"}),
        (("ZF",), (), {"ZF201", "ZF202"}),
        (("mypy",), (), {"mypy:arg-type"}),
        ((), ("ZF2",), {"mypy:arg-type"}),
        (("ZF201",), ("ZF2",), {"ZF201"}),
        (("ZF2",), ("ZF201",), {"ZF202"}),
        (("ZF2",), ("ZF2",), set()),
        ((), ("mypy:arg",), {"ZF201", "ZF202"}),
    ],
)
def test_the_longer_of_two_prefixes_wins(select: tuple[str, ...], ignore: tuple[str, ...], told: set[str]) -> None:
    chosen = Settings(select=select, ignore=ignore)
    assert {code for code in ("ZF201", "ZF202", "mypy:arg-type") if chosen.asks_for(code)} == told


@pytest.mark.parametrize(
    ("pattern", "silent"),
    [
        ("tests", {"tests/test_a.py", "tests/deep/b.py"}),
        ("tests/", {"tests/test_a.py", "tests/deep/b.py"}),
        ("tests/*", {"tests/test_a.py", "tests/deep/b.py"}),
        ("test_*.py", {"tests/test_a.py"}),
        ("tests/deep", {"tests/deep/b.py"}),
        ("deep", {"tests/deep/b.py"}),
        ("*.py", {"flow.py", "tests/test_a.py", "tests/deep/b.py"}),
        ("nowhere", set()),
        ("../*", set()),
    ],
)
def test_patterns_are_of_files_and_of_folders_that_they_lie_in(project: Path, pattern: str, silent: set[str]) -> None:
    chosen = Settings(root=project, per_file_ignores={pattern: ("ZF2",)}, exclude=(pattern,))
    files = ["flow.py", "tests/test_a.py", "tests/deep/b.py"]
    told = [file for file in files if chosen.tells(Diagnostic("ZF201", "", Span(str(project / file), 1, 1, 1, 2)))]
    assert set(files) - set(told) == silent
    assert {file for file in files if chosen.excludes(project / file)} == silent
    assert chosen.tells(Diagnostic("ZF101", "", Span(str(project / "tests/test_a.py"), 1, 1, 1, 2)))
    assert chosen.tells(Diagnostic("ZF201", ""))


def test_what_is_excluded_is_left_out_of_folders_and_checked_where_it_is_named(project: Path) -> None:
    write(project, dict.fromkeys(("flow.py", "drafts/a.py", "deep/drafts/b.py", "deep/c.py"), STEP + WRONG))
    chosen = settings("exclude = ['drafts', 'deep/c.py']")
    assert [d.span.file for d in check_paths([project], chosen).diagnostics if d.span] == [str(project / "flow.py")]
    assert check_paths([Path("drafts/a.py")], chosen).files == 1
    assert check_paths([Path("drafts")], chosen).files == 1


def test_findings_that_nobody_asks_for_are_not_told(project: Path) -> None:
    write(project, {"flow.py": STEP + WRONG + "@step\ndef g(x) -> int: ...\n"})
    found = {
        text: {d.code for d in check_paths([project], settings(text)).diagnostics}
        for text in ("", "select = ['ZF201']", "ignore = ['ZF201']", "per-file-ignores = { 'flow.py' = ['ZF20'] }")
    }
    assert list(found.values()) == [{"ZF201", "ZF202"}, {"ZF201"}, {"ZF202"}, set()]
