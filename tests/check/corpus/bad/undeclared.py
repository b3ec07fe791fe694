"""Cached steps that read what no argument names."""

import os
import sqlite3
import subprocess
from os import environ
from pathlib import Path
from urllib.request import urlopen

import numpy as np
import pandas as pd

from zenflow import Artifact, pipeline, step

DATA = Path("data")


def settings() -> str:
    return (DATA / "settings.txt").read_text()  # E: ZF404


@step
def literal() -> pd.DataFrame:
    return pd.read_csv("flights.csv")  # E: ZF404


@step
def beside(name: str) -> bytes:
    raw = (Path(__file__).parent / name).read_bytes()  # E: ZF404
    with open(f"data/{name}.txt") as file:  # E: ZF404
        return raw + file.read().encode()


@step
def named(path: str, others: list[str]) -> np.ndarray:
    with open(path, "rb") as file:  # E: ZF404
        array: np.ndarray = np.load(file)
    for other in others:
        array = array + np.load(os.path.join(other, "array.npy"))  # E: ZF404
    return array


@step
def from_folder(folder: str) -> list[str]:
    return [*os.listdir(folder), *map(str, Path(folder).glob("*.csv"))]  # E: ZF404 ZF404


@step
def from_database(query: str) -> int:
    with sqlite3.connect("flights.db") as connection:  # E: ZF404
        return len(connection.execute(query).fetchall())


@step
def environment(x: int) -> str:
    home = os.environ["HOME"]  # E: ZF404
    user = environ.get("USER", "")  # E: ZF404
    return f"{x}{home}{user}{os.getenv('SHELL')}"  # E: ZF404


@step
def fetched(url: str) -> bytes:
    import requests

    answer = requests.get(url, timeout=10)  # E: ZF404
    with urlopen(url) as response:  # E: ZF404
        return answer.content + bytes(response.read())


@step
def ran(x: int) -> int:
    return len(subprocess.run(["git", "status", str(x)], capture_output=True).stdout)  # E: ZF404


@step
def by_helper(x: int) -> int:
    return len(settings()) + x


@pipeline
def used() -> Artifact[int]:
    return ran(1)
