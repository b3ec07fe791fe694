"""Classes that are a list of named fields, whoever made them: seen alike, built alike.

Fields are read by name and a value is rebuilt by calling its class, so validators and `__post_init__` run on load; what
`__init__` does not take (`init=False`) is set afterwards. A class whose `__init__` needs more than its fields (an
`InitVar`) is no record.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Mapping
from typing import Any

import attrs
import msgspec
import typing_extensions
from attrs import frozen

from zenflow.artifacts.hints import class_of, parameters, substitute, type_name, unwrap


@frozen
class Field:
    """One field: `init` is its name in the call of the class, None where `__init__` does not take it."""

    name: str
    hint: object
    init: str | None
    required: bool = True


@frozen
class Record:
    """A class of named fields. `values` takes one apart, `build` makes one of what `values` gave."""

    cls: type
    text: str
    fields: tuple[Field, ...]
    is_typed_dict: bool = False

    def fits(self, value: object) -> bool:
        """Whether the value is of this very class. A subclass is not: it would come back as its base."""
        return type(value) is (dict if self.is_typed_dict else self.cls)

    def values(self, value: Any) -> dict[str, object]:
        if self.is_typed_dict:
            return dict(value)
        return {field.name: getattr(value, field.name) for field in self.fields}

    def build(self, values: Mapping[str, object]) -> object:
        if self.is_typed_dict:
            return dict(values)
        call = {field.init: values[field.name] for field in self.fields if field.init is not None}
        made = self.cls(**call)
        for field in self.fields:
            if field.init is None:
                object.__setattr__(made, field.name, values[field.name])
        return made


def record_of(hint: object) -> Record | None:
    """The fields of a dataclass, attrs class, NamedTuple, TypedDict or msgspec.Struct; None for any other class.

    Raises:
        NameError: A field's annotation does not resolve.
    """
    cls = class_of(hint)
    if cls is None:
        return None
    if typing_extensions.is_typeddict(cls):
        return _typed_dict(cls, hint)
    for is_kind, fields in _KINDS:
        if is_kind(cls):
            found = fields(cls)
            if found is None:
                return None
            bindings = parameters(hint)
            hints = _hints(cls)
            named = tuple(Field(name, substitute(hints.get(name, Any), bindings), init) for name, init in found)
            return Record(cls, type_name(hint), named)
    return None


def _typed_dict(cls: type, hint: object) -> Record:
    bindings = parameters(hint)
    fields = tuple(
        Field(name, substitute(unwrap(of), bindings), name, _is_required(cls, name, of))
        for name, of in _hints(cls, include_extras=True).items()
    )
    return Record(cls, type_name(hint), fields, is_typed_dict=True)


def _is_required(cls: type, name: str, annotation: object) -> bool:
    # `__required_keys__` misses a NotRequired that was a string when the class was made (PEP 563).
    origin = typing_extensions.get_origin(annotation)
    if origin in (typing_extensions.Required, typing_extensions.NotRequired):
        return origin is typing_extensions.Required
    required: frozenset[str] = getattr(cls, "__required_keys__", frozenset())
    return name in required


def _hints(cls: type, *, include_extras: bool = False) -> dict[str, Any]:
    # Fields of a generic base are seen through the class itself; a local class resolves against its own name too.
    module = vars(sys.modules[cls.__module__]) if cls.__module__ in sys.modules else {}
    names = {**module, cls.__name__: cls}
    return typing_extensions.get_type_hints(cls, globalns=None, localns=names, include_extras=include_extras)


Names = list[tuple[str, str | None]]


def _is_namedtuple(cls: type) -> bool:
    return issubclass(cls, tuple) and hasattr(cls, "_fields")


def _namedtuple_fields(cls: Any) -> Names | None:
    return [(name, name) for name in cls._fields]


def _dataclass_fields(cls: Any) -> Names | None:
    every = cls.__dataclass_fields__.values()
    if any(getattr(field._field_type, "name", "") == "_FIELD_INITVAR" for field in every):
        return None
    return [(field.name, field.name if field.init else None) for field in dataclasses.fields(cls)]


def _attrs_fields(cls: Any) -> Names | None:
    return [(field.name, field.alias if field.init else None) for field in attrs.fields(cls)]


def _struct_fields(cls: Any) -> Names | None:
    return [(field.name, field.name) for field in msgspec.structs.fields(cls)]


_KINDS: tuple[tuple[Callable[[type], bool], Callable[[Any], Names | None]], ...] = (
    (_is_namedtuple, _namedtuple_fields),
    (lambda cls: issubclass(cls, msgspec.Struct), _struct_fields),
    (attrs.has, _attrs_fields),
    (dataclasses.is_dataclass, _dataclass_fields),
)
