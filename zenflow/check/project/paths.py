"""Checking files and folders: every pipeline in them traced, every step looked at."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import Any

from attrs import define, field, frozen

from zenflow.check.check import check_graph, ignored, subject_of
from zenflow.check.diagnostics import Diagnostic, by_position
from zenflow.check.project.loading import (
    Runnable,
    load_file,
    pipelines_in,
    python_files,
    root_of,
    steps_in,
    syntax_of,
)
from zenflow.check.project.stand_ins import stand_ins
from zenflow.check.rules.misuse import diagnostic_of, raised_at
from zenflow.check.rules.registry import Subject, all_rules
from zenflow.errors import CheckFailed, UsageError, ZenFlowError
from zenflow.graph.build import Graph, graph_of
from zenflow.graph.expression import Ref, Trace
from zenflow.language.artifact import Artifact
from zenflow.language.pipeline import Pipeline
from zenflow.language.results import references
from zenflow.language.step import Step

_STEP_RULES = ("ZF202", "ZF203", "ZF205", "ZF405", "ZF406")


@frozen
class Report:
    """What a check found. `untraced` are pipelines that need values nobody gave, with what they need."""

    diagnostics: tuple[Diagnostic, ...]
    files: int
    pipelines: int
    steps: int
    untraced: tuple[str, ...] = ()


def check_target(build: Runnable, arguments: dict[str, Any]) -> tuple[Diagnostic, ...]:
    """Trace a pipeline for some arguments and check it; a mistake that ends the trace is a finding among the others."""
    return _checked(*_traced(build, arguments))


def _checked(graph: Graph, found: tuple[Diagnostic, ...]) -> tuple[Diagnostic, ...]:
    return tuple(sorted({*found, *check_graph(graph)}, key=by_position))


def _traced(build: Runnable, arguments: dict[str, Any]) -> tuple[Graph, tuple[Diagnostic, ...]]:
    """The graph of a pipeline for some arguments; where a mistake ends the trace, what was built before, and the
    mistake."""
    parameters = inspect.signature(build).parameters
    positional = [name for name, p in parameters.items() if p.kind is p.POSITIONAL_ONLY and name in arguments]
    try:
        result = build(*(arguments[name] for name in positional), **_without(arguments, positional))
    except CheckFailed as error:
        return graph_of({}), tuple(d for d in error.diagnostics if isinstance(d, Diagnostic))
    except ZenFlowError as error:
        found = diagnostic_of(error)
        if found is None:
            raise
        traced = graph_of({}, [trace for trace in error.traces if isinstance(trace, Trace)])
        return _with_calls(traced), (found,)
    refs = references(result)
    traces = {a._trace for a in _artifacts(result) if a._trace is not None}
    return graph_of(refs, traces), ()


def _without(arguments: dict[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return {name: value for name, value in arguments.items() if name not in names}


def check_paths(paths: Sequence[Path]) -> Report:
    """Check every pipeline and step in files and folders.

    Pipelines are traced with their defaults, and with stand-ins where there are none. Of a folder's files, those that
    never mention this package are read for their syntax, and not imported. Modules that were imported for the check
    are forgotten again, so that two folders may each have their own `flow.py`.

    Raises:
        UsageError: A path is not there, or there is no Python file at all.
    """
    asked = {file: path.is_file() for path in paths for file in _files(path)}
    if not asked:
        raise UsageError(f"no Python file in {', '.join(map(str, paths))}", help="name a file or folder with pipelines")
    sweep = _Sweep()
    for folder, files in groupby(asked, key=root_of):
        with forgotten(folder):
            for file in files:
                sweep.file(file, named=asked[file])
    kept = sorted(sweep.found, key=by_position)
    return Report(tuple(kept), len(asked), sweep.pipelines, sweep.steps, tuple(sweep.untraced))


@define
class _Sweep:
    """What is found on the way through some files."""

    found: dict[Diagnostic, None] = field(factory=dict)
    untraced: list[str] = field(factory=list)
    pipelines: int = 0
    steps: int = 0

    def file(self, file: Path, *, named: bool) -> None:
        """Import a file and check what it defines; one that can not be imported is a finding."""
        if not named and not _mentions_us(file):
            self._add(syntax_of(file))
            return
        try:
            module = load_file(file)
        except CheckFailed as error:
            self._add(d for d in error.diagnostics if isinstance(d, Diagnostic))
            return
        except UsageError as error:
            self._add([Diagnostic("ZF001", error.message, help=error.help or "")])
            return
        for name, pipeline in pipelines_in(module).items():
            self.pipelines += 1
            found, untraced = check_pipeline(pipeline)
            self._add(found)
            if untraced:
                self.untraced.append(f"{file}:{name} {untraced}")
        own = steps_in(module)
        self.steps += len(own)
        self._add(_check_steps(list(own.values())))

    def _add(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.found.update(dict.fromkeys(d for d in diagnostics if not ignored(d)))


@contextmanager
def forgotten(root: Path) -> Iterator[None]:
    """Let go of what was imported from under a folder meanwhile."""
    before, path = set(sys.modules), list(sys.path)
    try:
        yield
    finally:
        for name in set(sys.modules) - before:
            file = getattr(sys.modules[name], "__file__", None)
            if file and Path(file).is_relative_to(root) and "site-packages" not in file:
                del sys.modules[name]
        sys.path[:] = path


def _mentions_us(file: Path) -> bool:
    try:
        return b"zenflow" in file.read_bytes()
    except OSError:
        return True  # importing it says what is wrong


def _files(path: Path) -> list[Path]:
    if not path.exists():
        raise UsageError(f"there is no file or folder `{path}`", help="check the path")
    return list(python_files(path))


def check_pipeline(pipeline: Pipeline[..., Any]) -> tuple[tuple[Diagnostic, ...], str]:
    """Trace a pipeline with its defaults and stand-ins, and check it; the findings, and what it needs to be traced."""
    given = stand_ins(pipeline.function)
    if given.missing:
        return (), f"needs values for {_listed(given.missing)}"
    try:
        graph, mistakes = _traced(pipeline, given.arguments)
    except (Exception, SystemExit) as error:  # tracing runs the user's code, which may raise anything
        what = f"raises {type(error).__name__} while it is traced: {error}"
        if given.made_up:  # it need not be wrong: the values may be
            return (), f"needs values for {_listed(given.made_up)}: with made-up ones it {what}"
        place = raised_at(error.__traceback__)
        message = f"pipeline `{pipeline.name}` {what}"
        return (Diagnostic("ZF001", message, place, help="mend what the pipeline's own code does"),), ""
    found = _checked(graph, mistakes)
    return tuple(d for d in found if d.code not in _OF_VALUES or not given.made_up), ""


_OF_VALUES = ("ZF407",)
"""Rules that look at plain values, of which made-up ones tell nothing."""


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _check_steps(steps: list[Step[..., Any, Any, Any]]) -> list[Diagnostic]:
    """The rules that look at steps alone, over steps that no pipeline may use."""
    empty = graph_of({}, ())
    subject = Subject(empty, specs=tuple(step.spec for step in steps))
    finders = [rule.find for rule in all_rules() if rule.code in _STEP_RULES and rule.find is not None]
    return [diagnostic for find in finders for diagnostic in find(subject)]


def _with_calls(graph: Graph) -> Graph:
    """The graph of everything that was called before a trace ended."""
    calls = [node for trace in subject_of(graph).traces for node in trace.calls]
    return graph_of({str(i): Ref(node) for i, node in enumerate(calls)}, graph.traces)


def _artifacts(result: Any) -> list[Artifact[Any]]:
    return [result] if isinstance(result, Artifact) else list(result)
