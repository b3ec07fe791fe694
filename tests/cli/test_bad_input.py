"""Whatever is wrong is one clear message, before anything runs, with the right exit code."""

from __future__ import annotations

import pytest

from tests.cli.conftest import INLINE, Shell
from zenflow.cli import errors


@pytest.mark.parametrize(
    ("words", "code", "expected"),
    [
        (("run",), 2, ["`zenflow run` needs a target"]),
        (("run", "flwo.py"), 2, ["there is no file `flwo.py`", "did you mean `flow.py`?"]),
        (("run", "flow.py:trainign"), 2, ["there is no `trainign` in flow.py", "did you mean `training`"]),
        (("run", "flow.py"), 2, ["there are 2 pipelines in flow.py", "flow.py:training, flow.py:again"]),
        (("run", "flow.py:Model"), 2, ["`Model` in flow.py is a type, not a pipeline or step"]),
        (("run", "no_such_module:p"), 2, ["there is no file or module `no_such_module`"]),
        (("run", "--rows", "3", "flow.py:training"), 2, ["`--rows` stands where the target is expected"]),
        (("run", "flow.py:training", "--rows", "many", "--depths", "[1]"), 2, ["takes `int`, and got 'many'"]),
        (
            ("run", "flow.py:training", "--rows", "3", "--depths", "1,2"),
            2,
            ["takes `list[int]`, and got '1,2'", "JSON"],
        ),
        (("run", "flow.py:training", "--row", "3"), 2, ["has no parameter `--row`", "did you mean `--rows`?"]),
        (("run", "flow.py:training"), 2, ["`training` needs `--rows` (int), `--depths` (list[int])"]),
        (("run", "flow.py:training", "--engine", "spark"), 2, ["there is no engine `spark`", "`ray` and `inline`"]),
        (("run", "flow.py:again", "--model", "@latest"), 2, ["there is no run yet"]),
        (("run", "flow.py:again", "--model", "@forest@3"), 2, ["nothing is registered under the name `forest`"]),
        (("run", "flow.py:training", "--params", "nope.toml"), 2, ["nope.toml can not be read"]),
        (("plan", "flow.py:training"), 2, ["`training` needs `--rows` (int)"]),
        (("graph", "flow.py:training", "--format", "svg"), 2, ["a graph is not drawn as `svg`"]),
        (("check", "nowhere"), 2, ["there is no file or module `nowhere`"]),
        (("check", "--format", "xml"), 2, ["findings are not printed as `xml`"]),
        (("explain", "ZF999"), 2, ["there is no rule `ZF999`"]),
        (("show", "@latest"), 2, ["there is no run yet", "`zenflow run TARGET` makes one"]),
        (("ls", "runs", "--status", "done"), 2, ["there is no status `done`"]),
        (("lst",), 2, ["No such command 'lst'"]),
        (("show", "x", "--jsno"), 2, ["No such option: --jsno", "--json"]),
    ],
)
def test_wrong_command_line_is_one_message(flow: Shell, words: tuple[str, ...], code: int, expected: list[str]) -> None:
    ended = flow(*words)
    assert (ended.code, ended.out) == (code, ""), ended.err
    assert all(text in ended.err for text in expected), ended.err
    assert "Traceback" not in ended.err
    assert "internal error" not in ended.err


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("def f(:\n", "broken.py:1:7: error[ZF001] broken.py has a syntax error"),
        ("import no_such_package\n", "install `no_such_package`"),
        ("x = 1 / 0\n", "importing broken.py raises ZeroDivisionError"),
        ("import sys\nsys.exit(3)\n", "importing broken.py calls sys.exit"),
    ],
)
@pytest.mark.parametrize("verb", ["run", "plan", "graph", "check"])
def test_file_that_does_not_import_is_a_finding(shell: Shell, verb: str, text: str, expected: str) -> None:
    shell.write("broken.py", text)
    ended = shell(verb, "broken.py")
    assert ended.code == 1
    assert expected in ended.out + ended.err
    assert "internal error" not in ended.err


WRONG_EDGE = """
    from zenflow import Artifact, pipeline, step

    @step
    def number() -> int:
        return 1

    @step
    def shout(text: str) -> str:
        return text.upper()

    @pipeline
    def wrong() -> Artifact[str]:
        return shout(number())

    @pipeline
    def misused() -> Artifact[str]:
        if number():
            return shout("a")
        return shout("b")

    @pipeline
    def raising(key: str) -> Artifact[str]:
        return shout({"a": "b"}[key])
    """


def test_wrong_edge_is_a_diagnostic_and_nothing_runs(shell: Shell) -> None:
    shell.write("wrong.py", WRONG_EDGE)
    ended = shell("run", *INLINE, "wrong.py:wrong")
    assert (ended.code, ended.out) == (1, "")
    assert "wrong.py:14:18: error[ZF201] `shout` expects `str` for `text`, but `number` returns `int`" in ended.err
    assert "nothing was run" in ended.err
    assert shell("ls", "runs", "--json").json == []


def test_misused_artifact_is_a_diagnostic_with_its_place(shell: Shell) -> None:
    shell.write("wrong.py", WRONG_EDGE)
    for verb in ("run", "plan", "graph"):
        ended = shell(verb, "wrong.py:misused")
        assert ended.code == 1
        assert "wrong.py:18:8: error[ZF101]" in ended.err or "wrong.py:18:5: error[ZF101]" in ended.err


def test_pipeline_that_raises_is_told_with_the_users_frames_alone(shell: Shell) -> None:
    shell.write("wrong.py", WRONG_EDGE)
    ended = shell("run", "wrong.py:raising", "--key", "z")
    assert ended.code == 1
    assert ended.err.startswith("error: `raising` raised KeyError while it was traced\n")
    assert "zenflow/" not in ended.err.replace(str(shell.folder), "")


@pytest.mark.parametrize(
    ("ref", "expected"),
    [
        ("zzzz", ["there is no run `zzzz`"]),
        ("@latets", ["`@latets` names no run", "did you mean `@latest`"]),
        ("@latest/trian", ["has no step `trian`", "did you mean `train`"]),
        ("/train", ["is not a reference to a run"]),
    ],
)
@pytest.mark.parametrize("verb", ["show", "logs"])
def test_reference_to_nothing_says_what_there_is(trained: Shell, verb: str, ref: str, expected: list[str]) -> None:
    ended = trained(verb, ref)
    assert (ended.code, ended.out) == (2, "")
    assert all(text in ended.err for text in expected), ended.err


def test_beginning_of_several_runs_lists_them(trained: Shell) -> None:
    from zenflow.metadata.records import RunRecord
    from zenflow.stacks.stack import default_stack

    with default_stack().database() as database:
        database.commit([RunRecord("same-1", "ok", 1.0), RunRecord("same-2", "ok", 2.0)])
    ended = trained("show", "same")
    assert ended.code == 2
    assert "`same` is the beginning of several runs: same-2, same-1" in ended.err


def test_bug_of_ours_says_so(shell: Shell, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with errors.reported() as outcome:
        raise LookupError("lost")
    err = capsys.readouterr().err
    assert outcome.code == 2
    assert err.startswith("internal error: LookupError: lost\n")
    assert "a bug of ZenFlow's" in err
    assert "Traceback" not in err
    monkeypatch.setenv("ZENFLOW_DEBUG", "1")
    with errors.reported():
        raise LookupError("lost")
    assert "Traceback" in capsys.readouterr().err
