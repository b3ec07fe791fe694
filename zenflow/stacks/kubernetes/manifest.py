"""A run as a RayJob: KubeRay makes a cluster for it, runs its driver there, and takes the cluster down again.

The head runs the driver and no steps (`num-cpus: 0`); steps run on the groups of workers. What a container asks for it
is limited to, so that what Ray believes it has is what it has. The same job always gives the same manifest.

Sources: RayJob, RayClusterSpec and WorkerGroupSpec of https://ray-project.github.io/kuberay/reference/api/, and for
queues https://kueue.sigs.k8s.io/docs/tasks/run/rayjobs/.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from attrs import field, frozen

from zenflow.errors import UsageError
from zenflow.stacks.kubernetes.names import mebibytes
from zenflow.stacks.kubernetes.sizing import GIB, Group, Replicas
from zenflow.stacks.kubernetes.variables import StackTexts, Variable, pod_variables, require_reachable

Document = dict[str, Any]

SCHEMES = ("s3", "gs", "https", "azure", "abfss")
"""Where Ray fetches a working directory from: "Remote URIs" of its runtime environments."""

_MOST_QUEUED = 6
"""Worker groups that Kueue takes: a workload has eight sets of pods, and the head and the submitter are two."""

_NVIDIA, _AMD = "nvidia.com/gpu", "amd.com/gpu"
_RESOURCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/ -]*")


@frozen(kw_only=True)
class Job:
    """What a manifest is made of.

    Args:
        name: Of the RayJob.
        command: The words of the driver's command line.
        image: What all containers run in.
        stack: Where the run keeps things.
        ray_version: Of Ray in the image.
        groups: The workers.
        secret: The Secret with the variables that the stack refers to.
        namespace: Where the job is, or None for that of whoever hands it in.
        queue: Kueue's LocalQueue that it waits in.
        deadline: Seconds after which it is ended.
        ttl: Seconds that its cluster is kept after its end.
        retries: How often it is begun again on a new cluster after a failure.
        working_dir: The URI of the code, or None for code that is in the image.
        labels: By model of accelerator, the label of the nodes that have it.
        head_cpus: Of the head.
        head_memory: Bytes of the head.
    """

    name: str
    command: Sequence[str]
    image: str
    stack: StackTexts
    ray_version: str
    groups: Sequence[tuple[Group, Replicas]]
    secret: str | None = None
    namespace: str | None = None
    queue: str | None = None
    deadline: int | None = None
    ttl: int = 600
    retries: int = 0
    working_dir: str | None = None
    labels: Mapping[str, tuple[str, str]] = field(factory=dict)
    head_cpus: int = 2
    head_memory: int = 4 * GIB


def rayjob(job: Job) -> Document:
    """The manifest, as plain data.

    Raises:
        UsageError: The stack can not be used from pods, or the job is not one that KubeRay and Kueue take.
    """
    require_reachable(job.stack)
    _require_queueable(job)
    env = pod_variables(job.stack, job.secret)
    metadata: Document = {"name": job.name}
    if job.namespace is not None:
        metadata["namespace"] = job.namespace
    if job.queue is not None:
        metadata["labels"] = {"kueue.x-k8s.io/queue-name": job.queue}
    return {"apiVersion": "ray.io/v1", "kind": "RayJob", "metadata": metadata, "spec": _spec(job, env)}


def require_working_dir(uri: str) -> str:
    """A URI that Ray fetches code from.

    Raises:
        UsageError: It is none.
    """
    parts = urlsplit(uri)
    if parts.scheme not in SCHEMES or not parts.netloc or not parts.path.endswith((".zip", ".whl", ".jar")):
        raise UsageError(
            f"`--working-dir {uri}` is no archive that the cluster can fetch",
            help=f"give the URI of a zip ({', '.join(f'{one}://' for one in SCHEMES)}), or put the code into the image",
        )
    _require_plain("--working-dir", uri)
    return uri


def _spec(job: Job, env: list[Variable]) -> Document:
    spec: Document = {"entrypoint": shlex.join(job.command)}
    environment = _runtime_environment(job)
    if environment:
        spec["runtimeEnvYAML"] = environment
    spec |= {"shutdownAfterJobFinishes": True, "ttlSecondsAfterFinished": job.ttl, "backoffLimit": job.retries}
    if job.deadline is not None:
        spec["activeDeadlineSeconds"] = job.deadline
    if job.queue is not None:
        spec["suspend"] = True  # Kueue lets it begin
    cluster: Document = {"rayVersion": job.ray_version}
    if any(replicas.grows for _, replicas in job.groups):
        cluster["enableInTreeAutoscaling"] = True
    cluster["headGroupSpec"] = _head(job, env)
    cluster["workerGroupSpecs"] = [_workers(job, env, group, replicas) for group, replicas in job.groups]
    return spec | {"rayClusterSpec": cluster}


def _runtime_environment(job: Job) -> str:
    """Ray's runtime environment as a text. It is JSON, which is YAML."""
    environment: Document = {}
    if job.working_dir is not None:
        environment["working_dir"] = job.working_dir
    if job.stack.requirements:
        for requirement in job.stack.requirements:
            _require_plain("requirement", requirement)
        environment[job.stack.installer] = {"packages": list(job.stack.requirements)}
    return json.dumps(environment, indent=2) + "\n" if environment else ""


def _head(job: Job, env: list[Variable]) -> Document:
    ports = {"gcs-server": 6379, "dashboard": 8265, "client": 10001}
    container: Document = {
        "name": "ray-head",
        "image": job.image,
        "env": env,
        "ports": [{"name": name, "containerPort": port} for name, port in ports.items()],
        "resources": _resources({"cpu": str(job.head_cpus), "memory": mebibytes(job.head_memory)}),
    }
    return {
        "rayStartParams": {"dashboard-host": "0.0.0.0", "num-cpus": "0"},
        "template": {"spec": {"containers": [container]}},
    }


def _workers(job: Job, env: list[Variable], group: Group, replicas: Replicas) -> Document:
    amounts = {"cpu": str(group.cpus), "memory": mebibytes(group.memory)}
    device = _AMD if (group.accelerator or "").startswith("AMD") else _NVIDIA
    if group.gpus:
        amounts[device] = str(group.gpus)
    pod: Document = {
        "containers": [{"name": "ray-worker", "image": job.image, "env": env, "resources": _resources(amounts)}]
    }
    if group.gpus:
        pod["tolerations"] = [{"key": device, "operator": "Exists", "effect": "NoSchedule"}]
    if group.accelerator is not None:
        pod["nodeSelector"] = dict([_label(job, group.accelerator)])
    return {
        "groupName": group.name,
        "replicas": replicas.count,
        "minReplicas": replicas.least,
        "maxReplicas": replicas.most,
        "rayStartParams": _start_parameters(group),
        "template": {"spec": pod},
    }


def _resources(amounts: dict[str, str]) -> Document:
    return {"requests": dict(amounts), "limits": dict(amounts)}


def _start_parameters(group: Group) -> dict[str, str]:
    """What `ray start` is told that it can not find out in a pod.

    The model of an accelerator it could; but the autoscaler must know it of a group that has no pods yet.
    """
    custom = dict(group.resources)
    if group.accelerator is not None:
        custom[f"accelerator_type:{group.accelerator}"] = 1
    for name in custom:
        if not _RESOURCE.fullmatch(name):
            raise UsageError(
                f"a group of workers can not give the resource {name!r}",
                help="call it by letters, digits, `_`, `-`, `.`, `/`, `:`",
            )
    # KubeRay puts the text into a shell's command line as it is: quoted, with its own quotes escaped.
    quoted = json.dumps(custom, sort_keys=True).replace('"', '\\"')
    return {"resources": f'"{quoted}"'} if custom else {}


def _label(job: Job, accelerator: str) -> tuple[str, str]:
    label = job.labels.get(accelerator)
    if label is None:
        raise UsageError(
            f"nothing says which nodes have the accelerator {accelerator}, for every cluster labels them its own way",
            help=f"give their label (kubectl get nodes --show-labels): --nodes {accelerator}=nvidia.com/gpu.product=…",
        )
    return label


def _require_queueable(job: Job) -> None:
    if job.queue is None:
        return
    for group, replicas in job.groups:
        if replicas.grows:
            raise UsageError(
                f"group `{group.name}` would grow from {replicas.least} to {replicas.most} pods; "
                "a job in Kueue's queue has its pods reserved before it begins",
                help="leave out --min-workers and --max-workers, and give --workers",
            )
    if len(job.groups) > _MOST_QUEUED:
        raise UsageError(
            f"the pipeline needs {len(job.groups)} groups of workers, and Kueue queues {_MOST_QUEUED} at most",
            help="let steps ask for fewer kinds of resources, or leave out --queue",
        )


def _require_plain(what: str, text: str) -> None:
    """Refuse what a shell would put something else for: KubeRay's submitter is one."""
    if set(text) & set("$`\\\n"):
        raise UsageError(
            f"{what} `{text}` has a character that the shell of KubeRay's submitter does not leave as it is",
            help="write it without $, ` and \\",
        )
