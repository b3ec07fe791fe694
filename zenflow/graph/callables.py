"""What may go where something callable is expected."""

from __future__ import annotations

from collections import abc
from collections.abc import Callable
from typing import Any, get_args, get_origin

from zenflow.graph.fit import Fit, every, unless_certain
from zenflow.graph.hint_kinds import is_unpacked
from zenflow.graph.inheritance import is_plain, is_protocol, may_have


def callable_fit(source: Any, target: Any, fits: Callable[[Any, Any], Fit]) -> Fit:
    """Whether a type fits a Callable: results vary along, parameters against. A class with `__call__` may."""
    origin = get_origin(source) or source
    if origin is not abc.Callable:
        return Fit.NO if isinstance(origin, type) and _never_callable(origin) else Fit.UNKNOWN
    given, wanted = get_args(source), get_args(target)
    if not given or not wanted:
        return Fit.YES if not wanted else Fit.UNKNOWN
    result = fits(given[-1], wanted[-1])
    parameters = _parameters(given[0], wanted[0], fits) if given[0] != wanted[0] else Fit.YES
    return unless_certain(every((result, parameters)), yes=given[0] is Ellipsis)


def _never_callable(cls: type) -> bool:
    return Any not in cls.__mro__ and not is_protocol(cls) and is_plain(cls) and not may_have(cls, "__call__")


def _parameters(given: Any, wanted: Any, fits: Callable[[Any, Any], Fit]) -> Fit:
    if not isinstance(given, list) or not isinstance(wanted, list):
        return Fit.UNKNOWN
    if any(is_unpacked(hint) for hint in (*given, *wanted)):
        return Fit.UNKNOWN
    if len(given) != len(wanted):
        return Fit.NO
    return every(fits(w, g) for g, w in zip(given, wanted, strict=True))
