"""A worker's way through a segment: one work after the other, as long as it is wise to go on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from attrs import evolve, frozen
from blake3 import blake3

from zenflow.engine.working.course import Course
from zenflow.engine.working.work import PREFIX, Executed, LiveEvent, Made, Outcome, Segment, Stored, Work
from zenflow.engine.working.worker import Box, perform
from zenflow.keys.frames import frame
from zenflow.keys.key import artifact


@frozen(eq=False)
class Ran:
    """What became of a segment: what was executed, in order, and the works that were not begun."""

    executed: tuple[Executed, ...]
    unreached: tuple[int, ...]


def execute_segment(
    segment: Segment,
    function_of: Callable[[Any], Callable[..., Any]],
    lives: Mapping[int, Sequence[Box]],
    live: Callable[[LiveEvent], None],
    *,
    tidy: bool = False,
) -> Ran:
    """Execute the works of a segment in order.

    A work is left out, and all that follow it, where what it follows failed or was left out, or where its key turns
    out to be remembered: the cache answers it then. Once the segment's patience is over, works that follow nothing
    that ran here are left to others; after a failure too, where the segment halts at one.

    `live` is told, by this thread or the ticker's, of what takes long enough to be seen, and of lines and metrics at
    once. `tidy`, for a process that does nothing else: what a step leaves running is told in its log, and processes
    among it are ended.
    """
    done: dict[int, Executed] = {}
    users = Counter(maker for work in segment.works for maker in _makers(work))
    with Course(segment, live, tidy=tidy) as course:
        while (work := course.take()) is not None:
            if _wanted(work, done):
                done[work.id] = perform(course, work, function_of, _inputs(work, lives.get(work.id), done))
                if done[work.id].outcome.status == "ok":
                    _release(work, users, done)
                elif segment.halts:
                    course.stop()
            else:
                course.leave_out(work)
    return Ran(tuple(done.values()), tuple(course.unreached))


def _makers(work: Work) -> set[int]:
    return {given.work for given in work.inputs if isinstance(given, Made)}


def _release(work: Work, users: Counter[int], done: dict[int, Executed]) -> None:
    """Let go of the values that only this work was still to use: a chain of large ones needs room for two."""
    for maker in _makers(work):
        users[maker] -= 1
        if not users[maker] and done[maker].values is not None:
            done[maker] = evolve(done[maker], values=None)


def _wanted(work: Work, done: Mapping[int, Executed]) -> bool:
    made = [given for given in work.inputs if isinstance(given, Made)]
    if not made:
        return True
    if any(given.work not in done or done[given.work].outcome.status != "ok" for given in made):
        return False
    return (
        work.key is None
        or key_of(work.key, [_content(given, done).digest for given in made])[:PREFIX] not in work.operation.remembered
    )


def key_of(recipe: Sequence[bytes | int], made: Sequence[str]) -> bytes:
    """The key that a recipe gives with the digests of the contents that were made."""
    return blake3(b"".join(frame(artifact(made[p])) if isinstance(p, int) else p for p in recipe)).digest()


def _inputs(work: Work, boxes: Sequence[Box] | None, done: Mapping[int, Executed]) -> list[tuple[Stored, Box]]:
    if boxes is None:
        boxes = (None,) * len(work.inputs)
    return [
        (given, box) if isinstance(given, Stored) else _made(given, done)
        for given, box in zip(work.inputs, boxes, strict=True)
    ]


def _made(given: Made, done: Mapping[int, Executed]) -> tuple[Stored, Box]:
    values = done[given.work].values
    # A pickle among them is one that this process has just made.
    stored = Stored(_content(given, done), given.hint, allow_pickle=True)
    return stored, None if values is None else (values[given.index],)


def _content(made: Made, done: Mapping[int, Executed]) -> Any:
    outcome: Outcome = done[made.work].outcome
    return outcome.contents[made.index]
