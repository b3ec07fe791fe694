"""Annotations as they are written, with the full names of what they name."""

from __future__ import annotations

import ast
from collections.abc import Callable

from zenflow.check.bodies.values import NO_HINT, Blueprint, Hint, Imported, Value

Resolve = Callable[[ast.expr], Value]
Alias = Callable[[str], ast.expr | None]

_TYPING = ("typing", "typing_extensions", "collections.abc", "collections")
_BUILTIN = {"List": "list", "Dict": "dict", "Set": "set", "Tuple": "tuple", "FrozenSet": "frozenset", "Type": "type"}
_TRANSPARENT = ("Annotated", "Required", "NotRequired", "Final", "ClassVar", "ReadOnly")
_DEPTH = 8


def hint_of(node: ast.expr | None, resolve: Resolve, alias: Alias, depth: int = 0) -> Hint:
    """What an annotation says; an empty hint where that can not be told.

    Args:
        node: The annotation.
        resolve: What a dotted name stands for.
        alias: The expression that a name of the module is bound to, for `Rows = list[Row]`.
        depth: How many aliases and quotes led here.
    """
    if node is None or depth > _DEPTH:
        return NO_HINT
    if isinstance(node, ast.Constant):
        return _constant(node, resolve, alias, depth)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return _union([hint_of(part, resolve, alias, depth + 1) for part in (node.left, node.right)])
    if isinstance(node, ast.Subscript):
        return _subscript(node, resolve, alias, depth)
    if not isinstance(node, ast.Name | ast.Attribute):
        return NO_HINT
    meant = alias(node.id) if isinstance(node, ast.Name) else None
    if meant is not None:
        return hint_of(meant, resolve, alias, depth + 1)
    found = resolve(node)
    if isinstance(found, Blueprint):
        return Hint(f".{found.cls.qualname}")
    return Hint(_canonical(found.name)) if isinstance(found, Imported) else NO_HINT


def _constant(node: ast.Constant, resolve: Resolve, alias: Alias, depth: int) -> Hint:
    if node.value is None or node.value is Ellipsis:
        return Hint("None" if node.value is None else "...")
    if not isinstance(node.value, str):
        return NO_HINT
    try:
        return hint_of(ast.parse(node.value, mode="eval").body, resolve, alias, depth + 1)
    except (SyntaxError, ValueError):
        return NO_HINT


def _subscript(node: ast.Subscript, resolve: Resolve, alias: Alias, depth: int) -> Hint:
    head = hint_of(node.value, resolve, alias, depth + 1)
    short = head.name.rpartition(".")[2]
    written = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    if short == "Literal":
        return Hint(head.name)
    if short in _TRANSPARENT and written:
        return hint_of(written[0], resolve, alias, depth + 1)
    args = tuple(hint_of(part, resolve, alias, depth + 1) for part in written)
    if short == "Optional":
        return args[0]
    return _union(list(args)) if short == "Union" else Hint(head.name, args) if head.name else NO_HINT


def _union(parts: list[Hint]) -> Hint:
    kept = [part for part in parts if part.name != "None"]
    return kept[0] if len(kept) == 1 else NO_HINT


def _canonical(name: str) -> str:
    home, _, short = name.rpartition(".")
    if home in _TYPING:
        return f"builtins.{_BUILTIN[short]}" if short in _BUILTIN else f"typing.{short}"
    return "numpy.ndarray" if name == "numpy.typing.NDArray" else name


def last_name(node: ast.expr) -> str:
    """The last part of a dotted name, or of the one that is called; empty for any other expression."""
    node = node.func if isinstance(node, ast.Call) else node
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def is_optional(node: ast.expr | None) -> bool:
    """Whether an annotation allows None, as far as it shows."""
    if isinstance(node, ast.BinOp):
        return is_optional(node.left) or is_optional(node.right)
    if isinstance(node, ast.Subscript):
        return last_name(node.value) in ("Optional", "Union")
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return "None" in node.value or "Optional" in node.value
    return isinstance(node, ast.Constant) and node.value is None
