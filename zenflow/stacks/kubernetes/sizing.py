"""Groups of equal pods that can run every step of a pipeline.

There is one group for each kind of resources: plain ones, more memory than a plain pod has, GPUs, one for each model
of accelerator and for each set of custom resources. A pod is one node of Ray's; it is as large as the largest of its
kind's steps, since a step runs on one node. A group has as many pods as its largest gang needs at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import ceil

from attrs import field, frozen

from zenflow.errors import UsageError
from zenflow.graph.options import Options
from zenflow.stacks.kubernetes.names import label_of
from zenflow.stacks.nodes import fitting, requested

GIB = 2**30

PLAIN_MEMORY = 4 * GIB
"""Bytes of a pod whose steps say nothing of memory."""

_OBJECT_STORE = 0.3
"""The part of a pod's memory that Ray's object store takes: `object_store_memory` of `ray start`."""

_OWN = GIB // 2
"""Bytes for Ray's own processes on a node."""

_ACCELERATOR = "accelerator_type:"
_LONGEST_GROUP = 24
_LIMIT = 1_000_000
"""More than any pod has of anything but bytes; beyond it numbers are no longer whole ones of 32 bits."""


@frozen
class Group:
    """Pods of one kind.

    Args:
        name: Unique in a cluster.
        cpus: Of each pod.
        memory: Bytes of each pod.
        gpus: Of each pod.
        accelerator: The model of the GPUs, by Ray's name.
        resources: Custom ones, by name.
        at_once: How many pods the largest gang needs at once, 1 without one.
        gang: The step that is this gang, and its workers.
    """

    name: str
    cpus: int
    memory: int
    gpus: int = 0
    accelerator: str | None = None
    resources: Mapping[str, int] = field(factory=dict)
    at_once: int = 1
    gang: tuple[str, int] | None = None

    @property
    def amounts(self) -> dict[str, float]:
        """What one of its pods gives, by Ray's names."""
        given: dict[str, float] = {"CPU": self.cpus, "memory": self.memory, "GPU": self.gpus, **self.resources}
        if self.accelerator is not None:
            given[f"{_ACCELERATOR}{self.accelerator}"] = 1
        return {name: amount for name, amount in given.items() if amount}


@frozen
class Replicas:
    """How many pods a group has: at first, at least, at most."""

    count: int
    least: int
    most: int

    @property
    def grows(self) -> bool:
        """Whether Ray's autoscaler decides."""
        return self.least < self.most


_Kind = tuple[bool, str, tuple[str, ...], bool]


def groups(steps: Iterable[tuple[str, Options]], *, cpus: int = 1, memory: int = PLAIN_MEMORY) -> tuple[Group, ...]:
    """The groups that can run all steps.

    >>> one, other = groups([("load", Options()), ("train", Options(gpus=2, workers=4))])
    >>> one.name, other.name, other.gpus, other.at_once
    ('cpu', 'gpu', 2, 4)

    Args:
        steps: Their names and options.
        cpus: What each pod has at least.
        memory: The bytes that each pod has at least.

    Raises:
        UsageError: A step asks for something that a pod can not be given by its numbers alone.
    """
    kinds: dict[_Kind, list[tuple[str, Options]]] = {}
    for name, options in steps:
        _require_possible(name, options)
        kinds.setdefault(_kind(options, memory), []).append((name, options))
    if not kinds:
        kinds[False, "", (), False] = []
    taken: set[str] = set()
    return tuple(_group(kind, kinds[kind], _unique(_name(kind), taken), cpus, memory) for kind in sorted(kinds))


def replicas(group: Group, workers: int | None = None, least: int | None = None, most: int | None = None) -> Replicas:
    """How many pods a group has, by what its gangs need and what is wished for.

    >>> replicas(Group("gpu", 1, GIB, at_once=4), most=8)
    Replicas(count=4, least=4, most=8)

    Raises:
        UsageError: The wishes contradict each other, or a gang of the group would never have room.
    """
    _require_order(workers, least, most)
    needed = group.at_once if most is None else min(group.at_once, most)
    count = max(needed, least or 0) if workers is None else workers
    found = Replicas(count, count if least is None else least, count if most is None else most)
    if found.most < group.at_once:
        step, ranks = group.gang or ("", 1)
        option, given = ("--max-workers", most) if most is not None else ("--workers", workers)
        raise UsageError(
            f"step `{step}` starts {ranks} workers at once, which need {group.at_once} pods of group `{group.name}`; "
            f"{option} {given} has room for fewer",
            help=f"give {option} {group.at_once}, or larger pods by --worker-cpus",
        )
    return found


def _require_order(workers: int | None, least: int | None, most: int | None) -> None:
    low, high = least or 0, most if most is not None else _LIMIT
    if low > high:
        raise UsageError(
            f"--min-workers {least} is more than --max-workers {most}", help="give the smaller number to --min-workers"
        )
    if workers is not None and not low <= workers <= high:
        option, limit = ("--min-workers", least) if workers < low else ("--max-workers", most)
        raise UsageError(
            f"--workers {workers} contradicts {option} {limit}", help="--workers is how many there are at first"
        )
    if (workers, least, most).count(0) and not high:
        raise UsageError("--max-workers 0 leaves nothing to run on", help="give 1 or more")
    if workers == 0 and most is None:
        raise UsageError("--workers 0 leaves nothing to run on", help="give --max-workers too, or 1 or more")


def _kind(options: Options, memory: int) -> _Kind:
    has_gpu = bool(options.gpus or options.accelerator)
    custom = tuple(sorted(name for name, amount in options.resources.items() if amount))
    large = not has_gpu and not custom and _pod_memory(options) > memory
    return has_gpu, options.accelerator or "", custom, large


def _name(kind: _Kind) -> str:
    has_gpu, accelerator, custom, large = kind
    first = "memory" if large else "gpu" if has_gpu else "cpu"
    return label_of("-".join(part for part in (first, accelerator, *custom) if part), _LONGEST_GROUP)


def _unique(name: str, taken: set[str]) -> str:
    found, number = name, 2
    while found in taken:
        found = f"{name[: _LONGEST_GROUP - 4].rstrip('-')}-{number}"
        number += 1
    taken.add(found)
    return found


def _group(kind: _Kind, steps: list[tuple[str, Options]], name: str, cpus: int, memory: int) -> Group:
    has_gpu, accelerator, custom, _ = kind
    asked = [options for _, options in steps]
    group = Group(
        name,
        cpus=max([cpus, *(ceil(one.cpus) for one in asked if one.cpus)]),
        memory=max([memory, *map(_pod_memory, asked)]),
        gpus=max([int(has_gpu), *(ceil(one.gpus) for one in asked if one.gpus)]),
        accelerator=accelerator or None,
        resources={one: max(ceil(options.resources[one]) for options in asked) for one in custom},
    )
    needs = [(_pods(group, options), step, options.workers) for step, options in steps if options.workers > 1]
    if not needs:
        return group
    at_once, step, workers = max(needs, key=lambda need: need[0])
    return Group(
        group.name, group.cpus, group.memory, group.gpus, group.accelerator, group.resources, at_once, (step, workers)
    )


def _pods(group: Group, options: Options) -> int:
    """How many pods hold all workers of a gang."""
    return ceil(options.workers / fitting(requested(options), [group.amounts]))


def _pod_memory(options: Options) -> int:
    """The bytes of a pod in which a step has the memory that it asks for, beside Ray's own."""
    return ceil(options.memory / (1 - _OBJECT_STORE)) + _OWN if options.memory else 0


def _require_possible(name: str, options: Options) -> None:
    accelerator = options.accelerator or ""
    if "TPU" in options.resources or accelerator.upper().startswith("TPU"):
        raise UsageError(
            f"step `{name}` asks for TPUs, whose pods depend on the topology of a slice",
            help="export without it, and write its worker group by KubeRay's guide to TPUs",
        )
    for resource, amount in {"cpus": options.cpus or 0, "gpus": options.gpus or 0, **options.resources}.items():
        if amount > _LIMIT:
            raise UsageError(f"step `{name}` asks for {resource} {amount:g}: no pod has that", help="ask for less")
