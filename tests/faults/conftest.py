"""Counts what the fault suite does, and tells it at the end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.cluster import Nodes, nodes
from tests.faults.projects import Project
from tests.faults.tally import Tally

_TALLY = pytest.StashKey[Tally]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_TALLY] = Tally()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    tally = config.stash.get(_TALLY, Tally())
    if tally.kills:
        terminalreporter.section("faults")
        for line in tally.lines():
            terminalreporter.line(line)


@pytest.fixture
def tally(pytestconfig: pytest.Config) -> Tally:
    """Where kill points are counted."""
    return pytestconfig.stash[_TALLY]


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
