"""An artifact is a handle: whatever would treat it as its value raises and says what to write instead."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from zenflow import Artifact, run, step
from zenflow.errors import ArtifactMisuse, NotStored, UsageError
from zenflow.stacks.stack import stack_in


@step
def number(x: int) -> int:
    return x


def _in_with(artifact: Any) -> None:
    with artifact:
        """Never reached."""


MISUSES: list[tuple[str, str, Callable[[Any], object]]] = [
    ("ZF101", "bool", bool),
    ("ZF101", "not", lambda a: not a),
    ("ZF101", "and", lambda a: a and 1),
    ("ZF102", "str", str),
    ("ZF102", "format", lambda a: f"{a}"),
    ("ZF102", "format with a spec", lambda a: f"{a:.2f}"),
    ("ZF102", "percent", lambda a: "%s" % a),  # noqa: UP031 - what is tested
    ("ZF102", "print", print),
    ("ZF103", "iter", iter),
    ("ZF103", "unpacking", lambda a: [*a]),
    ("ZF103", "len", len),
    ("ZF103", "index", lambda a: a[0]),
    ("ZF103", "in", lambda a: 1 in a),
    ("ZF103", "with", _in_with),
    ("ZF104", "equality", lambda a: a == 1),
    ("ZF104", "inequality", lambda a: a != 1),
    ("ZF104", "order", lambda a: a < 1),
    ("ZF104", "sum", lambda a: a + 1),
    ("ZF104", "reflected product", lambda a: 2 * a),
    ("ZF104", "negation", lambda a: -a),
    ("ZF104", "int", int),
    ("ZF104", "float", float),
    ("ZF104", "call", lambda a: a()),
    ("ZF104", "shift into a step", lambda a: a >> number),
]


@pytest.mark.parametrize(("code", "misuse"), [(c, m) for c, _, m in MISUSES], ids=[name for _, name, _ in MISUSES])
def test_using_an_artifact_as_its_value_raises_with_the_fix(code: str, misuse: Callable[[Any], object]) -> None:
    with pytest.raises(ArtifactMisuse) as raised:
        misuse(number(1))
    assert raised.value.code == code
    assert raised.value.help
    assert "number" in str(raised.value)


def test_an_attribute_of_the_value_is_missing_with_the_fix() -> None:
    with pytest.raises(AttributeError, match="inside a step"):
        number(1).real  # noqa: B018 - the access is what is tested


def test_a_handle_has_a_repr_and_a_hash() -> None:
    artifact = number(1)
    assert repr(artifact) == "<Artifact number>"
    assert len({artifact, artifact}) == 1


def test_a_value_can_not_be_loaded_before_a_run() -> None:
    with pytest.raises(NotStored, match="nothing has run"):
        number(1).load()
    with pytest.raises(NotStored):
        number(1).info  # noqa: B018 - the access is what is tested


def test_after_a_run_the_handle_is_a_stored_version(tmp_path: Path) -> None:
    artifact: Artifact[int] = number(7)
    result = run(artifact, stack=stack_in(tmp_path), engine="inline")
    assert artifact.load() == 7
    assert (artifact.info.run, artifact.info.step, artifact.info.type) == (result.id, "number", "int")


@pytest.mark.parametrize("name", ["", "a b", "a/b", "a@3", "new\nline"])
def test_names_that_a_reference_could_not_say_are_refused(name: str) -> None:
    with pytest.raises(UsageError):
        number(1).named(name)
