"""A new, empty database for each test: who asks for `url` or `database` runs on SQLite and on PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.storage.server import Server
from zenflow.metadata.database import Database


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/kept/zenflow.db"


@pytest.fixture
def postgresql_url(postgresql: Server) -> str:
    return postgresql.new_schema()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    found: str = request.getfixturevalue(f"{request.param}_url")
    return found


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    with Database.open(url) as database:
        yield database
