"""Calls of steps: artifacts and plain values, names, arity, defaults."""

from __future__ import annotations

from pathlib import Path
from typing import reveal_type

from typing_tests.plugin.model import Forest, Table, anything, big, load, number, positional, publish, score, train

table = load(Path("flights.csv"))
reveal_type(table)  # N: Artifact[Table]
reveal_type(load(path=Path("x")))  # N: Artifact[Table]
reveal_type(train(table))  # N: Artifact[Forest]
reveal_type(train(Table()))  # N: Artifact[Forest]
reveal_type(train(table, depth=number()))  # N: Artifact[Forest]
reveal_type(train(depth=4, data=table))  # N: Artifact[Forest]
reveal_type(train(load(Path("x")), depth=number(number())))  # N: Artifact[Forest]
reveal_type(score(train(load(Path("x")))))  # N: Artifact[float]
reveal_type(publish(train(table)))  # N: Artifact[None]
reveal_type(train(big()))  # N: Artifact[Forest]
reveal_type(train(anything()))  # N: Artifact[Forest]
reveal_type(anything())  # N: Artifact[Any]
reveal_type(table.named("flights"))  # N: Artifact[Table]
reveal_type(table.load())  # N: Table
reveal_type(table.info.digest)  # N: str
reveal_type(train.fn(Table(), depth=2))  # N: Forest
reveal_type(train.fn)  # N: def (data: Table, *, depth: int =) -> Forest
reveal_type(train)
# N: Step[[data: Table | Artifact[Table], *, depth: int | Artifact[int] =], Forest, Artifact[Forest], Artifact[list[For…
reveal_type(positional(table, number()))  # N: Artifact[Forest]

load("x")  # E: Argument 1 to "load" has incompatible type "str"; expected "Path" [arg-type]
train(number())  # E: Argument 1 to "train" has incompatible type "Artifact[int]"; expected "Artifact[Table]" [arg-type]
train("x")  # E: Argument 1 to "train" has incompatible type "str"; expected "Table" [arg-type]
train(score(train(table)), depth=2)
# E: Argument 1 to "train" has incompatible type "Artifact[float]"; expected "Artifact[Table]" [arg-type]
train(table, depth="deep")  # E: Argument "depth" to "train" has incompatible type "str"; expected "int" [arg-type]
train(table, depth=score(train(table)))
# E: Argument "depth" to "train" has incompatible type "Artifact[float]"; expected "Artifact[int]" [arg-type]
train(table, dept=2)  # E: Unexpected keyword argument "dept" for "train"; did you mean "depth"? [call-arg]
train()  # E: Missing positional argument "data" in call to "train" [call-arg]
train(table, 3)  # E: Too many positional arguments for "train" [call-arg]
train(table, table)  # E: Too many positional arguments for "train" [call-arg]
# E: Argument 2 to "train" has incompatible type "Artifact[Table]"; expected "Artifact[int]" [arg-type]
score(train(train(table)))
# E: Argument 1 to "train" has incompatible type "Artifact[Forest]"; expected "Artifact[Table]" [arg-type]
positional(data=table, depth=1)  # E: Unexpected keyword argument "data" for "positional" [call-arg]
# E: Unexpected keyword argument "depth" for "positional" [call-arg]
train.fn(table)  # E: Argument 1 has incompatible type "Artifact[Table]"; expected "Table" [arg-type]
Forest(number())  # E: Argument 1 to "Forest" has incompatible type "Artifact[int]"; expected "int" [arg-type]
table.rows  # E: "Artifact[Table]" has no attribute "rows" [attr-defined]
