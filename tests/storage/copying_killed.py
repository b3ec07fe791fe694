"""A process that forks one child after the other, each of which copies a run to an empty stack until it kills itself.

`python -m tests.storage.copying_killed FOLDER POINTS` prints JSON. As `tests.storage.killing`, whose countdown it is.
After each kill the other side is looked at, and the copy is made again, by a process that nobody kills.
"""

from __future__ import annotations

import json
import os
import random
import sys
from pathlib import Path
from typing import Any

from sqlalchemy import select

from tests.history.copying import copied, everything, scaled
from tests.storage.killing import Countdown
from zenflow.history.verification import verify
from zenflow.metadata import queries, schema
from zenflow.stacks.stack import Stack, stack_in


def child(near: Stack, far: Stack, run: str, kill_at: int) -> int | None:
    """How many events a copy has; None where it was killed."""
    reading, writing = os.pipe()
    process = os.fork()
    if process == 0:
        os.close(reading)
        countdown = Countdown(kill_at)
        try:
            copied(near, far, run)
            countdown.armed = False
            os.write(writing, str(kill_at - countdown.left).encode())
            os._exit(0)
        finally:
            os._exit(1)
    os.close(writing)
    with os.fdopen(reading) as told:
        line = told.read()
    _, status = os.waitpid(process, 0)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status):
        raise SystemExit("a child failed")
    return int(line) if line else None


def look(far: Stack, run: str, whole: dict[str, Any], tally: dict[str, int]) -> None:
    """A record there has its bytes, and a run there has all of its records."""
    with far.database() as database:
        tally["troubles"] += len(verify(far.store(), database).troubles)
        recorded = {one.id for one in queries.runs(database)}
        steps = len(database.read(select(schema.executions)))
        tally["half"] += steps != (len(whole["executions"]) if run in recorded else 0)
        tally["taken up"] += len(database.read(select(schema.artifacts.c.digest))) > 0 and run not in recorded


def main(folder: Path, points: int) -> None:
    tally = dict.fromkeys(("points", "killed", "troubles", "half", "taken up", "unequal"), 0)
    near = stack_in(folder / "near")
    run = scaled(near, factors=(2.0, 3.0, 4.0)).id
    copied(near, stack_in(folder / "first"), run)  # all is imported
    second = stack_in(folder / "second")
    events = child(near, second, run, 10**9)
    assert events is not None
    whole = everything(second)
    chosen = random.Random(events)
    for number in range(points):
        far = stack_in(folder / str(number))
        at = number * events // points + chosen.randrange(max(1, events // points))
        tally["killed"] += child(near, far, run, at) is None
        look(far, run, whole, tally)
        copied(near, far, run)
        tally["unequal"] += everything(far) != whole
        tally["points"] += 1
    sys.stdout.write(json.dumps(tally | {"events": events}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
