"""Which materializer a declared type has.

In this order: what a project registered for the class or a base of it; the libraries we know (their file is imported
only when a hint names one of their classes); plain values; containers and unions of all these; entry points of the
group `zenflow.materializers`, read once and only when nothing else fits. An entry point's name does not matter; it
loads a module or a class, and registers by `@materializer` as it is imported.
"""

from __future__ import annotations

import importlib
import typing
from collections import OrderedDict
from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any, TypeVar, Union

from zenflow.artifacts.hints import MAPPINGS, arms, class_of, closed, hashable, is_open, type_name
from zenflow.artifacts.materializer import AnyMaterializer, Materializer
from zenflow.artifacts.materializers.container import Container, shape_of
from zenflow.artifacts.materializers.plain import FORMAT as PLAIN
from zenflow.artifacts.materializers.plain import plain
from zenflow.artifacts.misfit import NotPlain
from zenflow.artifacts.reading import read
from zenflow.artifacts.selectors import ByValue, OneOf
from zenflow.errors import NoMaterializer

M = TypeVar("M", bound=type[Materializer[Any]])

GROUP = "zenflow.materializers"

_LIBRARIES = {
    "numpy": "zenflow.artifacts.materializers.numpy",
    "pyarrow": "zenflow.artifacts.materializers.arrow",
    "pandas": "zenflow.artifacts.materializers.pandas",
    "polars": "zenflow.artifacts.materializers.polars",
    "pathlib": "zenflow.artifacts.materializers.path",
    "collections": "zenflow.artifacts.materializers.stream",
    "PIL": "zenflow.artifacts.materializers.pillow",
    "matplotlib": "zenflow.artifacts.materializers.matplotlib",
    "plotly": "zenflow.artifacts.materializers.plotly",
    "datasets": "zenflow.artifacts.materializers.datasets",
    "ray.data": "zenflow.artifacts.materializers.ray",
    "torch": "zenflow.artifacts.materializers.torch",
    "sklearn": "zenflow.artifacts.materializers.sklearn",
    "xgboost": "zenflow.artifacts.materializers.xgboost",
    "lightgbm": "zenflow.artifacts.materializers.lightgbm",
    "transformers": "zenflow.artifacts.materializers.transformers",
}
"""By the top module of a class, or the two top ones: the file whose `materializer(hint)` knows it."""

_REFUSED = {
    "polars.LazyFrame": ("a query, not data", "return `frame.collect()`, a `polars.DataFrame`"),
    "datasets.IterableDataset": (
        "a way to data that may have no end",
        "return a `datasets.Dataset`: `Dataset.from_generator(lambda: iter(examples), features=examples.features)`",
    ),
    "datasets.IterableDatasetDict": (
        "ways to data that may have no end",
        "return a `datasets.DatasetDict` of `datasets.Dataset`s",
    ),
}
"""Classes of the libraries we know that are no data: what they are, and what to return instead."""

_registered: dict[type, AnyMaterializer] = {}


def materializer(for_type: type) -> Callable[[M], M]:
    """Register a materializer class for a type and its subclasses; it is made without arguments.

    A later one for the same type replaces the earlier. See `zenflow.artifacts.materializer` for an example.
    """

    def register(cls: M) -> M:
        _registered[for_type] = cls()
        forget()
        return cls

    return register


def forget() -> None:
    """Drop what was chosen so far, after a registration."""
    from zenflow.artifacts import saving

    _materializer_for.cache_clear()
    saving.forget()


def materializer_for(hint: object) -> AnyMaterializer:
    """The materializer of a declared type.

    Raises:
        NoMaterializer: There is none, with the part of the type that lacks it and what to do.
    """
    return _materializer_for(hashable(hint))


def has_materializer(hint: object) -> bool:
    """Whether values of this declared type can be stored, as far as the type tells."""
    try:
        materializer_for(hint)
    except NoMaterializer:
        return False
    return True


def materializer_for_value(value: object) -> AnyMaterializer:
    """The materializer of a value whose type nobody declared (`Any`, `object`, a TypeVar).

    Raises:
        NoMaterializer: Its type has none, or can only be loaded when it is declared (a record, an enum).
    """
    return ByValue(plain(object), _choose_for_value).choose(value)


def format_for(hint: object) -> str:
    """The formats that values of this type may be stored in, as one text for cache keys.

    It changes when the materializer of any part of the type gets a new version.
    """
    return _format(materializer_for(hint))


def _format(chosen: AnyMaterializer, within: frozenset[object] = frozenset()) -> str:
    if isinstance(chosen, OneOf):
        return "|".join(_format(arm, within) for _, arm in chosen.arms)
    if not isinstance(chosen, Container):
        return chosen.format
    if chosen.hint in within:
        return "..."
    parts = (_format(materializer_for(part), within | {chosen.hint}) for part in chosen.shape.parts())
    return f"{chosen.format}({','.join(parts)})"


@lru_cache(maxsize=4096)
def _materializer_for(hint: object) -> AnyMaterializer:
    return _choose(hint)


def _choose(hint: object, within: frozenset[object] = frozenset()) -> AnyMaterializer:
    """`within` are the types whose parts are being looked at: one that holds itself is taken to have what it needs."""
    found = _find(hint, within)
    if found is None and _load_entry_points():
        found = _find(hint, within)
    if found is None:
        raise _none(hint)
    return found


def _find(hint: object, within: frozenset[object]) -> AnyMaterializer | None:
    hint = closed(hint)
    if is_open(hint) or any(map(is_open, arms(hint) or ())):
        return ByValue(plain(object), _choose_for_value)
    cls = class_of(hint)
    own = _own(cls) or _from_library(cls, hint)
    if own is not None:
        return own
    try:
        if _holds_registered(hint, set()):
            return _composed(hint, within)
        whole = plain(hint)
    except NotPlain:
        return _composed(hint, within)
    except NameError as error:
        raise NoMaterializer(
            f"the fields of `{type_name(hint)}` can not be read: {error}",
            help="import the field's type at run time, not only under TYPE_CHECKING",
            code="ZF406",
        ) from error
    if whole.codec.is_open:
        return ByValue(whole, lambda value: _composed(hint, within) or _choose_for_value(value))
    return whole


def _composed(hint: object, within: frozenset[object]) -> AnyMaterializer | None:
    """A union or container some part of which is not plain."""
    members = arms(hint)
    if members is not None:
        return _union(members, within)
    shape = shape_of(hint)
    if shape is None:
        return None
    for part in shape.parts():
        if part not in within and part != hint:
            _choose(part, within | {hint})
    if shape.kind == "dict":
        try:
            plain(shape.key)
        except NotPlain:
            return None
    return Container(hint, shape, materializer_for, read)


def _union(members: tuple[object, ...], within: frozenset[object]) -> AnyMaterializer:
    chosen = {member: _choose(member, within) for member in members if member not in within}
    heavy = [(member, found) for member, found in chosen.items() if found.format != PLAIN]
    light = [member for member, found in chosen.items() if found.format == PLAIN]
    if light:
        together: Any = Union[tuple(light)]  # noqa: UP007 - of members known at run time
        heavy.append((together, _choose(together, within)))
    return OneOf(tuple(heavy), " | ".join(type_name(member) for member in members))


def _own(cls: type | None) -> AnyMaterializer | None:
    if cls is None or not _registered:
        return None
    return next((_registered[base] for base in cls.__mro__ if base in _registered), None)


def _from_library(cls: type | None, hint: object) -> AnyMaterializer | None:
    if cls is None:
        return None
    if cls in (*MAPPINGS, OrderedDict):
        # A dict of tensors is kept as one, since its tensors may share memory; every other dict is of its parts.
        parts = [part for part in map(class_of, typing.get_args(hint)) if part is not None]
        tops = [part.__module__.partition(".")[0] for part in parts]
        if tops[1:] != ["torch"]:
            return None
        return typing.cast(AnyMaterializer | None, importlib.import_module(_LIBRARIES["torch"]).materializer(hint))
    for base in cls.__mro__:
        top, _, below = base.__module__.partition(".")
        module = _LIBRARIES.get(top) or _LIBRARIES.get(f"{top}.{below.partition('.')[0]}")
        if module is not None:
            found: AnyMaterializer | None = importlib.import_module(module).materializer(hint)
            return found
    return None


def _holds_registered(hint: object, seen: set[object]) -> bool:
    """Whether a part of the hint is of a class the project registered, which goes before plain encoding."""
    hint = closed(hint)
    if not _registered or hint in seen:
        return False
    seen.add(hint)
    if _own(class_of(hint)) is not None:
        return True
    members = arms(hint)
    shape = shape_of(hint) if members is None else None
    return any(_holds_registered(part, seen) for part in members or (shape.parts() if shape else ()))


def _choose_for_value(value: object) -> AnyMaterializer:
    cls = type(value)
    own = _own(cls) or _from_library(cls, cls)
    if own is None and cls in (list, tuple, dict):
        hint: object = {list: list[Any], tuple: tuple[Any, ...], dict: dict[Any, Any]}[cls]
        shape = shape_of(hint)
        assert shape is not None
        return Container(hint, shape, materializer_for, read)
    if own is None:
        raise NoMaterializer(
            f"a `{type_name(cls)}` whose type is not declared can not be stored: nothing would tell how to load it",
            help=f"declare `{type_name(cls)}` as the step's return type instead of Any, object or a TypeVar",
        )
    return own


@cache
def _load_entry_points() -> bool:
    """Import what other packages register, once; whether there was anything."""
    from importlib.metadata import entry_points  # 17 ms that most runs never need

    points = entry_points(group=GROUP)
    for point in points:
        point.load()
    return bool(points)


def _none(hint: object) -> NoMaterializer:
    name = type_name(hint)
    if name in _REFUSED:
        why, instead = _REFUSED[name]
        return NoMaterializer(f"a `{name}` is {why}, so it can not be stored", help=instead, code="ZF406")
    return NoMaterializer(
        f"there is no materializer for `{name}`",
        help="return a type that has one, register your own with `@materializer(...)`, or ask for pickle by name: "
        "`@step(output=Pickle)`",
        code="ZF406",
    )
