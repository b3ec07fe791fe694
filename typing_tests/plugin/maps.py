"""`each` and `.map`: elements from plain iterables, artifacts and mixed displays."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import reveal_type

from typing_tests.plugin.model import (
    Forest,
    Table,
    best,
    collected,
    depths,
    features,
    flags,
    halves,
    load,
    number,
    outcome,
    row,
    score,
    settings,
    text,
    train,
)
from zenflow import each

table = load(Path("x"))


def generated() -> Iterator[int]:
    yield 1


reveal_type(each([1, 2]))  # N: Each[int]
reveal_type(each(generated()))  # N: Each[int]
reveal_type(each(depths()))  # N: Each[int]
reveal_type(each(row()))  # N: Each[int]
reveal_type(each([table, table]))  # N: Each[Artifact[Table]]
reveal_type(each([table, Table()]))  # N: Each[Artifact[Table] | Table]
reveal_type(each(load(Path(name)) for name in "ab"))  # N: Each[Artifact[Table]]
reveal_type(train.map(table, depth=each([1, 2])))  # N: Artifact[list[Forest]]
reveal_type(train.map(each([table, Table()]), depth=each(depths())))  # N: Artifact[list[Forest]]
train.map(each([table]))
train.map(each([Table()]), depth=number())
train.map(depth=each((1, number())), data=table)
train.map(each(load.map(each([Path("a"), Path("b")]))), depth=3)
train.map(each([load(Path(name)) for name in "ab"]))
score.map(each(train.map(table, depth=each([1]))))
best.map(each([[train(table)], [Forest()]]), table)
train.map(table, depth=each(flags()))
reveal_type(score.with_options(cpus=2).map(each([Forest()])))  # N: Artifact[list[float]]
reveal_type(features.map(each([table, Table()]), share=0.5))  # N: Artifact[list[Table]]
reveal_type(features.map(table, each([0.5, 0.25])))  # N: Artifact[list[Table]]
reveal_type(halves.map(each([table])))  # N: tuple[Artifact[list[Table]], Artifact[list[Forest]]]
reveal_type(outcome.map(Path("x"), depth=each([1, 2])))
# N: tuple[Artifact[list[Forest]], Artifact[list[float]], fallback=Outcome]
reveal_type(outcome.map(each([Path("x")])).score)  # N: Artifact[list[float]]
several, forests = halves.map(each([table]))
reveal_type(forests)  # N: Artifact[list[Forest]]
features.map(each(load.map(each([Path("a")]))))

each(3)  # E: Argument 1 to "each" has incompatible type "int"; expected "Iterable[Any]" [arg-type]
each(number())
# E: Argument 1 to "each" has incompatible type "Artifact[int]"; expected "Artifact[Sequence[Any]]" [arg-type]
each(settings())
# E: Argument 1 to "each" has incompatible type "Artifact[dict[str, int]]"; expected "Artifact[Sequence[Any]… [arg-type]
each()  # E: Missing positional argument "elements" in call to "each" [call-arg]
train.map(table, depth=each(["deep"]))  # E: List item 0 has incompatible type "str"; expected "int" [list-item]
train.map(table, depth=each([number(), text()]))
# E: Argument "depth" to "map" of "train" has incompatible type "Each[Artifact[int] | Artifact[str]]"; expec… [arg-type]
train.map(table, depth=each([table]))
# E: Argument "depth" to "map" of "train" has incompatible type "Each[Artifact[Table]]"; expected "Each[Arti… [arg-type]
train.map(each(depths()))
# E: Argument 1 to "each" has incompatible type "Artifact[list[int]]"; expected "Artifact[Sequence[Table]]" [arg-type]
train.map(each([Forest()]))  # E: List item 0 has incompatible type "Forest"; expected "Table" [list-item]
train.map(each([table]), dept=each([1]))
# E: Unexpected keyword argument "dept" for "map" of "train"; did you mean "depth"? [call-arg]
train.map()  # E: Missing positional argument "data" in call to "map" of "train" [call-arg]
train.map(each([table]), each([1]))  # E: Too many positional arguments for "map" of "train" [call-arg]
train.map(table, depth="deep")
# E: Argument "depth" to "map" of "train" has incompatible type "str"; expected "int" [arg-type]
train(each([table]))
# E: Argument 1 to "train" has incompatible type "Each[Artifact[Table]]"; expected "Table" [arg-type]
train(table, depth=each([1]))
# E: Argument "depth" to "train" has incompatible type "Each[int]"; expected "int" [arg-type]
score.map(each(load.map(each([Path("a")]))))
# E: Argument 1 to "each" has incompatible type "Artifact[list[Table]]"; expected "Artifact[Sequence[Forest]… [arg-type]
features.map(each([number()]))
# E: Argument 1 to "map" of "features" has incompatible type "Each[Artifact[int]]"; expected "Each[Artifact[… [arg-type]
features.map(each([3]))  # E: List item 0 has incompatible type "int"; expected "Table" [list-item]
features.map(table, share=each(["x"]))  # E: List item 0 has incompatible type "str"; expected "float" [list-item]
features.map(table, share=score(Forest()))
# E: Argument "share" to "map" of "features" has incompatible type "Artifact[float]"; expected "float" [arg-type]
features.map(table, 0.5, 3)  # E: Too many arguments for "map" of "features" [call-arg]
outcome.map(Path("x"), deep=each([1]))  # E: Unexpected keyword argument "deep" for "map" of "outcome" [call-arg]
outcome.map(each([Path("x")])).scores  # E: "Outcome" has no attribute "scores" [attr-defined]
collected.map(each([[table]]))
