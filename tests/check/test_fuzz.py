"""Whatever parses can be read: no text ends the check of its file."""

from __future__ import annotations

import ast
import random
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.check.reading import all_made, made
from zenflow.check.bodies.read import read_source
from zenflow.check.bodies.source import Source
from zenflow.check.bodies.walk import bodies_of

CORPUS = Path(__file__).parent / "corpus"
LIBRARY = Path(sysconfig.get_path("stdlib"))
READ = {"step": 500, "pipeline": 250}
"""Modules of the standard library that are read, with every function made one; those of its tests among them."""


def parses(text: str) -> bool:
    """Whether a text is Python that this interpreter can read."""
    try:
        ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


TEXTS = [text for file in sorted(CORPUS.glob("*/*.py")) if parses(text := file.read_text(encoding="utf-8"))]


def modules(seed: int) -> Iterator[str]:
    """The texts of some modules of the standard library, the same ones each time, those that are no Python left out."""
    files = sorted(file for file in LIBRARY.rglob("*.py") if "site-packages" not in file.parts)
    for file in random.Random(seed).sample(files, len(files)):
        try:
            text = file.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        if len(text) < 60_000 and parses(text):
            yield text


@pytest.mark.parametrize("maker", READ)
def test_the_standard_library_is_read_with_every_function_a(maker: str) -> None:
    bodies = count = 0
    for count, text in enumerate(modules(seed=len(maker)), 1):
        source = all_made(text, maker)
        found = read_source(source)
        bodies += len(bodies_of(source))
        assert all(diagnostic.span is not None and diagnostic.help for diagnostic in found)
        if count == READ[maker]:
            break
    assert count == READ[maker]
    assert bodies > 5 * count


def test_functions_that_are_no_steps_are_not_judged() -> None:
    for count, text in enumerate(modules(seed=1), 1):
        assert read_source(Source.of("/flows/flow.py", text)) == ()
        if count == 200:
            break


@st.composite
def lines_changed(draw: st.DrawFn) -> str:
    """A text of the corpus, with some lines deleted, doubled or swapped."""
    lines = draw(st.sampled_from(TEXTS)).splitlines()
    for _ in range(draw(st.integers(1, 4))):
        place, other = (draw(st.integers(0, len(lines) - 1)) for _ in range(2))
        kind = draw(st.sampled_from(["delete", "double", "swap"]))
        if kind == "delete" and len(lines) > 1:
            del lines[place]
        elif kind == "double":
            lines.insert(other, lines[place])
        else:
            lines[place], lines[other] = lines[other], lines[place]
    return "\n".join(lines)


@given(lines_changed())
@settings(max_examples=150, deadline=None)
def test_a_text_with_lines_moved_is_read(text: str) -> None:
    if parses(text):
        found = read_source(Source.of("/flows/flow.py", text))
        lines = text.count("\n") + 1
        assert all(one.span is not None and 1 <= one.span.line <= lines for one in found)


@given(st.sampled_from(TEXTS), st.randoms(use_true_random=False), st.sampled_from(["step", "pipeline"]))
@settings(max_examples=150, deadline=None)
def test_a_tree_with_parts_moved_is_read(text: str, draw: random.Random, maker: str) -> None:
    tree = ast.parse(text)
    for _ in range(draw.randint(1, 5)):
        swap(tree, draw)
    found = read_source(Source("/flows/flow.py", text, made(tree, maker)))
    assert all(one.code.startswith("ZF") and one.span is not None for one in found)


def swap(tree: ast.AST, draw: random.Random) -> None:
    """Put an expression where another stands, or statements where others stand."""
    kind = draw.choice([ast.expr, ast.stmt])
    places: list[tuple[list[ast.AST], int]] = []
    for node in ast.walk(tree):
        for _, value in ast.iter_fields(node):
            if isinstance(value, list):
                places.extend((value, index) for index, item in enumerate(value) if isinstance(item, kind))
    (first, i), (second, j) = (draw.choice(places) for _ in range(2))
    inside = {id(node) for node in ast.walk(first[i])}
    if id(second[j]) not in inside and id(first[i]) not in {id(node) for node in ast.walk(second[j])}:
        first[i], second[j] = second[j], first[i]
