"""Every measurement runs, and one that breaks costs no other. What they measure is for `make bench` to say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import __main__ as command
from benchmarks.alone import Broken, alone
from benchmarks.cases import ALL, chosen
from benchmarks.measured import Case, Measured, Scale
from benchmarks.report import Failure, broken_row, document, heading, row

TINY = Scale(0.0002)
GOOD = Measured("good", (0.001, 0.003, 0.002), "yardstick", (0.004,), budget=0.4)
OPEN = Measured("no budget", (1.0,), "yardstick", (2.0,))


@pytest.fixture
def shared_ray(local_ray: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The session's Ray, for the processes that a case starts too: each would start its own."""
    import ray

    monkeypatch.setenv("RAY_ADDRESS", ray.get_runtime_context().gcs_address)


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.name)
def test_every_case_measures_something_beside_a_yardstick(case: Case, shared_ray: None) -> None:
    measured = list(case.measure(TINY))
    assert measured
    for one in measured:
        assert one.ours
        assert one.their > 0
        assert row(one).count("|") == heading().splitlines()[0].count("|")


def test_names_of_cases_are_all_different() -> None:
    assert len({case.name for case in ALL}) == len(ALL)


def test_the_ratio_is_that_of_the_medians() -> None:
    assert (GOOD.ratio, GOOD.met) == (0.5, False)
    assert (OPEN.ratio, OPEN.met) == (0.5, None)


def test_a_case_that_breaks_costs_no_other(capsys: pytest.CaptureFixture[str]) -> None:
    def how(case: Case, scale: Scale) -> Iterator[Measured]:
        yield GOOD
        if case is ALL[0]:
            raise Broken("first line\nlast line")

    found, failures = command.measure(ALL[:2], TINY, how)
    assert found == [GOOD, GOOD]
    assert failures == [Failure(ALL[0].name, "first line\nlast line")]
    table = capsys.readouterr().out
    assert "last line" in table
    assert "first line" not in table


def test_a_case_runs_in_a_process_of_its_own() -> None:
    (case,) = chosen(["check-trace"])
    assert [one.budget for one in alone(case, TINY)] == [1.0, 1.0, 1.0]


def test_what_breaks_in_that_process_is_told() -> None:
    with pytest.raises(Broken, match="ValueError"):
        list(alone(Case("no such case", "", ALL[0].measure), TINY))


def test_a_case_that_does_not_end_is_ended() -> None:
    with pytest.raises(Broken, match="not done after 0 s"):
        list(alone(ALL[0], Scale(), limit=0))


def test_columns_of_the_table_are_aligned() -> None:
    lines = [*heading().splitlines(), row(GOOD), row(OPEN), broken_row(Failure("bad", "why"))]
    bars = {tuple(i for i, character in enumerate(line) if character == "|")[:-1] for line in lines}
    assert len(bars) == 1


def test_the_document_has_every_sample_and_the_machine() -> None:
    written = document([GOOD, OPEN], [Failure("bad", "why")], TINY, (0.5, 1.5))
    assert [one["ours"] for one in written["measured"]] == [GOOD.ours, OPEN.ours]
    assert [one["met"] for one in written["measured"]] == [False, None]
    assert written["broken"] == [{"name": "bad", "error": "why"}]
    assert {"cpu", "cores", "python", "ray"} <= {*written["machine"]}


def test_the_command_writes_what_it_is_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "figures.json"
    assert command.main(["--only", "process-help", "--quick", "--json", str(file)]) == 0
    (one,) = json.loads(file.read_text())["measured"]
    assert one["work"] == "zenflow --help"
    assert "1 budgets" in capsys.readouterr().out


def test_a_name_that_no_case_has_is_refused_before_anything_is_measured(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        command.main(["--only", "nothing"])
    assert "no measurement is called 'nothing'" in capsys.readouterr().err


def test_the_list_has_every_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--list"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == [case.name for case in ALL]
