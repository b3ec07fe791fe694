"""Artifacts are not their values: plain functions, operators, attributes, conditions."""

from __future__ import annotations

import math
from pathlib import Path
from typing import reveal_type

from typing_tests.plugin.model import Forest, Table, depths, load, number, score, text, train
from zenflow import Artifact

table = load(Path("x"))
model = train(table)
value = number()


def helper(data: Table, *, depth: int = 0) -> Table:
    return data


def takes_either(data: Artifact[Table] | Table) -> None:
    """Takes a handle as it is."""


takes_either(table)
handles = [table, table]
reveal_type(handles)  # N: list[Artifact[Table]]
by_name = {"a": table}
reveal_type(by_name["a"])  # N: Artifact[Table]
print(table)
same = table is model
# E: Non-overlapping identity check (left operand type: "Artifact[Table]", right operand type: "Ar… [comparison-overlap]
isinstance(table, Artifact)

len(table)  # E: Argument 1 to "len" has incompatible type "Artifact[Table]"; expected "Sized" [arg-type]
len(depths())  # E: Argument 1 to "len" has incompatible type "Artifact[list[int]]"; expected "Sized" [arg-type]
math.sqrt(value)
# E: Argument 1 to "sqrt" has incompatible type "Artifact[int]"; expected "SupportsFloat | SupportsIndex" [arg-type]
helper(table)  # E: Argument 1 to "helper" has incompatible type "Artifact[Table]"; expected "Table" [arg-type]
helper(Table(), depth=value)
# E: Argument "depth" to "helper" has incompatible type "Artifact[int]"; expected "int" [arg-type]
helper(data=table)
# E: Argument "data" to "helper" has incompatible type "Artifact[Table]"; expected "Table" [arg-type]
Forest(value)  # E: Argument 1 to "Forest" has incompatible type "Artifact[int]"; expected "int" [arg-type]
Forest(depth=number())
# E: Argument "depth" to "Forest" has incompatible type "Artifact[int]"; expected "int" [arg-type]
sum([value, value])  # E: List item 0 has incompatible type "Artifact[int]"; expected … [list-item]
# E: List item 1 has incompatible type "Artifact[int]"; expected … [list-item]
sorted(depths())  # E: No overload variant of "sorted" … [call-overload]
max(value, 3)  # E: No overload variant of "max" … [call-overload]
range(value)  # E: No overload variant of "range" … [call-overload]
int(value)  # E: No overload variant of "int" … [call-overload]
"x".join([text()])  # E: List item 0 has incompatible type "Artifact[str]"; expected "str" [list-item]
Path(text())  # E: Argument 1 to "Path" has incompatible type "Artifact[str]"; expected "str | PathLike[str]" [arg-type]
table.rows  # E: "Artifact[Table]" has no attribute "rows" [attr-defined]
model.depth  # E: "Artifact[Forest]" has no attribute "depth" [attr-defined]
table + 1  # E: Unsupported operand types for + ("Artifact[Table]" and "int") [operator]
1 + value  # E: Unsupported operand types for + ("int" and "Artifact[int]") [operator]
-value  # E: Unsupported operand type for unary - ("Artifact[int]") [operator]
value < 3  # E: Unsupported operand types for > ("int" and "Artifact[int]") [operator]
value == 3
# E: Non-overlapping equality check (left operand type: "Artifact[int]", right operand type: "Lite… [comparison-overlap]
value[0]  # E: Value of type "Artifact[int]" is not indexable [index]
3 in depths()  # E: Unsupported right operand type for in ("Artifact[list[int]]") [operator]
table()  # E: "Artifact[Table]" not callable [operator]
table.named(3)  # E: Argument 1 to "named" of "Artifact" has incompatible type "int"; expected "str" [arg-type]
plain: int = value
# E: Incompatible types in assignment (expression has type "Artifact[int]", variable has type "int") [assignment]
plain_list: list[int] = depths()
# E: Incompatible types in assignment (expression has type "Artifact[list[int]]", variable has type "list[… [assignment]

if value:  # E: … "Artifact[int]" which does not implement __bool__ or __len__ … [truthy-bool]
    pass
while good := value:  # E: … "Artifact[int]" which does not implement __bool__ or __len__ … [truthy-bool]
    break
assert value
# E: "typing_tests.plugin.misuse.value" has type "Artifact[int]" which does not implement __bool__ or __l… [truthy-bool]
chosen = value and 1
# E: "typing_tests.plugin.misuse.value" has type "Artifact[int]" which does not implement __bool__ or __l… [truthy-bool]
negated = not value
# E: "typing_tests.plugin.misuse.value" has type "Artifact[int]" which does not implement __bool__ or __l… [truthy-bool]
kept = [x for x in handles if x]
# E: "x" has type "Artifact[Table]" which does not implement __bool__ or __len__ so it could always be tr… [truthy-bool]

for item in depths():  # E: "Artifact[list[int]]" has no attribute "__iter__" (not iterable) [attr-defined]
    pass
first, second = depths()  # E: "Artifact[list[int]]" object is not iterable [misc]
listed = [x for x in depths()]  # E: "Artifact[list[int]]" has no attribute "__iter__" (not iterable) [attr-defined]
spread = [*depths()]  # E: Expected iterable as variadic argument [misc]


def returns(data: Artifact[Table]) -> Table:
    return data  # E: Incompatible return value type (got "Artifact[Table]", expected "Table") [return-value]


with table:  # E: "Artifact[Table]" has no attribute "__enter__" [attr-defined]
    # E: "Artifact[Table]" has no attribute "__exit__"; maybe "__get__"? [attr-defined]
    pass


async def awaits() -> None:
    await table
    # E: Incompatible types in "await" (actual type "Artifact[Table]", expected type "Awaitable[Any]") [misc]


del table.x  # E: "Artifact[Table]" has no attribute "x" [attr-defined]
score(model).load().is_integer()
model.load().deep  # E: "Forest" has no attribute "deep" [attr-defined]
