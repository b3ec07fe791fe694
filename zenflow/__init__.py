"""ZenFlow: typed functional pipelines for machine learning.

A pipeline is a pure expression over plain typed functions, so it is checked before it runs, cached, resumed and traced
the way a compiler treats a pure program. This is the package's public face; names are imported when first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zenflow.artifacts.materializer import BlobReader, BlobWriter, Description, Materializer
    from zenflow.artifacts.materializers.pickle import Pickle
    from zenflow.artifacts.registry import materializer
    from zenflow.artifacts.trust import trust
    from zenflow.engine.run import run
    from zenflow.errors import StepFailed, ZenFlowError
    from zenflow.graph.build import Graph
    from zenflow.history.run import Run
    from zenflow.language.artifact import Artifact
    from zenflow.language.decorator import step
    from zenflow.language.each import each
    from zenflow.language.external import External
    from zenflow.language.gang import Gang
    from zenflow.language.loop import loop
    from zenflow.language.pipeline import Pipeline, pipeline
    from zenflow.language.report import report
    from zenflow.language.secret import Secret
    from zenflow.language.step import Step
    from zenflow.language.when import when
    from zenflow.stacks.stack import Stack

__version__ = "0.1.0"

_HOMES = {
    "Artifact": "language.artifact",
    "BlobReader": "artifacts.materializer",
    "BlobWriter": "artifacts.materializer",
    "Description": "artifacts.materializer",
    "External": "language.external",
    "Gang": "language.gang",
    "Graph": "graph.build",
    "Materializer": "artifacts.materializer",
    "Pickle": "artifacts.materializers.pickle",
    "Pipeline": "language.pipeline",
    "Run": "history.run",
    "Secret": "language.secret",
    "Stack": "stacks.stack",
    "Step": "language.step",
    "StepFailed": "errors",
    "ZenFlowError": "errors",
    "each": "language.each",
    "loop": "language.loop",
    "materializer": "artifacts.registry",
    "pipeline": "language.pipeline",
    "report": "language.report",
    "run": "engine.run",
    "step": "language.decorator",
    "trust": "artifacts.trust",
    "when": "language.when",
}

__all__ = [
    "Artifact",
    "BlobReader",
    "BlobWriter",
    "Description",
    "External",
    "Gang",
    "Graph",
    "Materializer",
    "Pickle",
    "Pipeline",
    "Run",
    "Secret",
    "Stack",
    "Step",
    "StepFailed",
    "ZenFlowError",
    "__version__",
    "each",
    "loop",
    "materializer",
    "pipeline",
    "report",
    "run",
    "step",
    "trust",
    "when",
]


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'zenflow' has no attribute {name!r}")
    from importlib import import_module

    value: object = getattr(import_module(f"zenflow.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
