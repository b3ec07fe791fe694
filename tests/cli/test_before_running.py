"""`plan`, `graph`, `check`, `explain`, `--version`: what is asked before anything runs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import zenflow
from tests.cli.conftest import INLINE, TRAINING, Shell


def test_version(shell: Shell) -> None:
    assert shell("--version").out == f"zenflow {zenflow.__version__}\n"


def test_help_lists_the_verbs_and_imports_nothing_heavy() -> None:
    code = "import sys; from zenflow.cli import main; main(['--help']); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in done.stderr.split()}
    assert not loaded & {"ray", "networkx", "sqlalchemy", "alembic", "numpy", "pyarrow", "obstore", "mypy", "rich"}
    assert "msgspec" not in loaded
    verbs = [line.split()[0] for line in done.stdout.partition("Commands:\n")[2].splitlines()]
    assert verbs == [
        "init",
        "run",
        "plan",
        "submit",
        "jobs",
        "resume",
        "cancel",
        "check",
        "explain",
        "graph",
        "show",
        "logs",
        "get",
        "doctor",
        "config",
        "ls",
        "db",
        "store",
        "stack",
        "export",
    ]


def test_short_commands_do_without_the_imports_of_long_ones(trained: Shell) -> None:
    code = "import sys; from zenflow.cli import main; main(sys.argv[1:]); print(*sys.modules, file=sys.stderr)"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    for words in (("ls", "runs", "--limit", "3"), ("show", "@latest"), ("run", *TRAINING, "--tag", "x")):
        done = subprocess.run(
            [sys.executable, "-c", code, *words],
            cwd=trained.folder,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        loaded = {name.partition(".")[0] for name in done.stderr.splitlines()[-1].split()}
        assert not loaded & {"pydantic", "ray", "networkx", "alembic", "numpy", "pyarrow", "mypy", "rich"}, words


def test_plan_before_any_run_says_what_waits_for_what(flow: Shell) -> None:
    ended = flow("plan", *TRAINING)
    lines = ended.out.splitlines()
    assert ended.code == 0
    assert lines[0].split() == ["step", "plan", "why"]
    assert lines[1].startswith("load   will run  ")
    assert lines[2].startswith("train  waits     waits for `load`")
    assert flow("ls", "runs", "--json").json == []


def test_plan_names_the_helper_that_changed(trained: Shell) -> None:
    assert "all cached: a run would start nothing" in trained("plan", *TRAINING).err
    text = (trained.folder / "flow.py").read_text()
    trained.write("flow.py", text.replace("return len(models)", "return int(len(models))"))
    planned = {step["name"]: step["action"] for step in trained("plan", *TRAINING, "--json").json["steps"]}
    assert planned == {"load": "cached", "train[0]": "cached", "train[1]": "cached", "best": "cached", "count": "run"}
    assert "1 of 5 not cached" in trained("plan", *TRAINING).err


def test_graph_is_text_mermaid_or_json(flow: Shell) -> None:
    assert flow("graph", *TRAINING).out.startswith("load(rows=5) -> list[int]\ntrain.map(")
    assert flow("graph", *TRAINING, "--format", "mermaid").out.startswith("flowchart TD\n")
    assert [node["name"] for node in flow("graph", *TRAINING, "--format", "json").json["nodes"]] == [
        "load",
        "train",
        "best",
        "count",
    ]


def test_check_of_a_clean_target_ends_with_0(flow: Shell) -> None:
    ended = flow("check", *TRAINING)
    assert (ended.code, ended.out, ended.err) == (0, "", "flow.py:training: no findings\n")


def test_check_needs_no_values_where_types_tell_enough(flow: Shell) -> None:
    ended = flow("check")
    assert (ended.code, ended.err) == (0, "1 file, 2 pipelines, 5 steps: no findings\n")
    ended = flow("check", "flow.py:training")
    assert (ended.code, ended.err) == (0, "flow.py:training: no findings\n")


def test_check_says_what_it_could_not_trace(shell: Shell) -> None:
    shell.write(
        "flow.py",
        """
        from zenflow import Artifact, pipeline, step

        @step
        def f(x: int) -> int:
            return x

        @pipeline
        def p(rows) -> Artifact[int]:
            return f(rows)
        """,
    )
    ended = shell("check")
    assert ended.code == 0
    assert (
        ended.err
        == "not traced: flow.py:p needs values for `rows`\n1 file, 1 pipeline, 1 step (1 not traced): no findings\n"
    )
    ended = shell("check", "flow.py:p")
    assert (ended.code, ended.out) == (2, "")
    assert "`flow.py:p` needs values for `rows`" in ended.err


def test_check_prints_findings_in_each_format(shell: Shell) -> None:
    shell.write(
        "wrong.py",
        """
        from zenflow import Artifact, pipeline, step

        @step
        def f(x: int) -> int:
            return x

        @pipeline
        def p() -> Artifact[int]:
            return f("a")
        """,
    )
    for target in ("wrong.py", "wrong.py:p", "."):
        full = shell("check", target)
        assert full.code == 1
        assert "wrong.py:10:14: error[ZF201]" in full.out
        assert '   10 |     return f("a")\n' in full.out
        assert full.err.endswith("1 error\n")
    assert len(shell("check", "--format", "concise").out.splitlines()) == 1
    (finding,) = shell("check", "--format", "json").json
    assert (finding["code"], finding["severity"], finding["line"]) == ("ZF201", "error", 10)


def test_explain_has_a_bad_and_a_good_example(shell: Shell) -> None:
    out = shell("explain", "zf201").out
    assert out.startswith("ZF201: ")
    assert "Bad:" in out
    assert "Good:" in out


def test_colours_are_for_terminals_that_want_them(trained: Shell) -> None:
    assert "\x1b" not in trained("show", "@latest").out
    assert "\x1b" not in trained("run", *INLINE, *TRAINING).err


def test_an_option_that_is_none_is_told_as_one(shell: Shell) -> None:
    ended = shell("check", "--selct", "ZF2")
    assert ended.code == 2
    assert "has no option `--selct`" in ended.err
    assert "did you mean `--select`?" in ended.err
    assert "is a code of mypy's" in shell("explain", "mypy:arg-type").err
