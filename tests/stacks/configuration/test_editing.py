"""Changing a file of configuration and nothing else in it."""

from __future__ import annotations

import tempfile
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zenflow.errors import UsageError
from zenflow.stacks.configuration.editing import add, remove, set_default
from zenflow.stacks.configuration.files import File
from zenflow.stacks.configuration.layers import Configuration

PIECES = [
    "# of the team\n",
    "\n",
    'default = "one"   # the first\n',
    '[stacks.one]\nray = "auto"  # here\n',
    "[stacks.two]\n\n\n[stacks.two.env]\nrequirements = [\n  # pinned\n  'a',\n]\n\n# end of two\n",
    '[stacks.three]\r\nartifacts = "kept"\r\n',
]
FILES = st.sets(st.sampled_from(range(2, len(PIECES)))).flatmap(
    lambda chosen: st.just("".join(PIECES[index] for index in [0, *sorted(chosen), 1]))
)
SETTINGS = st.fixed_dictionaries(
    {"artifacts": st.sampled_from(["s3://bucket/zenflow", 'a "quoted" folder', "${env:PLACE}"])},
    optional={"ray": st.just("http://head:8265"), "token": st.just("${env:T}")},
)


@given(FILES, st.sampled_from(["zenflow.toml", "config.toml"]), SETTINGS)
def test_what_is_added_is_read_and_taken_away_again_byte_by_byte(text: str, name: str, said: dict[str, str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(text.encode())
        add(path, "project", "new", said)
        assert path.read_bytes().startswith(text.encode())
        values = Configuration((File(path, "project"),), {}).values("new")
        assert {key: values[(key,)].raw for key in said} == said
        remove(path, "project", "new")
        assert path.read_bytes() == text.encode()


def test_a_pyproject_is_changed_in_our_table_alone(tmp_path: Path) -> None:
    path, text = tmp_path / "pyproject.toml", '[project]\nname = "x" # mine\n\n[tool.ruff]\nline-length = 100\n'
    path.write_text(text)
    add(path, "project", "cluster", {"ray": "auto"})
    set_default(path, "cluster")
    found = tomllib.loads(path.read_text())
    assert found["tool"]["zenflow"] == {"default": "cluster", "stacks": {"cluster": {"ray": "auto"}}}
    assert path.read_text().startswith(text)


def test_the_default_is_changed_where_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "zenflow.toml"
    path.write_text('# ours\ndefault = "a" # why\n\n[stacks.a]\n[stacks.b]\n')
    set_default(path, "b")
    assert path.read_text() == '# ours\ndefault = "b" # why\n\n[stacks.a]\n[stacks.b]\n'
    path.write_text("# ours\n[stacks.b]\n")
    set_default(path, "b")
    assert path.read_text() == 'default = "b"\n\n# ours\n[stacks.b]\n'


def test_what_can_not_be_changed_in_place_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "zenflow.toml"
    path.write_text('stacks = { a = { ray = "auto" }, b = {} }\n')
    with pytest.raises(UsageError, match="written in a way"):
        add(path, "project", "c", {"ray": "auto"})
    with pytest.raises(UsageError, match="written in a way"):
        remove(path, "project", "a")
    assert path.read_text() == 'stacks = { a = { ray = "auto" }, b = {} }\n'
    assert [file.name for file in tmp_path.iterdir()] == ["zenflow.toml"]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"ray": "head"}, "no address of a Ray cluster"),
        ({"ray": "ftp://head:1"}, "no address of a Ray cluster"),
        ({"token": "in-plain"}, "would stand in a file in plain"),
        ({"metadata": "postgresql://anna:secret@db/z"}, "would stand in a file in plain"),
        ({"metadata": "mysql://db/z"}, "not the URL of a database we know"),
        ({"artifacts": "ftp://host/x"}, "no artifact store can be opened"),
    ],
)
def test_nothing_is_written_of_a_stack_that_can_not_be(tmp_path: Path, said: dict[str, str], why: str) -> None:
    path = tmp_path / "zenflow.toml"
    with pytest.raises(UsageError, match=why) as refused:
        add(path, "project", "cluster", said)
    assert not path.exists()
    assert "secret" not in str(refused.value)
    assert "in-plain" not in str(refused.value)
