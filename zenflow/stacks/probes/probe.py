"""What a probe is, and how probes are run: one after another, each within its time, none where one it needs failed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Literal

from attrs import frozen

from zenflow.errors import ZenFlowError

LIMIT = 10.0
"""Seconds that one probe may take."""

Status = Literal["ok", "failed", "skipped"]


class Skipped(Exception):
    """There is nothing to probe; the message says why."""


@frozen
class Probe:
    """Something that runs rely on.

    `check` says in words what it found where that is well; it raises a ZenFlowError with the fix where it is not, and
    `Skipped` where there is nothing to look at. `needs` names the probe without which it can not do.
    """

    name: str
    check: Callable[[], str]
    needs: str | None = None


@frozen
class Finding:
    """What came of a probe: `said` in words, `help` how to mend it."""

    probe: str
    status: Status
    said: str
    help: str | None = None
    seconds: float = 0.0


def examine(probes: Iterable[Probe], limit: float = LIMIT) -> Iterator[Finding]:
    """Run probes, in their order.

    >>> [finding.status for finding in examine([Probe("thinks", lambda: "it is"), Probe("acts", lambda: "", "hopes")])]
    ['ok', 'skipped']
    """
    well: set[str] = set()
    for probe in probes:
        if probe.needs is not None and probe.needs not in well:
            finding = Finding(probe.name, "skipped", f"needs `{probe.needs}`")
        else:
            finding = _within(probe, limit)
        if finding.status == "ok":
            well.add(probe.name)
        yield finding


def _within(probe: Probe, limit: float) -> Finding:
    found: list[Finding] = []
    began = time.monotonic()
    # A thread of its own, since what hangs may hang in a library that no signal reaches.
    thread = threading.Thread(target=lambda: found.append(_found(probe, began)), daemon=True)
    thread.start()
    thread.join(limit)
    if found:
        return found[0]
    said = f"it did not end within {limit:g} s"
    return Finding(probe.name, "failed", said, "look at the network and at the server", time.monotonic() - began)


def _found(probe: Probe, began: float) -> Finding:
    status: Status = "ok"
    help_: str | None = None
    try:
        said = probe.check()
    except Skipped as nothing:
        said, status = str(nothing), "skipped"
    except ZenFlowError as error:
        said, status, help_ = error.message, "failed", error.help
    except BaseException as error:  # whatever it is (a panic of Rust's, too), it is what the probe was to find out
        said, status, help_ = f"{type(error).__name__}: {error}", "failed", "report it, if it is not of your making"
    return Finding(probe.name, status, said, help_, time.monotonic() - began)
