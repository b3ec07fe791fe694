"""`zenflow check` and `zenflow explain`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from zenflow.cli.run import ParamsFile

if TYPE_CHECKING:
    from zenflow.check.diagnostics import Diagnostic

FORMATS = ("full", "concise", "json")


def check(
    context: typer.Context,
    places: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[PATHS | TARGET]",
            help="Files and folders (this folder without any), or one target.",
            show_default=False,
        ),
    ] = None,
    format: Annotated[str, typer.Option(metavar="|".join(FORMATS), help="How findings are printed.")] = "full",
    params: ParamsFile = None,
) -> None:
    """Find mistakes in pipelines without running them. Exit code 0 is clean, 1 findings, 2 could not check.

    A pipeline that needs parameters is checked as a target with them: zenflow check flow.py:training --depth 3
    """
    from zenflow.errors import UsageError

    if format not in FORMATS:
        raise UsageError(f"findings are not printed as `{format}`", help=f"formats are {', '.join(FORMATS)}")
    typed = places or ["."]
    where = list(takewhile(lambda word: not word.startswith("-"), typed))
    tokens = typed[len(where) :]
    if not tokens and params is None and all(Path(place).exists() for place in where):
        _check_paths([Path(place) for place in where], format)
    elif len(where) == 1:
        _check_target(context, where[0], params, tokens, format)
    elif missing := [place for place in where if not Path(place).exists()]:
        raise UsageError(f"there is no file or folder `{missing[0]}`", help="check the path")
    else:
        raise UsageError("parameters are given to one target", help="zenflow check flow.py:pipeline --x 1")


def explain(code: Annotated[str, typer.Argument(metavar="CODE", help="The code of a finding, such as ZF201.")]) -> None:
    """What a finding means, why it matters, a bad and a good example."""
    from zenflow.check.rules.registry import explain as explained
    from zenflow.cli.terminal import data

    data(explained(code))


def _check_paths(paths: list[Path], format: str) -> None:
    from zenflow.check.project.paths import check_paths
    from zenflow.cli.terminal import say

    report = check_paths(paths)
    for note in report.untraced:
        say(f"not traced: {note}")
    counts = ((report.files, "file"), (report.pipelines, "pipeline"), (report.steps, "step"))
    _tell(report.diagnostics, format, ", ".join(f"{n:,} {what}{'' if n == 1 else 's'}" for n, what in counts))


def _check_target(context: typer.Context, target: str, params: Path | None, tokens: Sequence[str], format: str) -> None:
    from typing import Any

    from zenflow.check.diagnostics import Diagnostic
    from zenflow.check.project.loading import load_target
    from zenflow.check.project.paths import check_pipeline, check_target
    from zenflow.cli.target import ask
    from zenflow.errors import CheckFailed, UsageError
    from zenflow.language.pipeline import Pipeline
    from zenflow.stacks.stack import default_stack

    try:
        if not tokens and params is None and isinstance(pipeline := load_target(target).pipeline, Pipeline):
            found, untraced = check_pipeline(pipeline)
            if untraced:
                raise UsageError(f"`{target}` {untraced}", help=f"zenflow check {target} --x VALUE ...")
        else:
            build: Any = ask(context, target, params, default_stack(), tokens).build
            found = check_target(build, {})
    except CheckFailed as failed:
        found = tuple(d for d in failed.diagnostics if isinstance(d, Diagnostic))
    _tell(found, format, target)


def _tell(found: Sequence[Diagnostic], format: str, what: str) -> None:
    from zenflow.check.reports.concise import concise
    from zenflow.check.reports.full import render, summary
    from zenflow.cli.documents import print_json
    from zenflow.cli.errors import FINDINGS, Refused
    from zenflow.cli.terminal import data, has_colour, say

    if format == "json":
        print_json(found)
    elif format == "concise":
        for diagnostic in found:
            data(concise(diagnostic))
    elif found:
        data(render(found, colour=has_colour(sys.stdout)))
    say(f"{what}: {summary(found)}")
    if found:
        raise Refused(FINDINGS)
