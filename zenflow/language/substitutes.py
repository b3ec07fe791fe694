"""What a pipeline's code goes on with where it used a handle as a value, by the operation it tried."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import FrameType
from typing import Any

from zenflow.graph.site import instruction_at
from zenflow.language.recovery import Mistakes, user_frame

Unknown = Callable[[], Any]


def in_place_of(method: str, mistakes: Mistakes, unknown: Unknown) -> Any:
    """What a special method gives after its mistake was noted.

    Whatever decides is true where it is met first and false after, so that a branch is entered, and a loop left. A
    comparison gives what nothing is known of.
    """
    frame = user_frame()
    substitute = _SUBSTITUTES.get(method)
    if substitute is not None:
        return substitute(frame, unknown)
    if method in _DECIDING:
        return frame is None or mistakes.first_at(frame)
    if method == "__next__" and frame is not None and not mistakes.first_at(frame):
        raise StopIteration
    return unknown()


def reads_attribute(frame: FrameType | None) -> bool:
    """Whether code at a frame reads an attribute as such; `hasattr` and its like only ask."""
    here = None if frame is None else instruction_at(frame.f_code, frame.f_lasti)
    return here is not None and here.opname in ("LOAD_ATTR", "LOAD_METHOD")


_DECIDING = {"__bool__", "__contains__"}


def _elements(frame: FrameType | None, unknown: Unknown) -> Iterator[Any]:
    """As many as the code unpacks; one for a loop."""
    return iter([unknown() for _ in range(_unpacked(frame))])


def _unpacked(frame: FrameType | None) -> int:
    here = None if frame is None else instruction_at(frame.f_code, frame.f_lasti)
    count = (here.arg or 0) if here is not None else 0
    if here is not None and here.opname == "UNPACK_SEQUENCE":
        return count
    return (count & 0xFF) + (count >> 8) if here is not None and here.opname == "UNPACK_EX" else 1


def _position(frame: FrameType | None) -> int:
    """The first, of a sequence. Whatever else asks for a whole number may act on it: `open(1)` opens a descriptor."""
    here = None if frame is None else instruction_at(frame.f_code, frame.f_lasti)
    if here is not None and here.opname.startswith(("BINARY_SUBSCR", "BINARY_OP")):
        return 0
    raise TypeError("a handle on a value is no whole number")


_SUBSTITUTES: Mapping[str, Callable[[FrameType | None, Unknown], Any]] = {
    "__str__": lambda _frame, _unknown: "…",
    "__format__": lambda _frame, _unknown: "…",
    "__iter__": _elements,
    "__reversed__": _elements,
    "__len__": lambda _frame, _unknown: 1,
    "__int__": lambda _frame, _unknown: 1,
    "__index__": lambda frame, _unknown: _position(frame),
    "__float__": lambda _frame, _unknown: 1.0,
    "__complex__": lambda _frame, _unknown: 1j,
    "__exit__": lambda _frame, _unknown: None,
}
