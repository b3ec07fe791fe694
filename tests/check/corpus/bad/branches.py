"""Artifacts used as values where a trace does not come by: branches not taken, loops not entered, later lines."""

import logging

from zenflow import Artifact, each, pipeline, step, when

logger = logging.getLogger(__name__)


@step
def score(x: int = 1) -> float:
    return float(x)


@step
def halves(x: int) -> tuple[list[int], list[int]]:
    return [x], [x]


@step(name="sum")
def total(items: list[int]) -> float:
    return sum(items)


@step
def is_good(scores: list[float]) -> bool:
    return len(scores) > 1


@step
def mean_of(scores: list[float]) -> float:
    return sum(scores) / len(scores)


def chosen(first: Artifact[float], best: float) -> Artifact[float]:
    return first if first > best else score(2)  # E: ZF104


@pipeline
def decided(strict: bool = False) -> Artifact[float]:
    good = score()
    if strict:
        if not good:  # E: ZF101
            return score(2)
        while good:  # E: ZF101
            good = score(3)
        assert good, "bad"  # E: ZF101
        sizes = [n for n in range(3) if good]  # E: ZF101
        other = 1 if good else 2  # E: ZF101
        both = good or len(sizes) > other  # E: ZF101
        return score(3) if bool(good) and both else score(4)  # E: ZF101
    return good


@pipeline
def formatted(verbose: bool = False) -> Artifact[float]:
    left, right = halves(1)
    found = total(left)
    if verbose:
        print("found", found)  # E: ZF102
        logger.info("found %s", found)  # E: ZF102
        names = [f"{found:.2f}", "{}".format(right)]  # E: ZF102 ZF102
        names.append(str(left) + "%s" % found)  # E: ZF102 ZF102
        return total([len(name) for name in names])
    return found


@pipeline
def measured(deep: bool = False) -> Artifact[float]:
    left, right = halves(1)
    if deep:
        first = left[0]  # E: ZF103
        for part in right:  # E: ZF103
            first = part
        a, b = score(first)  # E: ZF103
        return total([a, b, len(left), *right])  # E: ZF103 ZF103
    return total(left)


@pipeline
def compared(best: float = 1.0, strict: bool = False) -> Artifact[float]:
    scores = score.map(each([1, 2]))
    if strict:
        taken = when(is_good(scores), lambda: score(1), lambda: score(2))
        gain = taken - best  # E: ZF104
        gain = best
        gain += taken  # E: ZF104
        mean = scores.mean()  # E: ZF104
        if taken.named("taken") == mean:  # E: ZF104
            return -taken  # E: ZF104
        return score(int(taken))  # E: ZF104
    return chosen(score(), best) if best > 2 else mean_of(scores)
