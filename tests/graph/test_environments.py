"""A step's environment is checked where it is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from zenflow import step
from zenflow.errors import DefinitionError
from zenflow.graph.environments import parse_environment


@pytest.mark.parametrize(
    ("env", "message", "help_"),
    [
        ({"env_var": {}}, "`env` has no `env_var`; did you mean `env_vars`?", "it may have uv, pip, conda, env_vars"),
        ({"zzz": 1}, "`env` has no `zzz`", "it may have"),
        ({"working_dir": "."}, "`env` asks for `working_dir`, which holds for a whole run", "the project is shipped"),
        ({"pip": 3}, "`pip=3` in `env` is not a list of packages", "give a list of packages"),
        ({"env_vars": {"A": 1}}, "`env_vars={'A': 1}` in `env` is not texts by name", "give texts by name"),
        ({"pip": ["a"], "uv": ["a"]}, "`env` asks for packages by uv and by pip", "use one of them"),
        (
            {"pip": "no-such-file.txt"},
            "the requirements file `no-such-file.txt` in `env` can not be read",
            "give a path",
        ),
    ],
)
def test_what_is_wrong_is_told_at_the_definition(env: dict[str, object], message: str, help_: str) -> None:
    with pytest.raises(DefinitionError) as told:
        step(env=env)(lambda_)
    assert message in str(told.value)
    assert help_ in str(told.value)


def lambda_(x: int) -> int:
    return x


def test_a_requirements_file_is_its_lines(tmp_path: Path) -> None:
    file = tmp_path / "requirements.txt"
    file.write_text("# ours\nattrs==25.1\n\n  blake3\n")
    assert parse_environment({"pip": str(file), "env_vars": {"A": "1"}}) == {
        "pip": ["attrs==25.1", "blake3"],
        "env_vars": {"A": "1"},
    }
