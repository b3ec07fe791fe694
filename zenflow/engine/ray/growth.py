"""Whether a cluster can grow: what no node has today may be on one that is started for it.

Ray has no public way to ask. Its autoscaler leaves a report in the cluster's key-value store, in which every node has a
type; where nobody starts nodes, it makes up a type for each (`node_` and the node's id). The second autoscaler, that of
KubeRay, answers a call instead. Where neither is there, as in a Ray that just started, the cluster counts as fixed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def grows(ray: Any) -> bool:
    """Whether an autoscaler starts nodes for the cluster that this process is connected to."""
    types = _second(ray) if _has_second() else _first()
    return any(kind and kind != f"node_{node}" for node, kind in types.items())


def _first() -> Mapping[str, str]:
    """The types of nodes by the first autoscaler's report."""
    from ray._private.ray_constants import DEBUG_AUTOSCALING_STATUS
    from ray.experimental.internal_kv import _internal_kv_get

    report = _internal_kv_get(DEBUG_AUTOSCALING_STATUS)
    summary = json.loads(report).get("autoscaler_report") if report else None
    types: Mapping[str, str] = (summary or {}).get("node_type_mapping") or {}
    return types


def _has_second() -> bool:
    from ray.autoscaler.v2.utils import is_autoscaler_v2

    return bool(is_autoscaler_v2(fetch_from_server=True))


def _second(ray: Any) -> Mapping[str, str]:
    from ray.autoscaler.v2.sdk import get_cluster_status

    status = get_cluster_status(ray.get_runtime_context().gcs_address)
    return {str(node.node_id): node.ray_node_type_name for node in (*status.active_nodes, *status.idle_nodes)}
