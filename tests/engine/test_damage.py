"""Stored bytes that are damaged or gone: under a cache entry they are made again, and that is said; where nothing
makes them again, the error tells what is lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.engine.running import Runner, statuses
from zenflow import each, step
from zenflow.errors import BlobDamaged, BlobMissing, ZenFlowError
from zenflow.history.references import find_artifact
from zenflow.history.run import Run

Array = np.ndarray[Any, Any]


@step
def noise(seed: int, size: int) -> Array:
    return np.random.default_rng(seed).standard_normal(size)


@step
def mean(values: Array) -> float:
    return float(values.mean())


@step
def word(length: int) -> str:
    return "z" * length


@step
def length(text: str) -> int:
    return len(text)


@step
def numbers(count: int) -> list[int]:
    return [n * 1_000_003 for n in range(count)]


@step
def double(x: int) -> int:
    return 2 * x


def flip(runner: Runner) -> None:
    """One byte of every large blob is another one: the sizes stay."""
    for blob in (Path(runner.stack.artifacts) / "blobs").glob("*/*"):
        data = bytearray(blob.read_bytes())
        data[len(data) // 2] ^= 1
        blob.chmod(0o644)
        blob.write_bytes(data)


def remove(runner: Runner) -> None:
    for blob in (Path(runner.stack.artifacts) / "blobs").glob("*/*"):
        blob.unlink()


def spoil(runner: Runner, value: bytes) -> None:
    """Other bytes in every row of small blobs: those of one MessagePack list of one blob, `value`."""
    with runner.stack.database() as database:
        row = b"\x91\xc4" + bytes([len(value)]) + value
        database.write(lambda c: c.exec_driver_sql("UPDATE artifacts SET small = ? WHERE small IS NOT NULL", (row,)))


@pytest.mark.parametrize("harm", [flip, remove], ids=["damaged", "gone"])
def test_the_output_of_a_cached_run_is_made_again(inline: Runner, harm: Any) -> None:
    expected = inline.run(noise(1, 50_000)).output.copy()
    harm(inline)
    run = inline.run(noise(1, 50_000))
    np.testing.assert_array_equal(run.output, expected)
    repaired = Run.open(inline.stack, "@latest")
    assert "recomputed: the stored bytes of `noise`" in repaired.steps["noise"].cache_reason
    assert statuses(inline.run(noise(1, 50_000))) == {"noise": "cached"}
    np.testing.assert_array_equal(inline.run(noise(1, 50_000)).output, expected)


@pytest.mark.parametrize("row", [b"other", b""], ids=["other", "none"])
def test_a_small_value_whose_row_is_damaged_is_made_again_and_mended(either: Runner, row: bytes) -> None:
    either.run(length(word(7)))
    spoil(either, row)
    assert "recomputed: the stored bytes of `word`" in str(either.plan(word(7)))
    run = either.run(length(word(7)))
    assert run.output == 7
    assert statuses(run) == {"word": "ran", "length": "ran"}
    assert "recomputed: the stored bytes of `word`" in run.steps["word"].cache_reason
    assert statuses(either.run(length(word(7)))) == {"word": "cached", "length": "cached"}


def test_a_row_of_small_blobs_that_is_no_row_is_made_again(inline: Runner) -> None:
    inline.run(word(9))
    with inline.stack.database() as database:
        database.write(lambda c: c.exec_driver_sql("UPDATE artifacts SET small = x'c1'"))
    run = inline.run(word(9))
    assert run.output == "z" * 9
    assert statuses(run) == {"word": "ran"}


def test_a_list_that_is_mapped_over_and_damaged_fails_once_and_is_then_made_again(inline: Runner) -> None:
    inline.run(numbers(5_000))
    flip(inline)
    inline.fail(double.map(each(numbers(5_000))))
    run = inline.run(double.map(each(numbers(5_000))))
    assert run.output[1] == 2_000_006
    assert run.steps["numbers"].status == "ran"


def lost(error: BaseException, run: Run[Any]) -> None:
    text = str(error)
    assert "`sample@1`" in text
    assert f"`noise` of run {run.id} made it on 20" in text
    assert "run the same call" in text


@pytest.mark.parametrize(("harm", "kind"), [(flip, BlobDamaged), (remove, BlobMissing)], ids=["damaged", "gone"])
def test_a_named_version_that_is_lost_is_told_with_its_maker(inline: Runner, harm: Any, kind: type[Exception]) -> None:
    run = inline.run(noise(1, 50_000).named("sample"))
    harm(inline)
    artifact = find_artifact(inline.stack.database(), inline.stack.store(), "sample@1")
    with pytest.raises(kind) as error:
        artifact.load()
    lost(error.value, run)


def test_a_lost_input_of_an_earlier_run_is_told_by_the_step_that_needs_it(either: Runner) -> None:
    run = either.run(noise(1, 50_000).named("sample"))
    sample = run.artifacts["sample"]
    flip(either)
    failed = either.fail(mean(sample))
    lost(failed, run)
    again = either.run(noise(1, 50_000))
    assert statuses(again) == {"noise": "ran"}
    assert either.run(mean(sample)).output == float(again.output.mean())


def test_a_small_named_version_with_other_bytes_is_told(inline: Runner) -> None:
    inline.run(word(7).named("text"))
    spoil(inline, b"other")
    with pytest.raises(ZenFlowError, match=r"`text@1`.*can not be read: blob .* is damaged"):
        find_artifact(inline.stack.database(), inline.stack.store(), "text@1").load()
