"""Where steps are found: imported modules, classes, local functions, containers, parameters."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any, reveal_type

import typing_tests.plugin.model as steps
from typing_tests.plugin import model
from typing_tests.plugin.model import Forest, Table, load, number, score, train
from zenflow import Artifact, Pipeline, Step, pipeline, step


class Tools:
    """Steps as attributes."""

    train = train
    trained_by: Step[..., Forest]

    @step
    @staticmethod
    def loaded(path: Path) -> Table:
        raise NotImplementedError

    @staticmethod
    @step
    def scored(model: Forest) -> float:
        raise NotImplementedError

    def used(self, path: Path) -> None:
        reveal_type(self.loaded(path))  # N: Artifact[Table]
        reveal_type(self.train(self.loaded(path)))  # N: Artifact[Forest]
        self.train(self.scored(Forest()))
        # E: Argument 1 to "train" has incompatible type "Artifact[float]"; expected "Artifact[Table]" [arg-type]

    @staticmethod
    @pipeline
    def piped(data: Artifact[Table]) -> Artifact[Forest]:
        return Tools.train(data)


def calls_one(judge: Step[..., float], maker: Step[[Table], Forest], data: Artifact[Table]) -> Artifact[float]:
    reveal_type(maker(data))  # N: Artifact[Forest]
    maker(number())
    # E: Argument 1 to "maker" has incompatible type "Artifact[int]"; expected "Artifact[Table]" [arg-type]
    return judge(data)


def calls_pipeline(maker: Pipeline[[Artifact[Table]], Artifact[Forest]], data: Artifact[Table]) -> None:
    reveal_type(maker(data))  # N: Artifact[Forest]
    reveal_type(maker(Table()))  # N: Artifact[Forest]
    maker(number())
    # E: Argument 1 to "maker" has incompatible type "Artifact[int]"; expected "Artifact[Table]" [arg-type]


def local() -> None:
    @step
    def tripled(x: int) -> int:
        return 3 * x

    reveal_type(tripled(number()))  # N: Artifact[int]
    tripled("x")  # E: Argument 1 to "tripled" has incompatible type "str"; expected "int" [arg-type]
    many = [train, train.with_options(gpus=1)]
    reveal_type(many[0](load(Path("x"))))  # N: Artifact[Forest]
    many[0](number())
    # E: Argument 1 to "step" has incompatible type "Artifact[int]"; expected "Artifact[Table]" [arg-type]
    either = train if number.name else score
    either(Forest())  # E: Argument 1 to "either" has incompatible type "Forest"; expected "Table" [arg-type]


table = load(Path("x"))
reveal_type(steps.train(table))  # N: Artifact[Forest]
reveal_type(model.train(steps.load(Path("x"))))  # N: Artifact[Forest]
reveal_type(Tools.loaded(Path("x")))  # N: Artifact[Table]
reveal_type(Tools().train(table))  # N: Artifact[Forest]
reveal_type(Tools.scored(train(table)))  # N: Artifact[float]
reveal_type(Tools.piped(table))  # N: Artifact[Forest]
reveal_type(train.with_options(retries=2, timeout="10m")(table))  # N: Artifact[Forest]
reveal_type(calls_one(score, train, table))  # N: Artifact[float]
calls_pipeline(steps.halves, table)
# E: Argument 1 to "calls_pipeline" has incompatible type "Pipeline[[Artifact[Table]], tuple[Artifact[Table]… [arg-type]
later = partial(train, table)
reveal_type(later(depth=3))  # N: Artifact[Forest]
list(map(train, [table, table]))
untyped: Any = table
reveal_type(train(untyped))  # N: Artifact[Forest]

steps.train(number())
# E: Argument 1 to "train" has incompatible type "Artifact[int]"; expected "Artifact[Table]" [arg-type]
model.score(steps.load(Path("x")))
# E: Argument 1 to "score" has incompatible type "Artifact[Table]"; expected "Artifact[Forest]" [arg-type]
Tools.loaded("x")  # E: Argument 1 to "loaded" has incompatible type "str"; expected "Path" [arg-type]
Tools().train(number())
# E: Argument 1 to "train" has incompatible type "Artifact[int]"; expected "Artifact[Table]" [arg-type]
Tools.train(table, dept=3)  # E: Unexpected keyword argument "dept" for "train"; did you mean "depth"? [call-arg]
train.with_options(gpu=1)
# E: Unexpected keyword argument "gpu" for "with_options" of "Step"; did you mean "gpus"? [call-arg]
train.with_options(gpus=1)(number())
# E: Argument 1 to "step" has incompatible type "Artifact[int]"; expected "Artifact[Table]" [arg-type]
calls_one(train, train, table)
# E: Argument 1 to "calls_one" has incompatible type "Step[[Table | Artifact[Table], DefaultNamedArg(int | A… [arg-type]
calls_one(score, score, table)
# E: Argument 2 to "calls_one" has incompatible type "Step[[Forest | Artifact[Forest]], float, Artifact[floa… [arg-type]
partial(train, number())
# E: Argument 1 to "__call__" of "Step" has incompatible type "Artifact[int]"; expected "Table | Artifact[Ta… [arg-type]
list(map(train, [number()]))
# E: Argument 1 to "map" has incompatible type "Step[[Table | Artifact[Table], DefaultNamedArg(int | Artifac… [arg-type]
