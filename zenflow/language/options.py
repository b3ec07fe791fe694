"""The options of `@step` as they are written, and the parser that brings them to base units."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypedDict

from attrs import fields_dict

from zenflow.errors import DefinitionError
from zenflow.graph.environments import parse_environment
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
    workers: int
    fresh_process: bool
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
    """Options as written, in base units.

    Raises:
        DefinitionError: for a name that is no option, and a value that is none for its option.
    """
    known = fields_dict(Options)
    for name in options:
        if name not in known:
            raise DefinitionError(f"`{name}` is not an option of a step", help="options are " + ", ".join(known))
    parsed = {name: _PARSERS[name](value) if name in _PARSERS else value for name, value in options.items()}
    for name, (fits, what, fix) in _KINDS.items():
        if name in parsed and not fits(parsed[name]):
            raise DefinitionError(f"`{name}={options[name]!r}` is not {what}", help=fix)
    return parsed


def _exception_types(types: Any) -> tuple[Any, ...]:
    return tuple(types) if isinstance(types, (tuple, list)) else (types,)


def _resources(amounts: Any) -> Any:
    if not isinstance(amounts, Mapping):
        return amounts
    return {name: amount(value, "resources") for name, value in amounts.items()}


_PARSERS: Mapping[str, Callable[[Any], Any]] = {
    "cpus": lambda value: amount(value, "cpus"),
    "gpus": lambda value: amount(value, "gpus"),
    "memory": lambda value: None if value is None else parse_bytes(value),
    "timeout": lambda value: None if value is None else parse_seconds(value),
    "resources": _resources,
    "retry_on": _exception_types,
    "env": lambda value: parse_environment(value) if isinstance(value, Mapping) else value,
    "output": lambda value: None if value is None else _pickle(value),
}


def _is_name(value: object) -> bool:
    return isinstance(value, str) and bool(value) and value.isprintable() and not set(value) & set("/[]@ ")


def _are_exceptions(types: tuple[object, ...]) -> bool:
    return all(isinstance(kind, type) and issubclass(kind, BaseException) for kind in types)


_KINDS: Mapping[str, tuple[Callable[[Any], bool], str, str]] = {
    "retries": (lambda v: type(v) is int and v >= 0, "a count", "give a whole number, 0 or more"),
    "retry_on": (_are_exceptions, "exception types", "give a class such as ConnectionError, or a tuple of them"),
    "cache": (lambda v: isinstance(v, bool), "True or False", "write cache=False for a step that always runs"),
    "effect": (lambda v: isinstance(v, bool), "True or False", "write effect=True for a step that acts on the world"),
    "version": (lambda v: v is None or isinstance(v, str), "a text", 'write it as version="1"'),
    "name": (lambda v: v is None or _is_name(v), "a name for a step", "use letters, digits, `-`, `_` and `.`"),
    "workers": (lambda v: type(v) is int and v >= 1, "a number of workers", "give a whole number, 1 or more"),
    "fresh_process": (
        lambda v: isinstance(v, bool),
        "True or False",
        "write fresh_process=True for a step that needs a process that nothing else ran in",
    ),
    "accelerator": (lambda v: v is None or isinstance(v, str), "the name of one", 'write it as accelerator="H100"'),
    "resources": (lambda v: isinstance(v, Mapping), "amounts by name", 'write it as resources={"tpu": 1}'),
    "env": (lambda v: isinstance(v, Mapping), "a Ray runtime environment", 'write it as env={"env_vars": {...}}'),
}
