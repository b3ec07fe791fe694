"""What a probe is, and how probes are run: side by side, each after the one it needs, and all within one time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Literal

from attrs import field, frozen

from zenflow.errors import ZenFlowError

LIMIT = 10.0
"""Seconds that all probes of a stack may take."""

Status = Literal["ok", "failed", "skipped"]


class Skipped(Exception):
    """There is nothing to probe; the message says why."""


@frozen
class Probe:
    """Something that runs rely on.

    `check` says in words what it found where that is well; it raises a ZenFlowError with the fix where it is not, and
    `Skipped` where there is nothing to look at. `needs` names the probe without which it can not do, `after` those that
    it would disturb while they run; all of them stand before it.
    """

    name: str
    check: Callable[[], str]
    needs: str | None = None
    after: tuple[str, ...] = ()


@frozen
class Finding:
    """What came of a probe: `said` in words, `help` how to mend it, `error` where it raised one of ours."""

    probe: str
    status: Status
    said: str
    help: str | None = None
    seconds: float = 0.0
    error: ZenFlowError | None = field(default=None, eq=False, repr=False)


def examine(probes: Iterable[Probe], limit: float = LIMIT) -> Iterator[Finding]:
    """Run probes, and tell in their order what came of them.

    >>> [finding.status for finding in examine([Probe("thinks", lambda: "it is"), Probe("acts", lambda: "", "hopes")])]
    ['ok', 'skipped']
    """
    deadline = time.monotonic() + limit
    tried: dict[str, _Trial] = {}
    for probe in probes:
        tried[probe.name] = _Trial(probe, tried, deadline, limit)
    for trial in tried.values():
        yield trial.finding()


class _Trial:
    """A probe that is run. A thread of its own does it, since what hangs may hang in a library that no signal
    reaches."""

    def __init__(self, probe: Probe, others: Mapping[str, _Trial], deadline: float, limit: float) -> None:
        self._probe = probe
        self._needed = None if probe.needs is None else others.get(probe.needs)
        self._before = tuple(others[name] for name in probe.after)
        self._deadline = deadline
        self._limit = limit
        self._found: list[Finding] = []
        self._began = time.monotonic()
        self._thread = threading.Thread(target=self._run, name=f"zenflow-probe-{probe.name}", daemon=True)
        self._thread.start()

    def finding(self) -> Finding:
        """What came of it, once that is known, or its time is over."""
        self._thread.join(max(0.0, self._deadline - time.monotonic()))
        if self._found:
            return self._found[0]
        if self._needed is not None and self._needed.finding().status != "ok":
            return self._for_want()
        said = f"it did not end within {self._limit:g} s"
        help_ = "it is slow, or hangs: look at the network and at the server; `--within 60` gives it more time"
        return Finding(self._probe.name, "failed", said, help_, time.monotonic() - self._began)

    def _run(self) -> None:
        for other in self._before:
            other.finding()
        if self._probe.needs is not None and (self._needed is None or self._needed.finding().status != "ok"):
            self._found.append(self._for_want())
        else:
            self._began = time.monotonic()
            self._found.append(_found(self._probe, self._began))

    def _for_want(self) -> Finding:
        return Finding(self._probe.name, "skipped", f"needs `{self._probe.needs}`")


def _found(probe: Probe, began: float) -> Finding:
    status: Status = "ok"
    help_: str | None = None
    ours: ZenFlowError | None = None
    try:
        said = probe.check()
    except Skipped as nothing:
        said, status = str(nothing), "skipped"
    except ZenFlowError as error:
        said, status, help_, ours = error.message, "failed", error.help, error
    except BaseException as error:  # whatever it is (a panic of Rust's, too), it is what the probe was to find out
        said, status, help_ = f"{type(error).__name__}: {error}", "failed", "report it, if it is not of your making"
    return Finding(probe.name, status, said, help_, time.monotonic() - began, ours)
