"""Which classes a stored model may be rebuilt from.

To rebuild a model is to make objects of the classes that its bytes name, and a class's own code runs as it is made. So
the bytes are not asked: a class must be one of the library that keeps the model, or be declared, or be trusted here.
What a step declares counts as trusted with its module, since whoever loads imports that module anyway.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any, TypeVar, overload

from zenflow.errors import UsageError

T = TypeVar("T")

_trusted: set[str] = set()


@overload
def trust(what: str) -> str: ...
@overload
def trust(what: T) -> T: ...


def trust(what: Any) -> Any:
    """Let stored models be rebuilt from this class or function: the object (also as a decorator), or its full name.

    >>> trust("category_encoders.target_encoder.TargetEncoder")
    'category_encoders.target_encoder.TargetEncoder'
    >>> is_trusted("category_encoders.target_encoder", "TargetEncoder")
    True

    Raises:
        UsageError: No class, no function and no full name.
    """
    name = what if isinstance(what, str) else full_name(what)
    if not all(part.isidentifier() for part in name.split(".")) or "." not in name:
        raise UsageError(
            f"`{name}` can not be trusted: it is no full name of a class or function that can be imported",
            help="give the class, or its name with its module: `trust('package.module.Class')`",
        )
    _trusted.add(name)
    return what


def full_name(what: object) -> str:
    """The module and the qualified name of a class or function, with a dot between."""
    return f"{getattr(what, '__module__', None)}.{getattr(what, '__qualname__', type(what).__qualname__)}"


def is_trusted(module: str, qualname: str, declared: type | None = None) -> bool:
    """Whether a stored model may name this; `declared` is the type that it is saved or loaded as."""
    return f"{module}.{qualname}" in _trusted or (declared is not None and module == declared.__module__)


def trusted_names() -> list[str]:
    """What was trusted so far, sorted."""
    return sorted(_trusted)


def how_to_trust(names: list[str]) -> str:
    """The lines that trust these, for the help of an error; of what has no name, what to write instead."""
    nameless = next((name for name in names if "<" in name), None)
    if nameless is not None:  # a lambda, or what a function defines inside
        return (
            f"nothing finds `{nameless}` again by its name: define a function or class at a module's top, and use that"
        )
    lines = "; ".join(f'`zenflow.trust("{name}")`' for name in names[:5])
    return f"if you trust {'this class' if len(names) == 1 else 'these classes'}, write {lines} in a module of yours"


def found(module: str, qualname: str, declared: type | None = None) -> object | None:
    """What has this name, or None; its module is imported if need be, so ask whether it is trusted first."""
    if declared is not None and (declared.__module__, declared.__qualname__) == (module, qualname):
        return declared
    try:
        value: object = sys.modules.get(module) or import_module(module)
        for part in qualname.split("."):
            value = getattr(value, part)
    except (ImportError, AttributeError, ValueError):
        return None
    return value
