"""Generic steps: what they give is what was passed."""

from __future__ import annotations

from pathlib import Path
from typing import reveal_type

from typing_tests.plugin.model import (
    Box,
    Forest,
    Table,
    applied,
    big,
    boxed,
    cleaned,
    doubled,
    first,
    halve,
    identity,
    listed,
    load,
    looked_up,
    number,
    passed_on,
    score,
    swap,
    text,
    train,
    unboxed,
)
from zenflow import each

table = load(Path("x"))
reveal_type(identity(table))  # N: Artifact[Table]
reveal_type(identity(3))  # N: Artifact[int]
reveal_type(identity(identity(identity(table))))  # N: Artifact[Table]
reveal_type(train(identity(table)))  # N: Artifact[Forest]
reveal_type(identity([table, table]))  # N: Artifact[list[Table]]
reveal_type(identity((table, 3)))  # N: Artifact[tuple[Table, int]]
reveal_type(identity({"a": table}))  # N: Artifact[dict[str, Table]]
reveal_type(identity(halve(table)))  # N: Artifact[tuple[Table, Table]]
reveal_type(first([table, table]))  # N: Artifact[Table]
reveal_type(first([table, Table()]))  # N: Artifact[Table]
reveal_type(first([1, number()]))  # N: Artifact[int]
reveal_type(first([Table()]))  # N: Artifact[Table]
reveal_type(first(identity([table])))  # N: Artifact[Table]
reveal_type(first([train(table, depth=d) for d in range(3)]))  # N: Artifact[Forest]
reveal_type(swap(table, 3))  # N: tuple[Artifact[int], Artifact[Table]]
reveal_type(swap(3, table))  # N: tuple[Artifact[Table], Artifact[int]]
reveal_type(swap.map(each([table]), "x"))  # N: tuple[Artifact[list[str]], Artifact[list[Table]]]
reveal_type(listed(table, table))  # N: Artifact[list[Table]]
reveal_type(listed(table, Table()))  # N: Artifact[list[Table]]
reveal_type(listed(1, 2))  # N: Artifact[list[int]]
reveal_type(listed(*[table, table]))  # N: Artifact[list[Table]]
reveal_type(looked_up({"a": table, "b": Table()}, "a"))  # N: Artifact[Table]
reveal_type(boxed(table))  # N: Artifact[Box[Table]]
reveal_type(unboxed(boxed(table)))  # N: Artifact[Table]
reveal_type(unboxed(Box(3)))  # N: Artifact[int]
reveal_type(doubled(number()))  # N: Artifact[int]
reveal_type(doubled("x"))  # N: Artifact[str]
reveal_type(cleaned(big()))  # N: Artifact[BigTable]
reveal_type(applied(len, text()))  # N: Artifact[int]
reveal_type(applied(lambda t: t.rows, table))  # N: Artifact[tuple[int, ...]]
reveal_type(identity.map(each([table])))  # N: Artifact[list[Table]]
reveal_type(first.map(each([[table], [Table()]])))  # N: Artifact[list[Table]]
reveal_type(identity.fn(3))  # N: int
reveal_type(identity.with_options(cpus=1)(table))  # N: Artifact[Table]
reveal_type(passed_on(table))  # N: Artifact[Table]
reveal_type(passed_on(3))  # N: Artifact[int]
reveal_type(passed_on.map(each([table])))  # N: Artifact[list[Table]]

score(identity(table))
# E: Argument 1 to "identity" has incompatible type "Artifact[Table]"; expected "Artifact[Forest]" [arg-type]
first(table)
# E: Argument 1 to "first" has incompatible type "Artifact[Table]"; expected "Artifact[list[Any]]" [arg-type]
first([table], 3)  # E: Too many arguments for "first" [call-arg]
doubled(score(Forest()))  # E: Value of type variable "N" of "doubled" cannot be "float" [type-var]
cleaned(number())  # E: Value of type variable "B" of "cleaned" cannot be "int" [type-var]
train(first([number(), 3]))
# E: List item 0 has incompatible type "Artifact[int]"; expected "Artifact[Table] | Table" [list-item]
# E: List item 1 has incompatible type "int"; expected "Artifact[Table] | Table" [list-item]
unboxed(table)
# E: Argument 1 to "unboxed" has incompatible type "Artifact[Table]"; expected "Artifact[Box[Any]]" [arg-type]
identity()  # E: Missing positional argument "x" in call to "identity" [call-arg]
