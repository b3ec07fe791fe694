"""What installing and importing ZenFlow costs."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from importlib.metadata import requires

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

HEAVY = {"ray", "networkx", "sqlalchemy", "alembic", "numpy", "pyarrow", "pandas", "polars", "obstore", "mypy", "typer"}


def _closure(requirements: Iterable[str], extras: Iterable[str] = ()) -> set[str]:
    """All packages that these requirements bring, by the metadata of what is installed here."""
    found: dict[str, set[str]] = {}
    waiting = [*_wanted(requirements, extras)]
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        if name in found and requirement.extras <= found[name]:
            continue
        found.setdefault(name, set()).update(requirement.extras)
        waiting.extend(_wanted(requires(name) or (), requirement.extras))
    return set(found)


def _wanted(requirements: Iterable[str], extras: Iterable[str]) -> Iterable[Requirement]:
    for requirement in map(Requirement, requirements):
        if requirement.marker is None or any(requirement.marker.evaluate({"extra": e}) for e in ("", *extras)):
            yield requirement


def test_core_install_brings_at_most_45_packages() -> None:
    packages = _closure(requires("zenflow") or ())
    assert len(packages) <= 45, sorted(packages)


@pytest.mark.parametrize(
    "statement",
    [
        "import zenflow",
        "from zenflow import Artifact, each, pipeline, report, step, when",
        "import zenflow.cli",
    ],
)
def test_imports_load_nothing_heavy(statement: str) -> None:
    code = f"import sys; {statement}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert not loaded & HEAVY
