"""`run` and `pipeline.run`: a run of the target's values."""

from __future__ import annotations

from pathlib import Path
from typing import reveal_type

from typing_tests.plugin.model import (
    Table,
    anything,
    features,
    halve,
    halves,
    load,
    number,
    outcome,
    parts,
    row,
    score,
    train,
)
from zenflow import each, run

table = load(Path("x"))
model = train(table)
reveal_type(run(table))  # N: Run[Table]
reveal_type(run(table, engine="inline", tags=["a"], name="n").output)  # N: Table
reveal_type(run((table, model)))  # N: Run[tuple[Table, Forest]]
reveal_type(run((table, model, score(model), number(), row())).output)
# N: tuple[Table, Forest, float, int, tuple[int, ...]]
reveal_type(run(halve(table)).output)  # N: tuple[Table, Table]
reveal_type(run(parts(table)))  # N: Run[tuple[Table, Forest, fallback=Parts]]
reveal_type(run(parts(table)).output.train)  # N: Table
reveal_type(run(outcome(Path("x"))).output.score)  # N: float
reveal_type(run(outcome(Path("x"))).output._asdict())  # N: dict[str, Any]
reveal_type(run(halves(table)).output)  # N: tuple[Table, Forest]
reveal_type(run({"a": table, "b": train(table)}).output)  # N: dict[str, Table | Forest]
reveal_type(run({"a": table}).output)  # N: dict[str, Table]
reveal_type(run(train.map(each([table]))).output)  # N: list[Forest]
reveal_type(run(anything()).output)  # N: Any
reveal_type(features.run(Table()))  # N: Run[Table]
reveal_type(features.run(table, share=0.2).output)  # N: Table
reveal_type(outcome.run(Path("x"), depth=2).output.model)  # N: Forest
reveal_type(halves.run(table).output)  # N: tuple[Table, Forest]
by_name = {"a": table}
reveal_type(run(by_name).output)  # N: dict[str, Table]
reveal_type(run(table).diff(run(model)))  # N: Difference

run(3)  # E: No overload variant of "run" matches argument type "int" [call-overload]
run((table, 3))
# E: Argument 1 to "run" has incompatible type "tuple[Artifact[Table], int]"; expected "tuple[Artifact[Any],… [arg-type]
run({"a": 3})  # E: Dict entry 0 has incompatible type "str": "int"; expected "str": "Artifact[Any]" [dict-item]
run(table, engin="inline")
# E: Unexpected keyword argument "engin" for overloaded function "run"; did you mean "engine"? [call-overload]
# E: No overload variant of "run" matches argument types "Artifact[Table]", "str" [call-overload]
run([table])  # E: No overload variant of "run" matches argument type "list[Artifact[Table]]" [call-overload]
run(run(table).output)  # E: No overload variant of "run" matches argument type "Table" [call-overload]
run(features)
# E: No overload variant of "run" matches argument type "Pipeline[[Artifact[Table], float], Artifact[Ta… [call-overload]
features.run(number())
# E: Argument 1 to "run" of "features" has incompatible type "Artifact[int]"; expected "Artifact[Table]" [arg-type]
features.run(Table(), "x")
# E: Argument 2 to "run" of "features" has incompatible type "str"; expected "float" [arg-type]
features.run()  # E: Missing positional argument "data" in call to "run" of "features" [call-arg]
outcome.run("x")  # E: Argument 1 to "run" of "outcome" has incompatible type "str"; expected "Path" [arg-type]
outcome.run(Path("x"), depths=3)
# E: Unexpected keyword argument "depths" for "run" of "outcome"; did you mean "depth"? [call-arg]
run(outcome(Path("x"))).output.scores  # E: "Outcome" has no attribute "scores" [attr-defined]
score(run(table).output)  # E: Argument 1 to "score" has incompatible type "Table"; expected "Forest" [arg-type]
