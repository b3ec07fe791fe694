"""`zenflow run`: what is printed, what it ends with."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.cli.conftest import INLINE, TRAINING, Shell


def test_outputs_go_to_stdout_and_progress_to_stderr(flow: Shell) -> None:
    ended = flow("run", *INLINE, *TRAINING)
    assert ended.code == 0
    assert ended.out == "best: Model{depth: 1, score: 10}\ncount: 2\n"
    assert "  load │ loading 5 rows\n" in ended.err
    assert "  train[0] │ WARNING flow: depth 1\n" in ended.err
    assert "train 2/2" in ended.err


def test_closing_table_has_step_status_time_and_reason(flow: Shell) -> None:
    lines = flow("run", *INLINE, *TRAINING).err.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("step "))
    assert lines[start].split() == ["step", "status", "time", "why"]
    assert [line.split()[:2] for line in lines[start + 1 : -1]] == [
        ["load", "ran"],
        ["train", "ran"],
        ["best", "ran"],
        ["count", "ran"],
    ]
    assert lines[-1].startswith("run ")
    assert " ok in " in lines[-1]


def test_second_run_says_that_nothing_ran(flow: Shell) -> None:
    first, second = flow("run", *INLINE, *TRAINING), flow("run", *TRAINING)
    assert (second.code, second.out) == (0, first.out)
    assert "all 4 steps cached; nothing ran, Ray was not started" in second.err
    assert "loading" not in second.err


def test_quiet_prints_outputs_alone(flow: Shell) -> None:
    ended = flow("run", "--quiet", *INLINE, *TRAINING)
    assert (ended.out, ended.err) == ("best: Model{depth: 1, score: 10}\ncount: 2\n", "")


def test_json_is_one_document_on_stdout(flow: Shell) -> None:
    ended = flow("run", "--json", *INLINE, *TRAINING, "--tag", "a", "--tag", "b")
    document = ended.json
    assert (document["status"], document["pipeline"], document["target"]) == ("ok", "training", "flow.py:training")
    assert (document["tags"], document["params"]) == (["a", "b"], {"rows": "5", "depths": "[1, 2]"})
    assert [step["name"] for step in document["steps"]] == ["load", "train", "best", "count"]
    assert [element["status"] for element in document["steps"][1]["elements"]] == ["ran", "ran"]
    assert document["outputs"]["best"]["value"] == {"depth": 1, "score": 10.0}
    assert document["metrics"]["train[1]"] == {"loss": 0.5}


def test_step_that_raises_is_told_with_the_users_frames_alone(flow: Shell) -> None:
    ended = flow("run", *INLINE, "flow.py:training", "--rows", "3", "--depths", "[1, 13]")
    assert (ended.code, ended.out) == (1, "")
    told = ended.err[ended.err.index("error: ") :]
    run = told.splitlines()[-1].split()[1]
    assert told.splitlines() == [
        "error: step `train[1]` failed: ValueError: unlucky",
        "  input depth = 13",
        "  input data = [0, 1, 2]",
        "  Traceback (most recent call last):",
        f'    File "{flow.folder}/flow.py", line 35, in train',
        '      raise ValueError("unlucky")',
        "  ValueError: unlucky",
        f"  logs: zenflow logs {run}/train[1]",
        "what finished is kept: the next run takes 2 steps from the cache",
        f"run {run} failed: zenflow show {run}",
    ]


def test_what_finished_before_a_failure_is_cached(flow: Shell) -> None:
    flow("run", *INLINE, "flow.py:training", "--rows", "3", "--depths", "[1, 13]")
    steps = flow("run", "--json", *INLINE, "flow.py:training", "--rows", "3", "--depths", "[1, 2]").json["steps"]
    assert {step["name"]: step["status"] for step in steps}["load"] == "cached"


def test_failed_run_as_json_has_its_error(flow: Shell) -> None:
    ended = flow("run", "--json", *INLINE, "flow.py:training", "--rows", "3", "--depths", "[13]")
    assert ended.code == 1
    assert ended.json["status"] == "failed"
    assert ended.json["error"]["message"] == "unlucky"


def test_endless_recursion_is_told_in_bounds(shell: Shell) -> None:
    shell.write(
        "deep.py",
        """
        from zenflow import Artifact, pipeline, step

        def one(n: int) -> int:
            return two(n + 1)

        def two(n: int) -> int:
            return one(n + 1)

        @step
        def fall(n: int) -> int:
            return one(n)

        @pipeline
        def falling(n: int = 0) -> Artifact[int]:
            return fall(n)
        """,
    )
    ended = shell("run", *INLINE, "deep.py")
    assert ended.code == 1
    assert "RecursionError" in ended.err
    assert "more lines" in ended.err
    assert len(ended.err.splitlines()) < 110


def test_step_alone_is_a_target(flow: Shell) -> None:
    assert flow("run", "--quiet", *INLINE, "flow.py:load", "--rows", "3").out == "[0, 1, 2]\n"


def test_module_is_a_target(flow: Shell) -> None:
    flow.write("pack/__init__.py", "")
    flow.write("pack/flow.py", (flow.folder / "flow.py").read_text())
    ended = flow("run", "--quiet", *INLINE, "pack.flow:load", "--rows", "3")
    assert (ended.code, ended.out) == (0, "[0, 1, 2]\n")


def test_file_with_one_pipeline_is_a_target(shell: Shell) -> None:
    text = "from zenflow import Artifact, pipeline, step\n\n\n@step\ndef f() -> int:\n    return 7\n\n\n"
    shell.write("one.py", text + "@pipeline\ndef p() -> Artifact[int]:\n    return f()\n")
    assert shell("run", *INLINE, "one.py").out == "7\n"


def test_stored_value_is_a_data_input(trained: Shell) -> None:
    for ref in ("@latest/best", "@forest@1", "@forest@latest"):
        ended = trained("run", "--quiet", *INLINE, "flow.py:again", "--model", ref)
        assert (ended.code, ended.out) == (0, "x 1\n"), ended.err
        if ref == "@latest/best":
            trained("run", "--quiet", *INLINE, *TRAINING)


def test_plain_value_is_a_data_input(flow: Shell) -> None:
    ended = flow("run", "--quiet", *INLINE, "flow.py:again", "--model", '{"depth": 1, "score": 2}')
    assert (ended.code, ended.out) == (0, "x 1\n")


def test_parameters_come_from_a_file_and_typed_ones_go_first(flow: Shell) -> None:
    flow.write("params.toml", "rows = 5\ndepths = [1, 2, 3]\n")
    ended = flow("run", "--quiet", *INLINE, "flow.py:training", "--params", "params.toml", "--depths", "[4]")
    assert ended.out == "best: Model{depth: 4, score: 2.5}\ncount: 1\n"


def test_parameter_named_like_an_option_of_ours_is_given_after_two_dashes(flow: Shell) -> None:
    model = '{"depth": 1, "score": 2}'
    words = ("--name", "ours", "flow.py:again", "--model", model, "--", "--name", "theirs")
    document = flow("run", "--json", *INLINE, *words).json
    assert (document["name"], document["outputs"]["output"]["value"]) == ("ours", "theirs 1")
    assert "  --name str          after `--`; default: 'x'\n" in flow("run", "flow.py:again", "--help").out


def test_help_lists_parameters_with_types_and_docs(flow: Shell) -> None:
    ended = flow("run", "flow.py:training", "--help")
    assert ended.code == 0
    assert "--engine ray|inline" in ended.out
    assert ended.out.endswith(
        "Parameters of training:\n"
        "  --rows int          How many rows to make; required\n"
        "  --depths list[int]  required\n"
    )


def test_interrupted_run_ends_with_130_and_keeps_what_finished(shell: Shell) -> None:
    shell.write(
        "slow.py",
        """
        import time

        from zenflow import Artifact, pipeline, step

        @step
        def quick() -> int:
            return 1

        @step
        def slow(n: int) -> int:
            print("waiting", flush=True)
            time.sleep(60)
            return n

        @pipeline
        def p() -> Artifact[int]:
            return slow(quick())
        """,
    )
    command = [sys.executable, "-m", "zenflow", "run", "--engine", "inline", "slow.py"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen(
        command, cwd=shell.folder, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "waiting" in line:
                process.send_signal(2)
                break
        rest = process.stderr.read()
        assert process.wait(30) == 130
    assert "interrupted; what had finished is kept: zenflow show" in rest
    assert "Traceback" not in rest
    assert shell("show", "@latest", "--json").json["status"] == "cancelled"
