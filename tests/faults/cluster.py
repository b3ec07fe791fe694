"""A Ray of several nodes on this machine, whose nodes can be killed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from attrs import define

_NOTICED_SOON = {
    "health_check_initial_delay_ms": 0,
    "health_check_period_ms": 500,
    "health_check_timeout_ms": 1000,
    "health_check_failure_threshold": 3,
}
"""So that a node's death is noticed within 1.5 s, in place of 13."""

_STORE = 100 * 1024 * 1024
_ENVIRONMENT = {"RAY_worker_niceness": "0", "RAY_USAGE_STATS_ENABLED": "0", "RAY_DEDUP_LOGS": "0"}


@define(eq=False)
class Nodes:
    """A head that runs no steps, and nodes of one CPU each."""

    _cluster: Any
    _nodes: list[Any]

    @property
    def address(self) -> str:
        """What a driver connects to."""
        return str(self._cluster.address)

    def add(self) -> None:
        """One more node."""
        self._nodes.append(self._cluster.add_node(num_cpus=1, object_store_memory=_STORE))

    def kill(self, index: int) -> None:
        """End a node's processes with SIGKILL."""
        self._cluster.remove_node(self._nodes.pop(index), allow_graceful=False)

    def __len__(self) -> int:
        return len(self._nodes)


@contextmanager
def nodes(count: int) -> Iterator[Nodes]:
    """A Ray of so many nodes, and a head."""
    before = {name: os.environ.get(name) for name in _ENVIRONMENT}
    os.environ.update(_ENVIRONMENT)
    from ray.cluster_utils import Cluster

    head = {
        "num_cpus": 0,
        "object_store_memory": _STORE,
        "include_dashboard": False,
        "_system_config": _NOTICED_SOON,
    }
    cluster = Cluster(initialize_head=True, head_node_args=head)
    try:
        found = Nodes(cluster, [])
        for _ in range(count):
            found.add()
        yield found
    finally:
        cluster.shutdown()  # type: ignore[no-untyped-call]
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
