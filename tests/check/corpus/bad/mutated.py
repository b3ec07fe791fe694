"""Steps that change what they were given, or what others see."""

import os
import random
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from zenflow import Artifact, pipeline, step

Rows = list[dict[str, int]]

seen: list[int] = []
cache: dict[int, int] = {}
calls = 0
mode = "fast"
rng = np.random.default_rng(0)


@dataclass
class Config:
    layers: list[int] = field(default_factory=list)
    depth: int = 1


class Shared:
    last = 0


def set_mode(name: str) -> None:
    global mode
    mode = name


def fill(rows: Rows) -> Rows:
    for row in rows:
        row["filled"] = 1  # E: ZF401
    return rows


@step
def appended(items: list[int]) -> list[int]:
    items.append(1)  # E: ZF401
    return items


@step
def ordered(rows: Rows) -> Rows:
    rows.sort(key=len)  # E: ZF401
    return rows


@step
def with_column(frame: pd.DataFrame) -> pd.DataFrame:
    frame["ratio"] = frame["a"] / frame["b"]  # E: ZF401
    frame.loc[0, "a"] = 1  # E: ZF401
    frame.drop(columns="b", inplace=True)  # E: ZF401
    return frame


@step
def normalised(array: np.ndarray) -> np.ndarray:
    array -= array.mean()  # E: ZF401
    array[0] = 0  # E: ZF401
    np.clip(array, 0, 1, out=array)  # E: ZF401
    row = array[1]
    row[:] = 1  # E: ZF401
    return array


@step
def shuffled(items: list[int], seed: int) -> list[int]:
    random.Random(seed).shuffle(items)  # E: ZF401
    return items


@step
def deeper(config: Config, table: dict[str, list[int]]) -> Config:
    config.layers.append(1)  # E: ZF401
    config.depth += 1  # E: ZF401
    for values in table.values():
        values.clear()  # E: ZF401
    del table["a"]  # E: ZF401
    return config


@step
def by_alias(items: list[int], flag: bool) -> list[int]:
    kept = items
    if flag:
        kept += [1]  # E: ZF401
    return kept


@step
def by_helper(rows: Rows) -> Rows:
    return fill(rows)


@step
def counted(x: int) -> int:
    global calls
    calls += 1  # E: ZF402
    seen.append(x)  # E: ZF402
    return x


@step
def remembered(x: int) -> int:
    if x not in cache:
        cache[x] = x * x  # E: ZF402
    return cache[x]


@step
def depends(x: int) -> int:
    return x if mode == "fast" else 2 * x  # E: ZF402


@step
def draws(n: int) -> float:
    return float(rng.normal(size=n).sum())  # E: ZF402


@step(effect=True)
def sets(x: int) -> int:
    Shared.last = x  # E: ZF402
    os.environ["LAST"] = str(x)  # E: ZF402
    return x


@pipeline
def used() -> Artifact[int]:
    return counted(1)
