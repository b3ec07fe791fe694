"""A program on a Ray of two nodes, of its own: what runs where, and in which order. Run as `python -m`, it prints what
it saw as JSON.

Node `x` and node `y` have one CPU and one `slot` each, and one thing of their own name. What asks for `one`, of which
there is one in all, runs one after the other.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from tests.engine.running import until
from zenflow import each, run, step
from zenflow.metadata.records import Cost
from zenflow.stacks.stack import Stack, stack_in

Bytes = np.ndarray[tuple[int], np.dtype[np.uint8]]

LARGE = 50_000_000
MANY = 40
ONE: Mapping[str, float] = {"one": 1}


def node() -> str:
    import ray

    return str(ray.get_runtime_context().get_node_id())


def say(log: str, word: str) -> None:
    with Path(log).open("a") as file:
        file.write(f"{word}\n")


# ---------------------------------------------------------------- where


@step(cpus=0)
def made(number: int) -> Bytes:
    return np.full(LARGE, number, np.uint8)


@step(cache=False)
def seen_at(values: Bytes) -> tuple[str, int]:
    return node(), int(values[-1])


@step(cpus=0, cache=False)
def place(number: int) -> str:
    return node()


# ---------------------------------------------------------------- who waits for whom


@step(cpus=0, resources=ONE, cache=False)
def holds(folder: str, number: int) -> int:
    """Holds the only `one` until a step of CPUs has run."""
    until((Path(folder) / "computed").exists, "a step that needs a CPU alone")
    return number


@step(cache=False)
def computes(folder: str, number: int) -> int:
    (Path(folder) / "computed").touch()
    return number


@step(cache=False)
def meets(folder: str, number: int, count: int) -> str:
    """Waits for so many to run at the same time."""
    (Path(folder) / str(number)).touch()
    until(lambda: len(list(Path(folder).iterdir())) >= count, "the others")
    return node()


# ---------------------------------------------------------------- in which order


@step(cpus=0, resources=ONE, cache=False)
def brief(log: str, word: str) -> str:
    say(log, word)
    return word


@step(cpus=0, resources=ONE, cache=False)
def lengthy(log: str, word: str) -> str:
    say(log, word)
    return word


@step(cpus=0, resources=ONE, cache=False)
def onward(log: str, word: str, before: list[str]) -> str:
    say(log, word)
    return word


@step(cpus=0, resources=ONE, cache=False)
def uses(log: str, word: str, number: int) -> str:
    say(log, word)
    return word


@step(cache=False)
def number(x: int) -> int:
    return x


# ---------------------------------------------------------------- the program


class Program:
    def __init__(self, folder: Path, cluster: Any) -> None:
        self._folder = folder
        self._cluster = cluster
        self._stack: Stack = stack_in(folder / "kept")

    def output(self, target: Any) -> Any:
        return run(target, stack=self._stack, engine="ray").output

    def folder(self, name: str) -> str:
        (self._folder / name).mkdir()
        return str(self._folder / name)

    def order(self, name: str, target: Any) -> Sequence[str]:
        self.output(target)
        return (self._folder / name).read_text().split()

    def log(self, name: str) -> str:
        return str(self._folder / name)

    def remember(self, seconds: Mapping[str, float]) -> None:
        """Let history say what steps take."""
        with self._stack.database() as database:
            database.commit([Cost(f"{__name__}:{name}", 1_000, value, 0, 0, 0.0) for name, value in seconds.items()])

    # ------------------------------------------------------------ scenarios

    def locality(self) -> list[list[str]]:
        """Where each node is, and where a large value that was made there is used."""
        found = []
        for i in range(4):
            resources = {"x" if i % 2 else "y": 0.1}
            there = self.output(place.with_options(resources=resources)(i))
            used, last = self.output(seen_at(made.with_options(resources=resources)(i)))
            assert last == i
            found.append([there, used])
        return found

    def waiting(self) -> list[list[int]]:
        """More steps than a window holds wait for what one has, and some that need a CPU."""
        folder = self.folder("waiting")
        targets = (holds.map(folder, each(range(MANY))), computes.map(folder, each(range(3))))
        return [*self.output(targets)]

    def overtaking(self) -> list[list[int]]:
        """As `waiting`, where those that wait have been in line before the others are ready."""
        folder = self.folder("overtaking")
        late = number.map(each(range(3)))
        targets = (holds.map(folder, each(range(MANY))), computes.map(folder, each(late)))
        return [*self.output(targets)]

    def longest_first(self) -> Sequence[str]:
        """Five that end the run, and one with a long way behind it, all ready at once."""
        self.remember({"brief": 0.1, "lengthy": 5.0, "onward": 5.0})
        log = self.log("longest")
        short = [brief(log, f"brief{i}") for i in range(5)]
        return self.order("longest", (*short, onward(log, "last", [lengthy(log, "first")])))

    def freeing_first(self) -> Sequence[str]:
        """Of equals one is the only user of its input."""
        self.remember({"uses": 0.1})
        log = self.log("freeing")
        shared, own = (run(number(x), stack=self._stack, engine="inline").artifacts["output"] for x in (1, 2))
        used = [uses(log, "shared1", shared), uses(log, "shared2", shared), uses(log, "frees", own)]
        return self.order("freeing", tuple(used))

    def critical_first(self) -> Sequence[str]:
        """A long way through several steps, beside many long steps that nothing waits for."""
        self.remember({"brief": 2.0, "lengthy": 3.0, "onward": 5.0})
        log = self.log("critical")
        way = lengthy(log, "way0")
        for i in range(1, 4):
            way = onward(log, f"way{i}", [way])
        return self.order("critical", (*(brief(log, f"other{i}") for i in range(MANY)), way))

    def growth(self) -> dict[str, Any]:
        """A node joins while a run waits for it."""
        import ray

        from zenflow.engine.ray.capacity import Capacity
        from zenflow.graph.options import Options

        capacity = Capacity(ray)
        before = capacity.cpus, capacity.room(Options())
        folder = Path(self.folder("growth"))

        with ThreadPoolExecutor(1) as pool:  # nodes are added by the main thread only
            running = pool.submit(self.output, meets.map(str(folder), each(range(6)), 6))
            until(lambda: len(list(folder.iterdir())) == 2, "the first two")
            self._cluster.add_node(num_cpus=4)
            nodes = running.result()
        until(lambda: capacity.cpus == before[0] + 4, "the CPUs of the new node")
        return {"nodes": sorted(map(nodes.count, set(nodes))), "room": [before[1], capacity.room(Options())]}

    SCENARIOS = (locality, waiting, overtaking, longest_first, freeing_first, critical_first, growth)


def main(folder: Path) -> None:
    os.environ["RAY_WORKER_NICENESS"] = "0"
    import ray
    from ray.cluster_utils import Cluster

    store = 300 * 1024 * 1024
    head = {"num_cpus": 0, "include_dashboard": False, "object_store_memory": store}
    cluster: Any = Cluster(initialize_head=True, head_node_args=head)
    cluster.add_node(num_cpus=1, resources={"x": 1, "one": 1}, object_store_memory=store)
    cluster.add_node(num_cpus=1, resources={"y": 1}, object_store_memory=store)
    ray.init(cluster.address, log_to_driver=False)
    program = Program(folder, cluster)
    print(json.dumps({scenario.__name__: scenario(program) for scenario in Program.SCENARIOS}))  # noqa: T201
    ray.shutdown()
    cluster.shutdown()


if __name__ == "__main__":
    from tests.engine import clustered

    clustered.main(Path(sys.argv[1]))
