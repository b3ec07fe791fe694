"""Steps that change only what is their own."""

import copy
import functools
import logging
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from zenflow import Artifact, pipeline, step

logger = logging.getLogger(__name__)
WEIGHTS = {"a": 1.0, "b": 2.0}
NAMES = ["a", "b"]
registry: dict[str, Callable[[float], float]] = {}


def register(function: Callable[[float], float]) -> Callable[[float], float]:
    registry[function.__name__] = function
    return function


@register
def double(x: float) -> float:
    return 2 * x


@functools.cache
def power(x: int) -> int:
    return x**2


@dataclass
class Config:
    layers: list[int] = field(default_factory=list)
    depth: int = 1


class Averager:
    count = 0

    def __init__(self) -> None:
        self.total = 0.0
        self.seen: list[float] = []

    def update(self, value: float) -> None:
        self.count += 1  # ok: ZF402
        self.total += value  # ok: ZF401
        self.seen.append(value)


def cleaned(frame: pd.DataFrame) -> pd.DataFrame:
    frame["clean"] = True  # ok: ZF401
    return frame.dropna()


@step
def columns(frame: pd.DataFrame) -> pd.DataFrame:
    frame = frame.copy()
    frame["ratio"] = frame["a"] / frame["b"]  # ok: ZF401
    frame.drop(columns="b", inplace=True)  # ok: ZF401
    other = cleaned(frame[frame["a"] > 0])
    other.loc[:, "c"] = 1
    return other.assign(d=2)


@step
def arrays(array: np.ndarray[Any, np.dtype[np.float64]], scale: float) -> np.ndarray[Any, np.dtype[np.float64]]:
    scale += 1  # ok: ZF401
    chosen = array[array > 0]
    chosen[0] = scale  # ok: ZF401
    array = array - array.mean()
    array /= array.std()  # ok: ZF401
    out = np.empty_like(array)
    np.multiply(array, 2, out=out)
    return out


@step
def collected(items: list[int], names: tuple[str, ...], text: str) -> dict[str, int]:
    results = []
    for item in items:
        results.append(item + 1)  # ok: ZF401
        logger.debug("item %d", item)
    copied = list(items)
    copied.sort()
    copied[0] = 1  # ok: ZF401
    names += ("last",)
    text += "!"
    rest = items[1:]
    rest.pop()
    counts = Counter(results + copied + rest)
    counts.update(items)
    return {str(value): count for value, count in counts.items()} | {name: len(text) for name in names}


@step
def configured(config: Config, extra: Config) -> Config:
    changed = replace(config, depth=2)
    changed.depth = 3
    deep = copy.deepcopy(extra)
    deep.layers.append(1)  # ok: ZF401
    config = Config()
    config.layers.append(2)
    return changed if deep.layers else config


@step
def branched(items: list[int], fresh: bool) -> list[int]:
    if fresh:
        items = [*items]
        items.reverse()
    else:
        items = sorted(items)
    items.append(1)  # ok: ZF401
    return items


@step
def averaged(values: list[float], average: Averager | None = None) -> float:
    local = Averager()
    for value in values:
        local.update(value)
    logger.info("seen %d", local.count)
    return local.total


@step
def weighted(name: str, x: float) -> float:
    weight = WEIGHTS[name] if name in NAMES else 0.0  # ok: ZF402
    return weight * registry["double"](x) + power(2)  # ok: ZF402


@step
def shuffled(items: list[int], seed: int) -> list[int]:
    mixed = items.copy()
    random.Random(seed).shuffle(mixed)  # ok: ZF401
    return mixed


@step
def nested(paths: dict[str, Path]) -> dict[str, int]:
    sizes: dict[str, int] = {}

    def add(name: str) -> None:
        sizes[name] = len(name)  # ok: ZF402

    for name in paths:
        add(name)
    return sizes


@pipeline
def used() -> Artifact[float]:
    return averaged([1.0])
