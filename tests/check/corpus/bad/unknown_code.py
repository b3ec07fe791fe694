"""Code that can not be known before it runs."""

import importlib
import sys

from zenflow import Artifact, pipeline, step


def looked_up(name: str) -> float:
    return float(globals()[name])  # E: ZF501


@step
def evaluated(x: float, formula: str) -> float:
    return float(eval(formula, {"x": x}))  # E: ZF501


@step
def executed(x: float, text: str) -> float:
    names = {"x": x}
    exec(text, names)  # E: ZF501
    return float(names["x"])


@step
def imported(x: float, module: str) -> float:
    return float(importlib.import_module(module).value) + x  # E: ZF501


@step
def by_module(x: float) -> float:
    return x + len(sys.modules)  # E: ZF501


@step
def by_helper(name: str) -> float:
    return looked_up(name)


@pipeline
def used() -> Artifact[float]:
    return by_module(1.0)
