"""Codecs of the parts that hold others: lists, sets, dicts, records, unions."""

from __future__ import annotations

import typing
from collections.abc import Iterable

from msgspec.msgpack import Ext

from zenflow.artifacts import wire
from zenflow.artifacts.codec_leaves import NOTHING, Codec, Step
from zenflow.artifacts.misfit import Misfit, misfit
from zenflow.artifacts.records import Record


def at(place: str, step: Step, value: object) -> object:
    try:
        return step(value)
    except Misfit as error:
        raise error.under(place) from None


def each(step: Step, native: frozenset[type], items: Iterable[object]) -> list[object]:
    """Every item through the step, in one C-level pass where they are all native."""
    values = items if type(items) is list else list(items)
    if native and native.issuperset(map(type, values)):
        return values
    done: list[object] = []
    try:
        for value in values:
            done.append(step(value))  # noqa: PERF401 - the count so far is the place of an error
    except Misfit as error:
        raise error.under(f"[{len(done)}]") from None
    return done


def list_codec(text: str, element: Codec) -> Codec:
    def lower(value: object) -> object:
        if type(value) is not list:
            raise misfit(text, value)
        return each(element.lower, element.native, value)

    def lift(value: object) -> object:
        if type(value) is not list:
            raise misfit(text, value)
        return each(element.lift, element.native, value)

    return Codec(text, frozenset({list}), lower, lift, key=False)


def set_codec(make: type, text: str, element: Codec) -> Codec:
    kinds = (set, frozenset) if text.startswith(("collections.abc", "Set")) else (make,)

    def lower(value: object) -> object:
        if type(value) not in kinds:
            raise misfit(text, value)
        items = each(element.lower, NOTHING, typing.cast(Iterable[object], value))
        if type(value) is not make:
            return wire.pack_set(wire.SET if type(value) is set else wire.FROZENSET, items)
        return wire.sorted_set(items)

    def lift(value: object) -> object:
        if type(value) not in (list, *kinds):
            raise misfit(text, value)
        kind = make if type(value) is list else type(value)
        return kind(each(element.lift, NOTHING, typing.cast(Iterable[object], value)))

    return Codec(text, frozenset({list, set, frozenset}), lower, lift, key=False)


def dict_codec(make: type, text: str, key: Codec, value: Codec) -> Codec:
    """A map, or an array of pairs where a key is none that MessagePack takes. The order of a dict is kept."""

    def pairs(items: Iterable[tuple[object, object]], lift: bool) -> list[tuple[object, object]]:
        done: list[tuple[object, object]] = []
        for k, v in items:
            place = f"[{k!r}]" if type(k) in (str, int) else f"[key {len(done)}]"
            done.append(
                (
                    at(f" key {len(done)}", key.lift if lift else key.lower, k),
                    at(place, value.lift if lift else value.lower, v),
                )
            )
        return done

    def lower(given: object) -> object:
        if type(given) is not make:
            raise misfit(text, given)
        items = typing.cast(dict[object, object], given)
        natives = key.native and value.native
        if natives and key.native.issuperset(map(type, items)) and value.native.issuperset(map(type, items.values())):
            return items
        low = pairs(items.items(), False)
        if key.key and not any(isinstance(k, Ext) for k, _ in low):
            return dict(low)
        return [list(pair) for pair in low]

    def lift(given: object) -> object:
        if type(given) is dict:
            items: Iterable[tuple[object, object]] = given.items()
        elif type(given) is list and all(type(pair) is list and len(pair) == 2 for pair in given):
            items = given
        else:
            raise misfit(text, given)
        lifted = dict(pairs(items, True))
        return lifted if make is dict else make(lifted)

    texts = key.wire <= {str, bytes, bool, float, type(None)}
    return Codec(text, frozenset({dict} if key.key and texts else {dict, list}), lower, lift, key=False)


def record_codec(record: Record, fields: dict[str, Codec]) -> Codec:
    def lower(value: object) -> object:
        if not record.fits(value):
            raise misfit(record.text, value)
        low = {}
        for name, part in record.values(value).items():
            field = fields.get(name)
            if field is None:
                raise Misfit(record.text, f"a key {name!r} that it has not").under(f".{name}")
            low[name] = part if type(part) in field.native else at(f".{name}", field.lower, part)
        _complete(record, low)
        return low

    def lift(value: object) -> object:
        value = _unnamed(value, record.text)
        if type(value) is not dict:
            raise misfit(record.text, value)
        unknown = value.keys() - fields.keys()
        if unknown:
            raise Misfit(record.text, f"a field {min(map(str, unknown))!r} that it has not")
        _complete(record, value)
        return record.build({name: at(f".{name}", fields[name].lift, part) for name, part in value.items()})

    return Codec(record.text, frozenset({dict}), lower, lift, key=False)


def _complete(record: Record, values: dict[str, object]) -> None:
    for field in record.fields:
        if field.required and field.name not in values:
            raise Misfit(record.text, f"no {field.name!r}")


def namedtuple_codec(record: Record, fields: dict[str, Codec]) -> Codec:
    codecs = tuple(fields.items())

    def lower(value: object) -> object:
        if not record.fits(value):
            raise misfit(record.text, value)
        values = typing.cast(tuple[object, ...], value)
        return [at(f".{name}", part.lower, v) for (name, part), v in zip(codecs, values, strict=True)]

    def lift(value: object) -> object:
        value = _unnamed(value, record.text)
        if type(value) is not list:
            raise misfit(record.text, value)
        if len(value) != len(codecs):
            raise Misfit(record.text, f"an array of {len(value)}")
        values = {name: at(f".{name}", part.lift, v) for (name, part), v in zip(codecs, value, strict=True)}
        return record.build(values)

    return Codec(record.text, frozenset({list}), lower, lift, key=False)


def _unnamed(value: object, text: str) -> object:
    if isinstance(value, wire.Named):
        if value.name != text:
            raise Misfit(text, value.name)
        return value.wire
    return value


def union_codec(text: str, members: list[Codec]) -> Codec:
    """The first arm that takes the value. Arms that look alike on the wire are packed with their type's name."""
    shared = {arm.text for arm in members for other in members if arm is not other and arm.wire & other.wire}

    def lower(value: object) -> object:
        exact = [arm for arm in members if type(value) in arm.native]
        problem: Misfit | None = None
        for arm in exact or members:
            try:
                low = arm.lower(value)
            except Misfit as error:
                problem = error if problem is None or len(error.path) > len(problem.path) else problem
                continue
            return wire.pack_named(arm.text, low) if arm.text in shared else low
        raise problem if problem is not None and problem.path != "$" else misfit(text, value)

    def lift(value: object) -> object:
        if isinstance(value, wire.Named):
            arm = next((arm for arm in members if arm.text == value.name), None)
            if arm is not None:
                return arm.lift(value.wire)
        problem: Misfit | None = None
        for arm in [arm for arm in members if type(value) in arm.wire] or members:
            try:
                return arm.lift(value)
            except Misfit as error:
                problem = error if problem is None or len(error.path) > len(problem.path) else problem
        raise problem if problem is not None and problem.path != "$" else misfit(text, value)

    kinds = frozenset().union(*(arm.wire for arm in members))
    native = frozenset().union(*(arm.native for arm in members if arm.text not in shared))
    return Codec(text, kinds, lower, lift, native, key=all(arm.key and arm.text not in shared for arm in members))
