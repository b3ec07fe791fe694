"""Checking files and folders: every pipeline in them traced, every step looked at."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from attrs import frozen

from zenflow.check.check import check_graph, ignored, subject_of
from zenflow.check.diagnostics import Diagnostic, by_position
from zenflow.check.loading import Runnable, load_file, pipelines_in, python_files, steps_in
from zenflow.check.misuse import diagnostic_of
from zenflow.check.rules import Subject, all_rules
from zenflow.errors import CheckFailed, UsageError, ZenFlowError
from zenflow.graph.build import graph_of
from zenflow.graph.expression import Parameter, Ref, Trace, combine
from zenflow.graph.function import Function
from zenflow.graph.printing import type_text
from zenflow.language.artifact import Artifact
from zenflow.language.pipeline import Pipeline, artifact_hint, references
from zenflow.language.step import Step

_STEP_RULES = ("ZF202", "ZF203", "ZF205")


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
    try:
        result = build(**arguments)
    except CheckFailed as error:
        return tuple(d for d in error.diagnostics if isinstance(d, Diagnostic))
    except ZenFlowError as error:
        found = diagnostic_of(error)
        if found is None:
            raise
        traced = graph_of({}, [trace for trace in error.traces if isinstance(trace, Trace)])
        return tuple(sorted({found, *check_graph(_with_calls(traced))}, key=by_position))
    refs = references(result)
    traces = {a._trace for a in _artifacts(result) if a._trace is not None}
    return check_graph(graph_of(refs, traces))


def check_paths(paths: Sequence[Path]) -> Report:
    """Check every pipeline and step in files and folders.

    Pipelines are traced with their defaults, and with stand-ins for data inputs.

    Raises:
        UsageError: A path is not there, or there is no Python file at all.
    """
    files = [file for path in paths for file in _files(path)]
    if not files:
        raise UsageError(f"no Python file in {', '.join(map(str, paths))}", help="name a file or folder with pipelines")
    found: dict[Diagnostic, None] = {}
    untraced: list[str] = []
    pipelines = steps = 0
    for file in files:
        try:
            module = load_file(file)
        except CheckFailed as error:
            found.update(dict.fromkeys(d for d in error.diagnostics if isinstance(d, Diagnostic)))
            continue
        for name, pipeline in pipelines_in(module).items():
            pipelines += 1
            missing = _check_pipeline(pipeline, found)
            if missing:
                untraced.append(f"{file}:{name} needs values for {missing}")
        own = steps_in(module)
        steps += len(own)
        found.update(dict.fromkeys(_check_steps(list(own.values()))))
    kept = sorted((d for d in found if not ignored(d)), key=by_position)
    return Report(tuple(kept), len(files), pipelines, steps, tuple(untraced))


def _files(path: Path) -> list[Path]:
    if not path.exists():
        raise UsageError(f"there is no file or folder `{path}`", help="check the path")
    return list(python_files(path))


def _check_pipeline(pipeline: Pipeline[..., Any], found: dict[Diagnostic, None]) -> str:
    """Trace and check; gives the parameters that have neither a default nor a stand-in."""
    arguments, missing = stand_ins(pipeline.function)
    if missing:
        return ", ".join(f"`{name}`" for name in missing)
    try:
        found.update(dict.fromkeys(check_target(pipeline, arguments)))
    except Exception as error:  # tracing runs the user's code, which may raise anything
        found[_raised(error, pipeline)] = None
    return ""


def _raised(error: Exception, pipeline: Pipeline[..., Any]) -> Diagnostic:
    from zenflow.check.misuse import raised_at

    message = f"pipeline `{pipeline.name}` raises {type(error).__name__} while it is traced: {error}"
    return Diagnostic("ZF001", message, raised_at(error.__traceback__), help="mend what the pipeline's own code does")


def stand_ins(function: Function) -> tuple[dict[str, Any], list[str]]:
    """Arguments to trace a pipeline with: placeholders for data inputs without a default, nothing else.

    Gives also the plain parameters that have no default.
    """
    arguments: dict[str, Any] = {}
    missing = []
    for parameter in function.signature.parameters.values():
        variable = parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
        if parameter.default is not inspect.Parameter.empty or variable:
            continue
        hint = artifact_hint(function.hints.get(parameter.name))
        if hint is None:
            missing.append(parameter.name)
        else:
            identity = combine(b"stand-in", parameter.name.encode(), type_text(hint).encode())
            node = Parameter(label=parameter.name, identity=identity, hint=hint)
            arguments[parameter.name] = Artifact(Ref(node))
    return arguments, missing


def _check_steps(steps: list[Step[..., Any, Any, Any]]) -> list[Diagnostic]:
    """The rules that look at steps alone, over steps that no pipeline may use."""
    empty = graph_of({}, ())
    subject = Subject(empty, specs=tuple(step.spec for step in steps))
    finders = [rule.find for rule in all_rules() if rule.code in _STEP_RULES and rule.find is not None]
    return [diagnostic for find in finders for diagnostic in find(subject)]


def _with_calls(graph: Any) -> Any:
    """The graph of everything that was called before a trace ended."""
    calls = [node for trace in subject_of(graph).traces for node in trace.calls]
    return graph_of({str(i): Ref(node) for i, node in enumerate(calls)}, graph.traces)


def _artifacts(result: Any) -> list[Artifact[Any]]:
    return [result] if isinstance(result, Artifact) else list(result)
