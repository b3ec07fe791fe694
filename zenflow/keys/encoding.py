"""The canonical encoding: bytes that stand for a value, for hashing only (there is no decoder).

Why our own: JSON-like codecs merge what a step can tell apart (msgspec.json maps NaN to null and `{1: 0}` to
`{"1": 0}`), pickle tells apart what is equal (memoised references, dict order) and runs code, `repr` is a
promise nobody made, and joining texts lets `f(a="1b2", b="")` meet `f(a="1", b="2b")`.

The grammar: every value is a tag byte followed by pieces that are of fixed size, framed by their length, or
values again behind their count. So no encoding is a prefix of another one, and concatenating encodings loses nothing.
Dictionaries are sorted by their encoded items, sets by their encoded members.

Records (dataclasses, attrs classes, NamedTuples, msgspec Structs, enums) carry the name **and the code** of their
class: a step that is handed `Ridge(alpha=1)` as a `Model` reaches `Ridge.fit` through the value alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

from blake3 import blake3

from zenflow.errors import Unencodable
from zenflow.keys import arrays, hints, records
from zenflow.keys.frames import Refused, count, frame, text
from zenflow.keys.names import qualified
from zenflow.keys.plain import PLAIN
from zenflow.keys.stand_ins import StandIn

MAX_DEPTH: Final = 150
"""Deepest nesting that is encoded: room for any sensible parameter, and far from Python's recursion limit."""


def encode(
    value: object,
    *,
    files: Callable[[Path], bytes] | None = None,
    settle: Callable[[StandIn], StandIn] | None = None,
) -> bytes:
    """The canonical encoding of a value.

    Args:
        value: Any value built from the types this package knows.
        files: The digest of the file or directory a path names (`file_digest`): paths then enter by content, and
            their names do not matter. Without it a path is its text.
        settle: What a stand-in means now (`StandIn.settled`). Without it a stand-in is what it says.

    Raises:
        Unencodable: Something in the value has no encoding; the message names the place in the value and its type.

    >>> encode({"a": 1, "b": 2}) == encode({"b": 2, "a": 1})
    True
    >>> len({encode(value) for value in (1, "1", True, 1.0, b"1", [1], (1,))})
    7
    """
    plain = PLAIN.get(type(value))
    if plain is not None and plain in _INFALLIBLE:
        return plain(value)
    return Encoder(files=files, settle=settle).top(value)


def digest(value: object, *, files: Callable[[Path], bytes] | None = None) -> bytes:
    """BLAKE3 of `encode(value)`: 32 bytes.

    >>> digest(1).hex()[:8], digest("1").hex()[:8]
    ('582c4d0b', 'ba1ef8d0')
    """
    return blake3(encode(value, files=files)).digest()


class Encoder:
    """One encoding under way. Reuse one for many values that share classes: their code is then hashed once.

    Args:
        files, settle: See `encode`.
        code: What stands for a function or class; by default the digest of its code closure.
    """

    def __init__(
        self,
        *,
        files: Callable[[Path], bytes] | None = None,
        settle: Callable[[StandIn], StandIn] | None = None,
        code: Callable[[object], bytes] | None = None,
    ) -> None:
        self.files = files
        self.settle = settle
        self.code = code or _code_digest
        self._class_code = code or _class_digest
        self._types: dict[type, bytes] = {}
        self._open: set[int] = set()

    def top(self, value: object) -> bytes:
        """The encoding of a whole value. Raises `Unencodable`."""
        try:
            return self.encode(value)
        except Refused as refused:
            place = "value" + "".join(reversed(refused.path))
            raise Unencodable(
                f"`{place}` can not be part of a cache key: {refused.reason}", help=refused.help
            ) from None
        except RecursionError:
            raise Unencodable(
                "`value` can not be part of a cache key: it is nested too deeply", help=_FLATTEN
            ) from None
        finally:
            self._open.clear()

    def encode(self, value: object) -> bytes:
        """The encoding of a part. Raises `Refused`."""
        plain = PLAIN.get(type(value))
        if plain is not None:
            return plain(value)
        identity = id(value)
        if identity in self._open:
            raise Refused("it contains itself", help="pass a value without cycles")
        if len(self._open) >= MAX_DEPTH:
            raise Refused(f"it is nested deeper than {MAX_DEPTH} levels", help=_FLATTEN)
        self._open.add(identity)
        try:
            handler = _CONTAINERS.get(type(value))
            return handler(self, value) if handler else self._family(value)
        finally:
            self._open.discard(identity)

    def items(self, values: Iterable[object]) -> list[bytes]:
        """The encodings of the elements of a sequence."""
        parts = []
        for index, value in enumerate(values):
            try:
                parts.append(self.encode(value))
            except Refused as refused:
                raise refused.inside(f"[{index}]") from None
        return parts

    def at(self, step: str, value: object) -> bytes:
        """The encoding of the part found under `step` (`.name`)."""
        try:
            return self.encode(value)
        except Refused as refused:
            raise refused.inside(step) from None

    def type_tag(self, cls: type) -> bytes:
        """What stands for the class of a record: its name and its code."""
        known = self._types.get(cls)
        if known is None:
            known = self._types[cls] = text(qualified(cls)) + frame(self._class_code(cls))
        return known

    def _family(self, value: object) -> bytes:
        for family in (
            records.callables,
            records.stand_ins,
            records.paths,
            arrays.arrays,
            records.records,
            hints.hint,
            records.subclasses,
        ):
            encoded = family(self, value)
            if encoded is not None:
                return encoded
        raise Refused(
            f"a `{qualified(type(value))}` has no canonical encoding",
            help="pass plain data, a dataclass or a NamedTuple; or return the object from a step and pass its artifact",
        )


def _code_digest(value: object) -> bytes:
    from zenflow.keys.closure import closure  # the closure of code holds values, and values hold code

    found = closure(value)
    if found.problems:
        raise Refused(f"its code can not be hashed: {found.problems[0]}", help="pass plain data instead of code")
    return found.digest


def _class_digest(cls: object) -> bytes:
    # Problems in a record's class are not the record's: the step that is annotated with the class reports them.
    from zenflow.keys.closure import closure

    return closure(cls).digest


def _sequence(tag: bytes) -> Callable[[Encoder, Any], bytes]:
    def handler(encoder: Encoder, value: Any) -> bytes:
        return tag + count(len(value)) + b"".join(encoder.items(value))

    return handler


def _dict(encoder: Encoder, value: dict[object, object]) -> bytes:
    return b"{" + mapping(encoder, value)


def mapping(encoder: Encoder, value: dict[Any, Any]) -> bytes:
    """The items of a mapping, sorted by their encodings."""
    pairs = []
    for key, item in value.items():
        step = f"[{key!r:.40}]"
        pairs.append(encoder.at(step, key) + encoder.at(step, item))
    return count(len(pairs)) + b"".join(sorted(pairs))


def _set(tag: bytes) -> Callable[[Encoder, Any], bytes]:
    def handler(encoder: Encoder, value: Any) -> bytes:
        return tag + members(encoder, value)

    return handler


def members(encoder: Encoder, value: Iterable[object]) -> bytes:
    """The members of a set, sorted by their encodings.

    They are visited by name where they have one, because an encoder's `code` may number what it meets.
    """
    ordered = sorted(value, key=lambda item: getattr(item, "__qualname__", ""))
    parts = sorted(encoder.at("{...}", item) for item in ordered)
    return count(len(parts)) + b"".join(parts)


def _slice(encoder: Encoder, value: slice) -> bytes:
    return b":" + encoder.at(".start", value.start) + encoder.at(".stop", value.stop) + encoder.at(".step", value.step)


_FLATTEN: Final = "flatten it, or return it from a step and pass its artifact"
_INFALLIBLE: Final = frozenset(PLAIN[cls] for cls in (type(None), bool, int, float, complex, str, bytes))
_CONTAINERS: Final[dict[type, Callable[[Encoder, Any], bytes]]] = {
    list: _sequence(b"["),
    tuple: _sequence(b"("),
    dict: _dict,
    set: _set(b"S"),
    frozenset: _set(b"Y"),
    slice: _slice,
}
