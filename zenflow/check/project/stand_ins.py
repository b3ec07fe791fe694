"""Arguments to trace a pipeline with, where nobody gave any: so that it is checked although it was not called.

A data input gets a placeholder of its declared type, which is all that a check needs. A plain parameter decides what
the pipeline builds, so it gets a plausible value of its type; what is found then holds for that value. A type of
which no value is plausible leaves the pipeline untraced, and the report says so.
"""

from __future__ import annotations

import datetime
import enum
import inspect
import typing
from collections import abc
from pathlib import Path
from typing import Any, get_args, get_origin

from attrs import frozen

from zenflow.graph.expression import Parameter, Ref, combine
from zenflow.graph.function import Function
from zenflow.graph.hint_kinds import members, unwrap_kind
from zenflow.graph.inheritance import fields_of, is_typed_dict, resolved_hints
from zenflow.graph.printing import type_text
from zenflow.language.artifact import Artifact
from zenflow.language.pipeline import artifact_hint

_PLAIN: dict[Any, Any] = {
    bool: True,
    int: 2,
    float: 0.5,
    complex: 0.5j,
    str: "a",
    bytes: b"a",
    datetime.datetime: datetime.datetime(2024, 1, 1),
    datetime.date: datetime.date(2024, 1, 1),
    datetime.time: datetime.time(12),
    datetime.timedelta: datetime.timedelta(days=1),
}
_LISTS = (list, abc.Sequence, abc.Iterable, abc.Collection, abc.MutableSequence)
_MAPPINGS = (dict, abc.Mapping, abc.MutableMapping)


@frozen
class StandIns:
    """Arguments by parameter. `made_up` are the plain ones among them, `missing` those that there are none for."""

    arguments: dict[str, Any]
    made_up: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


class _Implausible(Exception):
    """No value of the type can be made up."""


def stand_ins(function: Function) -> StandIns:
    """Arguments for the parameters of a pipeline that have no default."""
    arguments: dict[str, Any] = {}
    made_up, missing = [], []
    for parameter in function.signature.parameters.values():
        variable = parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
        if parameter.default is not inspect.Parameter.empty or variable:
            continue
        hint = function.hints.get(parameter.name, Any)
        try:
            arguments[parameter.name] = _value(hint, parameter.name, function)
        except _Implausible:
            missing.append(parameter.name)
        else:
            if not isinstance(arguments[parameter.name], Artifact):
                made_up.append(parameter.name)
    return StandIns(arguments, tuple(made_up), tuple(missing))


def _value(hint: Any, name: str, function: Function) -> Any:
    hint = unwrap_kind(hint)
    data = artifact_hint(hint)
    if data is not None:
        identity = combine(b"stand-in", name.encode(), type_text(data).encode())
        return Artifact(Ref(Parameter(label=name, identity=identity, hint=data)))
    parts = members(hint)
    if parts is not None:
        return _first_of(parts, name, function)
    while isinstance(hint, typing.NewType):
        hint = unwrap_kind(hint.__supertype__)
    if hint in _PLAIN:
        return _PLAIN[hint]
    if isinstance(hint, type) and hint is not object and not is_typed_dict(hint) and issubclass(Path, hint):
        return Path(function.fn.__code__.co_filename)  # a file that is there
    if isinstance(hint, enum.EnumMeta) and len(hint):
        return next(iter(typing.cast("abc.Iterable[Any]", hint)))
    return _collection(hint, name, function)


def _collection(hint: Any, name: str, function: Function) -> Any:
    origin, args = get_origin(hint), get_args(hint)
    if origin is typing.Literal:
        return args[0]
    if origin in _LISTS and args:
        return [_value(args[0], f"{name}[{index}]", function) for index in range(2)]
    if origin in _MAPPINGS and len(args) == 2:
        return {_value(args[0], name, function): _value(args[1], name, function)}
    if origin is tuple and args[-1:] == (Ellipsis,):
        return tuple(_value(args[0], f"{name}[{index}]", function) for index in range(2))
    if origin is tuple and args:
        return tuple(_value(arg, f"{name}[{index}]", function) for index, arg in enumerate(args))
    return _record(hint, name, function)


def _record(hint: Any, name: str, function: Function) -> Any:
    """A record with the defaults of its fields, and made-up values for those that have none."""
    kind: Any = origin if isinstance(origin := get_origin(hint), type) else hint
    fields = fields_of(kind) if is_typed_dict(kind) else None
    if fields is not None:
        return {key: _value(of, f"{name}.{key}", function) for key, (of, required) in fields.items() if required}
    if not isinstance(kind, type) or not _is_record(kind):
        raise _Implausible
    hints = resolved_hints(kind) or {}
    given = {
        parameter.name: _value(hints.get(parameter.name, Any), f"{name}.{parameter.name}", function)
        for parameter in inspect.signature(kind).parameters.values()
        if parameter.default is parameter.empty and parameter.kind not in _VARIABLE
    }
    try:
        return kind(**given)
    except Exception as error:  # a record may refuse what was made up for it
        raise _Implausible from error


_VARIABLE = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


def _is_record(kind: type) -> bool:
    """Whether a class only holds fields: a dataclass, an attrs class, a NamedTuple, a Struct."""
    marks = ("__dataclass_fields__", "__attrs_attrs__", "__struct_fields__")
    return any(hasattr(kind, mark) for mark in marks) or (issubclass(kind, tuple) and hasattr(kind, "_fields"))


def _first_of(parts: tuple[Any, ...], name: str, function: Function) -> Any:
    """A value of the first member of a union that has one; None only where there is no other."""
    for part in sorted(parts, key=lambda part: part is type(None)):
        if part is type(None):
            return None
        try:
            return _value(part, name, function)
        except _Implausible:
            continue
    raise _Implausible
