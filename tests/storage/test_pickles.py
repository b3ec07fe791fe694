"""A pickle is opened only if today's code asks for it and the key that is used here has signed it.

The attacker of these tests can write to the store and to the database, forges records that fit each other, and lacks
the key. What the planted pickles do is make a file, the canary: it must never be there.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
from attrs import evolve

import zenflow
from tests.engine.running import Runner, statuses
from tests.storage.forging import Forger, Opaque, Planted
from zenflow import Artifact, Pickle, each, pipeline, step
from zenflow.artifacts.content import SMALL, Content
from zenflow.artifacts.store_key import StoreKey, find_key
from zenflow.cli.export import export
from zenflow.cli.values import shown
from zenflow.errors import BlobMissing, CheckFailed, LoadError, NoMaterializer, ZenFlowError
from zenflow.history.references import find_artifact
from zenflow.metadata.packing import pack
from zenflow.stacks.stack import Stack, default_stack, stack_in

LARGE = 2 * SMALL


@step(output=Pickle)
def opaque(number: int, padding: int) -> Opaque:
    return Opaque(number, padding)


@step
def opened(value: Opaque) -> int:
    return value.number


@step(output=Pickle)
def several(count: int) -> list[Opaque]:
    return [Opaque(i) for i in range(count)]


@step
def unsaid(number: int) -> Opaque:
    return Opaque(number)


@pipeline
def mapped(values: Artifact[list[Opaque]]) -> Artifact[list[int]]:
    return opened.map(each(values))


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    return stack_in(tmp_path / "kept")


@pytest.fixture
def inline(stack: Stack) -> Runner:
    return Runner(stack, "inline")


@pytest.fixture(params=["inline", "ray"])
def either(request: pytest.FixtureRequest, stack: Stack) -> Runner:
    if request.param == "ray":
        request.getfixturevalue("local_ray")
    return Runner(stack, request.param)


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    return tmp_path / "canary"


@pytest.fixture
def forger(stack: Stack, canary: Path) -> Forger:
    return Forger(stack, canary)


def test_a_planted_pickle_does_what_it_says_when_somebody_opens_it(forger: Forger, canary: Path) -> None:
    """Without this the other tests would prove nothing."""
    (data,) = forger.content().small.values()
    assert pickle.loads(data).number == 13
    assert canary.exists()


@pytest.mark.parametrize("padding", [0, LARGE])
def test_what_this_project_pickled_is_cached_and_found_again(either: Runner, padding: int) -> None:
    first = either.run(opened(opaque(7, padding)))
    again = either.run(opened(opaque(7, padding)))
    assert (first.output, again.output) == (7, 7)
    assert set(statuses(again).values()) == {"cached"}
    run = either.run(opaque(7, padding))
    assert run.output == Opaque(7)
    assert zenflow.Run.open(either.stack, run.id).output == Opaque(7)
    assert either.run(opened(zenflow.Run.open(either.stack, run.id).artifacts["output"])).output == 7


def test_pickles_in_lists_are_signed_whole_and_one_by_one(either: Runner) -> None:
    run = either.run(several(3))
    found = zenflow.Run.open(either.stack, run.id)
    assert found.output == [Opaque(0), Opaque(1), Opaque(2)]
    assert either.run(mapped(found.artifacts["output"])).output == [0, 1, 2]
    made = either.run(opaque.map(each([4, 5]), 0))
    found = zenflow.Run.open(either.stack, made.id)
    assert found.output == [Opaque(4), Opaque(5)]
    assert found.steps["opaque"].elements[1].output.load() == Opaque(5)


def test_a_pickle_under_the_name_of_another_blob_is_never_opened(either: Runner, forger: Forger, canary: Path) -> None:
    digest = either.run(opaque(7, LARGE)).artifacts["output"].info.digest
    (blob,) = _content(either.stack, digest).blobs
    place = Path(either.stack.artifacts) / "blobs" / blob.digest[:2] / blob.digest[2:]
    planted = pickle.dumps(Planted(canary, LARGE)).ljust(blob.size, b"x")[: blob.size]
    place.chmod(0o644)
    place.write_bytes(planted)
    assert either.run(opened(opaque(7, LARGE))).output == 7
    assert not canary.exists()


@pytest.mark.parametrize("listed", [False, True], ids=["alone", "in a list"])
@pytest.mark.parametrize("padding", [0, LARGE], ids=["small", "large"])
@pytest.mark.parametrize("signature", [None, lambda digest: "0" * 64, StoreKey("x" * 64).sign])
def test_forged_records_are_a_miss_and_made_again(
    inline: Runner, forger: Forger, canary: Path, listed: bool, padding: int, signature: Callable[[str], str] | None
) -> None:
    target = mapped(several(2)) if listed else opened(opaque(7, padding))
    name = "several" if listed else "opaque"
    right = inline.run(target).output
    forged = forger.content(list[Opaque] if listed else Opaque, listed=listed, padding=padding)
    forger.record(forged, of=name, signature=signature)
    plan = inline.plan(target)
    run = inline.run(target)
    assert run.output == right
    assert run.steps[name].status == "ran"
    words = "is not signed with the key" if signature else "nobody has signed"
    assert words in run.steps[name].cache_reason
    assert words in plan.items[0].reason
    assert not canary.exists()
    assert statuses(inline.run(target))[name] == "cached"


def test_forged_records_are_a_miss_on_ray(stack: Stack, local_ray: None, forger: Forger, canary: Path) -> None:
    runner = Runner(stack, "ray")
    runner.run(opened(opaque(7, LARGE)))
    forger.record(forger.content(padding=LARGE), of="opaque")
    forger.sql("DELETE FROM cache_entries WHERE step = 'opened'")
    run = runner.run(opened(opaque(7, LARGE)))
    assert (run.output, run.steps["opaque"].status) == (7, "ran")
    assert not canary.exists()


@pytest.mark.parametrize("listed", [False, True], ids=["alone", "in a list"])
def test_forged_records_are_not_loaded_by_who_looks_at_history(
    inline: Runner, forger: Forger, canary: Path, listed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, name = (several(2), "several") if listed else (opaque(7, 0), "opaque")
    earlier = inline.run(target)
    forger.record(forger.content(list[Opaque] if listed else Opaque, listed=listed), of=name)
    found = zenflow.Run.open(inline.stack, earlier.id)
    with pytest.raises(LoadError, match="nobody has signed") as refused:
        found.output  # noqa: B018 - loads
    assert "ZENFLOW_STORE_KEY" in str(refused.value)
    with pytest.raises(LoadError, match="nobody has signed"):
        found.steps[name].output.load()
    with inline.stack.database() as database, pytest.raises(LoadError):
        find_artifact(database, inline.stack.store(), f"{earlier.id}/{name}").load()
    assert found.diff(inline.run(target)) is not None
    assert not canary.exists()


@pytest.mark.parametrize("engine", ["inline", "ray"])
def test_a_forged_input_of_an_earlier_run_reaches_no_worker(
    stack: Stack, engine: str, forger: Forger, canary: Path, request: pytest.FixtureRequest
) -> None:
    if engine == "ray":
        request.getfixturevalue("local_ray")
    runner = Runner(stack, engine)
    earlier = runner.run(several(2))
    forger.record(forger.content(list[Opaque], listed=True), of="several")
    given = zenflow.Run.open(stack, earlier.id).artifacts["output"]
    with pytest.raises(ZenFlowError, match="nobody has signed"):
        runner.run(mapped(given))
    assert not canary.exists()


def test_a_run_vouches_for_no_pickle_that_it_was_given(inline: Runner, forger: Forger, canary: Path) -> None:
    """Taken apart and put together again under a type that asks for nothing, it stays what nobody has signed."""
    earlier = inline.run(several(2))
    forged = forger.content(list[Opaque], listed=True)
    forger.record(forged, of="several")
    forger.sql("UPDATE executions SET function = 'nowhere:nothing'")
    given = zenflow.Run.open(inline.stack, earlier.id).artifacts["output"]
    with pytest.raises(ZenFlowError):
        inline.run(mapped(given))
    forger.record(forged, of="several")
    forger.sql("UPDATE executions SET function = ?", f"{__name__}:several")
    assert inline.run(several(2)).steps["several"].status == "ran"
    assert not canary.exists()


def test_a_signature_is_of_bytes_and_not_of_a_name(inline: Runner, forger: Forger, canary: Path) -> None:
    """The record of a signed artifact is made to say other blobs."""
    run = inline.run(opaque(7, 0))
    digest = run.artifacts["output"].info.digest
    planted = forger.content()
    small = pack(list(planted.small.values()))
    forger.sql("UPDATE artifacts SET blobs = ?, small = ? WHERE digest = ?", pack(planted.blobs), small, digest)
    with pytest.raises(BlobMissing):
        zenflow.Run.open(inline.stack, run.id).output  # noqa: B018 - loads
    assert inline.run(opened(opaque(7, 0))).output == 7
    assert not canary.exists()
    assert zenflow.Run.open(inline.stack, run.id).output == Opaque(7)  # the right record is there again


def test_a_record_that_can_not_be_read_is_as_good_as_none(inline: Runner, forger: Forger) -> None:
    assert inline.run(opened(opaque(7, 0))).output == 7
    for forged in (b"\xff", b"\x91\x91\xc0", b"", pack([["data", "no digest", 1]])):
        forger.sql("UPDATE artifacts SET blobs = ?", forged)
        run = inline.run(opened(opaque(7, 0)))
        assert run.output == 7
        assert run.steps["opaque"].status == "ran"


def test_records_from_before_signatures_are_a_miss(inline: Runner, forger: Forger) -> None:
    inline.run(opened(opaque(7, 0)))
    forger.sql("DELETE FROM signatures")
    run = inline.run(opened(opaque(7, 0)))
    assert (run.output, run.steps["opaque"].status) == (7, "ran")


def test_with_another_key_nothing_is_opened_and_the_error_says_so(
    inline: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = inline.run(opaque(7, 0))
    monkeypatch.setenv("ZENFLOW_STORE_KEY", "k" * 40)
    with pytest.raises(LoadError, match="not signed with the key") as refused:
        zenflow.Run.open(inline.stack, run.id).output  # noqa: B018 - loads
    assert "set ZENFLOW_STORE_KEY to the key of who made it, or run the step again" in str(refused.value)
    assert "kkkk" not in str(refused.value)
    monkeypatch.delenv("ZENFLOW_STORE_KEY")
    assert zenflow.Run.open(inline.stack, run.id).output == Opaque(7)


def test_the_key_is_in_no_record_and_no_store(inline: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "c0ffee" * 10
    monkeypatch.setenv("ZENFLOW_STORE_KEY", secret)
    inline.run(opened(opaque(7, LARGE)))
    assert secret not in repr(find_key())
    for path in Path(inline.stack.artifacts).parent.rglob("*"):
        assert path.is_dir() or secret.encode() not in path.read_bytes(), path


def test_a_cached_pickle_that_no_step_asks_for_is_a_miss(inline: Runner, forger: Forger, canary: Path) -> None:
    target = opened(opaque(7, 0))
    inline.run(target)
    forger.record(forger.content(), of="opened")
    run = inline.run(target)
    assert run.output == 7
    assert "which the step does not ask for" in run.steps["opened"].cache_reason
    assert not canary.exists()


def test_get_and_show_open_nothing_that_is_forged(inline: Runner, forger: Forger, canary: Path, tmp_path: Path) -> None:
    run = inline.run(several(2))
    forger.record(forger.content(list[Opaque], listed=True), of="several")
    with inline.stack.database() as database:
        artifact = find_artifact(database, inline.stack.store(), f"{run.id}/several")
    with pytest.raises(LoadError, match="nobody has signed"):
        export(artifact, tmp_path / "out")
    assert "nobody has signed" in shown(artifact)
    alone = inline.run(opaque(7, 0))
    forger.record(forger.content(), of="opaque")
    forger.sql("UPDATE executions SET function = 'nowhere:nothing'")
    with inline.stack.database() as database, pytest.raises(LoadError, match="nobody has signed"):
        export(find_artifact(database, inline.stack.store(), f"{alone.id}/opaque"), tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert not canary.exists()


# -------------------------------------------------------------------- a project that allows pickles


def test_a_stack_that_allows_pickle_stores_what_has_no_materializer(either: Runner) -> None:
    allowing = Runner(evolve(either.stack, allow_pickle=True), either.engine)
    with pytest.raises((CheckFailed, NoMaterializer)):
        either.run(opened(unsaid(7)))
    run = allowing.run(opened(unsaid(7)))
    assert run.output == 7
    assert statuses(allowing.run(opened(unsaid(7)))) == {"unsaid": "cached", "opened": "cached"}
    kept = allowing.run(unsaid(7))
    assert zenflow.Run.open(allowing.stack, kept.id).output == Opaque(7)
    with pytest.raises(LoadError, match="allow_pickle"):
        zenflow.Run.open(either.stack, kept.id).output  # noqa: B018 - loads


def test_allowing_pickle_does_not_do_without_signatures(stack: Stack, forger: Forger, canary: Path) -> None:
    allowing = Runner(evolve(stack, allow_pickle=True), "inline")
    earlier = allowing.run(unsaid(7))
    forger.record(forger.content(), of="unsaid")
    with pytest.raises(LoadError, match="nobody has signed"):
        zenflow.Run.open(allowing.stack, earlier.id).output  # noqa: B018 - loads
    assert allowing.run(opened(unsaid(7))).output == 7
    assert not canary.exists()


@pytest.mark.parametrize(("text", "allows"), [("1", True), ("0", False), ("", False)])
def test_the_environment_allows_pickle(text: str, allows: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZENFLOW_ALLOW_PICKLE", text)
    assert default_stack().allow_pickle is allows


def test_an_unclear_word_of_the_environment_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZENFLOW_ALLOW_PICKLE", "yes")
    with pytest.raises(ZenFlowError, match="ZENFLOW_ALLOW_PICKLE is 'yes'"):
        default_stack()


def _content(stack: Stack, digest: str) -> Content:
    from zenflow.metadata.queries import contents

    with stack.database() as database:
        return contents(database, [digest])[digest]


def test_stored_exceptions_are_told_and_not_opened(inline: Runner, forger: Forger, canary: Path) -> None:
    run = inline.fail(failing()).run
    error = evolve(run.error, pickled=pickle.dumps(Planted(canary)))
    forger.sql("UPDATE runs SET error = ?", pack(error))
    forger.sql("UPDATE executions SET error = ?", pack(error))
    found = zenflow.Run.open(inline.stack, run.id)
    assert found.error is not None
    assert "no luck" in found.error.message
    assert "no luck" in str(found.steps["failing"].error)
    assert not canary.exists()


@step
def failing() -> int:
    raise ValueError("no luck")


def test_stores_are_read_by_no_other_unpickler() -> None:
    """Whoever adds a loader that runs code has to come by here."""
    root = Path(zenflow.__file__).parent
    words = (
        "pickle.loads",
        "pickle.load(",
        "cloudpickle.load",
        "torch.load",
        "joblib.load",
        "marshal.load",
        "shelve.open",
    )
    found = {
        str(path.relative_to(root)) for path in root.rglob("*.py") if any(word in path.read_text() for word in words)
    }
    assert found == {
        "artifacts/materializers/pickle.py",  # what this module is about
        "engine/failures.py",  # an exception that a worker of this run has just raised
        "engine/ray/functions.py",  # what this user's driver sends to this user's workers
        "engine/ray/wire.py",
    }
