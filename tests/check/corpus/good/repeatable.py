"""Steps that give the same for the same arguments, and those that are not kept."""

import contextlib
import datetime
import gzip
import io
import json
import logging
import os
import random
import sqlite3
import tempfile
import time
import urllib.parse
import uuid
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.linear_model import Ridge  # type: ignore[import-untyped,unused-ignore]
from sklearn.model_selection import train_test_split

from zenflow import Artifact, pipeline, step

SEED = 7


def draw(rng: np.random.Generator, n: int) -> float:
    return float(rng.normal(size=n).sum())


@step
def seeded(n: int, seed: int) -> float:
    rng = np.random.default_rng(seed)  # ok: ZF403
    legacy = np.random.RandomState(seed)
    local = random.Random(SEED)  # ok: ZF403
    return draw(rng, n) + float(legacy.rand(n).sum()) + local.random()


@step
def seeded_globally(n: int, seed: int) -> list[float]:
    random.seed(seed)
    np.random.seed(seed)
    return [random.random(), *np.random.rand(n)]  # ok: ZF403


@step
def fitted(table: pd.DataFrame, *, seed: int = 0) -> float:
    start = time.time()  # ok: ZF403
    train, test = train_test_split(table.to_numpy(), random_state=seed)  # ok: ZF403
    model = Ridge()
    model.fit(train[:, :1], train[:, 1])  # ok: ZF401
    tick = time.perf_counter()
    took = time.time() - start + time.perf_counter() - tick
    sample = table.sample(3, random_state=seed)
    logging.info("took %.1f s", took)
    return float(model.score(test[:, :1], test[:, 1])) + len(sample)


@step
def dated(day: datetime.date, name: str) -> str:
    parsed = datetime.datetime.strptime(name, "%Y-%m-%d")
    return f"{day} {parsed} {uuid.uuid5(uuid.NAMESPACE_DNS, name)} {time.gmtime(0)}"  # ok: ZF403


@step(cache=False)
def fetched(url: str) -> bytes:
    import urllib.request

    with urllib.request.urlopen(url) as response:  # ok: ZF404
        return bytes(response.read())


@step(effect=True)
def deployed(x: float) -> str:
    home = os.environ["HOME"]  # ok: ZF404
    return f"{home}-{x}-{uuid.uuid4()}-{datetime.datetime.now()}"  # ok: ZF403


@step
def read(path: Path, names: list[str], columns: list[str] | None = None) -> int:
    with path.open() as file:  # ok: ZF404
        first = len(file.readline())
    table = pd.read_csv(path / "table.csv", usecols=columns)  # ok: ZF404
    for name in names:
        first += len((path / f"{name}.txt").read_text())
    for part in sorted(path.glob("*.json")):
        first += len(json.loads(part.read_text()))
    with gzip.open(path / "log.gz", "rt") as log, sqlite3.connect(path / "flights.db") as database:
        return first + len(table) + len(log.read()) + database.total_changes


@step
def in_memory(text: str, url: str) -> int:
    table = pd.read_csv(io.StringIO(text))  # ok: ZF404
    with sqlite3.connect(":memory:") as connection:  # ok: ZF404
        table.to_sql("rows", connection)
        rows = pd.read_sql("select * from rows", connection)
    return len(rows) + len(urllib.parse.urlparse(url).path)


@step
def written(text: str) -> Path:
    out = Path("report.txt")
    out.write_text(text)
    assert out.read_text() == text  # ok: ZF404
    with Path("copy.txt").open("w") as file:  # ok: ZF404
        file.write(text)
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder) / "scratch.txt"
        scratch.write_text(text)
        with (Path(folder) / "scratch.txt").open() as again:  # ok: ZF404
            text += again.read()
        with contextlib.chdir(folder), gzip.open("scratch.gz") as once_more:
            text += once_more.read().decode()
    return out


@step
def formula(table: pd.DataFrame, expression: str) -> float:
    return len(table.query(expression)) + float(len(str(table.eval(expression))))  # ok: ZF501


@step(version="2")
def vouched(x: float, expression: str) -> float:
    return float(eval(expression, {"x": x}))  # ok: ZF501


@step(cache=False)
def tried(x: float, name: str) -> float:
    names: dict[str, float] = {}
    exec(name, names)  # ok: ZF501
    return float(getattr(x, name)) + names["x"]


@pipeline
def used() -> Artifact[float]:
    return seeded(1, 2)
