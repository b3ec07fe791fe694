"""Steps that no machine the tests know can run."""

from zenflow import Artifact, Gang, pipeline, step


@step(memory="900TiB")  # E: ZF504
def remember(x: int) -> int:
    return x


@step(cpus=100_000)  # E: ZF504
def compute(x: int) -> int:
    return x


@step(resources={"quantum": 1})  # E: ZF504
def guess(x: int) -> int:
    return x


@step(gpus=0.5, accelerator="H100")  # E: ZF504
def unused(x: int) -> int:
    return x


@step(workers=9)  # E: ZF504
def crowded(x: int, gang: Gang) -> int:
    return x


@pipeline
def training() -> Artifact[int]:
    return remember(compute(guess(1)))
