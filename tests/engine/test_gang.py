"""Steps that several ranks run together: they meet, start and end together, and count as one attempt."""

from __future__ import annotations

import os
import signal
import socket
import time
from pathlib import Path

import numpy as np
import pytest
from ray.util import placement_group_table

from tests.engine.running import Heard, Runner, statuses, text_in, until
from zenflow import Gang, each, report, run, step
from zenflow.errors import UsageError
from zenflow.stacks.stack import Stack

ALONE = Gang()
Floats = np.ndarray[tuple[int], np.dtype[np.float64]]


@step(workers=2)
def ranks_met(message: str, *, gang: Gang = ALONE) -> list[str]:
    """Rank 0 listens where the gang meets, and gathers a word from each of the others."""
    if gang.rank == 0:
        with socket.create_server((gang.address, gang.port)) as server:
            words = [f"{message} 0 of {gang.size}"]
            for _ in range(gang.size - 1):
                connection, _ = server.accept()
                with connection:
                    words.append(connection.recv(100).decode())
        return words
    with until(lambda: connected(gang), "the meeting") as connection:
        connection.sendall(f"{message} {gang.rank} of {gang.size}".encode())
    return []


def connected(gang: Gang) -> socket.socket | None:
    try:
        return socket.create_connection((gang.address, gang.port))
    except ConnectionRefusedError:
        return None


@step(workers=2)
def ones(size: int, gang: Gang = ALONE) -> Floats:
    return np.ones(size) if gang.rank == 0 else "what other ranks return is not looked at"  # type: ignore[return-value]


@step
def total(values: Floats) -> float:
    return float(values.sum())


@step(workers=2)
def shares(values: Floats, *, gang: Gang = ALONE) -> float:
    return float(values[gang.rank :: gang.size].sum())


@step(workers=2)
async def awaited(x: int, *, gang: Gang = ALONE) -> int:
    return x + gang.size


@step(workers=2)
def speaks(*, gang: Gang = ALONE) -> None:
    print(f"this is {gang.rank}")  # noqa: T201 - what a step prints is a log
    report(loss=float(gang.rank))


def mark(folder: str, gang: Gang) -> None:
    """Leave the pid of a rank, and wait for the others to have come as far."""
    (Path(folder) / f"rank{gang.rank}").write_text(str(os.getpid()))
    for rank in range(gang.size):
        text_in(Path(folder) / f"rank{rank}")


@step(workers=2)
def one_raises(folder: str, *, gang: Gang = ALONE) -> int:
    mark(folder, gang)
    if gang.rank == 1:
        raise ValueError("rank 1 is not well")
    time.sleep(600)
    return 1


@step(workers=2)
def one_dies_once(folder: str, *, gang: Gang = ALONE) -> int:
    first = not (Path(folder) / "again").exists()
    if first:
        mark(folder, gang)
        if gang.rank == 1:
            (Path(folder) / "again").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        raise ConnectionError("the other rank is gone")
    return gang.size


@step(workers=2, timeout="500ms")
def endless(folder: str, *, gang: Gang = ALONE) -> int:
    mark(folder, gang)
    time.sleep(600)
    return gang.size


@step
def fails_when(folder: str) -> int:
    text_in(Path(folder) / "rank0")
    raise ValueError("enough")


@step(workers=2, cpus=0.5)
def beside(folder: str, *, gang: Gang = ALONE) -> int:
    mark(folder, gang)
    time.sleep(600)
    return gang.size


def gone(folder: Path) -> bool:
    """Whether no rank that left its mark lives."""
    return not any(Path(f"/proc/{file.read_text()}").exists() for file in folder.glob("rank*"))


def rooms() -> set[str]:
    """The states of all placement groups."""
    return {group["state"] for group in placement_group_table().values()}


def test_ranks_meet_where_they_are_told(on_ray: Runner) -> None:
    done = on_ray.run(ranks_met("hello"))
    assert done.output == ["hello 0 of 2", "hello 1 of 2"]
    assert (done.steps["ranks_met"].status, done.steps["ranks_met"].attempts) == ("ran", 1)
    assert on_ray.run(ranks_met("hello")).steps["ranks_met"].status == "cached"
    assert rooms() == {"REMOVED"}


def test_the_number_of_workers_is_part_of_the_key(on_ray: Runner) -> None:
    on_ray.run(awaited(1))
    again = on_ray.run(awaited.with_options(workers=1)(1))
    assert again.output == 2
    assert again.steps["awaited"].cache_reason == "argument `gang` changed"


def test_rank_0_gives_the_value_and_the_others_are_given_the_same_inputs(on_ray: Runner) -> None:
    values = ones(100_000)
    assert on_ray.run(total(values)).output == 100_000
    assert on_ray.run(shares(values)).output == 50_000


def test_an_async_gang_is_awaited_by_every_rank(on_ray: Runner) -> None:
    assert on_ray.run(awaited(40)).output == 42


def test_each_element_of_a_map_is_a_gang(on_ray: Runner) -> None:
    done = on_ray.run(ranks_met.map(each(["a", "b", "c"])))
    assert done.output == [[f"{word} 0 of 2", f"{word} 1 of 2"] for word in "abc"]
    assert [element.status for element in done.steps["ranks_met"].elements] == ["ran"] * 3


def test_lines_and_metrics_of_all_ranks_are_kept_and_told_apart(on_ray: Runner) -> None:
    heard = Heard()
    done = on_ray.run(speaks(), heard)
    assert sorted(done.steps["speaks"].logs.splitlines()) == ["[rank 1] this is 1", "this is 0"]
    assert [line.number for line in done.steps["speaks"].log_lines] == [0, 1]
    assert done.steps["speaks"].metrics == {"loss": 0.0, "rank1/loss": 1.0}
    assert sorted(line.text for line in heard.lines) == ["[rank 1] this is 1", "this is 0"]


def test_one_rank_that_raises_ends_the_others_and_is_the_failure(on_ray: Runner, tmp_path: Path) -> None:
    failure = on_ray.fail(one_raises(str(tmp_path)))
    assert repr(failure.__cause__) == "ValueError('rank 1 is not well')"
    assert "one_raises (rank 1 of 2):\nTraceback" in str(failure)
    assert failure.run.steps["one_raises"].attempts == 1
    until(lambda: gone(tmp_path) or rooms() == {"REMOVED"}, "the end of the other rank")


def test_a_rank_that_dies_is_to_blame_for_what_its_peers_raise_and_the_gang_runs_again(
    on_ray: Runner, tmp_path: Path
) -> None:
    done = on_ray.run(one_dies_once(str(tmp_path)))
    assert done.output == 2
    first, second = done.steps["one_dies_once"].tries
    assert (first.status, second.status) == ("failed", "ran")
    assert first.error is not None
    assert "the worker process of `one_dies_once (rank 1 of 2)` died" in first.error.message


def test_a_gang_that_runs_out_of_time_is_stopped_as_a_whole(on_ray: Runner, tmp_path: Path) -> None:
    failure = on_ray.fail(endless(str(tmp_path)))
    assert "longer than its timeout of 0.5 s" in str(failure)
    until(lambda: rooms() == {"REMOVED"}, "the end of the gang")


def test_a_gang_is_cancelled_when_another_step_fails(on_ray: Runner, tmp_path: Path) -> None:
    slow = fails_when.with_options(cpus=0.5)
    failure = on_ray.fail((beside(str(tmp_path)), slow(str(tmp_path))))
    assert statuses(failure.run) == {"beside": "cancelled", "fails_when": "failed"}
    assert rooms() == {"REMOVED"}


def test_more_workers_than_there_is_room_for_are_refused_at_once(on_ray: Runner) -> None:
    text = str(on_ray.fail(awaited.with_options(workers=3)(1)))
    assert "ZF504" in text
    assert "each of 3 workers asks for CPU 1 at once; the nodes here have room for 2" in text


def test_a_gang_of_one_is_a_plain_step(either: Runner) -> None:
    assert either.run(shares.with_options(workers=1)(ones.fn(10))).output == 10


def test_a_gang_is_refused_in_this_process_before_anything_runs(inline: Runner, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="`ranks_met` has workers=2, and engine='inline' is one process"):
        inline.run((ranks_met("a"), fails_when(str(tmp_path))))


def test_a_gang_goes_to_ray_where_the_engine_is_free_to_choose(stack: Stack, local_ray: None) -> None:
    assert run(awaited(2), stack=stack).output == 4
    assert run(awaited(3), stack=stack).output == 5
