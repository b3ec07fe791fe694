"""The shape of a report: DESIGN's frame, order, colour, one line, silence on request."""

from __future__ import annotations

import linecache
import textwrap
from collections.abc import Callable
from pathlib import Path
from unicodedata import category

import pytest
from attrs import evolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.check.conftest import Check, codes, marked
from zenflow.check.check import check_graph, require_clean
from zenflow.check.diagnostics import Diagnostic
from zenflow.check.project.loading import load_file
from zenflow.check.reports.concise import concise
from zenflow.check.reports.full import render, render_one, summary
from zenflow.check.rules.registry import all_rules, explain
from zenflow.errors import CheckFailed, UsageError
from zenflow.graph.site import Span

Framed = Callable[..., list[str]]
numbers = st.integers(min_value=0, max_value=10_000)

SAMPLE = """\
import pyarrow as pa
from zenflow import Artifact, pipeline, step
@step
def load() -> dict[str, int]:
    return {}


@step
def train(data: pa.Table) -> int:
    return 0


@pipeline
def training() -> Artifact[int]:
    # The table goes in as it is.


    model = train(load())
    return model
"""


def test_the_sample_of_the_design_reads_as_the_design_has_it(project: Path) -> None:
    (project / "flow.py").write_text(SAMPLE)
    training = load_file(Path("flow.py")).training
    expected = """\
        flow.py:18:19: error[ZF201] `train` expects `pyarrow.Table` for `data`, but `load` returns `dict[str, int]`
           18 |     model = train(load())
              |                   ^^^^^^ `load` is declared at flow.py:4
           help: change the return type of `load`, or convert in a step between"""
    assert render(check_graph(training.graph())) == textwrap.dedent(expected)
    with pytest.raises(CheckFailed) as failed:
        require_clean(training.graph())
    assert str(failed.value) == textwrap.dedent(expected) + "\n\n1 error; nothing was run"


def test_all_mistakes_of_a_file_are_reported_at_once_in_the_order_of_the_source(check: Check) -> None:
    report = check("""
        @step
        def load(path) -> list[int]: ...
        @step
        def total(items: list[str]) -> int: ...
        @pipeline
        def flow(unused: int = 1) -> Artifact[str]:
            load(1)
            a = total(load(2))
            b = total(itms=[])
            return total(a)
        """)
    assert codes(report) == [
        ("ZF202", 4),
        ("ZF302", 8),
        ("ZF301", 9),
        ("ZF201", 10),
        ("ZF301", 11),
        ("ZF206", 11),
        ("ZF204", 12),
        ("ZF201", 12),
    ]


def test_one_mistake_at_one_place_is_said_once_however_often_it_is_traced(check: Check) -> None:
    report = check("""
        @step
        def load(n: int) -> str: ...
        @step
        def total(items: list[int]) -> int: ...
        @pipeline
        def inner(n: int = 1) -> Artifact[int]:
            return total(load(n))
        @pipeline
        def outer() -> tuple[Artifact[int], Artifact[int], Artifact[list[int]]]:
            return inner(1), inner(2), inner.map(each([3, 4]))
        """)
    assert codes(report) == [("ZF201", 9)]


def test_columns_count_characters_and_marks_stand_below_them(check: Check) -> None:
    report = check("""
        @step
        def f(x: int) -> str: ...
        @pipeline
        def flow() -> Artifact[str]:
            é = "日本"; return f(f(len(é)))
        """)
    (found,) = report.diagnostics
    assert marked(found) == "f(len(é))"
    lines = render_one(found).splitlines()
    assert lines[1].index("f(len") + 2 == lines[2].index("^")  # two characters before it are wide
    assert lines[2].count("^") == len("f(len(é))")


def test_tabs_before_the_place_are_kept(check: Check) -> None:
    report = check("@step\ndef f(x: int) -> str: ...\n@pipeline\ndef flow() -> Artifact[str]:\n\treturn f(f(1))\n")
    assert render_one(report.diagnostics[0]).splitlines()[2] == "     | \t         ^^^^ `f` is declared at flow.py:3"


def test_a_comment_on_the_first_or_last_line_of_a_place_silences_its_code_alone(check: Check) -> None:
    source = """
        @step
        def f(x: int) -> str: ...
        @pipeline
        def flow() -> Artifact[str]:
            f(3)  # zenflow: ignore[ZF201]
            return f(
                f(
                    1
                )  # zenflow: ignore[ZF301, ZF201]
            )
        """
    assert codes(check(source)) == [("ZF301", 7), ("ZF002", 11)]


def test_colour_is_added_and_nothing_else(check: Check) -> None:
    (found,) = check("@step\ndef f(x) -> int: ...\n").diagnostics
    plain, coloured = render_one(found), render_one(found, colour=True)
    assert "\x1b[" in coloured
    for escape in ("\x1b[1;31m", "\x1b[1m", "\x1b[36m", "\x1b[0m"):
        coloured = coloured.replace(escape, "")
    assert coloured == plain


def test_the_concise_form_is_one_line(check: Check) -> None:
    (found,) = check("@step\ndef f(x) -> int: ...\n").diagnostics
    assert concise(found) == "flow.py:3:7: error[ZF202] parameter `x` of step `f` has no annotation"
    assert concise(evolve(found, span=None)) == "error[ZF202] parameter `x` of step `f` has no annotation"
    assert summary([found, found, evolve(found, severity="warning")]) == "2 errors, 1 warning"
    assert summary([]) == "no findings"


def test_a_file_that_is_gone_leaves_the_headline(check: Check, project: Path) -> None:
    (found,) = check("@step\ndef f(x) -> int: ...\n").diagnostics
    (project / "flow.py").unlink()
    linecache.clearcache()
    assert render_one(found).splitlines()[0].startswith("flow.py:3:7: error[ZF202]")


@pytest.mark.parametrize("code", [rule.code for rule in all_rules()])
def test_every_code_is_explained_with_a_bad_and_a_good_example(code: str) -> None:
    text = explain(code.lower())
    head, _, examples = text.partition("\n\nBad:\n\n")
    assert head.startswith(f"{code}: ")
    bad, _, good = examples.partition("\n\nGood:\n\n")
    assert bad.strip()
    assert good.strip()


def test_explaining_an_unknown_code_lists_those_there_are() -> None:
    with pytest.raises(UsageError, match="no rule `ZF999`") as error:
        explain("ZF999")
    assert "ZF201" in (error.value.help or "")


# --- the source ------------------------------------------------------------------------------------------------------


@pytest.fixture
def framed(project: Path) -> Framed:
    """The lines of the full form below the headline, for a place in a file of this text."""

    def frame(text: str, *place: int, label: str = "") -> list[str]:
        (project / "flow.py").write_text(text, encoding="utf-8")
        linecache.clearcache()
        found = Diagnostic("ZF201", "no", Span("flow.py", *place), label)
        return render([found]).splitlines()[1:]

    return frame


def test_a_place_of_several_lines_shows_its_first_and_its_last(framed: Framed) -> None:
    text = "a = train(\n    load(),\n    3,\n)\n"
    assert framed(text, 1, 5, 4, 2, label="of `train`") == [
        "   1 | a = train(",
        "     |     ^^^^^^ of `train`",
        "   ...",
        "   4 | )",
        "     | ^",
    ]
    assert framed(text, 1, 5, 2, 11) == [
        "   1 | a = train(",
        "     |     ^^^^^^",
        "   2 |     load(),",
        "     |     ^^^^^^",
    ]
    assert framed("\n" * 8 + text, 9, 5, 12, 2)[::3] == ["    9 | a = train(", "   12 | )"]


def test_an_end_that_is_nowhere_marks_the_first_line(framed: Framed) -> None:
    expected = ["   1 | train(", "     | ^^^^^^"]
    assert framed("train(\n)\n", 1, 1, 9, 1) == expected
    assert framed("train(\n)\n", 1, 1, 2, 1) == expected
    assert framed("train(\n)\n", 1) == expected


def test_a_place_that_is_not_in_the_file_has_its_label_as_a_note(framed: Framed) -> None:
    assert framed("a\n", 9, 1, 9, 2, label="`load` is declared at flow.py:4") == [
        "   note: `load` is declared at flow.py:4",
    ]


def test_a_long_line_is_cut_around_its_mark(framed: Framed) -> None:
    line = f"data = [{'1, ' * 200}bad({'2, ' * 100})]"
    start = line.index("bad") + 1
    text, mark = framed(line, 1, start, 1, start + 3)
    assert len(text) <= 215
    assert text.startswith("   1 | …")
    assert text.endswith("…")
    assert text[mark.index("^") : mark.rindex("^") + 1] == "bad"
    assert framed(line, 1, 1, 1, 5)[0].endswith("…")
    text, mark = framed(line, 1, 1, 1, len(line))
    assert len(mark) <= len(text)


def test_what_a_terminal_obeys_is_shown_in_the_source_too(framed: Framed) -> None:
    text, mark = framed('x = "\x1b[31m"; bad()', 1, 14, 1, 19)
    assert text == '   1 | x = "\\x1b[31m"; bad()'
    assert text[mark.index("^") : mark.rindex("^") + 1] == "bad()"


@given(st.text(st.characters(codec="utf-8"), max_size=300), numbers, numbers, numbers, numbers)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_place_in_any_source_is_shown_without_moving_the_terminal(
    framed: Framed, text: str, line: int, column: int, end_line: int, end_column: int
) -> None:
    rows = "\n".join(framed(text, line % 9, column % 330, end_line % 9, end_column % 330))
    assert not {character for character in rows if category(character) in ("Cc", "Cs", "Zl", "Zp")} - {"\n", "\t"}
