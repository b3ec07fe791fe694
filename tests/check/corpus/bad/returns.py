"""Pipelines that return something else than they say."""

from typing import NamedTuple

from zenflow import Artifact, pipeline, step


class Both(NamedTuple):
    number: Artifact[int]
    text: Artifact[int]


@step
def number() -> int:
    return 1


@step
def text() -> str:
    return ""


@pipeline
def wrong() -> Artifact[int]:  # E: ZF204
    return text()


@pipeline
def second() -> tuple[Artifact[int], Artifact[int]]:  # E: ZF204
    return number(), text().named("label")


@pipeline
def fewer() -> Artifact[int]:  # E: ZF204
    return number(), text()


@pipeline
def plain() -> int:  # E: ZF204
    return number()


@pipeline
def fields() -> Both:  # E: ZF204
    return Both(number(), text())


@pipeline
def outer() -> Artifact[str]:
    plain()  # E: ZF301
    return text()


@pipeline
def value() -> Artifact[int]:  # E: ZF204
    return 3
