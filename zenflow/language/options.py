"""The options of `@step` as they are written, and the parser that brings them to base units."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict

from attrs import fields_dict

from zenflow.errors import DefinitionError
from zenflow.graph.options import Options, amount, parse_bytes, parse_seconds


class StepOptions(TypedDict, total=False):
    """The keywords of `@step(...)` and `with_options(...)`."""

    cpus: float | None
    gpus: float | None
    memory: str | int | None
    accelerator: str | None
    resources: Mapping[str, float]
    retries: int
    retry_on: type[BaseException] | tuple[type[BaseException], ...]
    timeout: str | float | None
    cache: bool
    version: str | None
    effect: bool
    name: str | None
    env: Mapping[str, object]
    output: object


def _pickle(output: object) -> object:
    from zenflow.artifacts.materializers.pickle import Pickle

    if isinstance(output, type) and issubclass(output, Pickle):
        return output
    raise DefinitionError(
        f"`output={output!r}`: only `Pickle` is chosen for a step; every other way to store goes by the type",
        help="register a materializer for the type: @materializer(Model)",
    )


def parse_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options as written, in base units."""
    known = fields_dict(Options)
    for name in options:
        if name not in known:
            raise DefinitionError(f"`{name}` is not an option of a step", help="options are " + ", ".join(known))
    parsed = dict(options)
    for name in ("cpus", "gpus"):
        if name in parsed:
            parsed[name] = amount(parsed[name], name)
    if parsed.get("memory") is not None:
        parsed["memory"] = parse_bytes(parsed["memory"])
    if parsed.get("timeout") is not None:
        parsed["timeout"] = parse_seconds(parsed["timeout"])
    if "retries" in parsed and (not isinstance(parsed["retries"], int) or parsed["retries"] < 0):
        raise DefinitionError(f"`retries={parsed['retries']!r}` is not a count", help="give a whole number, 0 or more")
    if parsed.get("output") is not None:
        parsed["output"] = _pickle(parsed["output"])
    if "retry_on" in parsed:
        types = parsed["retry_on"]
        parsed["retry_on"] = (types,) if isinstance(types, type) else tuple(types)
    return parsed
