"""What pipelines rightly do with artifacts, close to what they may not."""

import logging

from zenflow import Artifact, each, pipeline, step, when

logger = logging.getLogger(__name__)


@step
def score(x: float = 1) -> float:
    return float(x)


@step
def halves(x: int) -> tuple[list[int], list[int]]:
    return [x], [x]


@step
def total(items: list[int]) -> float:
    return sum(items)


@step
def is_good(x: float) -> bool:
    return x > 1 and f"{x:.2f}" != str(2.0)  # ok: ZF104


@step
def scaled(x: float) -> float:
    return 2 * score.fn(x)  # ok: ZF304


@step
def all_scaled(xs: list[float]) -> list[float]:
    plain = scaled.fn
    return [plain(x) for x in xs]  # ok: ZF304


def either(x: Artifact[float] | float) -> float | Artifact[float]:
    if isinstance(x, Artifact):
        return x
    return x + 1  # ok: ZF104


def shown(x: float) -> str:
    return f"{x}"  # ok: ZF102


@pipeline
def optional(extra: Artifact[float] | None = None) -> Artifact[float]:
    if extra:  # ok: ZF101
        return extra
    found = score()
    return found if found is not None else score(2)  # ok: ZF101


@step
def summed(xs: list[float]) -> float:
    return sum(xs)


def all_scaled_from(first: Artifact[float]) -> list[Artifact[float]]:
    found = [first, scaled(first)]
    found.sort(key=lambda one: one is first)
    return found


@pipeline
def composing(depths: list[int], verbose: bool = True) -> Artifact[float]:
    left, right = halves(1)  # ok: ZF103
    parts = halves(2)
    totals: list[Artifact[float]] = []
    for part in (left, right, *parts):  # ok: ZF103
        totals.append(total(part).named(f"total-{len(totals)}-{len(parts)}"))  # ok: ZF102
    scores = [score(depth) for depth in depths]
    best = scores[0] if scores and len(scores) > 1 else summed([*scores, total(parts[0])])  # ok: ZF101 ZF103
    rates = [1.0, 2.0]
    for rate in rates:
        if rate > 1 and verbose:  # ok: ZF101
            logger.info("rate %s of %d, %r", rate, len(depths), best)
    either(best)
    first = summed([*totals, *scores, score(sum(rates))])  # ok: ZF104
    return when(is_good(best), lambda: score(len(shown(2))), lambda: all_scaled_from(first)[0])


@pipeline
def mapped(xs: list[float]) -> Artifact[list[float]]:
    return all_scaled(scaled.map(each(xs)))
