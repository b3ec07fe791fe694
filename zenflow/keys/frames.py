"""The alphabet of the canonical encoding: delimited pieces, and the refusal of what has no encoding."""

from __future__ import annotations


def count(number: int) -> bytes:
    """A length or number of parts as eight bytes, big-endian."""
    return number.to_bytes(8, "big")


def frame(data: bytes) -> bytes:
    """`data` behind its length, so that neighbours can not run into each other."""
    return len(data).to_bytes(8, "big") + data


def text(string: str) -> bytes:
    """A framed string. Lone surrogates (file names) are kept."""
    return frame(string.encode("utf-8", "surrogatepass"))


class Refused(Exception):
    """A part of a value has no encoding. `path` grows from the inside out while the containers unwind."""

    def __init__(self, reason: str, *, help: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.help = help
        self.path: list[str] = []

    def inside(self, step: str) -> Refused:
        """The same refusal, seen from the container that holds the part under `step`."""
        self.path.append(step)
        return self
