"""Loops of every kind of body, in one another and with maps and branches: nothing in them is a mistake."""

from __future__ import annotations

from zenflow import Artifact, each, loop, pipeline, step, when


@step
def load(size: int) -> list[float]:
    return [float(i) for i in range(size)]


@step
def improved(model: float, data: list[float]) -> float:
    return model + sum(data)


@step
def halved(model: float) -> float:
    return model / 2


@step
def is_good(model: float, limit: float = 9.0) -> bool:
    return model > limit


@step(cache=False)
def drawn() -> float:
    return 4.0


@step(effect=True)
def published(model: float) -> float:
    return model


@pipeline
def refined(model: Artifact[float]) -> Artifact[float]:
    return loop(halved, model, until=is_good, limit=3)


@pipeline
def searched(size: int) -> Artifact[float]:
    data = load(size)

    def body(model: Artifact[float]) -> Artifact[float]:
        better = improved(model, data)
        return when(is_good(better), lambda: refined(better), lambda: halved(better))

    return loop(body, 1, until=lambda model: is_good(model, limit=99.0), limit=10)


@pipeline
def sampled() -> Artifact[float]:
    return loop(lambda _: drawn(), 0.0, until=is_good, limit=10)


@pipeline
def watched(model: Artifact[float]) -> Artifact[float]:
    return loop(lambda value: halved(published(value)), model, until=is_good, limit=10)


@pipeline
def all_refined(size: int) -> Artifact[list[float]]:
    return refined.map(each(load(size)))
