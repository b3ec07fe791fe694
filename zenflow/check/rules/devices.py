"""ZF503: a GPU used by a step that asks for none."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache

from zenflow.check.bodies.events import Body, Called, Event, Told
from zenflow.check.bodies.source import Source
from zenflow.check.bodies.steps import notes_of, steps_of
from zenflow.check.bodies.values import Fixed, Imported, Value
from zenflow.check.diagnostics import Diagnostic
from zenflow.check.rules.registry import source_rule

_NEEDS_ONE = (
    *("current_device", "set_device", "get_device_properties", "get_device_name", "get_device_capability"),
    *("mem_get_info", "Stream", "Event", "device"),
)
_CALLS = frozenset(f"torch.cuda.{name}" for name in _NEEDS_ONE)
_OF_TYPES = tuple(f"cupy.{n}" for n in ("dtype", "issubdtype", "finfo", "iinfo", "result_type", "can_cast"))
_TAKES_A_DEVICE = ("torch.device", "tensorflow.device", "jax.devices")
_KEYS: dict[str, tuple[str, ...]] = {
    "device": ("cuda", "gpu"),
    "tree_method": ("gpu_hist",),
    "task_type": ("GPU",),
    "accelerator": ("gpu", "cuda"),
}
"""Keywords, and keys of a dict of parameters, with how a value begins that asks for a GPU."""
_NAMES = ("cuda", "gpu", "/gpu", "/device:gpu")


@source_rule(
    "ZF503",
    "CUDA used without gpus=",
    why="""A step gets the GPUs that it asks for. One that asks for none is sent to any node, shares a GPU with
    others that think it theirs, or finds none at all.""",
    bad="""
    @step
    def train(data: torch.Tensor) -> torch.Tensor:
        return fit(data.to("cuda"))
    """,
    good="""
    @step(gpus=1)
    def train(data: torch.Tensor) -> torch.Tensor:
        return fit(data.to("cuda"))
    """,
    severity="warning",
)
def gpus_are_asked_for(source: Source) -> Iterator[Diagnostic]:
    """Uses of CUDA in steps without `gpus=`."""
    for body in steps_of(source):
        if _may_have_one(body, source):
            continue
        for event in body.events:
            node = _asks(event)
            if node is not None:
                yield Diagnostic(
                    "ZF503",
                    f"step `{body.callee.label}` uses CUDA, and asks for no GPU",
                    source.span(node),
                    help="say @step(gpus=1), or take the device as an argument",
                    notes=notes_of(body, event),
                    severity="warning",
                )


def _may_have_one(body: Body, source: Source) -> bool:
    options = body.callee.options
    asked = any(options.certain(name) not in (None, 0, 0.0, {}) for name in ("gpus", "accelerator", "resources"))
    return options.open or asked or body.function.name in _given_later(source)


@lru_cache(maxsize=8)
def _given_later(source: Source) -> frozenset[str]:
    """The steps of which `train.with_options(gpus=1)` makes another."""
    if "with_options" not in source.text:
        return frozenset()
    calls = (node for node in ast.walk(source.tree) if isinstance(node, ast.Call))
    return frozenset(
        call.func.value.id
        for call in calls
        if isinstance(call.func, ast.Attribute)
        and isinstance(call.func.value, ast.Name)
        and call.func.attr == "with_options"
        and any(keyword.arg in (None, "gpus", "accelerator") for keyword in call.keywords)
    )


def _asks(event: Event) -> ast.expr | None:
    """The expression by which an event asks for a GPU."""
    if isinstance(event, Told):
        return None if event.guarded or not _means(event.key, event.value) else event.node
    if not isinstance(event, Called) or event.guarded:
        return None
    if event.name in _CALLS or (event.name.startswith("cupy.") and not event.name.startswith(_OF_TYPES)):
        return event.node
    if event.method == "cuda" and not isinstance(event.function, Imported):
        return event.node
    return _device_argument(event)


def _device_argument(called: Called) -> ast.expr | None:
    takes = called.name in _TAKES_A_DEVICE or called.method == "to"
    if takes and called.args and _is_gpu(called.args[0].value):
        return called.args[0].node
    for name, argument in called.keywords.items():
        if _means(name, argument.value):
            return argument.node
    return None


def _means(key: str, value: Value) -> bool:
    return isinstance(value, Fixed) and value.text.startswith(_KEYS.get(key, ())) and bool(value.text)


def _is_gpu(value: Value) -> bool:
    return isinstance(value, Fixed) and value.text.lower().startswith(_NAMES)
