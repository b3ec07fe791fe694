"""`python -m tests.cluster up|status|down`: one cluster for the repository, which outlives the shell.

Its record is `.zenflow/cluster.json`; its stack is `cluster` in the repository's `zenflow.toml`, so that

    make cluster
    zenflow submit examples/digits.py --stack cluster --wait

works in any shell.
"""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.cluster.cluster import Cluster, NotUp
from tests.cluster.configuration import Taken, put_in, take_out
from tests.cluster.servers import ROOT

NAME = "cluster"


def up(root: Path = ROOT) -> int:
    """Start it, unless it is up; what is left of one that is not whole is ended first."""
    record, file = _record(root), root / "zenflow.toml"
    if record.exists():
        cluster = Cluster.recorded(record.read_text())
        if not cluster.dead():
            put_in(file, NAME, cluster.table())
            _say(f"it is up: stack `{NAME}` of {file}")
            return 0
        _say(f"{', '.join(cluster.dead())} died; it starts anew")
        cluster.stop()
        record.unlink()
    put_in(file, NAME, {})  # refused before anything is started
    began = time.monotonic()
    try:
        cluster = Cluster.start(_say)
    except BaseException:
        take_out(file, NAME)
        raise
    record.parent.mkdir(exist_ok=True)
    record.write_text(cluster.record())
    put_in(file, NAME, cluster.table())
    _say(f"up after {time.monotonic() - began:.1f} s: stack `{NAME}` of {file}; logs in {cluster.folder}")
    return 0


def status(root: Path = ROOT) -> int:
    """Tell which parts live; 1 where one does not, or none was started."""
    record = _record(root)
    if not record.exists():
        _say("it is down: make cluster")
        return 1
    cluster = Cluster.recorded(record.read_text())
    dead = cluster.dead()
    for name, part in cluster.parts.items():
        _say(f"{name}: {'dead' if name in dead else 'lives'}, process {part.pid}, {cluster.log(name)}")
    return 1 if dead else 0


def down(root: Path = ROOT) -> int:
    """End it, with all that it keeps, and take its stack out."""
    record = _record(root)
    if record.exists():
        cluster = Cluster.recorded(record.read_text())
        for name in cluster.dead():
            _say(f"{name} had died before")
        cluster.stop()
        record.unlink()
    take_out(root / "zenflow.toml", NAME)
    _say("it is down")
    return 0


def _record(root: Path) -> Path:
    return root / ".zenflow" / "cluster.json"


def _say(text: str) -> None:
    sys.stderr.write(f"cluster: {text}\n")


VERBS: dict[str, Callable[[], int]] = {"up": up, "status": status, "down": down}


def main(arguments: list[str]) -> int:
    if len(arguments) != 1 or arguments[0] not in VERBS:
        _say(f"python -m tests.cluster {'|'.join(VERBS)}")
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what has been started by then is ended first
    try:
        return VERBS[arguments[0]]()
    except (NotUp, Taken) as error:
        _say(str(error))
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
