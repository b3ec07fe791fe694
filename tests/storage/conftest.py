"""Counts what the storage suite does, and tells it at the end."""

from __future__ import annotations

import pytest

from tests.storage.tally import Tally

_TALLY = pytest.StashKey[Tally]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_TALLY] = Tally()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    tally = config.stash.get(_TALLY, Tally())
    if tally.lines:
        terminalreporter.section("storage")
        for line in tally.lines:
            terminalreporter.line(line)


@pytest.fixture
def figures(pytestconfig: pytest.Config) -> Tally:
    """Where figures are told."""
    return pytestconfig.stash[_TALLY]
