"""What can not be sent, stored or made part of a key."""

import socket
import threading
from pathlib import Path

from typing import Any

from zenflow import Artifact, Step, pipeline, step


def locked() -> Step[[int], int]:
    lock = threading.Lock()

    @step
    def counted(x: int) -> int:  # E: ZF405
        with lock:
            return x

    return counted


def heavy() -> Step[[int], int]:
    table = bytes(2_000_000)

    @step
    def looked_up(x: int) -> int:  # E: ZF405
        return table[x]

    return looked_up


@step
def connect() -> socket.socket:  # E: ZF406
    return socket.socket()


@step
def sockets(n: int) -> tuple[int, list[socket.socket]]:  # E: ZF406
    return n, []


@step
def size(data: bytes) -> int:
    return len(data)


@step
def called(path: Path, lock: object) -> int:
    return 0


@pipeline
def ship() -> tuple[Artifact[Any], ...]:
    first, second = sockets(1)
    return (
        locked()(1),
        heavy()(1),
        connect(),
        first,
        second,
        size(bytes(2_000_000)),  # E: ZF407
        called(Path(__file__), threading.Lock()),  # E: ZF407
        called(Path("nowhere.csv"), None),  # E: ZF407
    )
