"""Pipelines: data parameters are lifted, any other is a plain value."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple, reveal_type

from typing_tests.plugin.model import (
    BigTable,
    Forest,
    Parts,
    Table,
    big,
    collected,
    features,
    halves,
    load,
    number,
    optional,
    outcome,
    parts,
    score,
    train,
)
from zenflow import Artifact, pipeline

table = load(Path("x"))
reveal_type(features(table))  # N: Artifact[Table]
reveal_type(features(Table(), 0.25))  # N: Artifact[Table]
reveal_type(features(big()))  # N: Artifact[Table]
reveal_type(features(BigTable(), share=1))  # N: Artifact[Table]
reveal_type(halves(table))  # N: tuple[Artifact[Table], Artifact[Forest]]
reveal_type(outcome(Path("x")))  # N: tuple[Artifact[Forest], Artifact[float], fallback=Outcome]
reveal_type(outcome(Path("x"), depth=3).model)  # N: Artifact[Forest]
model, quality = outcome(Path("x"))
reveal_type(quality)  # N: Artifact[float]
reveal_type(optional())  # N: Artifact[int]
optional(table)
optional(Table())
optional(None)
reveal_type(collected([table], table, Table()))  # N: Artifact[Table]
collected([], *[table])
reveal_type(features.graph(Table()).nx)  # N: DiGraph[str]
reveal_type(features.fn(table))  # N: Artifact[Table]

features(number())
# E: Argument 1 to "features" has incompatible type "Artifact[int]"; expected "Artifact[Table]" [arg-type]
features(3)  # E: Argument 1 to "features" has incompatible type "int"; expected "Table" [arg-type]
features(train(table))
# E: Argument 1 to "features" has incompatible type "Artifact[Forest]"; expected "Artifact[Table]" [arg-type]
features(table, number())
# E: Argument 2 to "features" has incompatible type "Artifact[int]"; expected "float" [arg-type]
features(table, shared=1)  # E: Unexpected keyword argument "shared" for "features"; did you mean "share"? [call-arg]
features()  # E: Missing positional argument "data" in call to "features" [call-arg]
features(None)  # E: Argument 1 to "features" has incompatible type "None"; expected "Table" [arg-type]
halves([table])
# E: Argument 1 to "halves" has incompatible type "list[Artifact[Table]]"; expected "Artifact[Table]" [arg-type]
outcome("x")  # E: Argument 1 to "outcome" has incompatible type "str"; expected "Path" [arg-type]
outcome(load(Path("x")))
# E: Argument 1 to "outcome" has incompatible type "Artifact[Table]"; expected "Path" [arg-type]
outcome(Path("x"), 3)  # E: Too many positional arguments for "outcome" [call-arg]
outcome(Path("x")).mode  # E: "Outcome" has no attribute "mode" [attr-defined]
optional(number())
# E: Argument 1 to "optional" has incompatible type "Artifact[int]"; expected "Artifact[Table]" [arg-type]
optional(3)  # E: Argument 1 to "optional" has incompatible type "int"; expected "Table | None" [arg-type]
collected([number()])  # E: List item 0 has incompatible type "Artifact[int]"; expected "Artifact[Table]" [list-item]
collected([table], number())
# E: Argument 2 to "collected" has incompatible type "Artifact[int]"; expected "Artifact[Table]" [arg-type]
collected([Table()])  # E: List item 0 has incompatible type "Table"; expected "Artifact[Table]" [list-item]
score(features(table))
# E: Argument 1 to "score" has incompatible type "Artifact[Table]"; expected "Artifact[Forest]" [arg-type]
train(outcome(Path("x")).model)
# E: Argument 1 to "train" has incompatible type "Artifact[Forest]"; expected "Artifact[Table]" [arg-type]
features.graph(number())
# E: Argument 1 to "graph" of "features" has incompatible type "Artifact[int]"; expected "Artifact[Table]" [arg-type]
features.graph(Table(), "x")
# E: Argument 2 to "graph" of "features" has incompatible type "str"; expected "float" [arg-type]


@pipeline
def wrong(data: Artifact[Table]) -> Artifact[Table]:
    return train(data)
    # E: Incompatible return value type (got "Artifact[Forest]", expected "Artifact[Table]") [return-value]


@pipeline
def plain(data: Artifact[Table]) -> Artifact[Table]:
    return Table()  # E: Incompatible return value type (got "Table", expected "Artifact[Table]") [return-value]


@pipeline
def looped(data: Artifact[Table], depths: list[int]) -> Artifact[Forest]:
    model = train(data)
    for depth in depths:
        model = train(data, depth=depth)
        model = score(model)
        # E: Incompatible types in assignment (expression has type "Artifact[float]", variable has type "A… [assignment]
    return model


class Halves(NamedTuple):
    """The parts as a pipeline hands them out."""

    train: Artifact[Table]
    test: Artifact[Forest]


@pipeline
def handed_out(data: Artifact[Table]) -> Halves:
    both = parts(data)
    return Halves(both.train, both.test)


@pipeline
def as_tuple(data: Artifact[Table]) -> tuple[Artifact[Table], Artifact[Forest]]:
    return parts(data)


@pipeline
def values_promised(data: Artifact[Table]) -> Parts:
    return parts(data)  # E: Incompatible return value type (got "Parts", expected "Parts") [return-value]
