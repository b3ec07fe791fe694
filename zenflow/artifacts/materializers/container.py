"""Containers and records whose parts have materializers of their own: `dict[str, np.ndarray]`, `list[pa.Table]`.

Every part is stored as the artifact it would be by itself: its blobs under a prefix (`0/data`), or, where it is
MessagePack, its bytes in the skeleton. A skeleton is `[kind, keys, parts]`, a part `[format]` or `[format, bytes]`.
A list all of whose parts are MessagePack *is* MessagePack: the array of them. So a list has the same digest whether it
was saved whole or joined from elements that were saved apart (`zenflow.artifacts.lists`), and none of it needs a type.
"""

from __future__ import annotations

import typing
from collections.abc import Callable, Mapping, Sequence

from attrs import frozen

from zenflow.artifacts import wire
from zenflow.artifacts.description.limits import PARTS
from zenflow.artifacts.description.secrecy import is_metric
from zenflow.artifacts.hints import LISTS, MAPPINGS, SEQUENCES, class_of, type_name
from zenflow.artifacts.materializer import AnyMaterializer, BlobReader, BlobWriter, Description, describe
from zenflow.artifacts.materializers.plain import DATA, does_not_fit
from zenflow.artifacts.materializers.plain import FORMAT as PLAIN
from zenflow.artifacts.misfit import NotPlain, misfit
from zenflow.artifacts.records import Record, record_of
from zenflow.artifacts.selectors import ByValue
from zenflow.errors import LoadError, SaveError

FORMAT = "container/1"
SKELETON = "skeleton"

Kind = typing.Literal["list", "tuple", "dict", "record"]
Part = tuple[str] | tuple[str, bytes]
Find = Callable[[object], AnyMaterializer]
Read = Callable[[object, BlobReader], object]


_KEYS: dict[str, type | None] = {"list": None, "tuple": None, "dict": bytes, "record": str}
"""By kind, what its keys are in a skeleton."""


@frozen
class Skeleton:
    """What a container is without its parts. `keys` are a dict's encoded keys, or a record's names."""

    kind: str
    keys: tuple[bytes | str, ...]
    parts: tuple[Part, ...]

    def encode(self) -> bytes:
        return wire.encode([self.kind, list(self.keys), [list(part) for part in self.parts]])


def skeleton_of(data: bytes | memoryview) -> Skeleton:
    """Read a skeleton.

    Raises:
        LoadError: Bytes that are none.
    """
    match wire.decode(data):
        case [str(kind), list(keys), list(parts)] if kind in _KEYS:
            named = len(keys) == (len(parts) if _KEYS[kind] else 0) and all(type(key) is _KEYS[kind] for key in keys)
            if named and len(set(keys)) == len(keys) and all(map(_is_part, parts)):
                return Skeleton(kind, tuple(keys), tuple(tuple(part) for part in parts))
    raise LoadError("the skeleton of a stored container is not one")


def _is_part(part: object) -> bool:
    match part:
        case [str()] | [str(), bytes()]:
            return True
    return False


@frozen
class Shape:
    """What a hint says of a container: of which kind, and the hint of each part."""

    kind: Kind
    hints: Sequence[object] | Mapping[str, object]
    key: object = None
    record: Record | None = None

    def parts(self) -> tuple[object, ...]:
        """The hints of all parts, without a dict's keys."""
        return tuple(self.hints.values() if isinstance(self.hints, Mapping) else self.hints)


def shape_of(hint: object) -> Shape | None:
    """The container a hint stands for, or None."""
    cls, args = class_of(hint), typing.get_args(hint)
    if cls in LISTS:
        return Shape("list", (args or (object,))[:1])
    if cls is tuple:
        if not args or (len(args) == 2 and args[1] is Ellipsis):
            return Shape("list", (args or (object,))[:1])
        return Shape("tuple", args)
    if cls in MAPPINGS:
        key, value = args or (object, object)
        return Shape("dict", (value,), key=key)
    record = record_of(hint)
    if record is None or any(field.init is None for field in record.fields):
        return None
    return Shape("record", {field.name: field.hint for field in record.fields}, record=record)


@frozen(eq=False)
class Container:
    """Saves and loads the parts by their own materializers, found by `find` and loaded by `read`."""

    hint: object
    shape: Shape
    find: Find
    read: Read
    format: str = FORMAT

    def save(self, value: object, out: BlobWriter) -> None:
        keys, values = self._apart(value)
        parts = tuple(
            self._save_part(i, hint, part, out)
            for i, (hint, part) in enumerate(zip(self._hints(keys, len(values)), values, strict=True))
        )
        kind = "tuple" if type(value) is tuple else self.shape.kind
        if self.shape.record is not None:
            kind = "record"
        write_container(Skeleton(kind, keys, parts), out)

    def load(self, blobs: BlobReader, hint: type) -> object:
        if blobs.format == PLAIN:
            parts: tuple[Part, ...] = tuple((PLAIN, bytes(raw)) for raw in wire.split(blobs.read(DATA)))
            skeleton = Skeleton("list", (), parts)
        else:
            skeleton = skeleton_of(blobs.read(SKELETON))
        self._check_kind(skeleton)
        hints = self._hints(skeleton.keys, len(skeleton.parts))
        values = [
            self.read(of, part_reader(blobs, i, part))
            for i, (of, part) in enumerate(zip(hints, skeleton.parts, strict=True))
        ]
        try:
            return self._together(skeleton, values)
        except LoadError:
            raise
        except Exception as error:  # a record is made by its own class, and a dict's keys are hashed by theirs
            raise LoadError(
                f"what is stored is no `{type_name(self.hint)}`: {type(error).__name__}: {error}",
                help="load it as the type it was stored as, or run the step that made it again",
            ) from error

    def describe(self, value: object) -> Description:
        """The length, and what is told of each part: by its field or key where that may be told, else by its place."""
        keys, values = self._apart(value)
        names = keys if self.shape.record is not None else list(value) if isinstance(value, dict) else ()
        told: dict[str, object] = {} if self.shape.record is not None else {"length": len(values)}
        parts: dict[str, object] = {}
        for i, (hint, part) in enumerate(zip(self._hints(keys, len(values)), values, strict=True)):
            if i == PARTS:
                break
            name = str(names[i]) if names and is_metric(names[i]) else str(i)
            parts[name] = {"type": type_name(hint), **describe(self.find(hint), part)}
        return told | ({"parts": parts} if parts else {})

    def _save_part(self, index: int, hint: object, part: object, out: BlobWriter) -> Part:
        child = out.child(str(index))
        materializer = self.find(hint)
        child.format = materializer.format
        try:
            materializer.save(part, child)
        except SaveError as error:
            place = error.message.replace("the value is not what was declared", "a part is not what was declared")
            raise SaveError(f"in a `{type_name(self.hint)}`, part {index}: {place}", help=error.help) from error
        return (PLAIN, bytes(child.take(DATA))) if child.format == PLAIN else (child.format,)

    def _apart(self, value: object) -> tuple[tuple[bytes | str, ...], list[object]]:
        shape = self.shape
        if shape.record is not None:
            if not shape.record.fits(value):
                raise does_not_fit(shape.record.text, misfit(shape.record.text, value))
            fields = shape.record.values(value)
            missing = [f.name for f in shape.record.fields if f.required and f.name not in fields]
            if missing or fields.keys() - typing.cast(Mapping[str, object], shape.hints).keys():
                raise does_not_fit(shape.record.text, misfit(shape.record.text, value))
            return tuple(fields), list(fields.values())
        if type(value) not in self._types():
            raise does_not_fit(type_name(self.hint), misfit(type_name(self.hint), value))
        if isinstance(value, dict):
            keys = self._keys()
            try:
                return tuple(keys.encode(key) for key in value), list(value.values())
            except NotPlain as error:
                raise SaveError(
                    f"a key of a `{type_name(self.hint)}` can not be stored: its type is not declared ({error})",
                    help="declare the type of the keys, or use plain ones",
                ) from error
        return (), list(typing.cast(Sequence[object], value))

    def _types(self) -> tuple[type, ...]:
        cls = class_of(self.hint)
        if self.shape.kind == "dict":
            return (dict,)
        if cls is tuple:
            return (tuple,)
        return (list, tuple) if cls in SEQUENCES else (list,)

    def _keys(self) -> typing.Any:
        found = self.find(self.shape.key)
        return found.plain if isinstance(found, ByValue) else found

    def _hints(self, keys: Sequence[bytes | str], count: int) -> list[object]:
        hints = self.shape.hints
        if isinstance(hints, Mapping):
            unknown = [key for key in keys if key not in hints]
            if unknown:
                raise LoadError(f"a stored `{type_name(self.hint)}` has a field {unknown[0]!r} that the type has not")
            return [hints[typing.cast(str, key)] for key in keys]
        if self.shape.kind == "tuple":
            if len(hints) != count:
                raise SaveError(f"`{type_name(self.hint)}` has {len(hints)} parts, and the value has {count}")
            return list(hints)
        return [hints[0]] * count

    def _check_kind(self, skeleton: Skeleton) -> None:
        kinds = {"list": ("list", "tuple"), "tuple": ("list", "tuple")}.get(self.shape.kind, (self.shape.kind,))
        if skeleton.kind not in kinds:
            raise LoadError(f"a stored {skeleton.kind} can not be loaded as `{type_name(self.hint)}`")
        if self.shape.kind == "tuple" and len(skeleton.parts) != len(self.shape.hints):
            raise LoadError(f"a stored tuple of {len(skeleton.parts)} can not be loaded as `{type_name(self.hint)}`")

    def _together(self, skeleton: Skeleton, values: list[object]) -> object:
        if self.shape.record is not None:
            named = dict(zip(typing.cast(tuple[str, ...], skeleton.keys), values, strict=True))
            missing = [f.name for f in self.shape.record.fields if f.required and f.name not in named]
            if missing:
                raise LoadError(f"a stored `{type_name(self.hint)}` lacks its field {missing[0]!r}")
            return self.shape.record.build(named)
        if self.shape.kind == "dict":
            keys = self._keys()
            return dict(zip((keys.decode(key) for key in skeleton.keys), values, strict=True))
        as_tuple = class_of(self.hint) is tuple or (skeleton.kind == "tuple" and class_of(self.hint) in SEQUENCES)
        return tuple(values) if as_tuple else values


def write_container(skeleton: Skeleton, out: BlobWriter) -> None:
    """Write a skeleton whose parts' blobs are written; a list of MessagePack becomes MessagePack."""
    if skeleton.kind == "list" and all(len(part) == 2 for part in skeleton.parts):
        out.format = PLAIN
        out.write(DATA, wire.join([part[1] for part in skeleton.parts if len(part) == 2]))
    else:
        out.format = FORMAT
        out.write(SKELETON, skeleton.encode())


def part_reader(blobs: BlobReader, index: int, part: Part) -> BlobReader:
    """The reader of a part, as if it were stored by itself."""
    return blobs.child(str(index), part[0], None if len(part) == 1 else {DATA: part[1]})
