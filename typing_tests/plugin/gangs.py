"""Steps that run as a gang: nobody passes the gang, whatever kind of parameter it is."""

from __future__ import annotations

from typing import reveal_type

import zenflow
from typing_tests.plugin.model import Forest, Table, number
from zenflow import Artifact, Gang, each, pipeline, step

ALONE = Gang()


@step(workers=4, gpus=0.5)
def train(data: Table, *, depth: int = 2, gang: Gang = ALONE) -> Forest:
    return Forest(depth + gang.rank)


@step(workers=2, fresh_process=True)
def middle(data: Table, gang: zenflow.Gang, depth: int) -> Forest:
    return Forest(depth + gang.size)


@step
def alone(gang: Gang) -> str:
    return gang.init_method


@step
def table() -> Table:
    return Table()


reveal_type(train(table(), depth=3))  # N: Artifact[Forest]
reveal_type(train(Table(), depth=number()))  # N: Artifact[Forest]
reveal_type(middle(table(), 3))  # N: Artifact[Forest]
reveal_type(middle(depth=number(), data=table()))  # N: Artifact[Forest]
reveal_type(alone())  # N: Artifact[str]
reveal_type(train.map(table(), depth=each([1, 2])))  # N: Artifact[list[Forest]]
reveal_type(train.with_options(workers=8)(Table()))  # N: Artifact[Forest]
reveal_type(train.fn(Table(), gang=Gang(rank=1, size=2)))  # N: Forest
reveal_type(middle.fn(Table(), ALONE, 3))  # N: Forest
reveal_type(train.fn)  # N: def (data: Table, *, depth: int =, gang: Gang =) -> Forest


@pipeline
def training(depth: int) -> Artifact[Forest]:
    return middle(table(), depth)


reveal_type((table >> train)())  # N: Artifact[Forest]

train(table(), gang=ALONE)  # E: Unexpected keyword argument "gang" for "train" [call-arg]
middle(table(), ALONE, 3)  # E: Too many arguments for "middle" [call-arg]
# E: Argument 2 to "middle" has incompatible type "Gang"; expected "int" [arg-type]
middle(table(), "deep")  # E: Argument 2 to "middle" has incompatible type "str"; expected "int" [arg-type]
alone(ALONE)  # E: Too many arguments for "alone" [call-arg]
train.map(table(), gang=each([ALONE]))  # E: Unexpected keyword argument "gang" for "map" of "train" [call-arg]
step(workers="4")
# E: No overload variant of "__call__" of "StepDecorator" matches argument type "str" [call-overload]
train.with_options(fresh_process=1)
# E: Argument "fresh_process" to "with_options" of "Step" has incompatible type "int"; expected "bool" [arg-type]
