"""A secret is a text, and external data a path, to every type checker, without a plugin."""

from __future__ import annotations

from pathlib import Path
from typing import assert_type

from zenflow import Artifact, External, Secret, pipeline, step


@step
def fetched(source: Path, password: str, others: list[Path]) -> list[str]:
    raise NotImplementedError


@step
def opened(source: External, password: Secret) -> int:
    return len(source.url) + len(password.value())


@pipeline
def elsewhere(source: Path, password: Secret) -> tuple[Artifact[list[str]], Artifact[int]]:
    table = fetched(External("s3://bucket/key"), Secret("DB_PASSWORD"), [External("https://host/data.csv"), source])
    assert_type(table, Artifact[list[str]])
    return fetched(source, password=password, others=[]), opened(External("s3://bucket/key"), password)
