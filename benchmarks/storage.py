"""Arrays and tables saved and loaded, against numpy's and the tables' own ways; and small values into the database.

`python -m benchmarks --only storage` measures these alone. There are two yardsticks. What a library does alone neither
knows afterwards whether the bytes are good nor outlives a power cut; what is held against the budget does what a store
must, with the library's means: it writes, hashes with BLAKE3 on all cores, and syncs, and hashes before it loads. Every
load is of bytes that this process has not seen yet, from the page cache; where a library can map a file into memory, as
ours does, it does.
"""

from __future__ import annotations

import os
import statistics
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from attrs import frozen
from blake3 import blake3

from benchmarks.measured import Case, Measured, Scale, scratch, seconds, stack_in
from zenflow.artifacts.folder.store import LocalStore
from zenflow.artifacts.materializer import describe
from zenflow.artifacts.registry import materializer_for
from zenflow.artifacts.saving import load, save
from zenflow.metadata.database import Database

_SIZES = ((1_000_000, 15), (100_000_000, 5), (1_000_000_000, 3))
"""Bytes, and how many turns."""
_LARGE = 100_000_000
"""From this many bytes on a description is held against its budget: it looks at a sample."""
_COLUMNS = 10
_BUDGET = 1.3
_DESCRIBED = 0.1
_SYNCED, _HASHED = "its own, BLAKE3 and fsync", "BLAKE3, and its own"
_VALUES = 10_000
_BATCH = 2_000


@frozen
class Kind:
    """Something to be stored: what ZenFlow calls it, and how its own library writes and reads it."""

    hint: Any
    make: Callable[[Any], Any]
    write: Callable[[Any, Path], object]
    read: Callable[[Path], object]


def _numpy() -> Kind:
    return Kind(np.ndarray, np.asarray, lambda value, file: np.save(file, value), partial(np.load, mmap_mode="r"))


def _pyarrow() -> Kind:
    import pyarrow as pa
    import pyarrow.ipc

    def write(table: Any, file: Path) -> None:
        with pa.ipc.new_file(str(file), table.schema) as writer:
            writer.write_table(table)

    def read(file: Path) -> object:
        return pa.ipc.open_file(pa.memory_map(str(file))).read_all()

    return Kind(pa.Table, lambda numbers: pa.table(_columns(numbers)), write, read)


def _pandas() -> Kind:
    import pandas as pd

    def write(frame: Any, file: Path) -> None:
        frame.to_feather(file, compression="uncompressed")

    return Kind(pd.DataFrame, lambda numbers: pd.DataFrame(_columns(numbers)), write, pd.read_feather)


def _polars() -> Kind:
    import polars as pl

    return Kind(pl.DataFrame, lambda numbers: pl.DataFrame(_columns(numbers)), pl.DataFrame.write_ipc, pl.read_ipc)


def _columns(numbers: Any) -> dict[str, Any]:
    return {f"c{i}": column for i, column in enumerate(numbers)}


# Made by the case that needs it: a case's process is to find none of the others' libraries.
_KINDS: dict[str, Callable[[], Kind]] = {"numpy": _numpy, "pyarrow": _pyarrow, "pandas": _pandas, "polars": _polars}


def stored(name: str, scale: Scale) -> Iterator[Measured]:
    """One kind of value in all sizes."""
    kind = _KINDS[name]()
    with scratch() as folder:
        _round(kind, kind.make(np.zeros((_COLUMNS, 1_000))), folder)  # imports, and whatever else is done once
    for size, turns in _SIZES:
        numbers = np.random.default_rng(0).standard_normal((_COLUMNS, max(1, scale.of(size) // 8 // _COLUMNS)))
        value = kind.make(numbers)
        with scratch() as folder:
            rounds = [_round(kind, value, folder, turn) for turn in range(scale.turns(turns))]
        work = f"{name}, {numbers.nbytes / 1e6:,.0f} MB"
        ours, loaded, told, plain, synced, read, hashed = zip(*rounds, strict=True)
        yield Measured(f"save {work}", ours, "its own", plain)
        yield Measured(f"save {work}", ours, _SYNCED, synced, _BUDGET)
        tenth = (_DESCRIBED * statistics.median(synced),)
        yield Measured(f"describe {work}", told, "a tenth of that", tenth, 1.0 if size >= _LARGE else None)
        yield Measured(f"load {work}", loaded, "its own", read)
        yield Measured(f"load {work}", loaded, _HASHED, hashed, _BUDGET)


def _round(kind: Kind, value: Any, folder: Path, turn: int = 0) -> tuple[float, ...]:
    """Seconds of everything once. The files are gone afterwards; what their end costs the next to write, it costs
    ours and theirs by turns."""
    if turn % 2:
        theirs = _theirs(kind, value, folder / "value.npy")  # numpy gives other names this ending
        return *_ours(kind, value), *theirs
    return *_ours(kind, value), *_theirs(kind, value, folder / "value.npy")


def _ours(kind: Kind, value: Any) -> tuple[float, float, float]:
    """Seconds to save (into a store that is there), load and describe."""
    with scratch() as root:
        store = LocalStore(root)
        store.put(bytes(100_000))
        contents: list[Any] = []
        saved = seconds(lambda: contents.append(save(value, kind.hint, store)))
        loaded = seconds(lambda: load(contents[0], kind.hint, LocalStore(root)))
    return saved, loaded, seconds(lambda: describe(materializer_for(kind.hint), value))


def _theirs(kind: Kind, value: Any, file: Path) -> tuple[float, float, float, float]:
    """Seconds to save and load, each alone and with what a store does besides."""
    plain = seconds(lambda: kind.write(value, file))
    read = seconds(lambda: kind.read(file))
    hashed = seconds(partial(_hash, file)) + seconds(lambda: kind.read(file))
    file.unlink()
    durable = seconds(lambda: _durably(kind, value, file))
    file.unlink()
    return plain, durable, read, hashed


def _durably(kind: Kind, value: Any, file: Path) -> None:
    kind.write(value, file)
    _hash(file)
    for path in (file, file.parent):
        descriptor = os.open(path, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)


def _hash(file: Path) -> None:
    blake3(max_threads=blake3.AUTO).update_mmap(file).digest()


def small_values(scale: Scale) -> Iterator[Measured]:
    """Small values of several kinds through `save` and into SQLite, committed in batches as a run does."""
    count = scale.of(_VALUES)
    taken = tuple(_kept(count) for _ in range(scale.turns(5)))
    yield Measured(f"{count:,} small values into SQLite", taken, "10,000 a second", (count / _VALUES,), 1.0)


def _kept(count: int) -> float:
    values: list[tuple[object, object]] = []
    for i in range(count):
        metrics = ({"loss": 1 / (i + 1), "depth": i, "name": f"model {i}"}, dict[str, Any])
        values.append((metrics, ([i, i + 1], list[int]), (f"text {i}", str))[i % 3])

    def all_of_them(database: Database) -> None:
        contents = [save(value, hint, None) for value, hint in values]
        for start in range(0, count, _BATCH):
            database.commit(contents[start : start + _BATCH])

    with scratch() as folder, stack_in(folder).database() as database:
        return seconds(lambda: all_of_them(database))


CASES = (
    *(Case(f"storage-{name}", f"1 MB to 1 GB of {name} saved and loaded", partial(stored, name)) for name in _KINDS),
    Case("storage-values", "10,000 small values into the database", small_values),
)
