"""A step whose result nothing uses. Is anything said?"""

from zenflow import Artifact, pipeline, run, step


@step
def cleaned() -> int:
    return 1


@step
def trained() -> int:
    return 2


@pipeline
def dropped() -> Artifact[int]:
    cleaned()
    return trained()


if __name__ == "__main__":
    run(dropped(), engine="inline")
