"""`>>`: the edges between the parts, and what the whole takes."""

from __future__ import annotations

from pathlib import Path
from typing import reveal_type

from typing_tests.plugin.model import (
    best,
    features,
    fetch,
    good,
    halve,
    halves,
    identity,
    load,
    number,
    optional,
    pair,
    parts,
    positional,
    row,
    score,
    text,
    total,
    train,
)
from zenflow import each, run

reveal_type(load >> train)  # N: Pipeline[[path: Path | Artifact[Path]], Artifact[Forest]]
reveal_type(load >> features)  # N: Pipeline[[path: Path | Artifact[Path]], Artifact[Table]]
reveal_type(load >> features >> train >> good)  # N: Pipeline[[path: Path | Artifact[Path]], Artifact[bool]]
reveal_type((load >> train)(Path("x")))  # N: Artifact[Forest]
reveal_type((load >> train)(path=Path("x")))  # N: Artifact[Forest]
reveal_type(load >> halve)  # N: Pipeline[[path: Path | Artifact[Path]], tuple[Artifact[Table], Artifact[Table]]]
reveal_type((load >> parts)(Path("x")).train)  # N: Artifact[Table]
reveal_type((load >> halves)(Path("x")))  # N: tuple[Artifact[Table], Artifact[Forest]]
reveal_type(load >> identity)  # N: Pipeline[[path: Path | Artifact[Path]], Artifact[Table]]
reveal_type((load >> identity >> train)(Path("x")))  # N: Artifact[Forest]
reveal_type(identity >> identity)  # N: Pipeline[[x: T | Artifact[T]], Artifact[Any]]
reveal_type((features >> train)(load(Path("x"))))  # N: Artifact[Forest]
reveal_type(load >> optional)  # N: Pipeline[[path: Path | Artifact[Path]], Artifact[int]]
reveal_type(fetch >> train)  # N: Pipeline[[url: str | Artifact[str]], Artifact[Forest]]
reveal_type((load >> train.with_options(gpus=1)).map(each([Path("x")])))  # N: Artifact[list[Forest]]
reveal_type((load >> train).run(Path("x")).output)  # N: Forest
reveal_type(run((load >> train)(Path("x"))).output)  # N: Forest
(number >> number)(number())
(number >> number)(3)
halve >> pair
# E: Argument 1 to "pair" has incompatible type "tuple[Artifact[Table], Artifact[Table]]"; expected "tuple[A… [arg-type]

load >> score
# E: Argument 1 to "score" has incompatible type "Artifact[Table]"; expected "Artifact[Forest]" [arg-type]
load >> train >> train
# E: Argument 1 to "train" has incompatible type "Artifact[Forest]"; expected "Artifact[Table]" [arg-type]
load >> best  # E: Too few arguments for "best" [call-arg]
# E: Argument 1 to "best" has incompatible type "Artifact[Table]"; expected "Artifact[list[Forest]]" [arg-type]
load >> positional  # E: Too few arguments for "positional" [call-arg]
load >> total
# E: Argument 1 to "total" has incompatible type "Artifact[Table]"; expected "Artifact[list[int]]" [arg-type]
row >> total
# E: Argument 1 to "total" has incompatible type "Artifact[tuple[int, ...]]"; expected "Artifact[list[int]]" [arg-type]
halve >> train
# E: Argument 1 to "train" has incompatible type "tuple[Artifact[Table], Artifact[Table]]"; expected "Table" [arg-type]
features >> score
# E: Argument 1 to "score" has incompatible type "Artifact[Table]"; expected "Artifact[Forest]" [arg-type]
load >> str  # E: ">>" composes steps and pipelines, not functions [operator]
load >> 3
# E: Unsupported operand types for >> ("Step[[Path | Artifact[Path]], Table, Artifact[Table], Artifact[list[… [operator]
(load >> train)("x")  # E: Argument 1 to "step" has incompatible type "str"; expected "Path" [arg-type]
(load >> train)(text())
# E: Argument 1 to "step" has incompatible type "Artifact[str]"; expected "Artifact[Path]" [arg-type]
(load >> train)(Path("x"), depth=3)  # E: Unexpected keyword argument "depth" for "step" [call-arg]
(load >> train)()  # E: Missing positional argument "path" in call to "step" [call-arg]
score((load >> features)(Path("x")))
# E: Argument 1 to "score" has incompatible type "Artifact[Table]"; expected "Artifact[Forest]" [arg-type]
