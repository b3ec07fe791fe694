"""Pipelines that build something else each time they are called."""

import itertools
import random
import time

from zenflow import Artifact, pipeline, step

_count = itertools.count()


@step
def load(seed: int = 0) -> int:
    return seed


@step
def add(x: int, y: int) -> int:
    return x + y


@pipeline
def by_chance() -> Artifact[int]:
    return load(random.randint(0, 10**12))  # E: ZF306


@pipeline
def by_the_clock() -> Artifact[int]:
    return add(load(), time.time_ns())  # E: ZF306


@pipeline
def longer_each_time() -> Artifact[int]:
    x = load()
    for step_ in range(next(_count)):
        x = add(x, step_)  # E: ZF306
    return x


@pipeline
def inner(x: Artifact[int]) -> Artifact[int]:
    return add(x, next(_count))  # E: ZF306


@pipeline
def outer() -> Artifact[int]:
    return inner(load())


@pipeline
def named_otherwise() -> Artifact[int]:
    return load().named(f"run-{random.random()}")  # E: ZF306
