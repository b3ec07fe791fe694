"""The reference page says what is there, and nothing else."""

from __future__ import annotations

import inspect
import re
from functools import cache

import pytest
from attrs import fields_dict

from tests.docs.pages import REPOSITORY
from tests.docs.surface import members, options, public, signature, verbs
from zenflow import errors
from zenflow.check.rules.registry import all_rules
from zenflow.graph.options import Options

CLASSES = {name: value for name, value in public().items() if inspect.isclass(value)}
FUNCTIONS = {name: value for name, value in public().items() if callable(value) and name not in CLASSES}
FUNCTIONS.pop("Description")


@cache
def sections() -> dict[str, str]:
    """The text below each heading of the reference, by what stands in backquotes in the heading."""
    text = (REPOSITORY / "docs" / "reference.md").read_text(encoding="utf-8")
    parts = re.split(r"^##+ (.+)$", text, flags=re.MULTILINE)[1:]
    return {head.strip("`"): body for head, body in zip(parts[::2], parts[1::2], strict=True)}


def bullets(section: str) -> set[str]:
    heads = re.findall(r"^- (`[^:]+`):", sections()[section], flags=re.MULTILINE)
    return {item for head in heads for item in re.findall(r"`([^`]+)`", head)}


def cells(section: str) -> list[str]:
    rows = re.findall(r"^\| ([^|]+) \|", sections()[section], flags=re.MULTILINE)[1:]
    return [cell for row in rows for cell in row.replace("`", "").split(", ")]


def test_every_public_name_has_its_section() -> None:
    written = {head.partition("(")[0] for head in sections()}
    assert set(public()) <= written


@pytest.mark.parametrize("name", FUNCTIONS)
def test_function_is_written_with_its_signature(name: str) -> None:
    assert signature(name, FUNCTIONS[name]) in sections()


@pytest.mark.parametrize("name", CLASSES)
def test_class_is_written_with_its_members(name: str) -> None:
    assert bullets(name) == set(members(CLASSES[name]).values())


def test_every_verb_has_its_section() -> None:
    assert {f"zenflow {verb}" for verb in verbs()} == {head for head in sections() if head.startswith("zenflow ")}


@pytest.mark.parametrize("verb", verbs())
def test_verb_is_written_with_its_options(verb: str) -> None:
    assert bullets(f"zenflow {verb}") == options(verbs()[verb])


def test_options_of_a_step_are_those_of_the_language() -> None:
    assert sorted(cells(signature("step", FUNCTIONS["step"]))) == sorted(fields_dict(Options))


def test_codes_are_those_of_the_registry() -> None:
    written = re.findall(r"^\| (ZF\d+) \| (.+) \|$", sections()["Codes"], flags=re.MULTILINE)
    assert written == [(rule.code, rule.title) for rule in all_rules()]


def test_errors_are_those_of_the_errors_module() -> None:
    defined = {
        name for name, value in vars(errors).items() if inspect.isclass(value) and value.__module__ == errors.__name__
    }
    assert set(cells("CheckFailed")) == defined - set(public())
