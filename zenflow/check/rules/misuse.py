"""ZF101-ZF104, ZF206, ZF304 and their like: mistakes that stop a pipeline's own code while it is traced.

They are raised where they happen; here the error becomes a finding with its place in the user's source.
"""

from __future__ import annotations

import ast
import builtins
import inspect
from collections.abc import Sequence
from itertools import islice
from types import TracebackType

from zenflow.check.diagnostics import Diagnostic
from zenflow.check.rules.registry import explained
from zenflow.check.source import called_at, condition_of, definition_of, result_span
from zenflow.errors import ZenFlowError
from zenflow.graph.expression import Trace
from zenflow.graph.function import Function
from zenflow.graph.site import Site, Span
from zenflow.keys.first_party import Origin, origin_of_code

explained(
    "ZF101",
    "an artifact in a condition",
    why="""While a pipeline is traced no value is there yet, so an artifact is neither true nor false: a condition on it
    would take one branch for every value there may ever be.""",
    bad="if is_good(model):\n    deploy(model)",
    good="when(is_good(model), lambda: deploy(model), lambda: keep(old))",
)
explained(
    "ZF102",
    "an artifact formatted into a string, or printed",
    why="The text would hold the handle's name instead of the value, in a file name or a query that looks right.",
    bad='save(f"model-{score(model)}.txt")',
    good="@step\ndef name_for(score: float) -> str:\n    return f'model-{score}.txt'",
)
explained(
    "ZF103",
    "iterating, unpacking, indexing or measuring an artifact",
    why="How many elements there are is not known before the run gets there.",
    bad="for part in split(data):\n    train(part)",
    good="train.map(each(split(data)))",
)
explained(
    "ZF104",
    "comparison, arithmetic, or an attribute of an artifact",
    why="An operator needs values, and so does an attribute. A comparison would quietly compare handles.",
    bad="best = score(a) > score(b)",
    good="@step\ndef better(a: float, b: float) -> bool:\n    return a > b",
)
explained(
    "ZF105",
    "an artifact given to a plain function",
    why="""Outside of a step no value is there yet: a plain function would get the handle. mypy with our plugin finds
    the call by its types; a trace finds it where the function uses the handle as its value.""",
    bad="training_loss = math.sqrt(error(model))",
    good="@step\ndef root(error: float) -> float:\n    return math.sqrt(error)",
)
explained(
    "ZF304",
    "a step called inside a step's body",
    why="Inside a step values are there and code runs: calling a step there would build an expression nobody runs.",
    bad="@step\ndef train(x: int) -> int:\n    return scale(x)",
    good="@step\ndef train(x: int) -> int:\n    return scale.fn(x)",
)


def diagnostic_of(error: ZenFlowError) -> Diagnostic | None:
    """The finding that an error of the language stands for; None for an error without a code."""
    if error.code is None:
        return None
    pipeline = next((trace.pipeline for trace in error.traces if isinstance(trace, Trace)), None)
    if error.code == "ZF204" and pipeline is not None:  # found once the pipeline's own code was left
        return Diagnostic(error.code, error.message, result_span(pipeline.fn), help=error.help or "")
    passed = _passed(error, pipeline) if error.code in _USES and pipeline is not None else None
    if passed is not None:
        return passed
    place = noted_at(error.sites) if error.sites else raised_at(error.__traceback__)
    return Diagnostic(error.code, error.message, place, help=error.help or "")


_USES = ("ZF101", "ZF102", "ZF103", "ZF104")


def _passed(error: ZenFlowError, pipeline: Function) -> Diagnostic | None:
    """The finding where the pipeline gave an artifact to a plain function, which then used it as its value."""
    index = next((i for i, site in enumerate(error.sites) if _is_in(site, pipeline)), None)
    if index is None:
        return None
    site: Site = error.sites[index]
    called = called_at(site)
    if called is None or (index == 0 and (error.code == "ZF102" or hasattr(builtins, called.partition(".")[0]))):
        return None
    if index and _composes(error.sites[index - 1]):
        return None
    message = f"`{called}` is a plain function, and {error.message}"
    help_ = f"call `{called}` inside a step, where the value is there; or make it a step"
    return Diagnostic("ZF105", message, condition_of(site.span()), help=help_)


def _composes(site: Site) -> bool:
    """Whether a function of the user's takes artifacts by its own word, or does not say what it takes."""
    if origin_of_code(site.code, site.module) is not Origin.FIRST_PARTY:
        return False
    node = definition_of(site.code)
    every = [] if node is None else [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    return any(arg.annotation is None or "Artifact" in ast.unparse(arg.annotation) for arg in every) or not every


def _is_in(site: Site, pipeline: Function) -> bool:
    """Whether a place is in a pipeline's own code, or in a function that is written inside of it."""
    own = inspect.unwrap(pipeline.fn).__code__
    inner = site.code.co_qualname.startswith(f"{own.co_qualname}.<locals>.")
    return site.code is own or (inner and site.code.co_filename == own.co_filename)


def noted_at(sites: Sequence[Site]) -> Span | None:
    """The innermost of some places, from the inside out, that is in the user's own code; failing that, a library's."""
    own = [site for site in sites if origin_of_code(site.code, site.module) is Origin.FIRST_PARTY]
    return condition_of((own or sites)[0].span())


def raised_at(trace: TracebackType | None) -> Span | None:
    """The innermost place in the user's own code that a traceback leads through; failing that, in a library's."""
    own: TracebackType | None = None
    library: TracebackType | None = None
    while trace is not None:
        module = trace.tb_frame.f_globals.get("__name__", "")
        origin = origin_of_code(trace.tb_frame.f_code, module)
        if origin is Origin.FIRST_PARTY:
            own = trace
        elif origin is not Origin.ZENFLOW and not module.startswith("importlib"):
            library = trace
        trace = trace.tb_next
    found = own or library
    return None if found is None else _span(found)


def _span(trace: TracebackType) -> Span:
    code = trace.tb_frame.f_code
    positions = next(islice(code.co_positions(), trace.tb_lasti // 2, None), (None,) * 4)
    line, end_line, column, end = positions
    if line is None or column is None:
        return Span(code.co_filename, trace.tb_lineno, 1, trace.tb_lineno, 1)
    return condition_of(Span(code.co_filename, line, column + 1, end_line or line, (end or column) + 1))
