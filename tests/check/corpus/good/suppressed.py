"""Findings that a comment on the line silences."""

from zenflow import Artifact, pipeline, step


@step
def load() -> str:
    return ""


@step
def count(items: list[int], flag: bool = False) -> int:
    return len(items)


@step
def untyped(x):  # type: ignore[no-untyped-def]  # zenflow: ignore[ZF202]
    return x


@pipeline
def counted(unused: int = 1) -> Artifact[int]:  # zenflow: ignore[ZF302]
    count([1])  # zenflow: ignore[ZF301]
    return count(load())  # zenflow: ignore[ZF201]
