"""The public face as the reference page writes it: names, signatures without annotations, verbs with their options."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator, Mapping
from types import FunctionType
from typing import Any

import typer.main

import zenflow

FURTHER = {
    "ArtifactInfo": "zenflow.language.artifact",
    "CheckFailed": "zenflow.errors",
    "Difference": "zenflow.history.diff",
    "StepResult": "zenflow.history.steps",
}
"""Classes that nobody imports from `zenflow` but that its names hand out."""

NOT_FOR_USERS = {"Run.__init__", "Run.record", "StepResult.record", "Step.spec", "Pipeline.function", "Graph.resolve"}
NOT_FOR_USERS |= {
    f"{cls}.{name}"
    for cls in ("Secret", "External")
    for name in ("stands_for", "kind", "identity", "settled", "obtain")
}


def public() -> dict[str, Any]:
    """Every name the reference has a section for."""
    names = {name: getattr(zenflow, name) for name in zenflow.__all__ if not name.startswith("_")}
    return names | {name: getattr(importlib.import_module(home), name) for name, home in FURTHER.items()}


def signature(name: str, function: Any, *, method: bool = False) -> str:
    """`run(target, *, stack=None)`: parameters and defaults, no annotations."""
    found = inspect.signature(function)
    parameters = [p.replace(annotation=p.empty) for p in found.parameters.values()]
    if method and parameters and parameters[0].name in ("self", "cls"):
        parameters = parameters[1:]
    return name + str(found.replace(parameters=parameters, return_annotation=found.empty))


def members(cls: type) -> dict[str, str]:
    """Attributes and methods of a class by name, as they are used: `load()`, `info`."""
    found: dict[str, str] = {}
    for name, value in _members(cls):
        if name.startswith("_") or f"{cls.__name__}.{name}" in NOT_FOR_USERS:
            continue
        plain = value.__func__ if isinstance(value, (classmethod, staticmethod)) else value
        found[name] = signature(name, plain, method=True) if isinstance(plain, FunctionType) else name
    return found


def _members(cls: type) -> Iterator[tuple[str, Any]]:
    yield from ((name, None) for name in getattr(cls, "__annotations__", {}))
    yield from vars(cls).items()


def verbs() -> Mapping[str, Any]:
    """The verbs of the command line by name, `ls runs` for one of a group."""
    from zenflow.cli.app import app

    found: dict[str, Any] = {}
    group: Any = typer.main.get_command(app)
    for name, command in group.commands.items():
        inner = getattr(command, "commands", None)
        found |= {name: command} if inner is None else {f"{name} {verb}": sub for verb, sub in inner.items()}
    return found


def options(command: Any) -> set[str]:
    """The options of a verb, without `--help`."""
    return {flag for parameter in command.params for flag in parameter.opts if flag.startswith("-")} - {"--help"}
