"""`when`: a predicate, and two branches of one type."""

from __future__ import annotations

from pathlib import Path
from typing import reveal_type

from typing_tests.plugin.model import (
    BigTable,
    Table,
    big,
    features,
    good,
    halve,
    identity,
    load,
    number,
    outcome,
    parts,
    score,
    text,
    train,
)
from zenflow import Artifact, when

table = load(Path("x"))
model = train(table)
fine = good(model)


def fallback() -> Artifact[Table]:
    return table


reveal_type(when(fine, lambda: table, lambda: load(Path("y"))))  # N: Artifact[Table]
reveal_type(when(fine, lambda: table, lambda: Table()))  # N: Artifact[Table]
reveal_type(when(fine, lambda: 1, lambda: number()))  # N: Artifact[int]
reveal_type(when(fine, lambda: table, lambda: big()))  # N: Artifact[Table]
reveal_type(when(fine, lambda: big(), lambda: table))  # N: Artifact[Table]
reveal_type(when(fine, lambda: BigTable(), lambda: table))  # N: Artifact[Table]
reveal_type(when(fine, fallback, lambda: table))  # N: Artifact[Table]
reveal_type(when(fine, number, number))  # N: Artifact[int]
reveal_type(when(fine, lambda: halve(table), lambda: (table, table)))  # N: tuple[Artifact[Table], Artifact[Table]]
reveal_type(when(fine, lambda: parts(table), lambda: parts(features(table))).train)  # N: Artifact[Table]
reveal_type(when(fine, lambda: outcome(Path("x")), lambda: outcome(Path("y"))).score)  # N: Artifact[float]
reveal_type(when(fine, lambda: identity(table), lambda: table))  # N: Artifact[Table]
reveal_type(when(fine, lambda: when(fine, lambda: table, lambda: table), lambda: table))  # N: Artifact[Table]
reveal_type(when(predicate=fine, then=lambda: table, otherwise=lambda: table))  # N: Artifact[Table]
train(when(fine, lambda: table, lambda: table))
promised: Artifact[Table] = when(fine, lambda: table, lambda: Table())

when(fine, lambda: table, lambda: model)
# E: The branches of "when" differ: "Artifact[Table]" and "Artifact[Forest]" [arg-type]
when(fine, lambda: table, lambda: 3)
# E: The branches of "when" differ: "Artifact[Table]" and "Artifact[int]" [arg-type]
when(fine, lambda: halve(table), lambda: table)
# E: The branches of "when" differ: "tuple[Artifact[Table], Artifact[Table]]" and "Artifact[Table]" [arg-type]
when(score(model), lambda: table, lambda: table)
# E: Argument 1 to "when" has incompatible type "Artifact[float]"; expected "Artifact[bool]" [arg-type]
when(True, lambda: table, lambda: table)
# E: Argument 1 to "when" has incompatible type "bool"; expected "Artifact[bool]" [arg-type]
when(fine, table, lambda: table)
# E: Argument 2 to "when" has incompatible type "Artifact[Table]"; expected "Callable[[], Any]" [arg-type]
when(fine, lambda: table)  # E: Missing positional argument "otherwise" in call to "when" [call-arg]
when(fine, lambda x: table, lambda: table)  # E: Cannot infer type of lambda [misc]
# E: Argument 2 to "when" has incompatible type "Callable[[Any], Artifact[Table]]"; expected "Callable[[], A… [arg-type]
when(fine, lambda: train(text()), lambda: model)
# E: Argument 1 to "train" has incompatible type "Artifact[str]"; expected "Artifact[Table]" [arg-type]
train(when(fine, lambda: model, lambda: model))
# E: Argument 1 to "train" has incompatible type "Artifact[Forest]"; expected "Artifact[Table]" [arg-type]
broken: Artifact[Table] = when(fine, lambda: model, lambda: model)
# E: Incompatible types in assignment (expression has type "Artifact[Forest]", variable has type "Artifact… [assignment]
