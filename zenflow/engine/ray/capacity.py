"""How many tasks may be on their way: a window for each kind of resources, from the cluster's size as it is now.

A few times what fits at once keeps every worker busy, and lets a cluster that grows by demand see some. Of what takes
long one for each worker is enough, and no more go than that: what is on its way can not be overtaken by what turns out
to be more urgent. One kind of resources never uses up the window of another.
"""

from __future__ import annotations

import socket
import time
from collections import Counter
from collections.abc import Hashable
from typing import Any

from zenflow.engine.ray.growth import grows
from zenflow.graph.options import Options
from zenflow.stacks.deadline import answer_within
from zenflow.stacks.nodes import fitting, requested

_AHEAD = 4
"""Tasks on their way for each that can run at once."""

_LEAST = 16

_LONG = 0.5
"""Seconds of a task from which on one that waits for each that runs is enough."""

_GANGS_AHEAD = 1
"""Gangs that may wait for room: each claims it, all at once."""

_PATIENCE = 5.0
"""Seconds that the cluster has to say what nodes it has."""

_FRESH = 2.0
"""Seconds that what is known of the cluster's size is good for."""


class Capacity:
    """What a cluster can take, and what is on its way to it."""

    def __init__(self, ray: Any) -> None:
        self._ray = ray
        self._nodes: list[dict[str, float]] = []
        self._hosts: set[str] = set()
        self._looked = -_FRESH
        self._flying: Counter[Hashable] = Counter()
        self._kinds: dict[Any, Hashable] = {}
        self._windows: dict[tuple[Hashable, bool], int] = {}
        self._grows = False
        self._elsewhere: bool | None = None

    @property
    def elsewhere(self) -> bool:
        """Whether some of it is, or may come to be, on another host than this one."""
        self._look()
        if self._elsewhere is None:
            self._elsewhere = self._hosts != {socket.gethostname()} or self._can_grow()
        return self._elsewhere

    @property
    def cpus(self) -> int:
        """The CPUs of all nodes that are alive."""
        self._look()
        return max(1, int(sum(node.get("CPU", 0) for node in self._nodes)))

    def room(self, options: Options, seconds: float = 0.0) -> int:
        """How many more tasks with such options, of about so many seconds, may be submitted."""
        self._look()
        kind, long = options.resources_key, seconds >= _LONG
        window = self._windows.get((kind, long))
        if window is None:
            window = self._windows[kind, long] = self._window(options, long=long)
        return window - self._flying[kind]

    def _window(self, options: Options, *, long: bool) -> int:
        fit = fitting(requested(options), self._nodes) // options.workers
        if options.workers > 1:
            return fit + _GANGS_AHEAD
        if long and fit and not self._can_grow():
            return 2 * fit
        return max(_LEAST, _AHEAD * fit)

    def _can_grow(self) -> bool:
        """Whether there is somebody who starts nodes for tasks that wait."""
        self._grows = self._grows or grows(self._ray)
        return self._grows

    def taken(self, options: Options, task: Any) -> None:
        """A task is on its way."""
        kind = self._kinds[task] = options.resources_key
        self._flying[kind] += 1

    def freed(self, task: Any) -> None:
        """A task is over."""
        self._flying[self._kinds.pop(task)] -= 1

    def _look(self) -> None:
        now = time.monotonic()
        if now - self._looked > _FRESH:
            try:
                nodes: list[Any] = answer_within(_PATIENCE, self._ray.nodes)
            except TimeoutError:  # the cluster is silent; whoever keeps watch over it tells
                nodes = []
            alive = [node for node in nodes if node["Alive"]]
            self._looked = time.monotonic()
            if not alive:
                return
            self._nodes = [node["Resources"] for node in alive]
            self._hosts = {node["NodeManagerHostname"] for node in alive}
            self._elsewhere = None
            self._windows.clear()
