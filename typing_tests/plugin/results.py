"""Results of several parts: tuples, NamedTuples, and those of async steps."""

from __future__ import annotations

from typing import reveal_type

from typing_tests.plugin.model import (
    Parts,
    Table,
    fetch,
    fetch_parts,
    fetch_two,
    halve,
    named,
    parts,
    row,
    score,
    six,
    train,
)
from zenflow import each

table = fetch("https://example.org")
reveal_type(table)  # N: Artifact[Table]
left, right = halve(table)
reveal_type(left)  # N: Artifact[Table]
reveal_type(right)  # N: Artifact[Table]
reveal_type(halve(table, share=0.2))  # N: tuple[Artifact[Table], Artifact[Table]]
reveal_type(halve(table)[1])  # N: Artifact[Table]
a, *others, z = six()
reveal_type(a)  # N: Artifact[int]
reveal_type(z)  # N: Artifact[None]
reveal_type(six()[3])  # N: Artifact[bool]
reveal_type(six())
# N: tuple[Artifact[int], Artifact[str], Artifact[float], Artifact[bool], Artifact[bytes], Artifact[None]]
reveal_type(row())  # N: Artifact[tuple[int, ...]]
both = parts(table)
reveal_type(both)  # N: tuple[Artifact[Table], Artifact[Forest], fallback=Parts]
reveal_type(both.train)  # N: Artifact[Table]
reveal_type(parts(table).test)  # N: Artifact[Forest]
data, model = parts(table)
reveal_type(data)  # N: Artifact[Table]
reveal_type(model)  # N: Artifact[Forest]
reveal_type(both[1])  # N: Artifact[Forest]
reveal_type(train(both.train))  # N: Artifact[Forest]
reveal_type(named(both))  # N: Artifact[int]
reveal_type(named(Parts(Table(), train.fn(Table()))))  # N: Artifact[int]
reveal_type(both._asdict())  # N: dict[str, Any]
reveal_type(fetch_two("u"))  # N: tuple[Artifact[Table], Artifact[int]]
reveal_type(fetch_parts("u").train)  # N: Artifact[Table]
reveal_type(fetch_parts("u"))  # N: tuple[Artifact[Table], Artifact[Forest], fallback=Parts]
reveal_type(halve.map(each([table])))  # N: tuple[Artifact[list[Table]], Artifact[list[Table]]]
reveal_type(parts.map(each([table])))  # N: tuple[Artifact[list[Table]], Artifact[list[Forest]], fallback=Parts]
reveal_type(parts.map(each([table])).test)  # N: Artifact[list[Forest]]
reveal_type(fetch_two.map(each(["u"])))  # N: tuple[Artifact[list[Table]], Artifact[list[int]]]
reveal_type(fetch_parts.map(each(["u"])).train)  # N: Artifact[list[Table]]
reveal_type(fetch.map(each(["u"])))  # N: Artifact[list[Table]]
reveal_type(parts.fn(Table()).train)  # N: Table
reveal_type(halve.fn(Table()))  # N: tuple[Table, Table]

one, two, three = halve(table)  # E: Need more than 2 values to unpack (3 expected) [misc]
one, two = row()  # E: "Artifact[tuple[int, ...]]" object is not iterable [misc]
both.tests  # E: "Parts" has no attribute "tests" [attr-defined]
train(both.test)
# E: Argument 1 to "train" has incompatible type "Artifact[Forest]"; expected "Artifact[Table]" [arg-type]
train(both)  # E: Argument 1 to "train" has incompatible type "Parts"; expected "Table" [arg-type]
score(left)  # E: Argument 1 to "score" has incompatible type "Artifact[Table]"; expected "Artifact[Forest]" [arg-type]
halve(table)[2]  # E: Tuple index out of range [misc]
named(halve(table))
# E: Argument 1 to "named" has incompatible type "tuple[Artifact[Table], Artifact[Table]]"; expected "Parts" [arg-type]
parts.map(each([table])).tests  # E: "Parts" has no attribute "tests" [attr-defined]


async def inside() -> None:
    reveal_type(await fetch.fn("u"))  # N: Table
    await fetch("u")
    # E: Incompatible types in "await" (actual type "Artifact[Table]", expected type "Awaitable[Any]") [misc]
