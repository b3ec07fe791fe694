"""The commands of a cluster's parts, and whether each answers."""

from __future__ import annotations

import http.client
import json
import os
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
_OUTSIDE = ("ZENFLOW_", "AWS_", "AZURE_", "GOOGLE_", "RAY_")
_NODE = ("--block", "--node-ip-address=127.0.0.1", "--dashboard-agent-listen-port=0", "--disable-usage-stats")
_PORTS = ("--min-worker-port=0", "--max-worker-port=0")
_START = """
from ray.scripts import scripts
scripts.get_ray_client_dependency_error = lambda: "not wanted"
scripts.main()
"""
"""`ray start` without the server of Ray Client. No option leaves it out; it costs three seconds, and a head that takes
more than 30 s to come up is ended by it."""

_STORE = f"--object-store-memory={128 * 1024 * 1024}"
_NOTICED_SOON = {
    "RAY_health_check_initial_delay_ms": "0",
    "RAY_health_check_period_ms": "500",
    "RAY_health_check_timeout_ms": "1000",
    "RAY_health_check_failure_threshold": "3",
}
"""So that a node's death is noticed within 1.5 s, in place of 13."""


def environment(folder: Path, variables: Mapping[str, str]) -> dict[str, str]:
    """What every process of a cluster has: this Python as `python`, this repository, and a home of its own.

    Nothing that the caller's shell says of stacks, stores and other clusters.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_OUTSIDE)}
    return {
        **kept,
        **variables,
        **_NOTICED_SOON,
        "PATH": f"{Path(sys.prefix) / 'bin'}{os.pathsep}{kept.get('PATH', os.defpath)}",
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        "RAY_NUM_REDIS_GET_RETRIES": "120",  # seconds that a worker's start waits for a head that is slow to come up
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN_PATH": str(folder / "token"),
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_worker_niceness": "0",
        "XDG_CONFIG_HOME": str(folder / "config"),
        "ZENFLOW_CACHE": str(folder / "cache"),
    }


def head(folder: Path, ports: Mapping[str, int], cpus: int) -> list[str]:
    """A head, with the Jobs server."""
    return [
        *_ray_start(folder / "h", cpus),
        "--head",
        f"--port={ports['ray']}",
        f"--dashboard-port={ports['jobs']}",
    ]


def worker(folder: Path, number: int, ports: Mapping[str, int], cpus: int) -> list[str]:
    """A node that joins the head."""
    # The head's log monitor is enough for one machine, and each costs a second and a half of its start.
    return [
        *_ray_start(folder / str(number), cpus),
        f"--address=127.0.0.1:{ports['ray']}",
        "--include-log-monitor=false",
    ]


def _ray_start(folder: Path, cpus: int) -> list[str]:
    # Sockets lie in a node's folder, and their paths have to be short.
    command = [sys.executable, "-c", _START, "start", f"--temp-dir={folder}", f"--num-cpus={cpus}"]
    return [*command, _STORE, *_NODE, *_PORTS]


def s3(port: int) -> list[str]:
    """An S3 server that keeps all in memory."""
    return [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]


def listens(port: int) -> bool:
    """Whether somebody takes connections at a port."""
    with socket.socket() as tried:
        tried.settimeout(5)
        return tried.connect_ex(("127.0.0.1", port)) == 0


def ask(port: int, path: str, token: str = "", method: str = "GET") -> Any:
    """What an HTTP server answers, read as JSON where it is; None where it does not answer, or refuses."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, headers={"Authorization": f"Bearer {token}"} if token else {})
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            return None
        return json.loads(body) if body[:1] in (b"{", b"[") else body
    except OSError:
        return None
    finally:
        connection.close()


def living_nodes(port: int, token: str) -> int:
    """How many nodes the Jobs server of a cluster knows to live."""
    answer = ask(port, "/api/v0/nodes?detail=1", token)
    nodes = answer["data"]["result"]["result"] if answer and answer["result"] else []
    return sum(node["state"] == "ALIVE" for node in nodes)
