"""`# zenflow: ignore[CODE]`: silences what stands on its line, and is told where it silences nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.check.bad_files import HEAD
from tests.check.checking import check_paths
from tests.check.running import check, write
from zenflow.check.settings import Settings
from zenflow.check.suppression import suppressions

STEP = HEAD + "@step\ndef f(x: int) -> int:\n    return x\n@pipeline\ndef p() -> Artifact[int]:\n"
"""Six lines of head and step are before the pipeline's own code, which begins in line 9."""


def found(body: str, settings: Settings | None = None) -> list[tuple[str, int]]:
    Path("flow.py").write_text(STEP + body)
    report = check_paths([Path("flow.py")], settings)
    return [(d.code, d.span.line if d.span else 0) for d in report.diagnostics]


SILENT = {
    "one": "    return f('a')  # zenflow: ignore[ZF201]\n",
    "among others": "    return f('a')  # noqa  # zenflow: ignore[ZF201]  # why not\n",
    "spaces": "    return f('a')  #zenflow:  ignore[ ZF201 ]\n",
    "two": "    return f('a', y=f('b'))  # zenflow: ignore[ZF201, ZF206]\n",
    "twice": "    return f('a', y=f('b'))  # zenflow: ignore[ZF201]  # zenflow: ignore[ZF206]\n",
    "last line": "    return f(\n        ['a',\n        ]  # zenflow: ignore[ZF201]\n    )\n",
    "first line": "    return f(\n        ['a',  # zenflow: ignore[ZF201]\n        ]\n    )\n",
}


@pytest.mark.parametrize("name", SILENT)
@pytest.mark.usefixtures("project")
def test_a_comment_on_the_first_or_last_line_silences(name: str) -> None:
    assert found(SILENT[name].replace("# zenflow", "# other").replace("#zenflow", "# other"))
    assert found(SILENT[name]) == []


LEFT_OVER = {
    "nothing there": ("    return f(1)  # zenflow: ignore[ZF201]\n", [("ZF002", 9)]),
    "another code": ("    return f('a')  # zenflow: ignore[ZF202]\n", [("ZF201", 9), ("ZF002", 9)]),
    "one of two": ("    return f('a')  # zenflow: ignore[ZF201, ZF202]\n", [("ZF002", 9)]),
    "no code": ("    return f('a')  # zenflow: ignore\n", [("ZF201", 9), ("ZF002", 9)]),
    "empty": ("    return f('a')  # zenflow: ignore[]\n", [("ZF201", 9), ("ZF002", 9)]),
    "no such code": ("    return f(1)  # zenflow: ignore[nonsense]\n", [("ZF002", 9)]),
    "another line": ("    # zenflow: ignore[ZF201]\n    return f('a')\n", [("ZF002", 9), ("ZF201", 10)]),
    "in a string": ("    return f('# zenflow: ignore[ZF201]')\n", [("ZF201", 9)]),
    "of the place": ("    return f(1)  # zenflow: ignore[ZF504, ZF505]\n", []),
    "of mypy": ("    return f(1)  # zenflow: ignore[mypy:arg-type]\n", []),
}


@pytest.mark.parametrize("name", LEFT_OVER)
def test_a_comment_that_silences_nothing_is_told(project: Path, name: str) -> None:
    """With mypy: what only mypy finds may be what a comment is for."""
    body, expected = LEFT_OVER[name]
    of_mypy = [("ZF002", 9)] if name == "of mypy" else []
    write(project, {"flow.py": STEP + body})
    ended = check(project, "--format", "json")
    assert sorted(ended.codes) == sorted(expected + of_mypy)
    told = [one for one in ended.found if one["code"] == "ZF002"]
    assert all(one["severity"] == "warning" and one["help"] for one in told)


@pytest.mark.parametrize(
    ("settings", "codes"),
    [
        (Settings(), [("ZF002", 9)]),
        (Settings(select=("ZF2",)), []),
        (Settings(select=("ZF0",)), []),
        (Settings(select=("ZF0", "ZF3")), [("ZF002", 9)]),
        (Settings(ignore=("ZF301",)), []),
        (Settings(ignore=("ZF002",)), []),
    ],
)
@pytest.mark.usefixtures("project")
def test_only_what_was_looked_for_can_be_left_over(settings: Settings, codes: list[tuple[str, int]]) -> None:
    assert found("    return f(1)  # zenflow: ignore[ZF301]\n", settings) == codes


@pytest.mark.usefixtures("project")
def test_without_mypy_nothing_is_said_of_what_mypy_may_find() -> None:
    assert found("    return f(1)  # zenflow: ignore[ZF201, ZF105, mypy:misc]\n") == []


@pytest.mark.usefixtures("project")
def test_of_a_file_that_was_not_all_looked_at_nothing_is_said() -> None:
    untraced = "@pipeline\ndef q(rows) -> Artifact[int]:\n    return f(rows)  # zenflow: ignore[ZF301]\n"
    assert found(f"    return f(1)\n{untraced}") == []
    assert found("    return f(1)  # zenflow: ignore[ZF301]\n1 / 0\n") == [("ZF001", 10)]


def test_comments_are_found_where_python_has_comments() -> None:
    text = 'x = "# zenflow: ignore[ZF1]"\ny = 1  # é zenflow: ignore[ZF2]\nz = 2  # é # zenflow: ignore[ZF3,ZF4]\n'
    assert [(one.code, one.span.line, one.span.column) for one in suppressions("a.py", text)] == [
        ("ZF3", 3, 30),
        ("ZF4", 3, 34),
    ]
    assert suppressions("a.py", "x = (  # zenflow: ignore[ZF1]\n")[0].code == "ZF1"
    assert suppressions("a.py", "x = 1\n") == ()
