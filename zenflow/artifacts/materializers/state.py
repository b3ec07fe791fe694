"""Objects as their class and their attributes: what a model is beside its weights.

This is what unpickling does, without its machine: nothing is called but `__new__`, and `__setstate__` where a class has
one, of classes that are trusted. So a model needs no constructor that could be asked again, and comes back exactly.
Values are plain, containers of plain values, or objects. An object is written once and referred to by its number, so
what was shared stays shared, and a cycle ends. `leaf` and `unleaf` are for a library's own kinds (tensors, boosters).
"""

from __future__ import annotations

import types
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import msgspec

from zenflow.artifacts import wire
from zenflow.artifacts.trust import found, full_name, how_to_trust, is_trusted
from zenflow.errors import LoadError, SaveError

Tagged = list[Any]
Allowed = Callable[[str, str], bool]
"""Whether a class or function of the library itself may be named: module and qualified name."""

DEEPEST = 100
_DICTS: dict[str, type] = {"dict": dict, "ordered": OrderedDict}
_LISTS: dict[str, type] = {"list": list, "tuple": tuple, "set": set, "frozenset": frozenset}


class StateWriter:
    """Turns values into tagged lists; `objects` collects the objects among them.

    Raises:
        SaveError: A value that is none of these, with the place it is at.
    """

    def __init__(self, allowed: Allowed, declared: type, leaf: Callable[[object], Tagged | None]) -> None:
        self.objects: list[Tagged] = []
        self._allowed, self._declared, self._leaf = allowed, declared, leaf
        self._numbers: dict[int, int] = {}
        self._alive: list[object] = []

    def encode(self, value: Any, place: str, depth: int = 0) -> Tagged:
        if depth > DEEPEST:
            raise SaveError(f"`{place[:200]}` is nested more than {DEEPEST} deep", help="keep it flatter")
        if value is None or type(value) in (bool, int, float, str, bytes):
            return ["=", value] if type(value) is not int or -(2**63) <= value < 2**64 else ["int", str(value)]
        leaf = self._leaf(value)
        if leaf is not None:
            return leaf
        for tag, cls in (*_LISTS.items(), *_DICTS.items()):
            if type(value) is cls:
                return [tag, self._parts(value, place, depth + 1)]
        if isinstance(value, type | types.FunctionType | types.BuiltinFunctionType):
            return ["name", *self._named(value, place)]
        return ["object", self._object(value, place, depth)]

    def bytes(self, root: Tagged) -> bytes:
        return wire.encode([root, self.objects])

    def _parts(self, value: Any, place: str, depth: int) -> list[Any]:
        if isinstance(value, dict):
            return [
                [self.encode(key, f"a key of {place}", depth), self.encode(part, f"{place}[{key!r}]", depth)]
                for key, part in value.items()
            ]
        parts: list[Any] = [self.encode(part, f"{place}[{i}]", depth) for i, part in enumerate(value)]
        return wire.sorted_set(parts) if isinstance(value, set | frozenset) else parts

    def _object(self, value: Any, place: str, depth: int) -> int:
        number = self._numbers.get(id(value))
        if number is None:
            number = self._numbers[id(value)] = len(self.objects)
            self._alive.append(value)
            name = self._named(type(value), place)
            cls: Any = type(value)
            own_way = cls.__reduce_ex__ is not object.__reduce_ex__ or cls.__reduce__ is not object.__reduce__
            state = None if own_way else value.__getstate__()
            if not isinstance(state, dict):
                raise _kept_no_way(value, place)
            entry: Tagged = [*name, None]
            self.objects.append(entry)
            entry[2] = [
                [key, self.encode(part, f"{place}.{key}", depth + 1)] for key, part in self._attributes(value, state)
            ]
        return number

    def _attributes(self, value: object, state: dict[str, Any]) -> list[tuple[str, Any]]:
        return list(state.items())

    def _named(self, value: Any, place: str) -> tuple[str, str]:
        module, qualname = str(getattr(value, "__module__", "")), str(getattr(value, "__qualname__", ""))
        if found(module, qualname, self._declared) is not value:
            raise _kept_no_way(value, place)
        if not self._allowed(module, qualname) and not is_trusted(module, qualname, self._declared):
            name = full_name(value)
            raise SaveError(f"`{place}` is made of `{name}`, which is not trusted", help=how_to_trust([name]))
        return module, qualname


class StateReader:
    """Turns tagged lists back. Objects exist, empty, before any gets its attributes.

    Raises:
        LoadError: A form that is none of the writer's, or a class that is not allowed.
    """

    def __init__(self, data: bytes | memoryview, allowed: Allowed, declared: type) -> None:
        self._allowed, self._declared = allowed, declared
        match wire.decode(data):
            case [list(root), list(objects)]:
                self._root, self._entries = root, objects
            case _:
                raise LoadError("the stored state of a model is none")
        self.objects: list[Any] = []

    def value(self) -> Any:
        """The root, with everything in its place."""
        try:
            for module, qualname, _ in self._entries:
                cls: Any = self._resolved(module, qualname)
                if not isinstance(cls, type):
                    raise LoadError(f"the stored state of a model names `{module}.{qualname}`, which is no class")
                self.objects.append(self.empty(cls))
            # Parts before wholes: an object's `__setstate__` may look at those it holds.
            for (_, _, attributes), made in reversed(list(zip(self._entries, self.objects, strict=True))):
                self.fill(made, {str(key): self.decode(part) for key, part in attributes})
            return self.decode(self._root)
        except (*wire.MALFORMED, msgspec.ValidationError, AttributeError, RuntimeError, AssertionError) as error:
            raise LoadError(f"the stored state of a model is damaged: {type(error).__name__}: {error}") from error

    def empty(self, cls: Any) -> Any:
        return cls.__new__(cls)

    def fill(self, made: Any, attributes: dict[str, Any]) -> None:
        setter = getattr(made, "__setstate__", None)
        if setter is None:
            made.__dict__.update(attributes)
        else:
            setter(attributes)

    def decode(self, tagged: Any) -> Any:
        match tagged:
            case ["=", value]:
                return value
            case ["int", str(digits)]:
                return int(digits)
            case [str(tag), list(parts)] if tag in _LISTS:
                return _LISTS[tag](self.decode(part) for part in parts)
            case [str(tag), list(pairs)] if tag in _DICTS:
                return _DICTS[tag]((self.decode(key), self.decode(part)) for key, part in pairs)
            case ["name", str(module), str(qualname)]:
                return self._resolved(module, qualname)
            case ["object", int(number)] if 0 <= number < len(self.objects):
                return self.objects[number]
            case [str(tag), *rest]:
                return self.unleaf(tag, rest)
        raise LoadError("the stored state of a model holds what is none of its forms")

    def unleaf(self, tag: str, rest: list[Any]) -> Any:
        raise LoadError(f"the stored state of a model holds an unknown form, {tag[:40]!r}")

    def _resolved(self, module: Any, qualname: Any) -> object:
        if not isinstance(module, str) or not isinstance(qualname, str):
            raise LoadError("the stored state of a model names a class by no name")
        if not self._allowed(module, qualname) and not is_trusted(module, qualname, self._declared):
            name = f"{module}.{qualname}"
            raise LoadError(f"the stored model is made of `{name}`, which is not trusted", help=how_to_trust([name]))
        value = found(module, qualname, self._declared)
        if value is None:
            raise LoadError(
                f"the stored model is made of `{module}.{qualname}`, which is not there",
                help="give the class its name back, or import the module that defines it",
            )
        return value


def _kept_no_way(value: object, place: str) -> SaveError:
    name = full_name(value if isinstance(value, type | types.FunctionType) else type(value))
    return SaveError(
        f"`{place}` can not be stored: it is, or is of the class, `{name}`, which nothing keeps by its name and plain "
        "attributes",
        help="use a class or function that a module defines at its top, or return the model's weights "
        "(`model.state_dict()`) with a record of how to build it",
    )
