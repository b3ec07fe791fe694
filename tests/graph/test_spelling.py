"""Hints as source text: what is written is read back as the same type, and mypy understands it."""

from __future__ import annotations

import enum
import re
import sys
import types
import typing
from collections import abc
from pathlib import Path
from typing import Any, get_args, get_origin

import numpy as np
import pytest
import typing_extensions
from hypothesis import given

from tests.graph import hint_types
from tests.graph.mypy_oracle import report_on
from tests.graph.test_assignable import CASES, HINTS, hint, made
from zenflow.graph.hint_kinds import unwrap_qualifiers
from zenflow.graph.spelling import Spelling, spell


def read(spelling: Spelling) -> Any:
    """The hint that a text means, with its modules imported and no other."""
    names: dict[str, Any] = {}
    for module in sorted(spelling.modules):
        exec(f"import {module}", names)
    return eval(spelling.text, names)


def normal(hint: Any) -> Any:
    """A hint as a tree that is equal for equal types: `typing.List` is `list`, notes are left out."""
    hint = unwrap_qualifiers(hint)
    if isinstance(hint, (list, tuple)):
        return [normal(part) for part in hint]
    origin, args = get_origin(hint), get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return ("union", *sorted(map(repr, (normal(arg) for arg in args))))
    if origin is typing.Literal:
        return ("literal", *((type(arg), arg) for arg in args))
    if origin is None:
        return type(None) if hint is None else hint
    return (origin, *map(normal, args))


@given(HINTS)
def test_what_is_written_is_read_as_the_same_type(hint: Any) -> None:
    spelling = spell(hint)
    assert spelling is not None
    assert normal(read(spelling)) == normal(hint)


CORPUS = sorted({text for source, target, _ in CASES for text in (source, target)})
NOT_SPELLED = re.compile(r"\b(T|U|P|Ts|S|Whole|Numeric|AnyStr|Self|Beast|NamedTuple)\b|\"(int|Cat)\"")


@pytest.mark.parametrize("text", CORPUS)
def test_each_hint_of_the_corpus_is_spelled_or_is_known_not_to_be(text: str) -> None:
    spelling = spell(hint(text))
    assert (spelling is None) is (NOT_SPELLED.search(text) is not None)
    if spelling is not None:
        assert normal(read(spelling)) == normal(hint(text))


def test_mypy_understands_every_spelling_of_the_corpus(tmp_path: Path) -> None:
    spellings = [spelling for text in CORPUS if (spelling := spell(hint(text))) is not None]
    lines = [f"import {module}" for module in sorted({name for one in spellings for name in one.modules})]
    lines += [f"def take_{number}(value: {one.text}) -> None: ..." for number, one in enumerate(spellings)]
    assert report_on("\n".join(lines) + "\n", tmp_path) == []


# ---------------------------------------------------------------- by kind

MODULE = hint_types.__name__


@pytest.mark.parametrize(
    ("hint", "text", "modules"),
    [
        (None, "None", set()),
        (typing.Optional[int], "int | None", set()),  # noqa: UP045
        (typing.List[int], "list[int]", set()),  # noqa: UP006
        (made(tuple, ()), "tuple[()]", set()),
        (tuple[int, ...], "tuple[int, ...]", set()),
        (
            made(tuple, (int, typing.Unpack[made(tuple, (str, ...))])),
            "tuple[int, typing.Unpack[tuple[str, ...]]]",
            {"typing"},
        ),
        (made(abc.Callable, ([int], str)), "collections.abc.Callable[[int], str]", {"collections.abc"}),
        (made(abc.Callable, (..., None)), "collections.abc.Callable[..., None]", {"collections.abc"}),
        (made(abc.Callable, ([], int)), "collections.abc.Callable[[], int]", {"collections.abc"}),
        (
            made(typing.Literal, ("a'", 1, True, b"b", None)),
            """typing.Literal["a'", 1, True, b'b', None]""",
            {"typing"},
        ),
        (made(typing.Literal, hint_types.Color.red), f"typing.Literal[{MODULE}.Color.red]", {"typing", MODULE}),
        (hint_types.UserId, f"{MODULE}.UserId", {MODULE}),
        (hint_types.Json, f"{MODULE}.Json", {MODULE}),
        (made(hint_types.Runs, ([int], str)), f"{MODULE}.Runs[[int], str]", {MODULE}),
        (typing.Annotated[int, "metres"], "int", set()),
        (typing.Any, "typing.Any", {"typing"}),
        (made(type, int | str), "type[int | str]", set()),
        (types.FunctionType, "types.FunctionType", {"types"}),
        (Path, "pathlib.Path", {"pathlib"}),
        (np.ndarray, "numpy.ndarray", {"numpy"}),
        (made(typing_extensions.TypeIs, int), "typing_extensions.TypeIs[int]", {"typing_extensions"}),
    ],
    ids=lambda value: str(sorted(value) if isinstance(value, set) else value),
)
def test_a_type_of_each_kind_is_spelled(hint: Any, text: str, modules: set[str]) -> None:
    if hasattr(typing, "TypeIs"):
        text, modules = (
            text.replace("typing_extensions", "typing"),
            {name.replace("typing_extensions", "typing") for name in modules},
        )
    assert spell(hint) == Spelling(text, frozenset(modules))


def _local() -> Any:
    class Local: ...

    return Local


class Hidden:
    """Its name leads to another class by now."""


Shadowed = Hidden


class Hidden:  # type: ignore[no-redef]
    """The other."""


class _Alias(enum.Enum):
    one = 1


class Thing:
    """What is no type; the same to read in every process."""

    def __repr__(self) -> str:
        return "a thing"


@pytest.mark.parametrize(
    "hint",
    [
        *(_local(), made(list, _local()), Shadowed, hint_types.T, list[hint_types.T], hint_types.P, "int", list["int"]),  # type: ignore[valid-type]
        *(typing.Self, typing.Generic, typing.Protocol, typing.ForwardRef("int"), 3, typing.Literal, np.dtype("int64")),
        *(typing.NewType("Elsewhere", int), type("Made", (), {"__module__": "no.such.module"}), Thing()),
        type("Made", (), {"__module__": "__main__"}),
    ],
    ids=str,
)
def test_what_no_name_leads_to_is_not_spelled(hint: Any) -> None:
    assert spell(hint) is None


def test_a_compiled_class_is_spelled_by_its_public_name() -> None:
    import pyarrow as pa

    assert pa.Table.__module__ == "pyarrow.lib"
    assert spell(list[pa.Table]) == Spelling("list[pyarrow.Table]", frozenset({"pyarrow"}))


def test_a_module_that_its_package_hides_is_not_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """`from package.thing import thing` makes `package.thing` the function, and no longer the module."""
    package, module = types.ModuleType("package"), types.ModuleType("package.thing")
    made_there = type("Table", (), {"__module__": "package.thing"})
    vars(module)["Table"] = made_there
    monkeypatch.setitem(sys.modules, "package", package)
    monkeypatch.setitem(sys.modules, "package.thing", module)
    vars(package)["thing"] = module
    assert spell(made_there) == Spelling("package.thing.Table", frozenset({"package.thing"}))
    vars(package)["thing"] = len
    assert spell(made_there) is None
