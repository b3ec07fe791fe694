"""Probes of what a stack stands on: the versions of what is installed, and whether its parts can reach each other."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version

from zenflow.errors import EngineError, UsageError
from zenflow.stacks.probes.probe import Probe, Skipped
from zenflow.stacks.reach import unreachable
from zenflow.stacks.stack import Stack

_NEEDED = ("zenflow", "ray", "obstore", "SQLAlchemy", "alembic", "msgspec", "blake3")
_USED = (
    *("numpy", "pyarrow", "pandas", "polars", "Pillow", "matplotlib", "plotly", "torch", "safetensors", "scikit-learn"),
    *("skops", "xgboost", "xgboost-cpu", "lightgbm", "transformers", "datasets", "psycopg", "boto3"),
)


def installed_probes() -> Sequence[Probe]:
    """What is installed, in which versions."""
    return (Probe("python", _python), *(_package(name) for name in _NEEDED), Probe("libraries", _libraries))


def reach_probes(stack: Stack) -> Sequence[Probe]:
    """Whether what the stack keeps is where its runs are."""
    return (Probe("stack: keeps where its runs are", lambda: _reaches(stack)),)


def _python() -> str:
    return f"{platform.python_version()}, {platform.system()} {platform.machine()}"


def _package(name: str) -> Probe:
    def check() -> str:
        try:
            return version(name)
        except PackageNotFoundError:
            raise UsageError(f"{name} is not installed here", help="pip install -U zenflow") from None

    return Probe(name.lower(), check)


def _libraries() -> str:
    found = []
    for name in _USED:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    if not found:
        raise Skipped("none of those that ZenFlow has formats for")
    return ", ".join(found)


def _reaches(stack: Stack) -> str:
    if stack.ray is None:
        raise Skipped("all of it is this machine's")
    for message, help_ in unreachable(stack):
        raise EngineError(message, help=help_)
    return "from where its runs are"
