"""`ls runs`, `show`, `logs`: what is asked afterwards."""

from __future__ import annotations

import pytest

from tests.cli.conftest import INLINE, TRAINING, Shell


def test_ls_runs_lists_the_newest_first(trained: Shell) -> None:
    trained("run", *INLINE, "flow.py:training", "--rows", "1", "--depths", "[13]")
    listed = trained("ls", "runs")
    lines = listed.out.splitlines()
    assert lines[0].split() == ["run", "status", "pipeline", "started", "time", "name", "and", "tags"]
    assert [line.split()[1:3] for line in lines[1:]] == [["failed", "training"], ["ok", "training"]]
    assert lines[2].endswith("first #nightly")


def test_ls_runs_filters(trained: Shell) -> None:
    trained("run", *INLINE, "flow.py:training", "--rows", "1", "--depths", "[13]")
    for words, statuses in (
        (("--status", "ok"), ["ok"]),
        (("--tag", "nightly"), ["ok"]),
        (("--tag", "weekly"), []),
        (("--name", "first"), ["ok"]),
        (("--limit", "1"), ["failed"]),
        (("--limit", "0"), ["failed", "ok"]),
    ):
        assert [run["status"] for run in trained("ls", "runs", "--json", *words).json] == statuses


def test_ls_runs_of_nothing_says_so(shell: Shell) -> None:
    ended = shell("ls", "runs")
    assert (ended.code, ended.out, ended.err) == (0, "", "no runs\n")


def test_show_run_has_parameters_steps_metrics_and_outputs(trained: Shell) -> None:
    out = trained("show", "@latest").out
    assert " ok in " in out.splitlines()[0]
    assert "  tags      nightly\n" in out
    assert "\nparameters\n  rows    5\n  depths  [1, 2]\n" in out
    assert "\nmetrics\n  train[0].loss  1\n  train[1].loss  0.5\n" in out
    assert "\noutputs\n  best   Model{depth: 1, score: 10}\n  count  2\n" in out
    assert [line.split()[0] for line in out.splitlines() if " ran " in line] == ["load", "train", "best", "count"]


def test_show_step_has_its_inputs_outputs_and_metrics(trained: Shell) -> None:
    out = trained("show", "@latest/train[1]").out
    assert out.startswith("step train[1] of run ")
    assert "\nmetrics\n  loss  0.5\n" in out
    assert "\ninputs\n  data  " in out
    assert "\noutputs\n  output  Model{depth: 2, score: 5}\n" in out
    document = trained("show", "@latest/train", "--json").json
    assert [element["name"] for element in document["elements"]] == ["train[0]", "train[1]"]


def test_show_failed_step_has_its_error(flow: Shell) -> None:
    flow("run", *INLINE, "flow.py:training", "--rows", "1", "--depths", "[13]")
    out = flow("show", "@latest/train[0]").out
    assert "\nerror\n  ValueError: unlucky\n" in out
    assert 'raise ValueError("unlucky")' in out
    assert "  error     ValueError: unlucky\n" in flow("show", "@latest").out


def test_metrics_of_a_wide_map_are_told_as_their_range(flow: Shell) -> None:
    depths = str([*range(1, 13), 14])
    flow("run", "--quiet", *INLINE, "flow.py:training", "--rows", "1", "--depths", depths)
    assert "\nmetrics\n  train.loss  0.0714286 … 1 (13 values)\n" in flow("show", "@latest").out


def test_show_finds_a_value_without_the_code_that_made_it(trained: Shell) -> None:
    (trained.folder / "flow.py").unlink()
    assert "  best   {depth: 1, score: 10}\n" in trained("show", "@latest").out


def test_logs_are_of_a_run_a_map_or_an_element(trained: Shell) -> None:
    assert trained("logs", "@latest").out.splitlines() == [
        "load │ loading 5 rows",
        "train[0] │ WARNING flow: depth 1",
        "train[1] │ WARNING flow: depth 2",
    ]
    assert trained("logs", "@latest/load").out == "loading 5 rows\n"
    assert trained("logs", "@latest/train[1]").out == "WARNING flow: depth 2\n"
    assert [line["text"] for line in trained("logs", "@latest/load", "--json").json] == ["loading 5 rows"]


def test_cached_step_shows_the_logs_of_its_run(trained: Shell) -> None:
    trained("run", "--quiet", *TRAINING)
    assert trained("show", "@latest", "--json").json["engine"] is None
    assert trained("logs", "@latest/load").out == "loading 5 rows\n"


def test_logs_of_nothing_say_so(trained: Shell) -> None:
    ended = trained("logs", "@latest/count", "--attempt", "2")
    assert (ended.code, ended.out, ended.err) == (0, "", "@latest/count wrote nothing in attempt 2\n")


def test_logs_of_an_attempt_are_its_own(shell: Shell) -> None:
    shell.write(
        "shaky.py",
        """
        from pathlib import Path

        from zenflow import Artifact, pipeline, step

        @step(retries=2, retry_on=ValueError)
        def shaky() -> int:
            marker = Path("tried")
            print("try", marker.exists())
            if not marker.exists():
                marker.touch()
                raise ValueError("not yet")
            return 1

        @pipeline
        def p() -> Artifact[int]:
            return shaky()
        """,
    )
    ended = shell("run", *INLINE, "shaky.py")
    assert ended.code == 0, ended.err
    assert "ran (2 attempts)" in ended.err
    assert shell("logs", "@latest/shaky").out == "try False\ntry True\n"
    assert shell("logs", "@latest/shaky", "--attempt", "1").out == "try False\n"


@pytest.mark.parametrize("verb", ["run", "plan", "check", "explain", "graph", "show", "logs", "get", "ls"])
def test_every_verb_has_help(shell: Shell, verb: str) -> None:
    ended = shell(verb, "--help")
    assert ended.code == 0
    assert ended.out.startswith(f"Usage: zenflow {verb}")
