"""Bytes made hostile: what a broken disk does to them by chance, and what somebody does who wants a reader to fall."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from random import Random

EXTREMES = (
    *(0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x1_0000),
    *(2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**47, 2**62, 2**63 - 1, 2**63, 2**64 - 1),
)
"""Lengths, counts and offsets that lie."""

Mutator = Callable[[bytearray, Random, Sequence[bytes]], None]


def mutated(data: bytes, number: int, random: Random, others: Sequence[bytes]) -> bytes:
    """The mutant of this number: every third one has an extreme integer, at one offset after the other; the rest are
    changed up to three times, anyhow."""
    changed = bytearray(data)
    if number % 3 == 0 and data:
        _put(changed, number // 3 % len(data), random)
    else:
        for _ in range(random.choice((1, 1, 1, 2, 3))):
            random.choice(MUTATORS)(changed, random, others)
    return bytes(changed)


def _put(data: bytearray, offset: int, random: Random) -> None:
    width, order = random.choice((1, 2, 4, 8)), random.choice("<>")
    value = random.choice(EXTREMES) % 2 ** (8 * width)
    data[offset : offset + width] = struct.pack(f"{order}{ {1: 'B', 2: 'H', 4: 'I', 8: 'Q'}[width] }", value)


def _extreme(data: bytearray, random: Random, _: Sequence[bytes]) -> None:
    _put(data, random.randrange(len(data) + 1), random)


def _flip(data: bytearray, random: Random, others: Sequence[bytes]) -> None:
    for _ in range(random.choice((1, 1, 2, 8))):
        if data:
            data[random.randrange(len(data))] ^= 1 << random.randrange(8)


def _byte(data: bytearray, random: Random, _: Sequence[bytes]) -> None:
    if data:
        data[random.randrange(len(data))] = random.randrange(256)


def _truncate(data: bytearray, random: Random, _: Sequence[bytes]) -> None:
    del data[random.randrange(len(data) + 1) :]


def _delete(data: bytearray, random: Random, _: Sequence[bytes]) -> None:
    start, end = _span(data, random)
    del data[start:end]


def _duplicate(data: bytearray, random: Random, _: Sequence[bytes]) -> None:
    start, end = _span(data, random)
    data[start:start] = data[start:end] * random.choice((1, 2, 50))


def _move(data: bytearray, random: Random, _: Sequence[bytes]) -> None:
    start, end = _span(data, random)
    piece = data[start:end]
    del data[start:end]
    place = random.randrange(len(data) + 1)
    data[place:place] = piece


def _splice(data: bytearray, random: Random, others: Sequence[bytes]) -> None:
    other = random.choice(others)
    start, end = _span(other, random)
    place = random.randrange(len(data) + 1)
    data[place : place + random.choice((0, end - start))] = other[start:end]


def _noise(data: bytearray, random: Random, _: Sequence[bytes]) -> None:
    place = random.randrange(len(data) + 1)
    data[place:place] = random.randbytes(random.randrange(1, 32))


def _nest(data: bytearray, random: Random, _: Sequence[bytes]) -> None:
    """An array of one array of one array, and so on: of MessagePack, of JSON, of Python."""
    place = random.randrange(len(data) + 1)
    data[place:place] = random.choice((b"\x91", b"\x81\xa1a", b"[", b'{"a":', b"(")) * random.choice((10, 500, 5_000))


def _span(data: bytes | bytearray, random: Random) -> tuple[int, int]:
    start = random.randrange(len(data) + 1)
    return start, min(len(data), start + random.choice((1, 4, 8, 16, 64, 512)))


MUTATORS: tuple[Mutator, ...] = (
    *(_flip, _flip, _byte, _extreme, _extreme),
    *(_truncate, _delete, _duplicate, _move, _splice, _noise, _nest),
)
