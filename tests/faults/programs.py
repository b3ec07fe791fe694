"""Random pipelines that leave a trace: each execution of a step writes a line when it begins and one when it ends.

A program is a list of statements over variables, like `tests.engine.expressions`, with two meanings: what plain
Python makes of it, and the target it builds. Its steps are quick or slow, some are not cached, some fail at first.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from attrs import frozen

from zenflow import Artifact, each, loop, pipeline, step, when
from zenflow.language.step import running_step

_LIMIT = 1_000_003  # keeps numbers small whatever is multiplied
_LARGE = 20_000
"""Bytes of a value that goes to the store: small ones are in the database."""

# ---------------------------------------------------------------- the trace


@dataclass(frozen=True)
class How:
    """How a step goes about its work: where it writes that it did, for how many seconds, whether it fails at first."""

    log: str
    pause: float = 0.0
    flaky: bool = False


@frozen
class Mark:
    """A line of a log: that an execution of a step began or ended, in which process, when."""

    kind: str
    title: str
    pid: int
    time: float


def marks(log: Path) -> list[Mark]:
    """What is in a log. A line that is being written is left out."""
    if not log.exists():
        return []
    lines = log.read_text().split("\n")[:-1]
    return [Mark(kind, title, int(pid), float(when)) for kind, title, pid, when in map(str.split, lines)]


def _mark(log: str, kind: str, title: str) -> None:
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        os.write(file, f"{kind} {title} {os.getpid()} {time.time():.6f}\n".encode())
    finally:
        os.close(file)


@contextmanager
def marked(how: How) -> Iterator[None]:
    """An execution of the step whose body this is in."""
    title = running_step.get() or "?"
    _mark(how.log, "begin", title)
    if how.pause:
        time.sleep(how.pause)
    if how.flaky and sum(mark.kind == "begin" and mark.title == title for mark in marks(Path(how.log))) == 1:
        raise ConnectionError("not yet")
    yield
    _mark(how.log, "end", title)


# ---------------------------------------------------------------- steps, and what they compute


def _add(a: int, b: int) -> int:
    return (a + b) % _LIMIT


def _multiply(a: int, by: int) -> int:
    return (a * by) % _LIMIT


def _spread(a: int, count: int) -> list[int]:
    return [(a + i * i) % _LIMIT for i in range(count)]


def _swell(a: int) -> bytes:
    return a.to_bytes(4, "little") * (_LARGE // 4)


# Their code is not what is tested; with versions, no key has to look at what a trace is made with.
@step(version="1", retries=1)
def add(a: int, b: int, how: How) -> int:
    with marked(how):
        return _add(a, b)


@step(version="1", retries=1)
def multiply(a: int, by: int, how: How) -> int:
    with marked(how):
        return _multiply(a, by)


@step(version="1", retries=1)
def is_even(a: int, how: How) -> bool:
    with marked(how):
        return a % 2 == 0


@step(version="1", retries=1)
def spread(a: int, count: int, how: How) -> list[int]:
    with marked(how):
        return _spread(a, count)


@step(version="1", retries=1)
def total(values: list[int], how: How) -> int:
    with marked(how):
        return sum(values) % _LIMIT


@step(version="1", retries=1)
def parts(a: int, how: How) -> tuple[int, int]:
    with marked(how):
        return divmod(a, 7)


@step(version="1", retries=1)
def swell(a: int, how: How) -> bytes:
    with marked(how):
        return _swell(a)


@step(version="1", retries=1)
def weigh(data: bytes, how: How) -> int:
    with marked(how):
        return int.from_bytes(data[:4], "little") + len(data) % _LIMIT


@pipeline
def affine(x: Artifact[int], by: int, how: How) -> Artifact[int]:
    return add(multiply(x, by, how), 1, how)


@pipeline
def forked(x: Artifact[int], by: int, how: How) -> Artifact[int]:
    inner = affine(x, by, how)
    return when(is_even(inner, how), lambda: weigh(swell(inner, how), how), lambda: add(inner, by, how))


def _affine(x: int, by: int) -> int:
    return _add(_multiply(x, by), 1)


def _weigh(data: bytes) -> int:
    return int.from_bytes(data[:4], "little") + len(data) % _LIMIT


def _forked(x: int, by: int) -> int:
    inner = _affine(x, by)
    return _weigh(_swell(inner)) if inner % 2 == 0 else _add(inner, by)


def _looped(x: int, by: int) -> int:
    for _ in range(3):
        x = _add(x, by)
        if x % 2 == 0:
            break
    return x


# ---------------------------------------------------------------- programs


@frozen
class Statement:
    """An operator, the variables it takes, a constant, and how its steps go about their work."""

    operator: str
    takes: tuple[int, ...]
    constant: int
    pause: float
    flaky: bool
    cached: bool


Plain = Callable[[Statement, list[Any]], Any]
Built = Callable[[Statement, list[Any], How, Callable[[Any], Any]], Any]

OPERATORS: Mapping[str, tuple[int, Plain, Built]] = {
    "add": (2, lambda s, v: _add(*v), lambda s, v, how, of: of(add)(*v, how)),
    "chain": (
        1,
        lambda s, v: _affine(_affine(v[0], s.constant), 2),
        lambda s, v, how, of: of(add)(of(multiply)(affine(v[0], s.constant, how), 2, how), 1, how),
    ),
    "diamond": (
        1,
        lambda s, v: _add(_multiply(v[0], 3), _add(v[0], s.constant)),
        lambda s, v, how, of: add(of(multiply)(v[0], 3, how), of(add)(v[0], s.constant, how), how),
    ),
    "parts": (1, lambda s, v: divmod(v[0], 7)[1], lambda s, v, how, of: of(parts)(v[0], how)[1]),
    "large": (1, lambda s, v: _weigh(_swell(v[0])), lambda s, v, how, of: weigh(of(swell)(v[0], how), how)),
    "map": (
        2,
        lambda s, v: sum(_add(x, v[1]) for x in _spread(v[0], s.constant)) % _LIMIT,
        lambda s, v, how, of: total(of(add).map(each(spread(v[0], s.constant, how)), v[1], how), how),
    ),
    "map of large": (
        1,
        lambda s, v: sum(_weigh(_swell(x)) for x in _spread(v[0], s.constant)) % _LIMIT,
        lambda s, v, how, of: total(
            weigh.map(each(of(swell).map(each(of(spread)(v[0], s.constant, how)), how)), how), how
        ),
    ),
    "map of pipelines": (
        1,
        lambda s, v: sum(_forked(x, s.constant) for x in _spread(v[0], s.constant)) % _LIMIT,
        lambda s, v, how, of: of(total)(forked.map(each(spread(v[0], s.constant, how)), s.constant, how), how),
    ),
    "loop": (
        1,
        lambda s, v: _looped(v[0], s.constant),
        lambda s, v, how, of: loop(
            lambda x: of(add)(x, s.constant, how), v[0], until=lambda x: is_even(x, how), limit=3
        ),
    ),
    "when": (1, lambda s, v: _forked(v[0], s.constant), lambda s, v, how, of: forked(v[0], s.constant, how)),
}
"""How many variables an operator takes, what it computes, and what it builds."""


@frozen
class Program:
    """A random pipeline."""

    statements: tuple[Statement, ...]

    def plainly(self) -> dict[str, int]:
        """The outputs, by plain Python."""
        return self._evaluated(lambda one, values: OPERATORS[one.operator][1](one, values))

    def built(self, log: Path) -> dict[str, Artifact[int]]:
        """The target, whose executions are written to `log`."""

        def build(one: Statement, values: list[Any]) -> Any:
            how = How(str(log), one.pause, one.flaky)
            return OPERATORS[one.operator][2](one, values, how, lambda step: _with_options(step, one))

        return self._evaluated(build)

    def _evaluated(self, meaning: Callable[[Statement, list[Any]], Any]) -> dict[str, Any]:
        values: list[Any] = [1, 5]
        used: set[int] = set()
        for one in self.statements:
            used.update(one.takes)
            values.append(meaning(one, [values[i] for i in one.takes]))
        return {f"v{i}": values[i] for i in range(2, len(values)) if i not in used}


def _with_options(step: Any, one: Statement) -> Any:
    return step if one.cached else step.with_options(cache=False)


def program(random: Random, size: int, *, slow: float = 0.1) -> Program:
    """A program of so many statements; the slowest steps take `slow` seconds."""
    statements = []
    for number in range(size):
        operator = random.choice(list(OPERATORS))
        cached = random.random() < 0.8
        flaky = random.random() < 0.05
        pause = random.choice([0.0, 0.0, 0.0, slow / 20, slow / 4, slow])
        takes = tuple(_variable(random, number + 2) for _ in range(OPERATORS[operator][0]))
        statements.append(Statement(operator, takes, random.randint(2, 5), pause, flaky, cached))
    return Program(tuple(statements))


def _variable(random: Random, known: int) -> int:
    """One of the variables so far; a late one more often, so that there are long ways."""
    return max(random.randrange(known), random.randrange(known))
