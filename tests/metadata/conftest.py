from collections.abc import Iterator
from pathlib import Path

import pytest

from zenflow.metadata.database import Database


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/kept/zenflow.db"


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    with Database.open(url) as database:
        yield database
