"""From a dotted name in source code to the object it stands for, as the program would find it."""

from __future__ import annotations

import builtins
import importlib
import importlib.util
from collections.abc import Mapping
from types import ModuleType

from attrs import frozen

from zenflow.keys.first_party import Origin, findable_origin, origin_of
from zenflow.keys.names import module_name
from zenflow.keys.references import Import


@frozen
class Found:
    """What a dotted name stands for: `value`, reached by the first `used` names of the path, and where it lives."""

    value: object
    used: int
    place: str


@frozen
class Outside:
    """A module that is not imported yet and need not be: no first-party code."""

    module: str
    origin: Origin


@frozen
class Absent:
    """Nothing of that name is there. `reason` is set when that is not simply so (an import failed)."""

    name: str
    reason: str | None = None


Resolved = Found | Outside | Absent


def in_module(namespace: Mapping[str, object], root: str, path: tuple[str, ...]) -> Resolved:
    """Resolve a dotted name against a module's globals and the builtins.

    Attributes are followed through first-party modules only: a class or value is reached as a whole, an installed
    module by its version.
    """
    if root in namespace:
        place = f"{module_name(str(namespace.get('__name__', '?')))}.{root}"
        return follow(namespace[root], path, place)
    if hasattr(builtins, root):
        return Found(getattr(builtins, root), 0, f"builtins.{root}")
    return Absent(root)


def follow(value: object, path: tuple[str, ...], place: str) -> Resolved:
    """Follow attributes of `value` as long as it is a first-party module (or one that only leads on to others)."""
    used = 0
    while isinstance(value, ModuleType) and used < len(path) and origin_of(value) is Origin.FIRST_PARTY:
        name, owner = path[used], value.__name__
        place = f"{module_name(owner)}.{name}"
        if not hasattr(value, name):
            found = load(f"{owner}.{name}") if hasattr(value, "__path__") else Absent(place)
            if not isinstance(found, Found):
                return found
            value = found.value
        else:
            value = getattr(value, name)
        used += 1
    return Found(value, used, place)


def imported(target: Import, package: str, path: tuple[str, ...]) -> Resolved:
    """Resolve a name that a local import statement binds."""
    try:
        module = importlib.util.resolve_name("." * target.level + target.module, package)
    except ImportError as error:
        return Absent(target.module, str(error))
    found = load(module)
    if not isinstance(found, Found):
        return found
    return follow(found.value, path if target.name is None else (target.name, *path), module_name(module))


def load(name: str) -> Resolved:
    """A module by name. Only first-party modules are imported for it: the step would import them itself."""
    origin = findable_origin(name)
    if origin is None:
        return Absent(name)
    if origin is not Origin.FIRST_PARTY:
        return Outside(name, origin)
    try:
        return Found(importlib.import_module(name), 0, module_name(name))
    except Exception as error:
        return Absent(name, f"importing `{name}` raised {type(error).__name__}: {error}")
