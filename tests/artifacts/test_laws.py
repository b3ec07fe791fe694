"""The laws that every materializer keeps, on drawn values and on real ones."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.artifacts.families.case import Case
from tests.artifacts.families.table import CASES
from zenflow.artifacts.saving import load, save
from zenflow.artifacts.store import Store, open_store

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return open_store(tmp_path_factory.mktemp("laws"))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_value_comes_back_and_gives_the_same_bytes_again(case: Case, shelf: Store) -> None:
    @settings(max_examples=case.examples)
    @given(case.values)
    def holds(drawn: Any) -> None:
        _comes_back(case, drawn, shelf)

    holds()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_fixed_values_come_back(case: Case, shelf: Store) -> None:
    for fixed in case.fixed():
        _comes_back(case, fixed, shelf)


def _comes_back(case: Case, drawn: Any, shelf: Store) -> None:
    first = save(case.make(drawn), case.hint, shelf)
    assert save(case.make(drawn), case.hint, shelf).digest == first.digest
    case.same(load(first, case.hint, shelf), case.make(drawn))
    assert save(load(first, case.hint, shelf), case.hint, shelf).digest == first.digest


@pytest.mark.parametrize("case", [case for case in CASES if case.nested], ids=str)
def test_a_value_comes_back_from_containers_and_records(case: Case, shelf: Store) -> None:
    @settings(max_examples=3)
    @given(case.values, st.lists(case.values, max_size=2))
    def holds(one: Any, some: list[Any]) -> None:
        hint = dict[str, tuple[case.hint, list[case.hint]]]  # type: ignore[name-defined]
        value = {"k": (case.make(one), [case.make(item) for item in some])}
        loaded_one, loaded_some = load(save(value, hint, shelf), hint, shelf)["k"]
        case.same(loaded_one, case.make(one))
        for loaded, item in zip(loaded_some, some, strict=True):
            case.same(loaded, case.make(item))

    holds()


@pytest.mark.timeout(400)  # two processes that import every library
def test_two_processes_give_the_same_bytes_whatever_the_seed_of_their_hashes(tmp_path: Path) -> None:
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.artifacts.families.digests", str(tmp_path / seed)],
            cwd=REPOSITORY,
            env={**os.environ, "PYTHONHASHSEED": seed},
            stdout=subprocess.PIPE,
            text=True,
        )
        for seed in ("1", "2")
    ]
    try:
        one, two = (json.loads(process.communicate(timeout=360)[0]) for process in running)
    finally:
        for process in running:
            process.kill()
    assert set(one) == {case.name for case in CASES}
    assert one == two
