"""`loop`: a body from a value to a value of the same type, and what decides."""

from __future__ import annotations

from pathlib import Path
from typing import reveal_type

from typing_tests.plugin.model import Forest, good, load, number, score, train
from zenflow import Artifact, loop, pipeline, step

table = load(Path("x"))
model = train(table)


@step
def grown(model: Forest) -> Forest:
    return model


@step
def small(x: float) -> bool:
    return x < 1


@step
def halved(x: float) -> float:
    return x / 2


@step
def plus(x: int, by: int) -> int:
    return x + by


@step
def large(x: int) -> bool:
    return x > 9


@step
def longer(xs: list[int]) -> list[int]:
    return [*xs, 1]


@step
def long(xs: list[int]) -> bool:
    return len(xs) > 9


@pipeline
def improved(model: Artifact[Forest]) -> Artifact[Forest]:
    return grown(grown(model))


reveal_type(loop(grown, model, until=good, limit=3))  # N: Artifact[Forest]
reveal_type(loop(grown, Forest(), until=good, limit=3))  # N: Artifact[Forest]
reveal_type(loop(improved, model, until=good, limit=3))  # N: Artifact[Forest]
reveal_type(loop(grown >> grown, model, until=good, limit=3))  # N: Artifact[Forest]
reveal_type(loop(lambda m: grown(m), model, until=lambda m: good(m), limit=3))  # N: Artifact[Forest]
reveal_type(loop(lambda m: grown(m), Forest(), until=good, limit=3))  # N: Artifact[Forest]
reveal_type(loop(lambda x: plus(x, number()), 0, until=large, limit=3))  # N: Artifact[int]
reveal_type(loop(lambda x: plus(x, number()), number(), until=large, limit=3))  # N: Artifact[int]
reveal_type(loop(lambda x: halved(x), 1.0, until=small, limit=3))  # N: Artifact[float]

# The first value may be narrower than those to come.
reveal_type(loop(halved, 1, until=small, limit=3))  # N: Artifact[float]
reveal_type(loop(halved, number(), until=small, limit=3))  # N: Artifact[float]
reveal_type(loop(longer, [], until=long, limit=3))  # N: Artifact[list[int]]

loop(grown, table, until=lambda m: good(m), limit=3)
# E: Argument 1 to "loop" has incompatible type "Step[…]"; expected "…[Artifact[Table]], Artifact[Table]]" [arg-type]
# E: Argument 1 to "good" has incompatible type "Artifact[Table]"; expected "Artifact[Forest]" [arg-type]
loop(score, model, until=good, limit=3)
# E: Argument 1 to "loop" has incompatible type "Step[…]"; expected "…[Artifact[Forest]], Artifact[Forest]]" [arg-type]
loop(lambda m: score(m), model, until=good, limit=3)
# E: Argument 1 to "loop" has incompatible type …; expected "Callable[[Artifact[Forest]], Artifact[Forest]]" [arg-type]
# E: Incompatible return value type (got "Artifact[float]", expected "Artifact[Forest]") [return-value]
loop(grown, model, until=score, limit=3)
# E: Argument "until" to "loop" has incompatible type "Step[…]"; expected "…, Artifact[bool]]" [arg-type]
loop(grown, model, until=large, limit=3)
# E: Argument "until" to "loop" has incompatible type "Step[…]"; expected "…, Artifact[bool]]" [arg-type]
loop(grown, model, until=lambda m: large(m), limit=3)
# E: Argument 1 to "large" has incompatible type "Artifact[Forest]"; expected "Artifact[int]" [arg-type]
loop(grown, model, until=good, limit="3")
# E: No overload variant of "loop" matches argument types … [call-overload]
loop(grown, model, until=good)
# E: No overload variant of "loop" matches argument types … [call-overload]
