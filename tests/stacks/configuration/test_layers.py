"""Files and variables in layers, and the stack that they come to."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zenflow.errors import UsageError
from zenflow.stacks.configuration.files import File
from zenflow.stacks.configuration.layers import Configuration, configuration
from zenflow.stacks.configuration.resolving import other_stack
from zenflow.stacks.configuration.shipping import shipped
from zenflow.stacks.home import home
from zenflow.stacks.stack import Stack, default_stack, resolve_stack

CLUSTER = """\
[stacks.cluster]
ray = "http://head:8265"
artifacts = "s3://bucket/zenflow"
metadata = "postgresql+psycopg://${env:DB_USER}@db/zenflow"
"""


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project that the test stands in, and a user without settings."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "user"))
    monkeypatch.delenv("RAY_AUTH_TOKEN", raising=False)
    return folder


def of_user(text: str) -> None:
    """Write the user's file."""
    path = Path(os.environ["XDG_CONFIG_HOME"]) / "zenflow" / "config.toml"
    path.parent.mkdir(parents=True)
    path.write_text(text)


def mistake(text: str, name: str | None = None) -> str:
    """What is said of a project's file."""
    Path("zenflow.toml").write_text(text)
    with pytest.raises(UsageError) as refused:
        resolve_stack(name)
    return str(refused.value)


def test_without_a_file_all_is_in_the_home_of_the_project(project: Path) -> None:
    kept = project / ".zenflow"
    assert default_stack() == Stack("local", str(kept / "store"), f"sqlite:///{kept / 'zenflow.db'}")


def test_a_file_holds_below_its_folder_and_relative_paths_are_relative_to_it(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("zenflow.toml").write_text(
        '[stacks.local]\nartifacts = "kept/store"\nmetadata = "sqlite:///kept/z.db?timeout=9"\n'
    )
    (project / "deep" / "er").mkdir(parents=True)
    monkeypatch.chdir(project / "deep" / "er")
    stack = default_stack()
    assert stack.artifacts == str(project / "kept" / "store")
    assert stack.metadata == f"sqlite:///{project / 'kept' / 'z.db'}?timeout=9"
    assert home() == project / ".zenflow"


def test_zenflow_toml_goes_before_pyproject_of_the_same_folder(project: Path) -> None:
    Path("pyproject.toml").write_text('[tool.zenflow]\ndefault = "one"\n[tool.zenflow.stacks.one]\nray = "auto"\n')
    assert (default_stack().name, default_stack().ray) == ("one", "auto")
    Path("zenflow.toml").write_text('default = "two"\n[stacks.two]\n')
    assert default_stack().name == "two"


def test_a_pyproject_that_only_says_how_to_check_hides_no_file_above_it(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("zenflow.toml").write_text('default = "team"\n[stacks.team]\nray = "auto"\n')
    (project / "part").mkdir()
    (project / "part" / "pyproject.toml").write_text("[tool.zenflow.check]\nmypy = false\n")
    monkeypatch.chdir(project / "part")
    assert default_stack().name == "team"


def test_a_user_adds_to_a_stack_of_the_project(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DB_USER", "anna")
    Path("zenflow.toml").write_text(CLUSTER + 'env.variables = { A = "project" }\n')
    of_user('[stacks.cluster]\ntoken = "${file:token}"\nray = "auto"\nenv.variables = { A = "user", B = "user" }\n')
    Path(os.environ["XDG_CONFIG_HOME"], "zenflow", "token").write_text("a-token\n")
    stack = resolve_stack("cluster")
    assert (stack.token, stack.ray, stack.metadata) == (
        "a-token",
        "http://head:8265",
        "postgresql+psycopg://anna@db/zenflow",
    )
    assert stack.env.variables == {"A": "project", "B": "user"}
    assert "a-token" not in repr(stack)
    assert "project" not in repr(stack)


TEXTS = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=5)
KEYS = ("ray", "token", "artifacts", "metadata")
TABLES = st.fixed_dictionaries({}, optional={**dict.fromkeys(KEYS, TEXTS), "variables": st.dictionaries(TEXTS, TEXTS)})
NAMED = {"ray": "ZENFLOW_RAY", "artifacts": "ZENFLOW_ARTIFACTS", "metadata": "ZENFLOW_METADATA"}


def as_file(kind: Any, table: dict[str, Any]) -> File:
    variables = ", ".join(f'"{name}" = "{text}"' for name, text in table.get("variables", {}).items())
    lines = [f'{key} = "{table[key]}"' for key in KEYS if key in table]
    return File(
        Path("/somewhere/zenflow.toml"), kind, "\n".join(["[stacks.x]", *lines, f"env.variables = {{{variables}}}"])
    )


def flat(table: dict[str, Any]) -> dict[tuple[str, ...], str]:
    plain = {(key,): text for key, text in table.items() if key != "variables"}
    return plain | {("env", "variables", name): text for name, text in table.get("variables", {}).items()}


@given(TABLES, TABLES, st.fixed_dictionaries({}, optional=dict.fromkeys(NAMED, TEXTS)))
def test_an_upper_layer_wins_value_by_value(
    user: dict[str, Any], project: dict[str, Any], variables: dict[str, str]
) -> None:
    environ = {NAMED[key]: text for key, text in variables.items()}
    found = Configuration((as_file("project", project), as_file("user", user)), environ).values("x")
    expected = {**flat(user), **flat(project), **flat(variables)}
    assert {keys: found[keys].raw for keys in expected} == expected
    kinds = {**dict.fromkeys(flat(user), "user"), **dict.fromkeys(flat(project), "project")}
    kinds |= dict.fromkeys(flat(variables), "variable")
    assert {keys: found[keys].origin.kind for keys in kinds} == kinds


def test_variables_are_about_the_stack_in_use_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DB_USER", "anna")
    Path("zenflow.toml").write_text(CLUSTER)
    monkeypatch.setenv("ZENFLOW_STACK", "cluster")
    monkeypatch.setenv("ZENFLOW_ARTIFACTS", "gs://other")
    assert (default_stack().name, default_stack().artifacts) == ("cluster", "gs://other")
    assert other_stack("cluster").artifacts == "s3://bucket/zenflow"


def test_rays_own_variables_are_for_stacks_that_do_not_say_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DB_USER", "anna")
    monkeypatch.setenv("RAY_ADDRESS", "elsewhere:6379")
    Path("zenflow.toml").write_text(CLUSTER)
    assert [resolve_stack(name).ray for name in ("local", "cluster")] == ["elsewhere:6379", "http://head:8265"]
    monkeypatch.setenv("ZENFLOW_RAY", "auto")
    assert [resolve_stack(name).ray for name in ("local", "cluster")] == ["auto", "auto"]


def test_what_one_stack_lacks_disturbs_no_other() -> None:
    Path("zenflow.toml").write_text(CLUSTER)
    assert default_stack().name == "local"
    assert configuration().names() == ["cluster", "local"]
    with pytest.raises(UsageError, match=r"zenflow.toml:4: in `metadata` of stack `cluster`, `\$\{env:DB_USER\}`"):
        resolve_stack("cluster")


def test_what_is_for_processes_elsewhere_need_not_be_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DB_USER", "anna")
    Path("zenflow.toml").write_text(CLUSTER + 'env.variables = { HERE = "1", THERE = "${env:ONLY_THERE}" }\n')
    assert resolve_stack("cluster").env.variables == {"HERE": "1"}
    monkeypatch.setenv("ZENFLOW_SUBMISSION", "zf-1-1")
    with pytest.raises(UsageError, match="ONLY_THERE"):
        resolve_stack("cluster")


@pytest.mark.parametrize(
    ("text", "said", "help"),
    [
        ("stacks = 1", "1: `stacks` is a number", "it takes a table of stacks by name"),
        ("\n[stack.a]", "2: `stack` in the configuration is no setting", "did you mean `stacks`?"),
        ("[stacks.a]\n\nartefacts = 'x'", "3: `artefacts` in [stacks.a] is no setting", "did you mean `artifacts`?"),
        ("[stacks.a]\nallow_pickle = 1", "2: `allow_pickle` in [stacks.a] is no", "did you mean `allow-pickle`?"),
        ("[stacks.a]\ntoken = 7", "2: `token` is a number", "it takes a text"),
        ("[stacks.a]\nray = ''", "2: `ray` is empty", "it takes an address"),
        ("[stacks.a]\nray = 'htp://h:1'", "2: `ray` begins with `htp://`, and no cluster is", "it takes an address"),
        ("[stacks.a.env]\nvariables = {'A=B' = '1'}", "2: `A=B` can not be the name of a variable", "a name has"),
        ("[stacks.a.env]\ninstaller = 'conda'", "2: there is no installer `conda`", "it takes `uv` or `pip`"),
        ("[stacks.a.env]\nvariables = {A = '1', B = 2}", "2: `variables.B` is a number", "it takes a text"),
        ("[stacks.a.env]\nrequirements = [\n  'a',\n  7,\n]", "2: `requirements` is a list", "it takes a list of pack"),
        ("[stacks.a.env]\nimages = 'x'", "2: `images` in [stacks.a.env] is no setting", "did you mean `image`?"),
        ("[stacks.'a b']", "1: `a b` can not be the name of a stack", "a name begins with a letter or digit"),
        ("[stacks.a]\n[stacks.b]\ndefault = 'a'", "3: `default` in [stacks.b] is no setting", "there are ray"),
        ("\ndefault = 'clutser'\n[stacks.cluster]", "2: there is no stack `clutser`", "did you mean `cluster`?"),
        ("[check]\nmypy = false", "1: how to check does not stand here", "put it into [tool.zenflow.check]"),
        ("default = 'a'\nstacks = = 1\n", "2: this is not TOML: ", "mend the line"),
    ],
)
def test_a_mistake_is_told_with_its_line_and_what_mends_it(text: str, said: str, help: str) -> None:
    told = mistake(text)
    assert told.startswith(f"zenflow.toml:{said}")
    assert f"\n  help: {help}" in told


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("${env:NOT_SET}", "refers to an environment variable that is not set\n  help: export NOT_SET=…"),
        ("${file:not-there}", "not-there, which can not be read: No such file or directory"),
        ("${envv:X}", "`${envv:X}` is no reference\n  help: did you mean `${env:X}`?"),
        ("${HOME}", "`${HOME}` is no reference\n  help: write `${env:NAME}` or `${file:PATH}`"),
        ("a${env:X", "a reference begins with `${` and does not end"),
    ],
)
def test_a_broken_reference_is_told_where_it_stands(text: str, said: str) -> None:
    told = mistake(f"[stacks.a]\n\ntoken = '{text}'\n", "a")
    assert told.startswith("zenflow.toml:3: in `token` of stack `a`, ")
    assert said in told


def test_a_requirements_file_is_read_with_what_it_includes(project: Path) -> None:
    (project / "more").mkdir()
    Path("requirements.txt").write_text(
        "# ours\nnumpy==2.1  # arrays\n-r more/base.txt\n--index-url https://${TOKEN}@host\n"
    )
    Path("more/base.txt").write_text("attrs\n\nhttpx \\\n  >=0.27\n")
    Path("zenflow.toml").write_text('[stacks.local.env]\nrequirements = "requirements.txt"\n')
    assert default_stack().env.requirements == (
        "numpy==2.1", "attrs", "httpx   >=0.27", "--index-url https://${TOKEN}@host",
    )  # fmt: skip
    Path("more/base.txt").write_text("-r ../requirements.txt\n")
    with pytest.raises(UsageError, match="includes itself"):
        default_stack()
    assert "requirements file" in mistake('[stacks.local.env]\nrequirements = "none.txt"\n')


def test_a_stack_is_sent_as_it_is_written_with_its_layers_united(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DB_USER", "anna")
    Path("zenflow.toml").write_text(
        CLUSTER + '[stacks.cluster.env]\nvariables = { KEY = "${file:key}", P = "$${x}" }\n[stacks.other]\n'
    )
    of_user('[stacks.cluster]\ntoken = "${env:T}"\nenv.variables = { MINE = "${file:mine}" }\n')
    sent = tomllib.loads(shipped("cluster"))
    mine = f"${{file:{os.environ['XDG_CONFIG_HOME']}/zenflow/mine}}"
    assert sent == {
        "default": "cluster",
        "stacks": {
            "cluster": {
                "ray": "http://head:8265",
                "artifacts": "s3://bucket/zenflow",
                "metadata": "postgresql+psycopg://${env:DB_USER}@db/zenflow",
                "allow-pickle": False,
                "env": {"installer": "uv", "variables": {"KEY": "${file:key}", "P": "$${x}", "MINE": mine}},
            }
        },
    }  # fmt: skip
    Path("zenflow.toml").write_text('[stacks.cluster]\nartifacts = "kept"\n')
    assert tomllib.loads(shipped("cluster"))["stacks"]["cluster"]["artifacts"] == str(project / "kept")
    Path("zenflow.toml").write_text('[stacks.cluster]\nmetadata = "postgresql://anna:secret@db/z"\n')
    with pytest.raises(UsageError, match="holds a password") as refused:
        shipped("cluster")
    assert "secret" not in str(refused.value)
