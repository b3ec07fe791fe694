"""A value that is not what its hint says, with the place in it where that shows."""

from __future__ import annotations

from zenflow.artifacts.hints import type_name


class Misfit(Exception):
    """`expected` and `found` are printed types; the path grows from the inside out as the error passes."""

    def __init__(self, expected: str, found: str) -> None:
        super().__init__(expected, found)
        self.expected = expected
        self.found = found
        self._path: list[str] = []

    def under(self, step: str) -> Misfit:
        """The same, seen from the container that holds the value at `step` (`[3]`, `.name`)."""
        self._path.append(step)
        return self

    @property
    def path(self) -> str:
        """Where, from the whole value: `$[3].name`."""
        return "$" + "".join(reversed(self._path))


def misfit(expected: str, value: object) -> Misfit:
    """A misfit of this value: its type is told, never the value."""
    return Misfit(expected, type_name(type(value)))


class NotPlain(Exception):
    """A hint or value that MessagePack can not carry: it needs a materializer of its own."""

    def __init__(self, what: object) -> None:
        super().__init__(what)
        self.what = what
