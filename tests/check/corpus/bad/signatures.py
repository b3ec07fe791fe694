"""Steps that do not say what they take and give, or can not be steps; and calls that do not fit them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

from typing_extensions import Unpack

from zenflow import Artifact, pipeline, step

if TYPE_CHECKING:
    from decimal import Decimal


@step
def silent(x, y: Any) -> int:  # E: ZF202 ZF202
    return 1


@step
def mute(x: int):  # E: ZF202
    return x


@step
def vague(
    x: int,
) -> Any:  # E: ZF202
    return x


@overload
def size(x: str) -> int: ...
@overload
def size(x: bytes) -> int: ...
@step
def size(x: str | bytes) -> int:  # E: ZF203
    return len(x)


@step
def mixed(*args: Unpack[tuple[int, str]]) -> int:  # E: ZF203
    return len(args)


@step
def hidden(x: Decimal) -> int:  # E: ZF205
    return 1


@step
def misspelt(x: "Decimall") -> int:  # type: ignore[name-defined]  # E: ZF205
    return 1


@step
def depths(data: int, *, depth: int = 2) -> int:
    return data + depth


@pipeline
def calls() -> tuple[Artifact[int], Artifact[int], Artifact[int]]:
    a = depths(1, dept=3)  # E: ZF206
    b = depths(a, 4)  # E: ZF206
    c = depths(depth=1)  # E: ZF206
    return a, b, c
