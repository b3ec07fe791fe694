"""What a node can give, and what a step asks of one.

A step runs on one node. Amounts go by Ray's names: `CPU`, `GPU`, `memory` in bytes, `accelerator_type:H100`, and custom
ones.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from zenflow.graph.options import Options

Amounts = Mapping[str, float]

_NVIDIA = Path("/proc/driver/nvidia/gpus")
_OTHER_ACCELERATORS = (Path("/dev/kfd"), Path("/dev/dxg"), Path("/dev/accel"), Path("/dev/dri/renderD128"))
_ACCELERATOR = "accelerator_type:"


def requested(options: Options) -> dict[str, float]:
    """What a step with these options asks of the node that it runs on."""
    wanted = {"CPU": 1.0 if options.cpus is None else options.cpus, "GPU": options.gpus or 0.0}
    wanted |= {"memory": float(options.memory or 0), **options.resources}
    if options.accelerator:
        wanted[f"{_ACCELERATOR}{options.accelerator}"] = 0.001
    return {name: amount for name, amount in wanted.items() if amount > 0}


def lacking(wanted: Amounts, nodes: Sequence[Amounts]) -> str | None:
    """Why no node can ever give what is asked for; None where one can."""
    if any(all(_given(node, name) >= amount for name, amount in wanted.items()) for node in nodes):
        return None
    best = {name: max((_given(node, name) for node in nodes), default=0) for name in wanted}
    asked = ", ".join(f"{name} {_number(amount)}" for name, amount in wanted.items())
    there = ", ".join(f"{name} {_number(amount)}" for name, amount in best.items())
    return f"it asks for {asked} on one node; the most any node here has is {there}"


def fitting(wanted: Amounts, nodes: Sequence[Amounts]) -> int:
    """How many such requests all nodes can give at once; a request for nothing counts as one for a whole CPU."""
    asked = wanted or {"CPU": 1.0}
    return int(sum(min(_given(node, name) // amount for name, amount in asked.items()) for node in nodes))


def _given(node: Amounts, name: str) -> float:
    return node.get(name, node.get(_ACCELERATOR, 0) if name.startswith(_ACCELERATOR) else 0)


def _number(amount: float) -> str:
    return f"{amount / 2**30:.1f} GiB" if amount >= 2**20 else f"{amount:g}"


def this_machine() -> dict[str, float]:
    """The most that a Ray started on this machine can give.

    What can not be told for certain counts as endless: the models of accelerators, and those that are not NVIDIA's.
    """
    node = {"CPU": float(os.cpu_count() or 1), "memory": _memory()}
    cards = _nvidia_cards()
    if cards == 0 and any(place.exists() for place in _OTHER_ACCELERATORS):
        return node | {"GPU": float("inf"), _ACCELERATOR: float("inf")}
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        cards = min(cards, len([one for one in visible.split(",") if one.strip() not in ("", "-1")]))
    return node | {"GPU": float(cards), _ACCELERATOR: float("inf") if cards else 0.0}


def _memory() -> float:
    try:
        return float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    except (ValueError, OSError):
        return float("inf")


def _nvidia_cards() -> int:
    try:
        return len(list(_NVIDIA.iterdir()))
    except OSError:
        return 0
