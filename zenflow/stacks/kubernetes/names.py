"""What Kubernetes, KubeRay and Kueue take as a name, and amounts as they write them.

A mistake is told here, with what to write, and not by the cluster's admission after the manifest was handed in.
Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ (RFC 1123 and RFC 1035 labels) and
…/labels/ (label keys and values).
"""

from __future__ import annotations

import re

from zenflow.errors import UsageError

LONGEST_JOB = 47
"""KubeRay makes the names of the cluster and its services from that of the job, and they must stay below 64."""

_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_JOB = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_SUBDOMAIN = re.compile(rf"{_LABEL.pattern}(\.{_LABEL.pattern})*")
_VALUE = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_IMAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@+-]*")


def label_of(text: str, longest: int = LONGEST_JOB) -> str:
    """The nearest name of a job to any text.

    >>> label_of("Train_Flights"), label_of("2nd"), label_of("…")
    ('train-flights', 'zf-2nd', 'zf')
    """
    plain = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    if not _JOB.fullmatch(plain):
        plain = f"zf-{plain}".strip("-")
    return plain[:longest].rstrip("-")


def require_job(name: str) -> str:
    """A name that a RayJob may have.

    Raises:
        UsageError: It may not.
    """
    if len(name) <= LONGEST_JOB and _JOB.fullmatch(name):
        return name
    raise _wrong(
        "--name", name, f"small letters, digits and `-`, a letter first, {LONGEST_JOB} at most", label_of(name)
    )


def require_namespace(name: str) -> str:
    """A name that a namespace may have.

    Raises:
        UsageError: It may not.
    """
    if len(name) <= 63 and _LABEL.fullmatch(name):
        return name
    raise _wrong("--namespace", name, "small letters, digits and `-`, 63 at most", label_of(name, 63))


def require_object(option: str, name: str, longest: int = 253) -> str:
    """A name that an object may have: a secret, a queue.

    Raises:
        UsageError: It may not.
    """
    if len(name) <= longest and _SUBDOMAIN.fullmatch(name):
        return name
    takes = f"small letters, digits, `-` and `.`, {longest} at most"
    raise _wrong(option, name, takes, label_of(name, longest))


def require_node_label(option: str, key: str, value: str) -> tuple[str, str]:
    """A label of nodes: an optional domain and a name, and a value.

    Raises:
        UsageError: Nodes can not have it.
    """
    domain, slash, name = key.rpartition("/")
    fits = len(name) <= 63 and _VALUE.fullmatch(name) and len(value) <= 63 and _VALUE.fullmatch(value)
    if fits and (not slash or (len(domain) <= 253 and _SUBDOMAIN.fullmatch(domain))):
        return key, value
    raise UsageError(
        f"`{option}`: no node has a label `{key}={value}`",
        help="write the label as `kubectl get nodes --show-labels` shows it: nvidia.com/gpu.product=NVIDIA-H100-PCIe",
    )


def require_image(name: str) -> str:
    """The name of an image.

    Raises:
        UsageError: It is none.
    """
    if _IMAGE.fullmatch(name):
        return name
    raise UsageError(
        f"{name!r} is not the name of an image", help="write it as for docker: registry.example.com/team/flows:1.4"
    )


def require_variable(name: str, place: str) -> str:
    """The name of a variable, which is also a key of a secret.

    Raises:
        UsageError: It is none.
    """
    if _VARIABLE.fullmatch(name):
        return name
    raise UsageError(
        f"{place}: a pod has no variable `{name}`", help="use letters, digits and `_`, no digit first: AWS_REGION"
    )


def mebibytes(amount: int) -> str:
    """Bytes as Kubernetes writes an amount, rounded up.

    >>> mebibytes(2**30), mebibytes(1)
    ('1024Mi', '1Mi')
    """
    return f"{-(-amount // 2**20)}Mi"


def _wrong(option: str, name: str, takes: str, close: str) -> UsageError:
    return UsageError(
        f"`{option} {name}`: no name that Kubernetes takes: {takes}", help=f"for example `{option} {close}`"
    )
