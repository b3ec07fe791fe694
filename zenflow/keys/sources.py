"""From a running function or class to the source it was made from.

Why not `inspect.getsource`: it parses a file anew for every class, takes the wrong one of two lambdas in a line, and
hands out what is on disk now even when the process imported something else. Here a file is parsed and compiled once,
and a definition is taken for a function's source only if it **compiles to the function's own bytecode**. A file edited
after its import (a notebook without a reload), or rewritten on import (pytest's assertions), has no matching source
then, and the closure falls back on the bytecode: a key never speaks of code that is not the code that runs.

Text comes from `linecache`, as in `inspect`, so notebook cells work; a file on disk is read again when it changed.
"""

from __future__ import annotations

import ast
import linecache
import os
import sys
import textwrap
from collections.abc import Iterable, Iterator
from functools import cached_property
from types import CodeType, FunctionType

from attrs import define, field

from zenflow.keys.bytecode import code_digest, global_names, nested
from zenflow.keys.canonical_ast import ast_digest, function_digest
from zenflow.keys.references import Import, References, dotted, references

DefinitionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef


@define(eq=False)
class Decorator:
    """A decorator of a definition: its digest and what it refers to."""

    digest: bytes
    root: str | None
    path: tuple[str, ...]
    references: References


@define(eq=False, slots=False)
class Definition:
    """A function, lambda or class in a source file, with the code Python compiles it to."""

    node: DefinitionNode
    code: CodeType
    file: SourceFile = field(repr=False)

    @cached_property
    def digest(self) -> bytes:
        """The digest of its canonical syntax tree, without its decorators."""
        return function_digest(self.node)

    @cached_property
    def bytecode(self) -> bytes:
        """The digest of its compiled code."""
        return code_digest(self.code)

    @cached_property
    def names(self) -> frozenset[str]:
        """Names it may look up in its module."""
        return global_names(self.code)

    @cached_property
    def references(self) -> References:
        """What it refers to, decorators left out."""
        return references([self.node], without=getattr(self.node, "decorator_list", ()))

    @cached_property
    def decorators(self) -> tuple[Decorator, ...]:
        """Its decorators, from the outermost in."""
        return tuple(_decorator(tree) for tree in getattr(self.node, "decorator_list", ()))

    @cached_property
    def source(self) -> str:
        """Its text, dedented, decorators included."""
        lines = self.file.lines[first_line(self.node) - 1 : self.node.end_lineno]
        return textwrap.dedent("".join(lines))

    def holds(self, code: CodeType) -> bool:
        """Whether a line of this definition is where `code` begins."""
        return first_line(self.node) <= code.co_firstlineno <= (self.node.end_lineno or 0)


class SourceFile:
    """A parsed file or notebook cell, its definitions by qualified name."""

    def __init__(self, filename: str, lines: list[str]) -> None:
        self.lines = lines
        self.tree = ast.parse("".join(lines))
        self._matches: dict[int, tuple[CodeType, Definition | None]] = {}
        self._definitions: dict[str, list[Definition]] = {}
        for definition in self._pair(compile(self.tree, filename, "exec", dont_inherit=True)):
            self._definitions.setdefault(definition.code.co_qualname, []).append(definition)

    @cached_property
    def imports(self) -> dict[str, Import]:
        """What the import statements anywhere in the file bind."""
        statements = (node for node in ast.walk(self.tree) if isinstance(node, ast.Import | ast.ImportFrom))
        return dict(references(statements).imports)

    def function(self, code: CodeType) -> Definition | None:
        """The definition a function's code was compiled from, None if the file does not hold it."""
        known = self._matches.get(id(code))
        if known is None:
            known = self._matches[id(code)] = (code, self._match(code))
        return known[1]

    def classes(self, qualname: str, methods: Iterable[CodeType]) -> list[Definition]:
        """The definitions a class may come from; none when its methods are not what the file holds."""
        found = [known for known in self._definitions.get(qualname, ()) if isinstance(known.node, ast.ClassDef)]
        for code in methods:
            method = self.function(code)
            found = [known for known in found if method is not None and known.holds(method.code)]
        return found

    def _match(self, code: CodeType) -> Definition | None:
        candidates = self._definitions.get(code.co_qualname, ())
        if not candidates:
            return None
        wanted = code_digest(code)
        same = [known for known in candidates if known.bytecode == wanted]
        return min(same, key=lambda known: abs(known.code.co_firstlineno - code.co_firstlineno), default=None)

    def _pair(self, module: CodeType) -> Iterator[Definition]:
        places: dict[tuple[str, int], list[DefinitionNode]] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, DefinitionNode):
                name = "<lambda>" if isinstance(node, ast.Lambda) else node.name
                places.setdefault((name, first_line(node)), []).append(node)
        for code in nested(module):
            nodes = places.get((code.co_name, code.co_firstlineno), [])
            if len(nodes) > 1:
                nodes = [node for node in nodes if _spans(node, code)]
            if nodes:
                yield Definition(min(nodes, key=_extent), code, self)


def first_line(node: DefinitionNode) -> int:
    """The line where a definition begins for Python: that of its first decorator."""
    decorators = getattr(node, "decorator_list", None)
    return int(decorators[0].lineno) if decorators else node.lineno


def _body(node: DefinitionNode) -> ast.AST:
    return node.body if isinstance(node, ast.Lambda) else node


def _spans(node: DefinitionNode, code: CodeType) -> bool:
    body = _body(node)
    start, end = (body.lineno, body.col_offset), (body.end_lineno, body.end_col_offset)  # type: ignore[attr-defined]
    for line, end_line, column, end_column in code.co_positions():
        if line is None or end_line is None or column is None or not end_column:
            continue  # the prologue stands nowhere in the text
        if (line, column) < start or (end_line, end_column) > end:
            return False
    return True


def _extent(node: DefinitionNode) -> tuple[int, int]:
    body = _body(node)
    lines = (body.end_lineno or 0) - body.lineno  # type: ignore[attr-defined]
    return lines, (body.end_col_offset or 0) - body.col_offset  # type: ignore[attr-defined]


def _decorator(tree: ast.expr) -> Decorator:
    name = dotted(tree.func if isinstance(tree, ast.Call) else tree)
    return Decorator(ast_digest(tree), name[0] if name else None, name[1] if name else (), references([tree]))


_files: dict[str, tuple[object, SourceFile | None]] = {}


def source_file(filename: str) -> SourceFile | None:
    """The parsed file of that name, None if its text is not to be had or is not Python."""
    linecache.checkcache(filename)
    lines = linecache.getlines(filename)
    known = _files.get(filename)
    if known is not None and known[0] is lines:
        return known[1]
    parsed = _parse(filename, lines) if lines else None
    _files[filename] = (lines, parsed)
    return parsed


def _parse(filename: str, lines: list[str]) -> SourceFile | None:
    try:
        return SourceFile(filename, lines)
    except (SyntaxError, ValueError, RecursionError):
        return None  # a file half edited: its functions are known by their bytecode


def methods_of(cls: type, filename: str) -> Iterator[CodeType]:
    """The code of the functions in a class body that come from that file."""
    for value in vars(cls).values():
        for function in functions_in(value):
            if function.__code__.co_filename == filename and is_method(function, cls):
                yield function.__code__


def is_method(function: FunctionType, cls: type) -> bool:
    """Whether a function was written in the body of a class, by its code: a generated one only carries its names."""
    home = function.__globals__.get("__name__")
    return home == cls.__module__ and function.__code__.co_qualname.startswith(f"{cls.__qualname__}.")


def functions_in(member: object) -> list[FunctionType]:
    """The functions behind an entry of a class: itself, or what a property, static or class method holds."""
    held = [getattr(member, name, None) for name in ("fget", "fset", "fdel", "__func__", "func")]
    return [function for function in (member, *held) if isinstance(function, FunctionType)]


def class_filename(cls: type) -> str | None:
    """The file a class was defined in, None if it is not known."""
    for value in vars(cls).values():
        for function in functions_in(value):
            if is_method(function, cls):
                return function.__code__.co_filename
    file = getattr(sys.modules.get(cls.__module__), "__file__", None)
    return os.fspath(file) if file else None
