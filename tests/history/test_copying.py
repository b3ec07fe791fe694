"""Copying between stacks: what is there afterwards is what was here, once, and nothing there is replaced."""

from __future__ import annotations

import os
import socket
import tempfile
import time
from pathlib import Path

import attrs
import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.history.copying import copied, everything, refined, scaled, sides
from zenflow import Pickle, run, step
from zenflow.errors import BlobDamaged, BlobMissing, MetadataError, UsageError
from zenflow.history.collection import Collector
from zenflow.history.copying.transfer import plan
from zenflow.history.references import find_artifact
from zenflow.history.run import Run
from zenflow.history.verification import verify
from zenflow.metadata import drivers, queries
from zenflow.metadata.records import Alias, CacheEntry
from zenflow.stacks.stack import Stack, stack_in


def stack(folder: Path, name: str) -> Stack:
    return attrs.evolve(stack_in(folder / name), name=name)


@pytest.fixture
def near(tmp_path: Path) -> Stack:
    return stack(tmp_path, "near")


@pytest.fixture
def far(tmp_path: Path) -> Stack:
    return stack(tmp_path, "far")


@settings(max_examples=4, phases=[Phase.explicit, Phase.generate])
@given(
    st.integers(0, 3),
    st.sampled_from([1, 2_000, 3_000]),
    st.lists(st.sampled_from([1.0, 2.0, 0.5]), max_size=4),
)
def test_what_is_copied_there_and_back_is_equal_and_cached(seed: int, size: int, factors: list[float]) -> None:
    with tempfile.TemporaryDirectory() as name:
        near, far, back = (stack(Path(name), each) for each in ("near", "far", "back"))
        scaled(near, seed, size, tuple(factors))
        done = scaled(near, seed, size, tuple(factors))  # all cached: the first run is where it is from
        copied(near, far, done.id)
        copied(near, far, "sample")
        again = copied(near, far, done.id)
        assert (again.blobs, again.size, again.plan.done) == (0, 0, True)
        copied(far, back, done.id)
        copied(far, back, "sample")
        assert everything(near) == everything(far) == everything(back)
        there = scaled(far, seed, size, tuple(factors))
        assert {one.status for one in there.steps.values()} == {"cached"}
        assert there.output == done.output


def test_a_run_goes_to_a_server_and_a_bucket_and_comes_back(
    near: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    server = request.getfixturevalue("s3_server")
    for name, value in server.environment().items():
        monkeypatch.setenv(name, value)
    url = request.getfixturevalue("postgresql").new_schema()
    far = Stack("far", f"{server.bucket()}/team", url)
    done = scaled(near)
    assert copied(near, far, done.id).size > 0
    assert copied(near, far, done.id).size == 0
    copied(near, far, "sample")
    there = scaled(far)
    assert {one.status for one in there.steps.values()} == {"cached"}
    assert there.steps["sample"].logs == done.steps["sample"].logs
    monkeypatch.setenv("ZENFLOW_CACHE", str(tmp_path / "another machine"))
    back = stack(tmp_path, "back")
    copied(far, back, done.id)
    copied(far, back, "sample")
    assert everything(near) == everything(back)


def test_a_version_travels_with_the_records_of_what_it_comes_from_and_without_their_bytes(
    near: Stack, far: Stack
) -> None:
    first = scaled(near)
    done = run(refined(first.steps["sample"].artifacts[0], 1.0).named("model"), stack=near, engine="inline")
    result = copied(near, far, "model")
    assert result.blobs == 1
    assert [one.id for one in result.plan.origins] == sorted([first.id, done.id])
    with sides(far) as (there,):
        model = find_artifact(there.database, there.store, "model@1")
        assert np.array_equal(model.load(), done.output)
        origin: Run[object] = Run(there.database, there.store, queries.run(there.database, first.id))
        assert origin.params == first.params
        assert origin.steps["sample"].logs == first.steps["sample"].logs != ""
        with pytest.raises(BlobMissing, match="to which it was copied as a record alone"):
            origin.steps["sample"].artifacts[0].load()
        assert verify(there.store, there.database).troubles == ()
    assert copied(near, far, first.id).blobs > 0
    with sides(far) as (there,):
        assert np.array_equal(
            find_artifact(there.database, there.store, f"{first.id}/sample").load(), first.steps["sample"].output.load()
        )


def test_what_a_run_comes_from_does_not_stay_behind_its_bytes_where_they_are_there(near: Stack, far: Stack) -> None:
    """A record alone never takes the bytes from an artifact that has them."""
    first = scaled(near)
    run(refined(first.steps["sample"].artifacts[0], 1.0).named("model"), stack=near, engine="inline")
    scaled(far)  # computes the same values there
    before = everything(far)["collected"]
    copied(near, far, "model")
    assert everything(far)["collected"] == before == []


def test_another_run_of_the_same_id_is_refused_with_the_facts_of_both(near: Stack, far: Stack) -> None:
    done = scaled(near)
    with sides(far) as (there,):
        there.database.commit([attrs.evolve(done.record, pipeline="other", started=1.0)])
    before = everything(far)
    with pytest.raises(MetadataError, match=f"`far` has another run with the id {done.id}: in `far` `other`"):
        copied(near, far, done.id)
    assert everything(far) == before


def test_a_run_that_went_on_replaces_its_earlier_state_and_is_not_replaced_by_it(near: Stack, far: Stack) -> None:
    done = scaled(near)
    earlier = stack(Path(near.artifacts).parent.parent, "earlier")
    copied(near, earlier, done.id)
    with sides(earlier) as (side,):
        steps = queries.executions(side.database, done.id)
        last = next(one for one in steps if one.step == "total")
        stopped = attrs.evolve(last, status="cancelled", outputs=(), finished=None)
        side.database.commit([stopped, attrs.evolve(done.record, status="cancelled", outputs={})])
    copied(earlier, far, done.id)
    with pytest.raises(MetadataError, match="has gone further in `near`"):
        copied(earlier, near, done.id)
    copied(near, far, done.id)
    with sides(far) as (there,):
        assert queries.run(there.database, done.id).status == "ok"
        assert queries.execution(there.database, done.id, "total").status == "ran"


def test_a_version_keeps_its_number_or_is_refused_or_becomes_the_next(near: Stack, far: Stack) -> None:
    scaled(near, seed=1)
    scaled(near, seed=2)
    scaled(far, seed=3)
    copied(near, far, "sample@2")
    with pytest.raises(MetadataError, match="`sample@1` is another artifact in `far`"):
        copied(near, far, "sample")
    assert [one.version for one in copied(near, far, "sample", as_next=True).plan.versions] == [3]
    assert copied(near, far, "sample", as_next=True).plan.done
    with sides(near, far) as (here, there):
        ours, theirs = (queries.versions(side.database, "sample") for side in (here, there))
        assert [one.digest for one in theirs[1:]] == [ours[1].digest, ours[0].digest]


def test_aliases_travel_with_what_they_are_called_by_and_move_nothing(near: Stack, far: Stack) -> None:
    scaled(near, seed=1)
    scaled(near, seed=2)
    with sides(near) as (here,):
        here.database.commit([Alias("sample", "prod", 1, 1.0), Alias("sample", "next", 2, 1.0)])
    assert copied(near, far, "sample@1").plan.aliases == ()
    assert [one.alias for one in copied(near, far, "sample@prod").plan.aliases] == ["prod"]
    with sides(near) as (here,):
        here.database.commit([Alias("sample", "prod", 2, 2.0)])
    result = copied(near, far, "sample")
    assert [one.alias for one in result.plan.aliases] == ["next"]
    assert [(one.alias, one.version) for one in result.plan.kept] == [("prod", 1)]
    with sides(far) as (there,):
        assert queries.resolve_name(there.database, "sample@prod").version == 1


def test_a_remembered_call_there_stays_as_it_is(near: Stack, far: Stack) -> None:
    done = scaled(near)
    key = queries_key(near, done)
    with sides(far) as (there,):
        there.database.commit([CacheEntry(key, "f", "theirs", "s", (), 1.0)])
    copied(near, far, done.id)
    with sides(far) as (there,):
        assert queries.cached(there.database, [key])[key].run == "theirs"


def queries_key(near: Stack, done: Run[float]) -> str:
    with sides(near) as (here,):
        key = queries.execution(here.database, done.id, "sample").key
    assert key is not None
    return key


def test_what_is_lost_or_damaged_here_is_told_and_nothing_is_recorded_there(near: Stack, far: Stack) -> None:
    done = scaled(near)
    blob = next((Path(near.artifacts) / "blobs").glob("*/*"))
    data = blob.read_bytes()
    blob.chmod(0o644)
    blob.write_bytes(b"x" + data[1:])
    with pytest.raises(BlobDamaged, match=f"of run {done.id} made it"):
        copied(near, far, done.id)
    blob.unlink(missing_ok=True)
    with pytest.raises(BlobMissing, match=f"of run {done.id} made it"):
        copied(near, far, done.id)
    with sides(far) as (there,):
        assert queries.runs(there.database) == []
        assert verify(there.store, there.database).troubles == ()


def test_what_is_lost_there_is_mended(near: Stack, far: Stack) -> None:
    done = scaled(near)
    copied(near, far, done.id)
    for blob in (Path(far.artifacts) / "blobs").glob("*/*"):
        blob.unlink()
    with sides(far) as (there,):
        there.database.write(lambda connection: connection.exec_driver_sql("UPDATE artifacts SET small = x'00'"))
    assert copied(near, far, done.id).blobs > 0
    with sides(far) as (there,):
        assert verify(there.store, there.database).troubles == ()


def test_a_run_that_goes_on_is_refused(near: Stack, far: Stack) -> None:
    done = scaled(near)
    with sides(near) as (here,):
        drivers.claim(here.database, done.id, "owner", socket.gethostname(), os.getpid())
        with pytest.raises(MetadataError, match=f"run {done.id} goes on"):
            copied(near, far, done.id)


def test_artifacts_that_were_let_go_travel_as_records(near: Stack, far: Stack) -> None:
    done = scaled(near)
    with sides(near) as (here,):
        here.database.write(lambda connection: connection.exec_driver_sql("DELETE FROM versions"))
        collector = Collector(here.store, [here.database], grace=0, skew=0, clock=lambda: time.time() + 60)
        collector.let_go(0)
        list(collector.sweep(collector.mark()))
    result = copied(near, far, done.id)
    assert result.blobs == 0
    assert len(result.plan.lost) > 0
    with sides(far) as (there,):
        assert verify(there.store, there.database).troubles == ()
        assert queries.find_run(there.database, done.id).outputs == done.record.outputs


def test_a_stack_is_not_copied_to_itself(near: Stack) -> None:
    done = scaled(near)
    with pytest.raises(UsageError, match="keep their records in one database"):
        copied(near, attrs.evolve(near, name="alias"), done.id)


def test_somebody_who_changes_the_other_side_meanwhile_is_not_overwritten(near: Stack, far: Stack) -> None:
    scaled(near)
    scaled(far, seed=9, factors=())
    with sides(near, far) as (here, there):
        planned = plan(here, there, "sample", as_next=True)
        scaled(far, seed=8, factors=())  # the next version of `sample` there
        from zenflow.history.copying.transfer import copy

        with pytest.raises(MetadataError, match="the name `sample` was changed in the other stack meanwhile"):
            copy(here, there, planned)
        assert [one.version for one in queries.versions(there.database, "sample")] == [1, 2]


class Odd:
    """A value that only a pickle takes."""


@step(output=Pickle)
def odd() -> Odd:
    return Odd()


def test_a_pickle_is_signed_there_by_who_signed_it_here(near: Stack, far: Stack) -> None:
    done = run(odd(), stack=near, engine="inline")
    copied(near, far, done.id)
    assert everything(far)["signatures"] == everything(near)["signatures"] != []
    there = run(odd(), stack=far, engine="inline")
    assert there.steps["odd"].status == "cached"
    assert isinstance(there.output, Odd)
