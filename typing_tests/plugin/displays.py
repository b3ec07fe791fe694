"""Displays: lists, tuples and dicts that hold artifacts, beside plain values or alone."""

from __future__ import annotations

from pathlib import Path
from typing import reveal_type

from typing_tests.plugin.model import (
    Forest,
    Table,
    best,
    configured,
    depths,
    flags,
    load,
    maybe,
    nested,
    number,
    pair,
    score,
    settings,
    spread,
    text,
    total,
    train,
)
from zenflow import Artifact

table = load(Path("x"))
model = train(table)
models = [train(table, depth=d) for d in range(3)]
mixed: list[Artifact[Forest] | Forest] = [model, Forest()]
truths = [flag for flag in (number(), number())]

reveal_type(best([model, model], table))  # N: Artifact[Forest]
reveal_type(best([model, Forest()], table))  # N: Artifact[Forest]
reveal_type(best([Forest()], Table()))  # N: Artifact[Forest]
best([], table)
best(models, table)
best(mixed, table)
best([*models, Forest(), *mixed], table)
best([train(table, depth=d) for d in range(3)], table)
best([model if number.name else Forest()], table)
pair((table, model))
pair((table, Forest()))
pair((Table(), model))
total(depths())
total([number(), 3, *truths])
total(truths)
total([True, number()])
spread([score(model), 1, number()], {"a": number(), "b": 2.0})
spread((score(model), 1), settings())
spread(depths(), {}, [number()])
spread(depths(), {**{"a": number()}, "b": 1})
nested([[number(), 2], [3]], {"a": [number()], "b": []})
maybe(table, [number(), 1])
maybe(None, None)
maybe(seeds=depths())
configured({"depth": number(), "label": text()})
configured({"depth": 1, "label": text()})

best([table], table)  # E: List item 0 has incompatible type "Artifact[Table]"; expected "Artifact[Forest]" [list-item]
best([model, table], table)
# E: List item 1 has incompatible type "Artifact[Table]"; expected "Artifact[Forest]" [list-item]
best(model, table)
# E: Argument 1 to "best" has incompatible type "Artifact[Forest]"; expected "Artifact[list[Forest]]" [arg-type]
best([model, 3], table)  # E: List item 1 has incompatible type "int"; expected "Artifact[Forest] | Forest" [list-item]
best([table for _ in range(2)], table)
# E: List comprehension has incompatible type List[Artifact[Table]]; expected List[Artifact[Forest]] [misc]
pair((model, table))
# E: Argument 1 to "pair" has incompatible type "tuple[Artifact[Forest], Artifact[Table]]"; expected "tuple[… [arg-type]
pair((table, table, model))
# E: Argument 1 to "pair" has incompatible type "tuple[Artifact[Table], Artifact[Table], Artifact[Forest]]";… [arg-type]
pair([table, model])
# E: Argument 1 to "pair" has incompatible type "list[Artifact[object]]"; expected "tuple[Table, Forest]" [arg-type]
total(flags())
# E: Argument 1 to "total" has incompatible type "Artifact[list[bool]]"; expected "Artifact[list[int]]" [arg-type]
total([text()])  # E: List item 0 has incompatible type "Artifact[str]"; expected "Artifact[int]" [list-item]
total({"a": number()})
# E: Argument 1 to "total" has incompatible type "dict[str, Artifact[int]]"; expected "list[Artifact[int]]" [arg-type]
spread([text()], {})  # E: List item 0 has incompatible type "Artifact[str]"; expected "Artifact[float]" [list-item]
spread([1.0], {"a": text()})
# E: Dict entry 0 has incompatible type "str": "Artifact[str]"; expected "str": "Artifact[float]" [dict-item]
spread([1.0], {1: number()})
# E: Dict entry 0 has incompatible type "int": "Artifact[int]"; expected "str": "Artifact[int]" [dict-item]
nested([[text()]], {})  # E: List item 0 has incompatible type "Artifact[str]"; expected "Artifact[int]" [list-item]
nested([number()], {})
# E: List item 0 has incompatible type "Artifact[int]"; expected "Artifact[list[int]]" [list-item]
maybe(number())
# E: Argument 1 to "maybe" has incompatible type "Artifact[int]"; expected "Artifact[Table | None]" [arg-type]
maybe(table, [text()])  # E: List item 0 has incompatible type "Artifact[str]"; expected "Artifact[int]" [list-item]
configured({"depth": table})
# E: Dict entry 0 has incompatible type "str": "Artifact[Table]"; expected "str": "Artifact[int] | Artifact… [dict-item]
