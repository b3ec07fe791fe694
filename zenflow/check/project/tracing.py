"""Tracing a pipeline for a check: with arguments that were given or made up, past its mistakes."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from attrs import evolve, frozen

from zenflow.check.check import findings, subject_of
from zenflow.check.diagnostics import Diagnostic, by_position
from zenflow.check.project.failures import words_of
from zenflow.check.project.limits import TookTooLong
from zenflow.check.project.loading import Runnable
from zenflow.check.project.stand_ins import stand_ins
from zenflow.check.rules.misuse import diagnostic_of, raised_at
from zenflow.errors import CheckFailed, ZenFlowError
from zenflow.graph.build import Graph, graph_of
from zenflow.graph.expression import Ref, Trace
from zenflow.language.artifact import Artifact
from zenflow.language.pipeline import Pipeline
from zenflow.language.recovery import recovering
from zenflow.language.results import references


@frozen(eq=False)
class Traced:
    """A pipeline's graph and what is wrong with it. `untraced` says what it needs to be traced, where it needs more."""

    graph: Graph
    found: tuple[Diagnostic, ...] = ()
    untraced: str = ""


def check_target(build: Runnable, arguments: dict[str, Any]) -> Traced:
    """Trace a pipeline for some arguments and check it; mistakes in its own code are findings among the others.

    Raises:
        Exception: Whatever the pipeline's own code raises besides.
    """
    return _checked(_traced(build, arguments))


def check_pipeline(pipeline: Pipeline[..., Any]) -> Traced:
    """Trace a pipeline with its defaults and stand-ins, and check it."""
    given = stand_ins(pipeline.function)
    if given.missing:
        return Traced(graph_of({}), untraced=f"needs values for {_listed(given.missing)}")
    try:
        traced = _traced(pipeline, given.arguments)
    except (KeyboardInterrupt, TookTooLong):
        raise
    except BaseException as error:  # tracing runs the user's code, which may raise anything
        what = f"raises {type(error).__name__} while it is traced: {words_of(error)}"
        if given.made_up:  # it need not be wrong: the values may be
            needs = f"needs values for {_listed(given.made_up)}: with made-up ones it {what}"
            return Traced(graph_of({}), untraced=needs)
        return raising(pipeline.name, error)
    checked = _checked(traced)
    absent = _absent_defaults(pipeline)
    told = (d for d in checked.found if d.code != "ZF407" or not (given.made_up or any(p in d.message for p in absent)))
    return evolve(checked, found=tuple(told))


def _absent_defaults(pipeline: Pipeline[..., Any]) -> list[str]:
    """Paths that parameters default to and that are not there: the data need not be where a project is checked."""
    defaults = (parameter.default for parameter in pipeline.function.signature.parameters.values())
    return [f"names `{path}`, which" for path in defaults if isinstance(path, Path) and not path.exists()]


def raising(name: str, error: BaseException) -> Traced:
    """A pipeline whose own code raises."""
    own = error.help if isinstance(error, ZenFlowError) else None
    message = f"pipeline `{name}` raises {type(error).__name__} while it is traced: {words_of(error)}"
    place, help_ = raised_at(error.__traceback__), own or "mend what the pipeline's own code does"
    return Traced(graph_of({}), (Diagnostic("ZF001", message, place, help=help_),))


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _checked(traced: Traced) -> Traced:
    """What was traced, with what the rules find in its graph."""
    return evolve(traced, found=tuple(sorted({*traced.found, *findings(traced.graph)}, key=by_position)))


def _traced(build: Runnable, arguments: dict[str, Any]) -> Traced:
    """The graph of a pipeline for some arguments, and the mistakes in its code that were met on the way.

    Where its code ends for another reason, the graph is that of what was called before.
    """
    parameters = inspect.signature(build).parameters
    positional = [name for name, p in parameters.items() if p.kind is p.POSITIONAL_ONLY and name in arguments]
    with recovering() as mistakes:
        try:
            result = build(*(arguments[name] for name in positional), **_without(arguments, positional))
        except CheckFailed as error:
            return Traced(graph_of({}), tuple(d for d in error.diagnostics if isinstance(d, Diagnostic)))
        except ZenFlowError as error:
            found = diagnostic_of(error)
            if found is None and not mistakes.errors:
                raise
            return _cut_short([*mistakes.errors, error])
        except Exception as error:
            if not mistakes.errors:
                raise
            return evolve(_cut_short(mistakes.errors), untraced=_end_of(error))
    traces = {a._trace for a in _artifacts(result) if a._trace is not None}
    return Traced(graph_of(references(result), traces), tuple(_found(mistakes.errors)))


def _end_of(error: Exception) -> str:
    """Where a trace ended for what need be no mistake: the value that an earlier one left may have led to it."""
    place = raised_at(error.__traceback__)
    where = f" at line {place.line}" if place is not None else ""
    return f"raises {type(error).__name__}{where} after a mistake that is told, and is not looked at further"


def _without(arguments: dict[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return {name: value for name, value in arguments.items() if name not in names}


def _found(errors: Iterable[ZenFlowError]) -> list[Diagnostic]:
    return [found for error in errors if (found := diagnostic_of(error)) is not None]


def _cut_short(errors: Sequence[ZenFlowError]) -> Traced:
    """The graph of everything that was called before a trace ended, and the mistakes."""
    traces = dict.fromkeys(trace for error in errors for trace in error.traces if isinstance(trace, Trace))
    graph = graph_of({}, traces)
    calls = [node for trace in subject_of(graph).traces for node in trace.calls]
    whole = graph_of({str(i): Ref(node) for i, node in enumerate(calls)}, graph.traces)
    return Traced(whole, tuple(_found(errors)))


def _artifacts(result: Any) -> list[Artifact[Any]]:
    return [result] if isinstance(result, Artifact) else list(result)
