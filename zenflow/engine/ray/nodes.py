"""What the nodes of a running cluster have, asked by a process of its own: this one stays without a Ray."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from tempfile import TemporaryFile
from typing import IO

from zenflow.errors import ClusterError
from zenflow.stacks.nodes import GROWING

_WITHIN = 20.0
"""Seconds that a cluster has for its answer."""
_ASK = """
import json, logging, sys
import ray
ray.init(address=sys.argv[1], log_to_driver=False, configure_logging=False, logging_level=logging.ERROR)
from zenflow.engine.ray.growth import grows
print(json.dumps([[node["Resources"] for node in ray.nodes() if node["Alive"]], grows(ray)]))
"""


def nodes_at(address: str, token: str | None = None, within: float = _WITHIN) -> Sequence[Mapping[str, float]]:
    """The resources of every node of a cluster; of one that can grow, a node with anything at all too.

    Args:
        address: What a driver attaches to: `auto` or `host:port`.
        token: What the cluster asks for.
        within: Seconds that it has for its answer.

    Raises:
        ClusterError: The cluster does not answer, does not let us in, or is of another Ray or Python.
    """
    environment = {**os.environ, "RAY_USAGE_STATS_ENABLED": "0", "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0"}
    if token is not None:
        environment |= {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": token}
    code, out, said = _asked([sys.executable, "-P", "-c", _ASK, address], environment, within)
    if code != 0:
        raise _refused(address, said, within if code is None else None)
    nodes: list[Mapping[str, float]]
    nodes, growing = json.loads(out.strip().splitlines()[-1])
    return [*nodes, GROWING] if growing else nodes


def _asked(command: Sequence[str], environment: Mapping[str, str], within: float) -> tuple[int | None, str, str]:
    """The exit code of a command (None where it was ended), and what it wrote.

    A Ray that is refused for its token goes on trying for half a minute; it is ended at its first word of that.
    """
    with TemporaryFile("w+") as out, TemporaryFile("w+") as errors:
        process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=errors)
        deadline = time.monotonic() + within
        try:
            while process.poll() is None and time.monotonic() < deadline and _NO_TOKEN not in _text(errors).lower():
                time.sleep(0.05)
            code = process.poll()
        finally:
            process.kill()
            process.wait()
        return code, _text(out), _text(errors)


def _text(file: IO[str]) -> str:
    # `pread` leaves the place alone at which the process that shares the file writes on.
    return os.pread(file.fileno(), os.fstat(file.fileno()).st_size, 0).decode(errors="replace")


def _refused(address: str, said: str, within: float | None) -> ClusterError:
    """Why a cluster could not be asked, by what Ray wrote."""
    if _NO_TOKEN in said.lower():
        return ClusterError(
            f"the cluster at {address} asks for a token, and none or a wrong one was given",
            reason="token",
            help="the stack's `token` is the cluster's: token = '${env:RAY_AUTH_TOKEN}', and that variable set here",
        )
    mismatch = re.search(r"Version mismatch.*?Ray: (\S+).*?Python: (\S+).*?Ray: (\S+).*?Python: (\S+)", said, re.DOTALL)
    if mismatch:
        ray, python, own_ray, own_python = mismatch.groups()
        return ClusterError(
            f"the cluster at {address} is of Ray {ray} and Python {python}; here are Ray {own_ray} and Python "
            f"{own_python}, and a driver that attaches needs the same",
            reason="version",
            help=f'pip install "ray=={ray}" for Python {python} here, or hand runs to its Jobs server: '
            "ray = 'http://head:8265'",
        )
    if within is not None:
        return ClusterError(f"the cluster at {address} did not answer in {within:g} s", reason="time", help=_HELP)
    last = (said.strip().splitlines() or ["without a word"])[-1]
    return ClusterError(f"the cluster at {address} can not be asked: {last}", reason="refused", help=_HELP)


_HELP = "check that the cluster runs (`ray status`), RAY_ADDRESS, and the stack's `token` where it asks for one"
_NO_TOKEN = "unauthenticated"
