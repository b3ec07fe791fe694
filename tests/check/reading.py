"""Texts as rules that read source look at them."""

from __future__ import annotations

import ast
import linecache
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from zenflow.check.bodies.read import read_source
from zenflow.check.bodies.source import Source
from zenflow.check.diagnostics import Diagnostic
from zenflow.check.rules.registry import Subject
from zenflow.graph.build import graph_of
from zenflow.language.step import Step

HEAD = "from zenflow import Artifact, each, pipeline, run, step, when\n"


def read(text: str, namespace: Mapping[str, object] | None = None, head: str = HEAD) -> tuple[Diagnostic, ...]:
    """The findings in a text, after a line that imports the language."""
    return read_source(Source.of("/flows/flow.py", head + textwrap.dedent(text), namespace))


def codes(text: str) -> list[str]:
    """The codes found in a text."""
    return [diagnostic.code for diagnostic in read(text)]


def marked(text: str, diagnostic: Diagnostic) -> str:
    """The stretch of a text that a finding marks, of its first line."""
    span = diagnostic.span
    assert span is not None
    line = (HEAD + textwrap.dedent(text)).splitlines()[span.line - 1]
    return line[span.column - 1 : span.end_column - 1 if span.end_line == span.line else len(line)]


def all_made(text: str, maker: str) -> Source:
    """A text in which every function is a step, or a pipeline.

    Raises:
        SyntaxError, ValueError: It is no Python that this interpreter can read.
    """
    tree = ast.parse(text)
    return Source("/flows/flow.py", text, made(tree, maker))


def made(tree: ast.Module, maker: str) -> ast.Module:
    """A tree in which every function is decorated by us."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            place = {"lineno": node.lineno, "col_offset": 0, "end_lineno": node.lineno, "end_col_offset": 0}
            node.decorator_list.append(ast.Name("__made", ast.Load(), **place))
    head = ast.fix_missing_locations(ast.ImportFrom("zenflow", [ast.alias(maker, "__made")], 0))
    tree.body.insert(0, head)
    return tree


def live(text: str, folder: Path) -> tuple[Path, dict[str, Any]]:
    """A file, and the namespace of the module that it became."""
    file = folder / "flow.py"
    file.write_text(HEAD + text, encoding="utf-8")
    linecache.checkcache(str(file))
    namespace: dict[str, Any] = {"__name__": "flow"}
    exec(compile(file.read_text(encoding="utf-8"), str(file), "exec"), namespace)
    return file, namespace


def subject(*steps: Step[..., Any, Any, Any]) -> Subject:
    """Some steps as the rules over graphs look at them."""
    return Subject(graph_of({}, ()), specs=tuple(step.spec for step in steps))
