"""Steps and pipelines called where values are: in the bodies of steps."""

from zenflow import Artifact, each, pipeline, step


@step
def scaled(x: float) -> float:
    return 2 * x


@pipeline
def twice(x: Artifact[float]) -> Artifact[float]:
    return scaled(scaled(x))


def helper(x: float) -> float:
    return scaled(x)  # E: ZF304


@step
def direct(x: float) -> float:
    return scaled(x) + 1  # E: ZF304


@step
def through_a_helper(x: float) -> float:
    return helper(x)


@step(name="mapped")
def by_map(xs: list[float]) -> list[float]:
    return scaled.map(each(xs))  # E: ZF304


@step
def by_pipeline(x: float) -> float:
    return twice(x)  # E: ZF304


@step
def in_a_closure(xs: list[float]) -> list[float]:
    def one(x: float) -> float:
        return scaled.with_options(retries=1)(x)  # E: ZF304

    return [one(x) for x in xs]


@step
def in_a_lambda(xs: list[float]) -> list[float]:
    return sorted(xs, key=lambda x: scaled(x))  # E: ZF304


@pipeline
def used() -> Artifact[float]:
    return twice(1.0)
