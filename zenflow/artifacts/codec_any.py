"""Values of undeclared type (`Any`, `object`, an open TypeVar): bytes that say what they are.

Only types that need no class of the user's to be made again are taken; for an enum, a record or anything else the type
must be declared, since no loader looks for a class on a file's say-so.
"""

from __future__ import annotations

from msgspec.msgpack import Ext

from zenflow.artifacts import wire
from zenflow.artifacts.misfit import Misfit, NotPlain

NATIVE: frozenset[type] = frozenset({type(None), bool, int, float, str, bytes})
ANY_WIRE = NATIVE | {list, dict, tuple, set, frozenset} | frozenset(wire.PACK)


def lower_any(value: object, wide: bool) -> object:
    """The wire form of a value whose type nobody declared.

    Raises:
        NotPlain: Of a type that must be declared.
    """
    kind = type(value)
    if wide and isinstance(value, int) and kind is int:
        return value if -(2**63) <= value < 2**64 else wire.pack_int(value)
    if kind in NATIVE:
        return value
    if isinstance(value, list | tuple | set | frozenset) and kind in (list, tuple, set, frozenset):
        if kind is list and not wide and NATIVE.issuperset(map(type, value)):
            return value
        items = [lower_any(item, wide) for item in value]
        if kind is tuple:
            return wire.pack_tuple(items)
        return items if kind is list else wire.pack_set(wire.SET if kind is set else wire.FROZENSET, items)
    if kind is dict:
        assert isinstance(value, dict)
        pairs = [(lower_any(key, wide), lower_any(item, wide)) for key, item in value.items()]
        if any(isinstance(key, Ext) for key, _ in pairs):
            return wire.pack_map(pairs)
        return dict(pairs)
    pack = wire.PACK.get(kind)
    if pack is None:
        raise NotPlain(kind)
    return pack(value)


def lift_any(value: object) -> object:
    """The value as decoding left it: the bytes said what it is."""
    _no_named(value)
    return value


def _no_named(value: object) -> None:
    if isinstance(value, wire.Named):
        raise Misfit("Any", f"{value.name}, which must be declared to be loaded")
    if isinstance(value, list | tuple | set | frozenset):
        if not NATIVE.issuperset(map(type, value)):
            for item in value:
                _no_named(item)
    elif isinstance(value, dict) and not NATIVE.issuperset(map(type, value.values())):
        for item in value.values():
            _no_named(item)
