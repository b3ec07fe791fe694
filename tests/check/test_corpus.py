"""Planted mistakes are found at their lines, with the text that is kept beside them; correct pipelines are clean."""

from __future__ import annotations

import linecache
import os
import re
from collections import Counter
from pathlib import Path

import pytest

from tests.check.checking import check_paths
from zenflow.check.reports.full import render
from zenflow.check.rules.registry import all_rules

CORPUS = Path(__file__).parent / "corpus"
BAD = sorted((CORPUS / "bad").glob("*.py"))
GOOD = sorted((CORPUS / "good").glob("*.py"))
EXAMPLES = sorted((CORPUS.parents[2] / "examples").glob("*.py"))


def planted(file: Path) -> set[tuple[int, str]]:
    """`# E: ZF201 ZF301` on a line: these findings, there."""
    return marks(file, "# E:")


def marks(file: Path, mark: str) -> set[tuple[int, str]]:
    """Lines and codes: `# ok: ZF201` on a line says that it comes close to a mistake and is none."""
    lines = enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
    return {(number, code) for number, line in lines for code in re.findall(r"ZF\d+", line.partition(mark)[2])}


@pytest.mark.parametrize("file", BAD, ids=lambda file: file.stem)
def test_planted_mistakes_are_found_at_their_lines_and_nothing_else(file: Path) -> None:
    found = check_paths([file]).diagnostics
    assert {(d.span.line, d.code) for d in found if d.span} == planted(file)
    assert all(d.help for d in found)


@pytest.mark.parametrize("file", BAD, ids=lambda file: file.stem)
def test_the_report_reads_as_it_is_kept(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`GOLDEN=1 pytest tests/check` writes them anew."""
    monkeypatch.chdir(file.parent)
    linecache.checkcache()
    report = render(check_paths([file]).diagnostics) + "\n"
    golden = file.with_suffix(".txt")
    if os.environ.get("GOLDEN"):
        golden.write_text(report, encoding="utf-8")
    assert report == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("file", [*GOOD, *EXAMPLES], ids=lambda file: file.stem)
def test_correct_pipelines_are_clean(file: Path) -> None:
    report = check_paths([file])
    assert render(report.diagnostics) == ""
    assert report.pipelines


def test_every_rule_has_planted_mistakes_and_near_misses() -> None:
    bad = Counter(code for file in BAD for _, code in planted(file))
    good = Counter(code for file in GOOD for _, code in marks(file, "# ok:"))
    elsewhere = {"ZF505"}  # a fact of the stack, and in no file: tests/stacks
    codes = [rule.code for rule in all_rules() if rule.code not in elsewhere]
    assert {code: bad[code] for code in codes if bad[code] < 2} == {}
    assert {code: good[code] for code in codes if good[code] < 2} == {}
