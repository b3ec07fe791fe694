"""`assignable` against mypy on random pairs of hints: where it is certain, mypy says the same."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from random import Random, SystemRandom

from tests.graph.mypy_oracle import refused
from tests.graph.random_hints import random_pairs
from tests.graph.test_assignable import IMPORTS, hint
from zenflow.graph.assignable import assignable
from zenflow.graph.fit import Fit

SEED = 1 if os.environ.get("CI") else SystemRandom().randrange(10**6)
COUNT = 400


def test_no_certain_answer_about_random_hints_is_denied_by_mypy(tmp_path: Path) -> None:
    pairs = random_pairs(Random(SEED), COUNT)
    answers = [assignable(hint(source), hint(target)) for source, target in pairs]
    no = refused(pairs, IMPORTS, tmp_path)
    wrong = [
        (*pair, fit)
        for number, (pair, fit) in enumerate(zip(pairs, answers, strict=True))
        if fit is not Fit.UNKNOWN and (fit is Fit.NO) is not (number in no)
    ]
    assert wrong == [], f"with the seed {SEED}"


def test_random_pairs_are_of_both_kinds_and_mostly_certain() -> None:
    fits = Counter(assignable(hint(source), hint(target)) for source, target in random_pairs(Random(1), COUNT))
    assert fits[Fit.YES] > COUNT // 10
    assert fits[Fit.NO] > COUNT // 4
    assert fits[Fit.UNKNOWN] < COUNT // 4
