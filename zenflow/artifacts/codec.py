"""From a type hint to two functions: what a value of it is on the wire, and back. Both check it against the hint.

Why not msgspec's own typed encoder and decoder: they let a list pass for a tuple and a subclass for its base, drop
private and `init=False` fields, refuse most unions, and lose the place of an error. We keep its MessagePack, which is
where its speed is, and put a compiled check of our own around it. The check costs one C-level pass over a list of
scalars (`frozenset.issuperset(map(type, items))`), after which the list goes to the encoder as it is.

What comes back is what was declared: an int given for a `float` is a float, a bool given for an `int` is an int, a
subclass of `str`, `int`, `float` or `bytes` its base.
"""

from __future__ import annotations

import collections
import enum
import typing
from collections.abc import Iterable
from functools import lru_cache

from attrs import evolve

from zenflow.artifacts import codec_leaves as leaves
from zenflow.artifacts import codec_parts as parts
from zenflow.artifacts import wire
from zenflow.artifacts.codec_any import ANY_WIRE, lift_any, lower_any
from zenflow.artifacts.codec_leaves import Codec
from zenflow.artifacts.hints import LISTS, MAPPINGS, SEQUENCES, SETS, arms, class_of, closed, is_open, type_name
from zenflow.artifacts.misfit import Misfit, NotPlain, misfit
from zenflow.artifacts.records import record_of


@lru_cache(maxsize=4096)
def codec_for(hint: object, *, wide: bool = False) -> Codec:
    """The codec of a hint. With `wide`, ints beyond 64 bit are looked for and packed (slower; tried on overflow).

    Raises:
        NotPlain: Some part of the hint is no plain value.
    """
    compiler = _Compiler(wide)
    codec = compiler.codec(hint)
    return evolve(codec, is_open=True) if compiler.found_open else codec


class _Compiler:
    def __init__(self, wide: bool) -> None:
        self._wide = wide
        self.found_open = False
        self._done: dict[object, Codec] = {}

    def codec(self, hint: object) -> Codec:
        hint = closed(hint)
        known = self._done.get(hint)
        if known is None:
            cell: list[Codec] = []
            # A class that holds itself finds this stand-in; its own codec is in the cell before anything is encoded.
            self._done[hint] = Codec(
                type_name(hint),
                frozenset({dict, list}),
                lambda value: cell[0].lower(value),  # noqa: PLW0108 - the cell is still empty
                lambda value: cell[0].lift(value),  # noqa: PLW0108
                key=False,
            )
            known = self._done[hint] = self._compile(hint)
            cell.append(known)
        return known

    def _compile(self, hint: object) -> Codec:
        members = arms(hint)
        if is_open(hint) or any(map(is_open, members or ())):
            wide = self._wide
            self.found_open = True
            return Codec("Any", ANY_WIRE, lambda value: lower_any(value, wide), lift_any, key=False)
        if members is not None:
            return parts.union_codec(type_name(hint), [self.codec(arm) for arm in members])
        if typing.get_origin(hint) is typing.Literal:
            return leaves.literal_codec(hint)
        cls = class_of(hint)
        args = typing.get_args(hint)
        text = type_name(hint)
        if cls in leaves.SCALARS:
            return leaves.scalar_codec(cls, text, self._wide)
        if cls in LISTS:
            return self._list(cls, text, args)
        if cls is tuple:
            return self._tuple(text, args)
        if cls in SETS:
            (item,) = args or (object,)
            return parts.set_codec(SETS[cls], text, self.codec(item))
        if cls in MAPPINGS or cls is collections.OrderedDict:
            key, value = args or (object, object)
            make = collections.OrderedDict if cls is collections.OrderedDict else dict
            return parts.dict_codec(make, text, self.codec(key), self.codec(value))
        if cls is collections.Counter:
            (key,) = args or (object,)
            return parts.dict_codec(collections.Counter, text, self.codec(key), self.codec(int))
        return self._class(hint, cls, text)

    def _class(self, hint: object, cls: type | None, text: str) -> Codec:
        if cls is None:
            raise NotPlain(hint)
        if issubclass(cls, enum.Enum):
            return leaves.enum_codec(cls, text)
        packed = [leaf for leaf in wire.PACK if cls in leaf.__mro__]
        if packed:
            return leaves.leaf_codec(cls, text, packed)
        record = record_of(hint)
        if record is None:
            raise NotPlain(hint)
        fields = {field.name: self.codec(field.hint) for field in record.fields}
        return parts.namedtuple_codec(record, fields) if issubclass(cls, tuple) else parts.record_codec(record, fields)

    def _list(self, cls: type, text: str, args: tuple[object, ...]) -> Codec:
        (item,) = args or (object,)
        element = self.codec(item)
        same = parts.list_codec(text, element)
        if cls not in SEQUENCES:
            return same
        alike = self._tuple(text, (item, ...))

        def lower(value: object) -> object:
            if type(value) is tuple:
                return wire.pack_tuple(typing.cast(list[object], alike.lower(value)))
            return same.lower(value)

        def lift(value: object) -> object:
            return alike.lift(value) if type(value) is tuple else same.lift(value)

        return Codec(text, frozenset({list, tuple}), lower, lift, key=False)

    def _tuple(self, text: str, args: tuple[object, ...]) -> Codec:
        if not args or (len(args) == 2 and args[1] is Ellipsis):
            element = self.codec(args[0] if args else object)

            def each(items: Iterable[object], lift: bool) -> list[object]:
                return parts.each(element.lift if lift else element.lower, element.native, items)

        else:
            fixed = [] if args == ((),) else [self.codec(arg) for arg in args]

            def each(items: Iterable[object], lift: bool) -> list[object]:
                values = list(items)
                if len(values) != len(fixed):
                    raise Misfit(text, f"tuple of {len(values)}")
                return [
                    parts.at(f"[{i}]", part.lift if lift else part.lower, value)
                    for i, (part, value) in enumerate(zip(fixed, values, strict=True))
                ]

        def lower(value: object) -> object:
            if type(value) is not tuple:
                raise misfit(text, value)
            return each(value, False)

        def lift_tuple(value: object) -> object:
            if type(value) not in (list, tuple):
                raise misfit(text, value)
            return tuple(each(typing.cast(Iterable[object], value), True))

        return Codec(text, frozenset({list, tuple}), lower, lift_tuple, key=False)
