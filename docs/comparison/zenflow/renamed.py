"""A result is renamed where it is made, and not where it is used. Run it."""

from typing import NamedTuple

from zenflow import Artifact, pipeline, run, step


class Loaded(NamedTuple):
    rows: list[int]  # was: table
    source: str


@step
def load() -> Loaded:
    return Loaded([1, 2, 3], "here")


@step
def count(table: list[int]) -> int:
    return len(table)


@pipeline
def renamed() -> Artifact[int]:
    return count(load().table)


if __name__ == "__main__":
    run(renamed(), engine="inline")
