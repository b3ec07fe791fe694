"""Parameters of every kind: variable ones, keywords, Optional, Literal, NewType, protocols, Any, variance."""

from __future__ import annotations

from pathlib import Path
from typing import Any, reveal_type

from typing_tests.plugin.model import (
    Forest,
    Kilometres,
    Mode,
    Options,
    Table,
    anything,
    big,
    counted,
    distance,
    flags,
    good,
    halve,
    load,
    loose,
    maybe,
    number,
    score,
    tagged,
    text,
    total,
    train,
    tuned,
    various,
)
from zenflow import Artifact, step


@step
def measured() -> Kilometres:
    raise NotImplementedError


@step
def mode() -> Mode:
    raise NotImplementedError


def conditional(table: Artifact[Table], given: Artifact[Table] | None, either: Artifact[Table] | Table) -> None:
    maybe(given)
    train(either)
    maybe(given or table)
    train(given)
    # E: Argument 1 to "train" has incompatible type "Artifact[Table] | None"; expected "Artifact[Table] | T… [arg-type]
    train(given if given is not None else table)
    score(either)
    # E: Argument 1 to "score" has incompatible type "Artifact[Table] | Table"; expected "Artifact[Forest] |… [arg-type]


table = load(Path("x"))
tables = [table, table]
untyped: Artifact[Any] = table
options: Options = {"depth": 2}
keywords = {"a": text(), "b": text()}

reveal_type(various(table))  # N: Artifact[Table]
reveal_type(various(table, Table(), table))  # N: Artifact[Table]
various(*tables)
various(table, *tables, Table())
various(*halve(table))
various(*(load(Path(name)) for name in "ab"))
reveal_type(tuned(table, depth=number(), label="x"))  # N: Artifact[Forest]
tuned(table, **options)
tuned(table)
reveal_type(tagged(table, a="x", b=text()))  # N: Artifact[Table]
tagged(table, **keywords)
reveal_type(distance(measured(), mode()))  # N: Artifact[float]
distance(Kilometres(3.0), "exact")
reveal_type(counted(table))  # N: Artifact[int]
counted(big())
reveal_type(loose(table, table))  # N: Artifact[int]
loose([table], {"a": table})
loose(3, None)
train(untyped)
score(untyped)
train(anything(), depth=anything())
train(big())
good(train(table), number())
good(train(table), threshold=1)
number(good(train(table)))
covariant: Artifact[Table] = big()
integral: Artifact[int] = good(train(table))

various(table, number())
# E: Argument 2 to "various" has incompatible type "Artifact[int]"; expected "Artifact[Table]" [arg-type]
various(*[table, number()])
# E: Argument 1 to "various" has incompatible type "*list[Artifact[object]]"; expected "Artifact[Table]" [arg-type]
various(*[Table(), 3])  # E: Argument 1 to "various" has incompatible type "*list[object]"; expected "Table" [arg-type]
various(*halve(table), number())
# E: Argument 2 to "various" has incompatible type "Artifact[int]"; expected "Artifact[Table]" [arg-type]
tuned(table, depth=text())
# E: Argument "depth" to "tuned" has incompatible type "Artifact[str]"; expected "Artifact[int]" [arg-type]
tuned(table, dept=3)  # E: Unexpected keyword argument "dept" for "tuned"; did you mean "depth"? [call-arg]
tuned(table, depth=table, label=3)
# E: Argument "depth" to "tuned" has incompatible type "Artifact[Table]"; expected "Artifact[int]" [arg-type]
# E: Argument "label" to "tuned" has incompatible type "int"; expected "str" [arg-type]
tagged(table, a=number())
# E: Argument "a" to "tagged" has incompatible type "Artifact[int]"; expected "Artifact[str]" [arg-type]
tagged(table, **{"a": number()})
# E: Argument 2 to "tagged" has incompatible type "**dict[str, Artifact[int]]"; expected "Artifact[str]" [arg-type]
distance(number())
# E: Argument 1 to "distance" has incompatible type "Artifact[int]"; expected "Artifact[Kilometres]" [arg-type]
distance(3.0)  # E: Argument 1 to "distance" has incompatible type "float"; expected "Kilometres" [arg-type]
distance(measured(), "slow")
# E: Argument 2 to "distance" has incompatible type "Literal['slow']"; expected "Literal['fast', 'exact']" [arg-type]
distance(measured(), text())
# E: Argument 2 to "distance" has incompatible type "Artifact[str]"; expected "Artifact[Literal['fast', 'exa… [arg-type]
counted(text())
# E: Argument 1 to "counted" has incompatible type "Artifact[str]"; expected "Artifact[Sized]" [arg-type]
counted(Forest())  # E: Argument 1 to "counted" has incompatible type "Forest"; expected "Sized" [arg-type]
total(flags())
# E: Argument 1 to "total" has incompatible type "Artifact[list[bool]]"; expected "Artifact[list[int]]" [arg-type]
narrow: Artifact[Forest] = table
# E: Incompatible types in assignment (expression has type "Artifact[Table]", variable has type "Artifact[… [assignment]
narrower: Artifact[bool] = number()
# E: Incompatible types in assignment (expression has type "Artifact[int]", variable has type "Artifact[bo… [assignment]
invariant: Artifact[list[int]] = flags()
# E: Incompatible types in assignment (expression has type "Artifact[list[bool]]", variable has type "Arti… [assignment]
