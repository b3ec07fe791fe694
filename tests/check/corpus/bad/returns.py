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
def wrong() -> Artifact[int]:
    return text()  # E: ZF204


@pipeline
def second() -> tuple[Artifact[int], Artifact[int]]:
    return number(), text().named("label")  # E: ZF204


@pipeline
def fewer() -> Artifact[int]:
    return number(), text()  # E: ZF204


@pipeline
def plain() -> int:
    return number()  # E: ZF204


@pipeline
def fields() -> Both:
    return Both(number(), text())  # E: ZF204


@pipeline
def outer() -> Artifact[str]:
    plain()  # E: ZF301
    return text()


@pipeline
def value() -> Artifact[int]:
    return 3  # E: ZF204
