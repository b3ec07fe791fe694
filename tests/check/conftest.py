"""Flows in files, as users have them, and the findings in them."""

from __future__ import annotations

import linecache
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.check.checking import check_paths
from zenflow.check.diagnostics import Diagnostic
from zenflow.check.project.forgetting import forgotten
from zenflow.check.session import Report

collect_ignore = ["corpus"]  # to be checked, not run

Check = Callable[..., Report]
HEAD = "from zenflow import Artifact, each, pipeline, run, step, when\n"


@pytest.fixture(autouse=True)
def _modules_of_one_test(tmp_path: Path) -> Iterator[None]:
    """What a test imports from its own folder is forgotten with it."""
    with forgotten(tmp_path):
        yield


@pytest.fixture
def check(project: Path) -> Check:
    """Write a flow and check it; `from zenflow import …` stands in its first line."""

    def checked(source: str, name: str = "flow.py") -> Report:
        (project / name).write_text(HEAD + textwrap.dedent(source), encoding="utf-8")
        linecache.clearcache()
        return check_paths([project / name])

    return checked


def codes(report: Report) -> list[tuple[str, int]]:
    """The findings as (code, line)."""
    return [(d.code, d.span.line if d.span else 0) for d in report.diagnostics]


def marked(diagnostic: Diagnostic) -> str:
    """The source that a finding marks, of its first line."""
    span = diagnostic.span
    assert span is not None
    line = linecache.getline(span.file, span.line).rstrip("\n")
    return line[span.column - 1 : span.end_column - 1 if span.end_line == span.line else len(line)]
