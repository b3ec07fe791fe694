"""Counts what the fault suite does, and tells it at the end."""

from __future__ import annotations

import pytest

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
