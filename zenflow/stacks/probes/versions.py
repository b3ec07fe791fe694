"""Which Python, Ray and ZenFlow two sides of a stack have, and whether they can work together.

Code and values go between the sides as pickles of Ray's, whose form follows Python's minor version; Ray's own messages
change with its minor version; and ZenFlow's drivers and workers take no others' records. A patch of Python or Ray may
differ where the driver itself runs on the cluster; a driver that attaches from here is refused by Ray for that.
"""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version

from attrs import frozen

from zenflow.errors import ClusterError


@frozen
class Versions:
    """The versions of one side; None for what is not installed there. `executable` is its Python's path."""

    python: str
    ray: str | None
    zenflow: str | None
    executable: str = ""


def versions_here() -> Versions:
    """Those of this process.

    >>> versions_here().zenflow is None
    False
    """
    from zenflow import __version__

    return Versions(platform.python_version(), _installed("ray"), __version__, sys.executable)


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def require_equal(here: Versions, there: Versions, where: str) -> None:
    """Refuse a cluster whose Python, Ray or ZenFlow can not work with those here.

    Raises:
        ClusterError: One differs; its `reason` is `version`.

    >>> require_equal(Versions("3.11.7", "2.60.0", "0.1.0"), Versions("3.11.9", "2.60.1", "0.1.0"), "http://head:8265")
    """
    problems = list(_differences(here, there))
    if problems:
        said, helps = zip(*problems, strict=True)
        raise ClusterError(f"{where} has {', and '.join(said)}", reason="version", help="; ".join(helps))


def _differences(here: Versions, there: Versions) -> Iterator[tuple[str, str]]:
    if minor(here.python) != minor(there.python):
        wanted = minor(there.python)
        help_ = f"use Python {wanted} here (`uv venv --python {wanted}`), or {minor(here.python)} on the cluster"
        yield f"Python {there.python} where {here.python} is here", help_
    its_python = f"for its `python` ({there.executable})"
    if there.ray is None:
        yield f"no Ray {its_python}", f'there: pip install "ray[default]=={here.ray}"'
    elif here.ray is not None and minor(here.ray) != minor(there.ray):
        yield f"Ray {there.ray} where {here.ray} is here", f'here: pip install "ray=={there.ray}"'
    if there.zenflow is None:
        help_ = f'requirements = ["zenflow=={here.zenflow}"] in the stack\'s env, or there: pip install the same'
        yield f"no ZenFlow {its_python}", help_
    elif here.zenflow != there.zenflow:
        yield f"ZenFlow {there.zenflow} where {here.zenflow} is here", f"here: pip install zenflow=={there.zenflow}"


def minor(text: str) -> str:
    """A version up to its minor part.

    >>> minor("2.60.1")
    '2.60'
    """
    return ".".join(text.split(".")[:2])
