"""Hostile bytes of every format that is loaded: refused in our own words, or loaded as what was declared."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from random import SystemRandom
from typing import Any

import pytest

from tests.storage.hostile import COUNT, MOST, SLOW, Tally, assault
from tests.storage.samples import FAMILIES

SEED = 1 if os.environ.get("CI") else SystemRandom().randrange(10**6)


@pytest.fixture(scope="module")
def tallies(request: pytest.FixtureRequest) -> Iterator[list[Tally]]:
    """What each family came to; told when all are through."""
    kept: list[Tally] = []
    yield kept
    plugins = request.config.pluginmanager
    terminal: Any = plugins.get_plugin("terminalreporter")
    capture: Any = plugins.get_plugin("capturemanager")
    with capture.global_and_fixture_disabled():
        terminal.ensure_newline()
        for tally in kept:
            terminal.write_line(tally.line())


@pytest.mark.timeout(600)
@pytest.mark.parametrize("family", FAMILIES)
def test_hostile_bytes_are_refused_or_are_what_was_declared(family: str, tmp_path: Path, tallies: list[Tally]) -> None:
    count = SLOW.get(family, COUNT)
    tally = assault(family, SEED, count, tmp_path)
    tallies.append(tally)
    assert tally.findings == (), "\n\n".join((tally.line(), *tally.findings[:5]))
    assert tally.mutated == count
    assert 0 < tally.loaded < tally.mutated  # it was hostile bytes, and not only noise
    assert tally.peak < MOST
