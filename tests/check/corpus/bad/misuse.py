"""Artifacts used as if they were their values: none of them ends the check of its pipeline."""

from zenflow import Artifact, pipeline, step


@step
def score(x: int = 1) -> float:
    return float(x)


@step
def parts() -> list[int]:
    return []


@step
def nested(x: int) -> float:
    return score(x).load()  # E: ZF304


@pipeline
def condition() -> Artifact[float]:
    if score():  # E: ZF101
        return score(1)
    return score(2)


@pipeline
def both_conditions() -> Artifact[float]:
    s = score()
    return s and score(2)  # E: ZF101


@pipeline
def formatted() -> Artifact[float]:
    s = score()
    name = f"é-{s}"  # E: ZF102
    return score(len(name))


@pipeline
def printed() -> Artifact[float]:
    s = score()
    print("é", s)  # E: ZF102
    return s


@pipeline
def iterated() -> Artifact[float]:
    for part in parts():  # E: ZF103
        score(part)  # E: ZF301
    return score()


@pipeline
def indexed() -> Artifact[float]:
    return score(parts()[0])  # E: ZF103


@pipeline
def measured() -> Artifact[float]:
    return score(len(parts()))  # E: ZF103


@pipeline
def compared() -> Artifact[float]:
    a, b = score(1), score(2)
    return a if a > b else b  # E: ZF104


@pipeline
def added() -> Artifact[float]:
    wrong = score("x")  # E: ZF201
    return score(1) + wrong  # E: ZF104
