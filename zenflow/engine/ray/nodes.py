"""What the nodes of a running cluster have, asked by a process of its own: this one stays without a Ray."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence

from zenflow.errors import EngineError
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


def nodes_at(address: str) -> Sequence[Mapping[str, float]]:
    """The resources of every node of a cluster; of one that can grow, a node with anything at all too.

    Raises:
        EngineError: The cluster does not answer.
    """
    environment = {**os.environ, "RAY_USAGE_STATS_ENABLED": "0", "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0"}
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-c", _ASK, address],
            env=environment,
            capture_output=True,
            text=True,
            timeout=_WITHIN,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise EngineError(f"the cluster at {address} did not answer in {_WITHIN:g} s", help=_HELP) from None
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"code {done.returncode}"])[-1]
        raise EngineError(f"the cluster at {address} can not be asked: {last}", help=_HELP)
    nodes: list[Mapping[str, float]]
    nodes, growing = json.loads(done.stdout.strip().splitlines()[-1])
    return [*nodes, GROWING] if growing else nodes


_HELP = "check that the cluster runs (`ray status`), and RAY_ADDRESS"
