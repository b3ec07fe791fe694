"""Projects, clusters, and a count of what the fault suite does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.cluster import Nodes, nodes
from tests.faults.projects import Project
from tests.faults.tally import PROPERTY, Tally


@pytest.fixture
def tally(record_property: Callable[[str, object], None]) -> Iterator[Tally]:
    """Where the kill points of a test are counted; the whole session's are told at its end."""
    tally = Tally()
    yield tally
    record_property(PROPERTY, tally.plain())


@pytest.fixture(scope="session")
def cluster() -> Iterator[Nodes]:
    """A Ray of two nodes that run steps, for drivers in processes of their own."""
    with nodes(2) as found:
        yield found


@pytest.fixture
def flow(tmp_path: Path) -> Iterator[Project]:
    """A project in a folder of its own, and the command line in it."""
    project = Project(tmp_path)
    yield project
    project.close()
