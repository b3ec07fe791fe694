"""What is typed after a target, and what a file of parameters holds."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import pytest

from zenflow import Artifact, pipeline, step
from zenflow.cli.arguments import Datum, Text, read_file, read_tokens, values
from zenflow.cli.parameters import Parameter, call, parameters_of, usage
from zenflow.errors import UsageError


@step
def fit(data: list[int], *, depth: int = 3) -> int:
    return sum(data) * depth


@pipeline
def training(
    path: Path,
    depths: list[int],
    rows: Artifact[list[int]],
    *,
    learning_rate: float = 0.1,
    shuffle: bool = True,
    kind: Literal["a", "b"] = "a",
    note: str | None = "none yet",
    tag: str = "",
) -> Artifact[int]:
    """Train.

    Args:
        path: Where the rows are,
            one a line.
        depths (list): The depths to try: shallow first.
        rows: The rows themselves.
        learning_rate: How far a step goes, in [0, 1].

    Returns:
        kind: not a parameter's description.
    """
    raise NotImplementedError


@pipeline
def several(*rows: int, **depths: int) -> Artifact[int]:
    return fit(list(rows), depth=depths["first"])


PARAMETERS = parameters_of(training)


def _find(ref: str) -> str:
    return f"the value at {ref}"


def _values(*tokens: str, parameters: tuple[Parameter, ...] = PARAMETERS) -> dict[str, Any]:
    return values(read_tokens(tokens, parameters, "training"), parameters, "training", _find)


REQUIRED = ("--path", "a.csv", "--depths", "[2]", "--rows", "[1]")


def test_parameters_have_types_defaults_and_docs() -> None:
    by_name = {parameter.name: parameter for parameter in PARAMETERS}
    assert by_name["path"].doc == "Where the rows are, one a line."
    assert by_name["depths"].doc == "The depths to try: shallow first."
    assert by_name["kind"].doc == ""
    assert [name for name, parameter in by_name.items() if parameter.required] == ["path", "depths", "rows"]
    assert [name for name, parameter in by_name.items() if parameter.data] == ["rows"]
    assert by_name["rows"].hint == list[int]
    assert by_name["learning_rate"].default == 0.1


def test_usage_tells_each_parameter() -> None:
    assert usage(PARAMETERS, frozenset({"--tag"})) == [
        ("--path Path", "Where the rows are, one a line; required"),
        ("--depths list[int]", "The depths to try: shallow first; required"),
        ("--rows list[int]", "The rows themselves; or @REF; required"),
        ("--learning-rate float", "How far a step goes, in [0, 1]; default: 0.1"),
        ("--shuffle / --no-shuffle", "default: True"),
        ("--kind Literal['a', 'b']", "default: 'a'"),
        ("--note str | None / --no-note", "default: 'none yet'"),
        ("--tag str", "after `--`; default: ''"),
    ]


def test_typed_parameters_become_values() -> None:
    assert _values(*REQUIRED, "--learning-rate=1e-3", "--no-shuffle", "--kind", "b", "--no-note") == {
        "path": Path("a.csv"),
        "depths": [2],
        "rows": [1],
        "learning_rate": 0.001,
        "shuffle": False,
        "kind": "b",
        "note": None,
    }


@pytest.mark.parametrize("flag", ["--learning-rate", "--learning_rate"])
def test_dashes_and_underscores_are_the_same(flag: str) -> None:
    assert _values(*REQUIRED, flag, "0.5")["learning_rate"] == 0.5


def test_value_may_begin_with_a_dash() -> None:
    assert _values(*REQUIRED, "--learning-rate", "-1")["learning_rate"] == -1.0
    assert _values(*REQUIRED, "--tag", "--verbose")["tag"] == "--verbose"


def test_switch_may_have_its_value_attached() -> None:
    assert _values(*REQUIRED, "--shuffle=false")["shuffle"] is False


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("@4f2a/load", "the value at 4f2a/load"),
        ("@forest@3", "the value at forest@3"),
        ("@latest/load", "the value at @latest/load"),
        ("@latest-ok", "the value at @latest-ok"),
    ],
)
def test_data_input_takes_a_reference(text: str, value: str) -> None:
    assert _values(*REQUIRED[:4], "--rows", text)["rows"] == value


def test_text_that_begins_with_at_is_written_twice() -> None:
    @pipeline
    def greet(name: Artifact[str], plain: str) -> Artifact[int]:
        raise NotImplementedError

    found = _values("--name", "@@zoe", "--plain", "@zoe", parameters=parameters_of(greet))
    assert found == {"name": "@zoe", "plain": "@zoe"}


def test_parameters_of_a_step_take_references() -> None:
    found = _values("--data", "@4f2a", parameters=parameters_of(fit))
    assert found == {"data": "the value at 4f2a"}


@pytest.mark.parametrize(
    ("tokens", "message", "help"),
    [
        (("--dephts", "[1]"), "`training` has no parameter `--dephts`", "did you mean `--depths`?"),
        (("--engin", "ray"), "`training` has no parameter `--engin`", "did you mean `--engine`?"),
        (("--zzzzzz",), "`training` has no parameter `--zzzzzz`", "it has --path, --depths, --rows, --learning-rate"),
        (("3",), "`3` stands alone: parameters of `training` are given by name", "after its option"),
        (("--path",), "`--path` needs a value: Path", "write --path VALUE"),
        (("--path", "--depths", "[1]"), "`--path` needs a value: Path", "write --path VALUE"),
        (("--path", "a", "--path", "b"), "`--path` is given twice", "give it once"),
        (("--depths", "2", "--depths", "4"), "`--depths` is given twice", "give a list as JSON"),
        (("--no-shuffle=1",), "`--no-shuffle` takes no value", "write --no-shuffle, or --shuffle VALUE"),
    ],
)
def test_wrong_tokens_are_refused_with_the_fix(tokens: tuple[str, ...], message: str, help: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_tokens(tokens, PARAMETERS, "training", ours=["--engine"])
    assert caught.value.message == message
    assert help in (caught.value.help or "")


def test_wrong_value_names_parameter_type_and_value() -> None:
    with pytest.raises(UsageError) as caught:
        _values(*REQUIRED, "--learning-rate", "fast")
    assert caught.value.message == "`--learning-rate` of `training` takes `float`, and got 'fast'"
    with pytest.raises(UsageError) as caught:
        _values("--path", "a", "--depths", "[2, x]", "--rows", "[1]")
    assert caught.value.message.startswith(
        "`--depths` of `training` takes `list[int]`, and got '[2, x]': JSON is malformed"
    )
    assert caught.value.help == "write it as JSON, in quotes: '[1, 2]', '{\"a\": 1}'"


def test_all_missing_parameters_are_named_at_once() -> None:
    with pytest.raises(UsageError) as caught:
        _values("--rows", "[1]")
    assert caught.value.message == "`training` needs `--path` (Path), `--depths` (list[int])"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("params.toml", 'path = "a.csv"\ndepths = [2, 4]\nshuffle = false\n'),
        ("params.json", '{"path": "a.csv", "depths": [2, 4], "shuffle": false}'),
    ],
)
def test_file_gives_parameters(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    given = read_file(tmp_path / name, PARAMETERS, "training")
    given |= read_tokens(("--rows", "@4f2a", "--depths", "[8]"), PARAMETERS, "training")
    assert given["path"] == Datum("a.csv")
    assert given["depths"] == Text("[8]")
    assert values(given, PARAMETERS, "training", _find) == {
        "path": Path("a.csv"),
        "depths": [8],
        "shuffle": False,
        "rows": "the value at 4f2a",
    }


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("params.toml", "depth = 3", "has no parameter `depth`"),
        ("params.toml", "depths = [", "is not TOML"),
        ("params.json", "{", "is not JSON"),
        ("params.json", "[1]", "is not an object of parameters by name"),
        ("params.toml", None, "can not be read: No such file or directory"),
    ],
)
def test_wrong_file_is_refused(tmp_path: Path, name: str, text: str | None, message: str) -> None:
    if text is not None:
        (tmp_path / name).write_text(text)
    with pytest.raises(UsageError) as caught:
        read_file(tmp_path / name, PARAMETERS, "training")
    assert message in caught.value.message


def test_file_gives_values_of_the_declared_type(tmp_path: Path) -> None:
    file = tmp_path / "params.toml"
    file.write_text('path = "a"\ndepths = ["2"]\nrows = [1]\n')
    with pytest.raises(UsageError, match=r"`--depths` of `training` takes `list\[int\]`, and got \['2'\]"):
        values(read_file(file, PARAMETERS, "training"), PARAMETERS, "training", _find)


def test_star_parameters_are_a_list_and_an_object() -> None:
    parameters = parameters_of(several)
    found = _values("--rows", "[1, 2]", "--depths", '{"first": 7}', parameters=parameters)
    assert found == {"rows": [1, 2], "depths": {"first": 7}}
    assert isinstance(call(several, found), Artifact)
