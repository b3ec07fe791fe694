"""Hostile bytes of every format that is loaded: refused in our own words, or loaded as what was declared."""

from __future__ import annotations

import os
from pathlib import Path
from random import SystemRandom

import pytest

from tests.storage.hostile import COUNT, MOST, SLOW, assault
from tests.storage.samples import FAMILIES
from tests.storage.tally import Tally

SEED = 1 if os.environ.get("CI") else SystemRandom().randrange(10**6)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("family", FAMILIES)
def test_hostile_bytes_are_refused_or_are_what_was_declared(family: str, tmp_path: Path, figures: Tally) -> None:
    count = SLOW.get(family, COUNT)
    tally = assault(family, SEED, count, tmp_path)
    figures.tell(tally.line())
    assert tally.findings == (), "\n\n".join((tally.line(), *tally.findings[:5]))
    assert tally.mutated == count
    assert 0 < tally.loaded < tally.mutated  # it was hostile bytes, and not only noise
    assert tally.peak < MOST
