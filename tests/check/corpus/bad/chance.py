"""Steps whose results would be another each time, and are kept all the same."""

import datetime
import os
import random as rnd
import time
import uuid
from datetime import datetime as moment
from random import shuffle
from uuid import uuid4

import numpy as np
import pandas as pd
from sklearn.model_selection import KFold, train_test_split  # type: ignore[attr-defined]

from zenflow import Artifact, pipeline, step


def noise(n: int) -> float:
    return sum(rnd.gauss(0, 1) for _ in range(n))  # E: ZF403


@step
def drawn(n: int) -> list[float]:
    numbers = [rnd.random() for _ in range(n)]  # E: ZF403
    shuffle(numbers)  # E: ZF403
    return numbers


@step
def with_numpy(n: int) -> float:
    rng = np.random.default_rng()  # E: ZF403
    draw = np.random.rand
    return float(rng.normal(size=n).sum() + draw(n).sum() + np.random.RandomState(None).rand())  # E: ZF403 ZF403


@step
def with_torch(n: int) -> float:
    import torch

    weights = torch.randn(n)  # E: ZF403
    order = torch.randperm(n)  # E: ZF403
    return float(weights[order].sum())


@step
def split(table: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    train, test = train_test_split(table, test_size=0.2)  # type: ignore[type-var]  # E: ZF403
    folds = KFold(5, shuffle=True)  # E: ZF403
    return train.sample(folds.n_splits, random_state=1), table.sample(3)  # E: ZF403


@step
def stamped(x: int) -> str:
    now = moment.now()  # E: ZF403
    day = datetime.date.today()  # E: ZF403
    return f"{x} {now} {day} {time.time()} {pd.Timestamp.now()}"  # E: ZF403 ZF403


@step
def named(x: int) -> str:
    return f"{x}-{uuid4()}-{uuid.uuid1()}-{os.urandom(4)!r}"  # E: ZF403 ZF403 ZF403


@step
def by_helper(n: int) -> float:
    return noise(n)


@pipeline
def used() -> Artifact[float]:
    return with_torch(1)
