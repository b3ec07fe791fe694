"""Work that nothing uses, parameters that nothing uses, two things under one name."""

from zenflow import Artifact, each, pipeline, step, when


@step
def load(day: int = 0) -> list[int]:
    return [day]


@step
def fit(data: list[int], depth: int = 1) -> int:
    return depth


@step
def good(model: int) -> bool:
    return model > 0


@step(effect=True)
def deploy(model: int) -> str:
    return "done"


def other_fit() -> object:
    @step
    def fit(data: list[int]) -> int:
        return 2

    return fit


@pipeline
def release(model: Artifact[int]) -> tuple[Artifact[int], Artifact[str]]:
    return model, deploy(model)  # E: ZF301


@pipeline
def features(data: Artifact[list[int]], unused: Artifact[int] = 3, size: int = 1) -> Artifact[int]:  # E: ZF302 ZF302
    return fit(data)


@pipeline
def training(day: int = 1, seed: int = 2) -> Artifact[int]:  # E: ZF302
    data = load(day)
    fit(fit(load(7)), 5)  # E: ZF201 ZF301
    fit(data).named("lost")  # E: ZF301
    fit.map(each([data, data]))  # E: ZF301
    when(good(fit(data)), lambda: fit(data, 7), lambda: fit(data, 8))  # E: ZF301
    deploy(fit(data))  # E: ZF301
    features(load(9))  # E: ZF301
    model, _ = release(fit(data))
    return model


@pipeline
def names() -> tuple[Artifact[int], ...]:
    first = fit(load(1)).named("forest")
    second = fit(load(2)).named("forest")  # E: ZF303
    third = other_fit()(load(3))  # E: ZF303
    return first, second, third
