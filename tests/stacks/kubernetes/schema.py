"""What the API server and KubeRay's operator take as a RayJob, for tests to refuse all else.

The fields of RayJob, RayCluster and its groups are written down from KubeRay's API reference (ray.io/v1,
https://ray-project.github.io/kuberay/reference/api/) as far as a manifest of ours may have them; the pod template is
that of Kubernetes 1.30, whole: the definitions that `PodTemplateSpec` reaches in the OpenAPI description of
Kubernetes (Apache License 2.0), without their descriptions, as the package kubernetes-validate 1.37.0 distributes them
for strict validation. A CRD prunes fields that it does not know without a word; here they are refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]

QUANTITY = r"^([0-9]+(\.[0-9]*)?|\.[0-9]+)(Ki|Mi|Gi|Ti|Pi|Ei|m|k|M|G|T|P|E)?$"
_JOB = r"^[a-z]([-a-z0-9]*[a-z0-9])?$"
_LABEL = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"


def _fields(required: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def _count(least: int = 0) -> dict[str, Any]:
    return {"type": "integer", "minimum": least, "maximum": 2**31 - 1}


_TEXTS = {"type": "object", "additionalProperties": {"type": "string"}}
_POD = {"$ref": "#/$defs/io.k8s.api.core.v1.PodTemplateSpec"}
_WORKERS = _fields(
    ("groupName", "minReplicas", "maxReplicas", "rayStartParams", "template"),
    groupName={"type": "string", "pattern": _LABEL, "maxLength": 24},
    replicas=_count(),
    minReplicas=_count(),
    maxReplicas=_count(),
    idleTimeoutSeconds=_count(),
    numOfHosts=_count(1),
    rayStartParams=_TEXTS,
    template=_POD,
)
_HEAD = _fields(
    ("rayStartParams", "template"),
    rayStartParams=_TEXTS,
    template=_POD,
    serviceType={"enum": ["ClusterIP", "NodePort", "LoadBalancer"]},
)
_CLUSTER = _fields(
    ("headGroupSpec", "rayVersion"),
    rayVersion={"type": "string", "pattern": r"^\d+\.\d+\.\d+"},
    enableInTreeAutoscaling={"type": "boolean"},
    headGroupSpec=_HEAD,
    workerGroupSpecs={"type": "array", "items": _WORKERS, "minItems": 1},
)
_SPEC = _fields(
    ("entrypoint", "rayClusterSpec", "shutdownAfterJobFinishes"),
    entrypoint={"type": "string", "minLength": 1},
    runtimeEnvYAML={"type": "string"},
    submissionMode={"enum": ["K8sJobMode", "HTTPMode"]},
    shutdownAfterJobFinishes={"type": "boolean"},
    ttlSecondsAfterFinished=_count(),
    activeDeadlineSeconds=_count(1),
    backoffLimit=_count(),
    suspend={"type": "boolean"},
    metadata=_TEXTS,
    rayClusterSpec=_CLUSTER,
)
_METADATA = _fields(
    ("name",),
    name={"type": "string", "pattern": _JOB, "maxLength": 47},
    namespace={"type": "string", "pattern": _LABEL, "maxLength": 63},
    labels={
        "type": "object",
        "additionalProperties": {"type": "string", "pattern": r"^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$"},
    },
)


@cache
def _validator() -> Any:
    definitions = json.loads((Path(__file__).parent / "pod_template.json").read_text(encoding="utf-8"))
    job = _fields(
        ("apiVersion", "kind", "metadata", "spec"),
        apiVersion={"const": "ray.io/v1"},
        kind={"const": "RayJob"},
        metadata=_METADATA,
        spec=_SPEC,
    )
    return jsonschema.Draft202012Validator({**job, "$defs": definitions})


def mistakes(document: Any) -> list[str]:
    """What is wrong with a manifest."""
    found = [f"{error.json_path}: {error.message[:200]}" for error in _validator().iter_errors(document)]
    return found or [*_operator(document)]


def _operator(document: Any) -> Iterator[str]:
    """What KubeRay's and Kueue's admission refuses besides."""
    spec, cluster = document["spec"], document["spec"]["rayClusterSpec"]
    names = [group["groupName"] for group in cluster["workerGroupSpecs"]]
    if len(set(names)) < len(names):
        yield f"two groups have one name: {names}"
    if spec.get("suspend") and not spec["shutdownAfterJobFinishes"]:
        yield "a job that is suspended must shut down its cluster"
    queued = "kueue.x-k8s.io/queue-name" in document["metadata"].get("labels", {})
    if queued and (cluster.get("enableInTreeAutoscaling") or len(names) > 6):
        yield "Kueue takes no autoscaling and eight sets of pods"
    for group in cluster["workerGroupSpecs"]:
        if not group["minReplicas"] <= group["replicas"] <= group["maxReplicas"]:
            yield f"the replicas of {group['groupName']} contradict each other"
    for group in [cluster["headGroupSpec"], *cluster["workerGroupSpecs"]]:
        yield from _of_group(group)


def _of_group(group: Any) -> Iterator[str]:
    (container,) = group["template"]["spec"]["containers"]
    resources = container["resources"]
    if resources["requests"] != resources["limits"]:
        yield "requests are not the limits"
    yield from (f"no quantity: {text}" for text in resources["limits"].values() if not re.match(QUANTITY, text))
    given = [one["name"] for one in container["env"]]
    if len(set(given)) < len(given):
        yield f"a variable is given twice: {given}"
    if set(group["rayStartParams"]) & {"num-gpus", "memory", "labels"}:
        yield "resources are given twice"
