"""A copy that is killed, meets a bad network or a collection, or carries much: nothing half, nothing lost."""

from __future__ import annotations

import json
import subprocess
import sys
import tracemalloc
from pathlib import Path

import attrs
import numpy as np
import pytest

from tests.history.copying import copied, everything, sample, scaled, sides
from tests.storage.places import in_memory
from tests.storage.proxy import Proxy
from tests.storage.s3 import S3
from tests.storage.tally import FULL, Tally
from zenflow import run
from zenflow.errors import StoreError
from zenflow.history.collection import Collector
from zenflow.history.copying.transfer import copy, plan
from zenflow.history.verification import verify
from zenflow.metadata import queries
from zenflow.metadata.reach import leases
from zenflow.stacks.stack import Stack, stack_in

POINTS = 150 if FULL else 25


@pytest.fixture
def near(tmp_path: Path) -> Stack:
    return attrs.evolve(stack_in(tmp_path / "near"), name="near")


@pytest.fixture
def far(tmp_path: Path) -> Stack:
    return attrs.evolve(stack_in(tmp_path / "far"), name="far")


@pytest.fixture
def bucket(direct: S3, far: Stack) -> Stack:
    """A stack whose store is a bucket."""
    return attrs.evolve(far, artifacts=f"{direct.bucket()}/team")


@pytest.mark.timeout(300)
def test_a_copy_that_is_killed_anywhere_leaves_nothing_half_and_is_taken_up(figures: Tally) -> None:
    with in_memory() as folder:
        command = [sys.executable, "-m", "tests.storage.copying_killed", str(folder), str(POINTS)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    figures.tell(
        f"kill points of a copy: {found['points']} of {found['events']}, killed {found['killed']}; left what the next "
        f"one took up {found['taken up']}, records without bytes {found['troubles']}, runs in part {found['half']}, "
        f"unequal in the end {found['unequal']}"
    )
    assert found["killed"] > POINTS // 2
    assert found["taken up"] > 0
    assert (found["troubles"], found["half"], found["unequal"]) == (0, 0, 0)


def test_a_bad_network_costs_a_copy_nothing(near: Stack, far: Stack, proxied: Proxy) -> None:
    bucket = attrs.evolve(far, artifacts=f"{_bucket_behind(proxied)}/team")
    done = scaled(near, factors=tuple(range(1, 40)))
    proxied.rate, proxied.faults = 0.3, ("error", "busy", "reset", "lost", "cut")
    copied(near, bucket, done.id)
    assert proxied.done.total() > 0, proxied.line()
    proxied.rate = 0.0
    copied(near, bucket, "sample")
    assert everything(bucket) == everything(near)


def _bucket_behind(proxy: Proxy) -> str:
    return S3(proxy.target).bucket()


def test_a_store_that_refuses_writes_is_told_and_what_was_sent_is_not_sent_again(
    near: Stack, far: Stack, proxied: Proxy
) -> None:
    bucket = attrs.evolve(far, artifacts=f"{_bucket_behind(proxied)}/team")
    done = scaled(near)
    proxied.answer = lambda method, path: (403, b"") if method == "PUT" and "/blobs/" in path else None
    with pytest.raises(StoreError):
        copied(near, bucket, done.id)
    with sides(bucket) as (there,):
        assert queries.runs(there.database) == []
        assert leases(there.database, 0.0, 0.0) == []
        assert verify(there.store, there.database).troubles == ()
    proxied.answer = lambda method, path: None
    assert copied(near, bucket, done.id).blobs > 0
    assert copied(near, bucket, done.id).blobs == 0


@pytest.mark.parametrize("place", ["far", "bucket"])
def test_a_collection_beside_a_copy_takes_nothing_from_it(
    near: Stack, place: str, request: pytest.FixtureRequest
) -> None:
    """Neither one that begins while blobs are put that nobody has recorded, nor one that began before and finds orphans
    that the copy relies on."""
    there_stack: Stack = request.getfixturevalue(place)
    done = scaled(near, factors=(2.0, 3.0, 4.0))
    with sides(near, there_stack) as (here, there):
        planned = plan(here, there, done.id)
        for blob in planned.every.values():
            there.store.put(here.store.get(blob.digest), blob.digest)
        collector = Collector(there.store, [there.database], grace=0, skew=0)
        before, held = collector.mark(), list(there.store.listing())
        assert len(held) == len(planned.every)

        def beside(blobs: int, size: int) -> None:
            for one in held:
                assert before.condemns(one)
                assert not there.store.remove(one)
            now = collector.mark()
            assert now.leases == 1
            assert collector.let_go(0)[0].leases
            assert max((swept.blobs for swept in collector.sweep(now)), default=0) == 0

        copy(here, there, planned, beside)
        assert verify(there.store, there.database).troubles == ()
        assert collector.mark().leases == 0


def test_a_large_blob_is_never_in_memory(near: Stack, far: Stack) -> None:
    done = run(sample(1, 8_000_000), stack=near, engine="inline")
    assert isinstance(done.output, np.ndarray)
    tracemalloc.start()
    try:
        result = copied(near, far, done.id)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert result.size > 64_000_000
    assert peak < 16_000_000
