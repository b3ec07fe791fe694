"""Comments that silence nothing."""

from zenflow import Artifact, pipeline, step


@step
def load() -> int:  # zenflow: ignore[ZF202]  # E: ZF002
    return 1


@pipeline
def training() -> Artifact[int]:
    return load()  # zenflow: ignore[ZF201, ZF301]  # E: ZF002


@pipeline
def again() -> Artifact[int]:
    return load()  # zenflow: ignore  # E: ZF002
