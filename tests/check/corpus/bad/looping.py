"""Loops whose body or condition is not one of the value, and mistakes in a body."""

from __future__ import annotations

from typing import Any

from zenflow import Artifact, loop, pipeline, step

anything: Any = loop  # a type checker finds most of these, too


@step
def load(size: int) -> float:
    return float(size)


@step
def halved(model: float) -> float:
    return model / 2


@step
def named(model: float) -> str:
    return str(model)


@step
def is_good(model: float) -> bool:
    return model > 9


@step
def is_long(text: str) -> bool:
    return len(text) > 9


@pipeline
def changing() -> Artifact[str]:
    return anything(named, load(3), until=is_long, limit=3)  # E: ZF201


@pipeline
def undecided() -> Artifact[float]:
    return anything(halved, load(3), until=halved, limit=3)  # E: ZF201


@pipeline
def endless() -> Artifact[float]:
    return anything(lambda model: load(4), load(3), until=is_good, limit=3)  # E: ZF206


@pipeline
def unlimited() -> Artifact[float]:
    return anything(halved, load(3), until=is_good, limit=0)  # E: ZF206


@pipeline
def dropping() -> Artifact[float]:
    def body(model: Artifact[float]) -> Artifact[float]:
        named(model)  # E: ZF301
        return halved(model)

    return loop(body, load(3), until=is_good, limit=3)


@pipeline
def asking() -> Artifact[float]:
    def body(model: Artifact[float]) -> Artifact[float]:
        return halved(model) if model else model  # E: ZF101

    return loop(body, load(3), until=is_good, limit=3)


@pipeline
def misfitting() -> Artifact[float]:
    return loop(lambda model: halved(named(model)), load(3), until=is_good, limit=3)  # E: ZF201
