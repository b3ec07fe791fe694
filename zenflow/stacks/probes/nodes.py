"""What the nodes of a cluster have, asked of its Jobs server."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from zenflow.errors import ClusterError
from zenflow.stacks.jobs_server import JobsServer
from zenflow.stacks.nodes import GROWING, Amounts

_NODES = "/api/v0/nodes?detail=1&limit=10000"
"""Ray's state API: https://docs.ray.io/en/latest/ray-observability/reference/api.html"""

_STATUS = "/api/cluster_status"
_GROUP = "ray.io/node-group"
"""The label of nodes that an operator or an autoscaler started as one of a kind."""


def cluster_nodes(server: JobsServer) -> Sequence[Amounts]:
    """The resources of every node that lives; of a cluster that can grow, a node with anything at all too.

    Raises:
        ClusterError: The server does not answer, or its answer is in no form that is known.
    """
    try:
        found = server.get(_NODES)["data"]["result"]["result"]
        nodes = [node for node in found if node["state"] == "ALIVE"]
        amounts = [dict(node["resources_total"]) for node in nodes]
        grows = any(_GROUP in (node.get("labels") or {}) for node in nodes) or _has_autoscaler(server)
    except (KeyError, TypeError, AttributeError):
        raise ClusterError(
            f"the Jobs server {server.address} tells of its nodes in a form that is not known",
            reason="server",
            help="use the Ray that is installed here on the cluster as well",
        ) from None
    return [*amounts, GROWING] if grows else amounts


def _has_autoscaler(server: JobsServer) -> bool:
    """Whether the autoscaler reports kinds of nodes; where nobody starts nodes, Ray makes up a kind for each."""
    status: dict[str, Any] = server.get(_STATUS)["data"].get("clusterStatus") or {}
    kinds = (status.get("autoscalerReport") or {}).get("nodeTypeMapping") or {}
    return any(kind and kind != f"node_{node}" for node, kind in kinds.items())
