"""What a finding marks: the argument, wherever and however it is written; and what is left where there is no source."""

from __future__ import annotations

import linecache
import sys
import textwrap
import types
from pathlib import Path
from typing import Any

import pytest

from tests.check.conftest import HEAD, Check, marked
from zenflow.check.check import check_graph
from zenflow.check.reports.full import render_one

STEPS = """
from functools import partial
import zenflow
@step
def bad() -> str: ...
@step
def f(x: int, y: int = 1, *rest: int, z: int = 2, **more: int) -> int: ...
@step
def g(items: list[int], table: dict[str, int] | None = None) -> int: ...
@pipeline
def inner(x: Artifact[int], *, y: Artifact[int] | None = None) -> Artifact[int]:
    return f(x, y or 1) if y is None else f(x, y)
@pipeline
def flow() -> Artifact[int]:
"""
CALLS = {
    "f(bad())": "bad()",
    "f(1, bad())": "bad()",
    "f(1, y=bad())": "bad()",
    "f(1, 2, 3, bad(), z=1)": "bad()",
    "f(1, z=bad(), other=3)": "bad()",
    "f(1, other=bad())": "bad()",
    "f(*[1, bad()])": "f(*[1, bad()])",
    "f(1, *[2, bad()])": "f(1, *[2, bad()])",
    "f(1, **{'y': bad()})": "f(1, **{'y': bad()})",
    "f(x=bad()).named('n')": "bad()",
    "f(f(bad())).named('m')": "bad()",
    "f.with_options(cpus=1)(bad())": "bad()",
    "f('x')": "'x'",
    "g([1, bad()])": "bad()",
    "g([*[1], bad()])": "[*[1], bad()]",
    "g([1], {'a': 1, 'b': bad()})": "bad()",
    "g([1], table={**{}, 'b': bad()})": "{**{}, 'b': bad()}",
    "g([1, [2]])": "[1, [2]]",
    "g(f.map(each([1, bad()])))": "bad()",
    "g(f.map(1, y=zenflow.each([1, 'x'])))": "'x'",
    "g(f.map(each(bad())))": "bad()",
    "inner(bad())": "bad()",
    "inner(1, y=bad())": "bad()",
    "g(inner.map(each(['x'])))": "'x'",
    "when(bad(), lambda: f(1), lambda: f(2))": "bad()",
    "when(predicate=bad(), then=lambda: f(1), otherwise=lambda: f(2))": "bad()",
    "(lambda: f(bad()))()": "bad()",
    "g([f(x) for x in (1, bad())])": "x",
    "partial(f, 1)(bad())": "partial(f, 1)(bad())",
}


@pytest.mark.parametrize("call", CALLS)
def test_the_argument_is_marked(check: Check, call: str) -> None:
    (found,) = check(f"{STEPS}    return {call}\n").diagnostics
    assert found.code == "ZF201"
    assert marked(found) == CALLS[call]


def test_calls_over_several_lines_and_chains_are_marked_at_the_argument(check: Check) -> None:
    body = """
    return (
        f(
            1,
            y=f(
                f(2)
                .named("one"),
                bad(),
            ),
        )
        .named("two")
    )
    """
    (found,) = check(f"{STEPS}{body}").diagnostics
    assert marked(found) == "bad()"


def test_two_equal_calls_on_one_line_are_told_apart(check: Check) -> None:
    (found,) = check(f"{STEPS}    return f(f(1), f(f(1), f('x')))\n").diagnostics
    assert marked(found) == "'x'"
    assert found.span is not None
    assert found.span.column == 30


@pytest.mark.parametrize("async_", ["", "async "])
def test_a_parameter_is_marked_with_its_annotation_in_any_position(check: Check, async_: str) -> None:
    report = check(f"@step\n{async_}def f(a: int, /, b, *c, d, **e) -> int: ...\n")
    assert [marked(d) for d in report.diagnostics] == ["b", "c", "d", "e"]


def test_the_step_of_two_with_one_name_that_is_meant_is_marked(check: Check) -> None:
    report = check("""
        def make() -> object:
            @step
            def f(x) -> int: ...
            return f
        @step(
            retries=1,
        )
        def f(y) -> int: ...
        """)
    assert [marked(d) for d in report.diagnostics] == ["y"]


def _executed(source: str, name: str) -> Any:
    module = types.ModuleType(name)
    exec(compile(HEAD + textwrap.dedent(source), "<cell>", "exec"), vars(module))
    return module


def test_code_without_a_source_is_reported_without_a_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    module = _executed(STEPS + "    return f(bad())\n", "executed")
    monkeypatch.setitem(sys.modules, "executed", module)
    (found,) = check_graph(module.flow.graph())
    assert found.span is not None
    assert (found.span.file, found.span.line) == ("<cell>", 16)
    assert render_one(found).splitlines() == [
        "<cell>:16:12: error[ZF201] `f` expects `int` for `x`, but `bad` returns `str`",
        "   note: `bad` is declared at <cell>:5",
        "   help: change the return type of `bad`, or convert in a step between",
    ]


def test_a_notebooks_cell_is_shown_from_the_line_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    """IPython gives each cell a file name of its own, and its text to `linecache`."""
    source = HEAD + STEPS + "    return f(bad())\n"
    monkeypatch.setitem(linecache.cache, "<cell>", (len(source), None, source.splitlines(True), "<cell>"))
    module = _executed(STEPS + "    return f(bad())\n", "__main__")
    (found,) = check_graph(module.flow.graph())
    assert marked(found) == "bad()"


def test_a_file_that_changed_since_it_was_imported_does_not_break_the_report(check: Check, project: Path) -> None:
    from zenflow.check.project.loading import load_file

    (project / "edited.py").write_text(HEAD + STEPS + "    return f(bad())\n")
    flow = load_file(project / "edited.py").flow
    for text in ("", "def (", "\x00", "x = 1\n" * 100):
        (project / "edited.py").write_text(text)
        linecache.clearcache()
        (found,) = check_graph(flow.graph())
        assert "error[ZF201]" in render_one(found)
