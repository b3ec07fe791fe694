"""Streams of bytes through pipelines: used once, stored as they come, read by every consumer from the start."""

from __future__ import annotations

import os
import tracemalloc
from collections.abc import Generator, Iterable, Iterator
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from numpy.typing import NDArray

from zenflow import run, step
from zenflow.artifacts.materializers.stream import CHUNK
from zenflow.artifacts.saving import load, save
from zenflow.artifacts.store import open_store
from zenflow.errors import DefinitionError, SaveError, StepFailed

MIB = 1024 * 1024


@step
def pieces(count: int) -> Iterator[bytes]:
    for number in range(count):
        yield bytes([number % 251]) * 50_000


@step
def raised_pieces(stream: Iterator[bytes]) -> Generator[bytes, None, None]:
    for piece in stream:
        yield piece.replace(b"\1", b"\xff")


@step
def digest(stream: Iterator[bytes]) -> str:
    return sha256(b"".join(stream)).hexdigest()


@step
def both(one: Iterator[bytes], other: Iterable[bytes]) -> list[int]:
    return [sum(map(len, one)), sum(map(len, other))]


@step
def parts(count: int) -> dict[str, Iterator[bytes]]:
    return {"a": iter([bytes(50_000)] * count), "b": iter([b"b"])}


@step
def lengths(streams: dict[str, Iterator[bytes]]) -> dict[str, int]:
    return {name: sum(map(len, stream)) for name, stream in streams.items()}


@step
def with_numbers(count: int) -> tuple[Iterator[bytes], NDArray[np.float64]]:
    return iter([bytes(50_000)] * count), np.arange(50_000.0)


@step
def summed(stream: Iterator[bytes], numbers: NDArray[np.float64]) -> float:
    return sum(map(len, stream)) + float(numbers.sum())


@step
def breaks(count: int) -> Iterator[bytes]:
    for _ in range(count):
        yield bytes(50_000)
    raise ValueError("the source broke off")


@step
def tells(count: int) -> Iterator[bytes]:
    print("begun")  # noqa: T201
    yield bytes(count)


@step
def wrong(count: int) -> Iterator[bytes]:
    yield b"fine"
    yield "text"  # type: ignore[misc]


@pytest.mark.parametrize("engine", ["inline", "ray"])
def test_every_consumer_reads_the_stream_from_its_start(project: Path, local_ray: None, engine: str) -> None:
    stream = pieces(5)
    expected = sha256(b"".join(pieces.fn(5))).hexdigest()
    result = run((digest(stream), both(stream, stream), digest(raised_pieces(stream))), engine=engine)
    raised = sha256(b"".join(pieces.fn(5)).replace(b"\1", b"\xff")).hexdigest()
    assert result.output == (expected, [250_000, 250_000], raised)
    again = run((digest(stream), both(stream, stream)), engine=engine)
    assert {state.status for state in again.steps.values()} == {"cached"}


@pytest.mark.parametrize("engine", ["inline", "ray"])
def test_streams_in_containers_and_beside_arrays_are_read_anew(project: Path, local_ray: None, engine: str) -> None:
    streams, (stream, numbers) = parts(3), with_numbers(3)
    result = run((lengths(streams), lengths(streams), summed(stream, numbers)), engine=engine)
    assert result.output == ({"a": 150_000, "b": 1}, {"a": 150_000, "b": 1}, 150_000 + 49_999 * 25_000.0)


def test_a_stream_is_not_used_up_by_watching_inputs(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZENFLOW_WATCH_INPUTS", "1")
    result = run((digest(pieces(2)), lengths(parts(1))), engine="inline")
    assert result.output == (sha256(b"".join(pieces.fn(2))).hexdigest(), {"a": 50_000, "b": 1})


def test_an_error_of_the_stream_is_the_steps_and_nothing_of_it_is_stored(project: Path) -> None:
    with pytest.raises(StepFailed, match="the source broke off") as failed:
        run(digest(breaks(4)), engine="inline")
    assert "breaks" in str(failed.value)
    assert "zenflow/artifacts" not in str(failed.value)
    assert [path for path in project.rglob("blobs/*/*") if path.is_file()] == []


def test_what_a_stream_says_as_it_is_made_is_in_the_steps_log(project: Path) -> None:
    result = run(tells(3), engine="inline")
    assert result.steps["tells"].logs == "begun"


def test_an_item_that_is_not_bytes_is_told_by_its_number(project: Path) -> None:
    with pytest.raises(StepFailed, match="item 1 is `str`"):
        run(wrong(1), engine="inline")
    with pytest.raises(SaveError, match="iter"):
        save([b"a"], Iterator[bytes], None)


def test_a_generator_of_anything_else_can_not_be_a_step() -> None:
    def numbers() -> Iterator[int]:
        yield 1

    with pytest.raises(DefinitionError, match="it is a generator"):
        step(numbers)


def test_neither_saving_nor_loading_holds_the_stream(tmp_path: Path) -> None:
    store = open_store(tmp_path / "store")
    size = 96 * MIB

    def source() -> Iterator[bytes]:
        for _ in range(size // MIB):
            yield os.urandom(MIB)

    tracemalloc.start()
    try:
        content = save(source(), Iterator[bytes], store)
        loaded = load(content, Iterator[bytes], store)
        total = 0
        for piece in loaded:
            assert len(piece) <= CHUNK
            total += len(piece)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (content.size, total) == (size, size)
    assert peak < 16 * MIB


def test_long_bytes_are_stored_without_a_copy_and_loaded_with_one(tmp_path: Path) -> None:
    store = open_store(tmp_path / "store")
    value = os.urandom(64 * MIB)
    tracemalloc.start()
    try:
        content = save(value, bytes, store)
        saving = tracemalloc.get_traced_memory()[1]
        tracemalloc.reset_peak()
        assert load(content, bytes, store) == value
        loading = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert saving < 4 * MIB
    assert loading < 68 * MIB


@step
def drawing(title: str) -> Figure:
    figure = Figure(figsize=(3, 3), dpi=200)
    figure.add_subplot(title=title).scatter(range(200), range(200), c=range(200))
    return figure


@step
def kind(figure: Figure) -> str:
    return type(figure).__name__


def test_a_consumer_gets_the_same_figure_whether_its_maker_ran_or_was_cached(project: Path) -> None:
    assert run(kind(drawing("a")), engine="inline").output == "StoredFigure"
    run(drawing("b"), engine="inline")
    assert run(kind(drawing("b")), engine="inline").output == "StoredFigure"
