"""Looking at one target, in this process: its pipeline traced for the arguments that were given, its file read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from attrs import evolve

from zenflow.check.bodies.read import read_source
from zenflow.check.bodies.source import Source
from zenflow.check.check import subject_of
from zenflow.check.diagnostics import Diagnostic
from zenflow.check.guard import nothing_runs
from zenflow.check.merge import merged
from zenflow.check.project.examine import too_long
from zenflow.check.project.examined import Examined
from zenflow.check.project.limits import TookTooLong, kept_in
from zenflow.check.project.loading import load_target, root_of
from zenflow.check.project.syntax import text_of
from zenflow.check.project.tracing import Traced, check_pipeline, check_target, raising
from zenflow.check.rules.edges import open_edges
from zenflow.check.rules.misuse import raised_at
from zenflow.check.rules.resources import demands
from zenflow.check.suppression import suppressions
from zenflow.errors import CheckFailed
from zenflow.language.pipeline import Pipeline


def examine_target(text: str, limit: float, ask: Callable[[], Callable[[], Any]], *, bare: bool) -> Examined:
    """Look at one target.

    Args:
        text: How it was asked for: `file.py:name`, or another form of a target.
        limit: Seconds for its import and its trace.
        ask: Gives what builds it with the arguments that were given.
        bare: Whether no arguments were given: a pipeline is then traced with its defaults and stand-ins.

    Raises:
        UsageError: There is no such target, or its arguments are wrong.
    """
    known, stage = Examined("", pipelines=1), "importing"
    try:
        with nothing_runs(text), kept_in(text, limit):
            target = load_target(text)
            known, stage = _of_module(known, target.module), "tracing"
            if bare and isinstance(target.pipeline, Pipeline):
                traced = check_pipeline(target.pipeline)
            else:
                traced = _traced(target.name, ask())
    except CheckFailed as error:
        return evolve(known, found=tuple(d for d in error.diagnostics if isinstance(d, Diagnostic)))
    except TookTooLong as error:
        place = raised_at(error.__traceback__)
        return evolve(known, found=(too_long(stage, known.file or text, limit, place),))
    subject = subject_of(traced.graph)
    source = text_of(Path(known.file)) if known.file else None
    read = read_source(Source.of(known.file, source, vars(target.module))) if source is not None else ()
    return evolve(
        known,
        found=tuple(merged([traced.found, read])),
        comments=suppressions(known.file, source or ""),
        untraced=(traced.untraced,) if traced.untraced else (),
        edges=tuple(dict.fromkeys(open_edges(subject))),
        demands=tuple(demands(subject.specs)),
    )


def _of_module(known: Examined, module: ModuleType) -> Examined:
    file = getattr(module, "__file__", None)
    return evolve(known, file=str(Path(file).resolve()), root=str(root_of(Path(file)))) if file else known


def _traced(name: str, build: Any) -> Traced:
    try:
        return check_target(build, {})
    except (KeyboardInterrupt, TookTooLong):
        raise
    except BaseException as error:  # tracing runs the user's code, which may raise anything
        return raising(name, error)
