"""Artifacts given to plain functions: found by a type checker, since the call is not ours."""

import math

from zenflow import Artifact, pipeline, step


@step
def numbers() -> list[float]:
    return [1.0]


@step
def mean(xs: list[float]) -> float:
    return sum(xs) / len(xs)


def squared(x: float) -> float:
    return x * x


@pipeline
def by_a_library() -> Artifact[float]:
    m = mean(numbers())
    math.sqrt(m)  # E: ZF105
    return m


@pipeline
def by_a_helper() -> Artifact[float]:
    m = mean(numbers())
    squared(m)  # E: ZF105
    return m
