"""What the nodes of a running cluster have, asked by a process of its own: this one stays without a Ray."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence

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
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-c", _ASK, address],
            env=environment,
            capture_output=True,
            text=True,
            timeout=within,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        said = late.stderr or b""
        raise _refused(address, said if isinstance(said, str) else said.decode(errors="replace"), within) from None
    if done.returncode:
        raise _refused(address, done.stderr, None)
    nodes: list[Mapping[str, float]]
    nodes, growing = json.loads(done.stdout.strip().splitlines()[-1])
    return [*nodes, GROWING] if growing else nodes


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
