"""What a node can give, and what a step asks of one.

A step runs on one node, and so does each rank of a gang. Amounts go by Ray's names: `CPU`, `GPU`, `memory` in bytes,
`accelerator_type:H100`, and custom ones.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from math import floor, inf
from pathlib import Path

from zenflow.graph.options import Options

Amounts = Mapping[str, float]

_NVIDIA = Path("/proc/driver/nvidia/gpus")
_OTHER_ACCELERATORS = (Path("/dev/kfd"), Path("/dev/dxg"), Path("/dev/accel"), Path("/dev/dri/renderD128"))
_ACCELERATOR = "accelerator_type:"
_ROUNDING = 1e-9
"""Shares that add up to a whole fit, although 0.1 is no exact number."""

GROWING: Amounts = {"*": inf}
"""A node that the cluster may yet start; what it will have is not known."""


def requested(options: Options) -> dict[str, float]:
    """What a step with these options asks of the node that it runs on."""
    wanted = {"CPU": 1.0 if options.cpus is None else options.cpus, "GPU": options.gpus or 0.0}
    wanted |= {"memory": float(options.memory or 0), **options.resources}
    if options.accelerator:
        wanted[f"{_ACCELERATOR}{options.accelerator}"] = 0.001
    return {name: amount for name, amount in wanted.items() if amount > 0}


def lacking(wanted: Amounts, nodes: Sequence[Amounts], workers: int = 1) -> str | None:
    """Why the nodes can never give what each worker asks for to all of them at once; None where they can."""
    room = sum(_room(node, wanted) for node in nodes)
    if room >= workers:
        return None
    if room > 0:
        return (
            f"each of {workers} workers asks for {amounts_text(wanted)} at once; the nodes here have room for {room:g}"
        )
    best = {name: max((_given(node, name) for node in nodes), default=0) for name in wanted}
    return f"it asks for {amounts_text(wanted)} on one node; the most any node here has is {amounts_text(best)}"


def amounts_text(amounts: Amounts) -> str:
    """Amounts as people read them: `CPU 1, memory 2.0 GiB`."""
    return ", ".join(f"{name} {_number(amount)}" for name, amount in amounts.items())


def fitting(wanted: Amounts, nodes: Sequence[Amounts]) -> int:
    """How many such requests all nodes can give at once; a request for nothing counts as one for a whole CPU."""
    asked = wanted or {"CPU": 1.0}
    return int(sum(_room(node, asked) for node in nodes))


def _room(node: Amounts, wanted: Amounts) -> float:
    """How many workers a node can serve at once."""
    shares = (_given(node, name) / amount for name, amount in wanted.items() if amount > 0)
    return min((share if share == inf else floor(share + _ROUNDING) for share in shares), default=inf)


def _given(node: Amounts, name: str) -> float:
    unknown = node.get("*", 0)
    return node.get(name, node.get(_ACCELERATOR, unknown) if name.startswith(_ACCELERATOR) else unknown)


def _number(amount: float) -> str:
    return f"{amount / 2**30:.1f} GiB" if amount >= 2**20 else f"{amount:g}"


def this_machine() -> dict[str, float]:
    """The most that a Ray started on this machine can give.

    What can not be told for certain counts as endless: the models of accelerators, and those that are not NVIDIA's.
    """
    node = {"CPU": float(os.cpu_count() or 1), "memory": _memory()}
    cards = _nvidia_cards()
    if cards == 0 and any(place.exists() for place in _OTHER_ACCELERATORS):
        return node | {"GPU": inf, _ACCELERATOR: inf}
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        cards = min(cards, len([one for one in visible.split(",") if one.strip() not in ("", "-1")]))
    return node | {"GPU": float(cards), _ACCELERATOR: inf if cards else 0.0}


def _memory() -> float:
    try:
        return float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    except (ValueError, OSError):
        return inf


def _nvidia_cards() -> int:
    try:
        return len(list(_NVIDIA.iterdir()))
    except OSError:
        return 0
