"""Where things are drawn in a trace: processes as they were, and in each as many lanes as overlap."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple


class Place(NamedTuple):
    """A lane: the number of its process, and its own, which no other lane has."""

    process: int
    thread: int


class Lanes:
    """Gives each thing a lane that is free from its start to its end. Ask in the order of starts.

    Process ids of two hosts may be equal, so processes are numbered: the driver is 1.

    >>> lanes = Lanes("here", 700)
    >>> lanes.driver, lanes.lane("here", 700, "steps", 0, 5), lanes.lane("there", 700, "steps", 0, 5)
    (Place(process=1, thread=1), Place(process=1, thread=2), Place(process=2, thread=3))
    >>> lanes.lane("there", 700, "steps", 4, 9).thread, lanes.lane("there", 700, "steps", 5, 9).thread
    (4, 3)
    """

    def __init__(self, host: str, pid: int) -> None:
        self.driver_process = (host, pid)
        self._processes: dict[tuple[str, int], int] = {}
        self._lanes: dict[tuple[int, str], list[tuple[Place, int]]] = {}
        self._threads: dict[Place, str] = {}
        self.driver = self._new(self._process(host, pid), "run")

    def lane(self, host: str, pid: int, kind: str, start: int, end: int) -> Place:
        """A free lane of a process, for things of this kind."""
        process = self._process(host, pid)
        lanes = self._lanes.setdefault((process, kind), [])
        free = next((i for i, (_, until) in enumerate(lanes) if until <= start), None)
        if free is None:
            place = self._new(process, kind if not lanes else f"{kind} {len(lanes) + 1}")
            lanes.append((place, end))
        else:
            place = lanes[free][0]
            lanes[free] = (place, end)
        return place

    def names(self) -> Iterator[dict[str, Any]]:
        """The events that name all processes and lanes."""
        for (host, pid), process in self._processes.items():
            what = "driver" if (host, pid) == self.driver_process else "worker"
            where = f" {host}:{pid}" if host else ""
            yield _named("process_name", process, 0, name=what + where)
            yield _named("process_sort_index", process, 0, sort_index=process)
        for place, name in self._threads.items():
            yield _named("thread_name", *place, name=name)
            yield _named("thread_sort_index", *place, sort_index=place.thread)

    def _process(self, host: str, pid: int) -> int:
        return self._processes.setdefault((host, pid), len(self._processes) + 1)

    def _new(self, process: int, name: str) -> Place:
        place = Place(process, len(self._threads) + 1)
        self._threads[place] = name
        return place


def _named(what: str, process: int, thread: int, **args: Any) -> dict[str, Any]:
    return {"name": what, "ph": "M", "ts": 0, "pid": process, "tid": thread, "args": args}
