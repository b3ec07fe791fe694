"""Every mistake that other tools let pass, in one file."""

import socket
from pathlib import Path

import numpy as np

from zenflow import Artifact, pipeline, step


@step
def load(path: Path = Path(__file__)) -> dict[str, int]:
    return {"rows": 1}


@step
def train(data: np.ndarray, *, depth: int = 3) -> list[float]:
    data[0] = 0.0  # E: ZF401
    return [float(depth)]


@step(gpus=64)  # E: ZF504
def tune(model: list[float]) -> list[float]:
    return model


@step
def good(model: list[float]) -> bool:
    return True


@step(effect=True)
def deploy(model: list[float]) -> None:
    print("deployed")


@step
def connect(model: list[float]) -> socket.socket:  # E: ZF406
    return socket.socket()


@pipeline
def training() -> Artifact[list[float]]:
    model = train(load(), dept=4)  # E: ZF201 ZF206
    other = train(load())  # E: ZF201
    tuned = tune(model)
    if good(tuned):  # E: ZF101
        deploy(tuned)  # E: ZF301
    name = f"model-{other}"  # E: ZF102
    connection = connect(tuned)
    deploy(model)  # E: ZF301
    return tuned
