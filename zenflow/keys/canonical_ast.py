"""The canonical form of source code: what is left when formatting, comments and documentation are taken away.

Positions, comments, docstrings, type comments, expression contexts and the `u` of string literals do not count;
everything else does, names of local variables included. The tree is written out in preorder without recursion, so a
generated expression of ten thousand terms is no problem here if Python could parse it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import Final

from blake3 import blake3

from zenflow.keys.encoding import encode
from zenflow.keys.frames import count, text

_DOCUMENTED: Final = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Module)
_FUNCTIONS: Final = (ast.FunctionDef, ast.AsyncFunctionDef)
_IGNORED: Final = frozenset({"type_comment", "ctx", "kind", "type_ignores"})
_NOTHING: Final = b"0"


def ast_digest(node: ast.AST, *, without: Iterable[str] = ()) -> bytes:
    """BLAKE3 of the canonical form of a tree, less the root's fields named in `without`.

    >>> tidy = ast.parse("def f(x):\\n    return x + 1")
    >>> loose = ast.parse("def f( x ):\\n    'Adds one.'\\n    return (x+1)  # one more")
    >>> ast_digest(tidy) == ast_digest(loose)
    True
    """
    skipped_at_root = _IGNORED | frozenset(without)
    buffer = bytearray()
    stack: list[object] = [node]
    while stack:
        item = stack.pop()
        if isinstance(item, ast.AST):
            buffer += b"(" + text(type(item).__name__)
            skipped = skipped_at_root if item is node else _IGNORED
            fields = [_field(item, name) for name in item._fields if name not in skipped]
            stack.extend(reversed(fields))
        elif isinstance(item, list):
            buffer += b"[" + count(len(item))
            stack.extend(reversed(item))
        else:
            buffer += _NOTHING if item is None else b"=" + encode(item)
    return blake3(buffer).digest()


def _field(node: ast.AST, name: str) -> object:
    value = getattr(node, name, None)
    if name == "body" and isinstance(node, _DOCUMENTED):
        return undocumented(node.body)
    return value


def undocumented(body: list[ast.stmt]) -> list[ast.stmt]:
    """A body without its docstring; `pass` where nothing else was there."""
    first = body[0] if body else None
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        body = body[1:]
    return body or [ast.Pass()]


def function_digest(node: ast.AST) -> bytes:
    """The digest of a function, lambda or class without its decorators; of a function without its name.

    Callers hold a function's name in their own code, so calling it otherwise changes nothing by itself. A class
    keeps its name: instances show it.
    """
    return ast_digest(node, without={"decorator_list", "name"} if isinstance(node, _FUNCTIONS) else {"decorator_list"})
