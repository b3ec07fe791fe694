"""`zenflow stack`, `zenflow config` and `--stack`."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cli.conftest import INLINE, TRAINING, Shell
from zenflow.stacks.configuration.variables import VARIABLES

ROOT = Path(__file__).parents[2]
ADDED = (
    "stack", "add", "cluster", "--ray", "http://head:8265", "--token", "${env:RAY_TOKEN}", "--artifacts", "s3://b/z",
    "--metadata", "postgresql+psycopg://anna:${env:WORD}@db/z",
)  # fmt: skip


def test_a_stack_is_added_listed_used_and_taken_away(shell: Shell) -> None:
    assert shell(*ADDED).code == 0
    listed = shell("stack", "ls", "--json").json
    assert [(one["name"], one["default"], one["origin"]) for one in listed] == [
        ("cluster", False, "zenflow.toml:1"),
        ("local", True, "built in"),
    ]
    assert shell("stack", "use", "cluster").code == 0
    shown = {row["setting"]: row for row in shell("stack", "show", "--json").json["settings"]}
    assert shown["token"] == {"setting": "token", "value": "${env:RAY_TOKEN}", "origin": "zenflow.toml:5"}
    assert "cluster" in shell("stack", "ls").out.splitlines()[1]
    refused = shell("stack", "rm", "cluster")
    assert (refused.code, "make another the default first" in refused.err) == (2, True)
    assert shell("stack", "use", "local").code == shell("stack", "rm", "cluster").code == 0
    assert (shell.folder / "zenflow.toml").read_text() == 'default = "local"\n'


def test_a_stack_that_is_there_is_not_added_again(shell: Shell) -> None:
    shell(*ADDED)
    before = (shell.folder / "zenflow.toml").read_bytes()
    refused = shell(*ADDED)
    assert (refused.code, "zenflow.toml:1: there is a stack `cluster` already" in refused.err) == (2, True)
    assert shell("stack", "add", "empty").code == 2
    assert (shell.folder / "zenflow.toml").read_bytes() == before


def test_every_value_is_shown_with_its_origin_and_no_secret(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    text = '[stacks.cluster]\ntoken = "plain-token"\nmetadata = "postgresql://anna:plain/word@db/z"\n'
    shell.write("zenflow.toml", text + '[stacks.cluster.env]\nvariables = { KEY = "plain-key", REF = "${env:X}" }\n')
    monkeypatch.setenv("ZENFLOW_ARTIFACTS", "gs://other")
    monkeypatch.setenv("ZENFLOW_STORE_KEY", "plain-signing")
    for words in (("config", "--stack", "cluster"), ("stack", "show", "cluster"), ("stack", "ls")):
        for json in ((), ("--json",)):
            ended = shell(*words, *json)
            assert ended.code == 0, ended.err
            assert "plain" not in ended.out + ended.err
    found = shell("config", "--stack", "cluster", "--json").json["settings"]
    rows = {row["setting"]: (row["value"], row["origin"]) for row in found}
    assert rows["stack"] == ("cluster", "--stack")
    assert rows["artifacts"] == ("gs://other", "ZENFLOW_ARTIFACTS")
    assert rows["metadata"] == ("postgresql://anna:***@db/z", "zenflow.toml:3")
    assert rows["allow-pickle"] == (False, "default")
    assert rows["env.variables.REF"] == ("${env:X}", "zenflow.toml:5")


def test_all_variables_that_are_read_are_told() -> None:
    read = {
        name
        for path in (ROOT / "zenflow").rglob("*.py")
        if path.name != "variables.py"
        for name in re.findall(r"\bZENFLOW_[A-Z_]*[A-Z]\b", path.read_text())
    }
    ours = {
        "ZENFLOW_CHECK",
        "ZENFLOW_COMMIT",
        "ZENFLOW_FRESH_PROCESS",
        "ZENFLOW_SUBMISSION",
    }  # between processes of ours
    examples = {"ZENFLOW_DB_PASSWORD", "ZENFLOW_DB_USER"}
    assert read - ours - examples == {variable.name for variable in VARIABLES}


def test_a_run_is_on_the_stack_that_is_named(trained: Shell) -> None:
    trained.write("zenflow.toml", '[stacks.other]\nartifacts = "o/store"\nmetadata = "sqlite:///o/zenflow.db"\n')
    (trained.folder / "o").mkdir()
    assert trained("ls", "runs", "--stack", "other", "--json").json == []
    ended = trained("run", *INLINE, "--stack", "other", *TRAINING)
    assert ended.code == 0, ended.err
    assert len(trained("ls", "runs", "--stack", "other", "--json").json) == 1
    assert len(trained("ls", "runs", "--json").json) == 1
    for words in (("show", "@latest"), ("logs", "@latest"), ("store", "du"), ("store", "verify"), ("db", "current")):
        assert trained(*words, "--stack", "other", "--json").code == 0
    refused = trained("ls", "runs", "--stack", "othr")
    assert (refused.code, "did you mean `other`?" in refused.err) == (2, True)
