"""Types that fit by their parts: tuples by their items, typed dicts by their keys."""

from __future__ import annotations

from collections import abc
from collections.abc import Callable
from typing import Any, TypeVar, get_args, get_origin

from zenflow.artifacts.hints import substitute
from zenflow.graph.fit import Fit, every, unless_certain
from zenflow.graph.hint_kinds import is_empty_tuple, is_unpacked
from zenflow.graph.inheritance import (
    fields_of,
    is_plain,
    is_protocol,
    is_typed_dict,
    item_types,
    parameters_of,
    read_only_fields,
)

Fits = Callable[[Any, Any], Fit]


def tuple_fit(source: Any, target: Any, fits: Fits) -> Fit:
    """Whether a tuple or a NamedTuple fits a tuple whose items have types."""
    expected = get_args(target)
    actual = () if is_empty_tuple(source) else item_types(source)
    if actual is None or any(is_unpacked(item) for item in (*expected, *actual)):
        return Fit.UNKNOWN
    if expected[-1:] == (Ellipsis,):
        items = actual[:1] if actual[-1:] == (Ellipsis,) else actual
        return every(fits(item, expected[0]) for item in items)
    if actual == (Any, Ellipsis):
        return Fit.UNKNOWN
    if actual[-1:] == (Ellipsis,) or len(actual) != len(expected):
        return Fit.NO
    return every(fits(a, e) for a, e in zip(actual, expected, strict=True))


# ---------------------------------------------------------------- typed dicts


def typed_dict_fit(source: Any, target: Any, fits: Fits, same: Fits) -> Fit:
    """Whether a typed dict fits another type, or anything a typed dict.

    Rules of the typing specification, "Typed dictionaries: assignability": extra keys are welcome, what can be written
    has the same type, what can only be read may be narrower.
    """
    given, wanted = get_origin(source) or source, get_origin(target) or target
    if not is_typed_dict(wanted):
        return _to_mapping(given, wanted, target, fits)
    if not is_typed_dict(given):
        return Fit.NO if is_plain(given) else Fit.UNKNOWN
    ours, theirs = _items(source, given), _items(target, wanted)
    if ours is None or theirs is None:
        return Fit.UNKNOWN
    return every(_item_fit(ours.get(name), item, fits, same) for name, item in theirs.items())


_Item = tuple[Any, bool, bool]
"""The type of a key, whether it is required, whether it is read-only."""


def _items(hint: Any, cls: Any) -> dict[str, _Item] | None:
    fields = fields_of(cls)
    if fields is None or getattr(cls, "__closed__", None) or _has_extra_items(cls):
        return None
    parameters = getattr(cls, "__parameters__", ())
    solved = dict.fromkeys(parameters, Any) | parameters_of(hint)
    frozen = read_only_fields(cls)
    return {name: (substitute(part, solved), needed, name in frozen) for name, (part, needed) in fields.items()}


def _has_extra_items(cls: Any) -> bool:
    return "__extra_items__" in vars(cls) and type(cls.__extra_items__).__name__ != "_NoExtraItemsType"


def _item_fit(ours: _Item | None, theirs: _Item, fits: Fits, same: Fits) -> Fit:
    hint, required, frozen = theirs
    if ours is None:
        return Fit.UNKNOWN if frozen and not required and hint in (object, Any) else Fit.NO
    if any(_is_open(part) for part in (ours[0], hint)):  # a type parameter that a base class was given
        return Fit.UNKNOWN
    if frozen:
        return Fit.NO if required and not ours[1] else fits(ours[0], hint)
    return Fit.NO if ours[2] or ours[1] is not required else same(ours[0], hint)


def _is_open(hint: Any) -> bool:
    return isinstance(hint, TypeVar) or bool(get_args(hint) and getattr(hint, "__parameters__", ()))


_READS_AS: dict[Any, tuple[Any, ...]] = {
    abc.Mapping: (str, object),
    abc.Iterable: (str,),
    abc.Collection: (str,),
    abc.Container: (str,),
    abc.Sized: (),
}


def _to_mapping(given: Any, wanted: Any, target: Any, fits: Fits) -> Fit:
    """To be read, a typed dict is a `Mapping[str, object]`; to be written to, it is nothing but itself."""
    if wanted in (dict, abc.MutableMapping) and wanted in given.__mro__:
        return Fit.NO
    if wanted not in _READS_AS:
        unsure = is_protocol(wanted) or not is_plain(wanted) or wanted in (abc.Hashable, abc.Reversible)
        return Fit.UNKNOWN if unsure else Fit.NO
    args = get_args(target)
    fit = every(fits(ours, theirs) for ours, theirs in zip(_READS_AS[wanted], args, strict=False))
    return unless_certain(fit, no=wanted is abc.Mapping and fits(str, args[0]) is Fit.YES) if args else Fit.YES
