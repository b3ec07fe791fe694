"""Whether a file defines steps or pipelines, by its text: what does not is never imported for a check of its folder."""

from __future__ import annotations

import ast

_MAKERS = {"step", "pipeline"}


def defines_ours(text: str) -> bool:
    """Whether a text uses `step` or `pipeline` of this package; a text that is no Python may.

    >>> defines_ours("from zenflow import step as s\\n@s\\ndef load() -> int: ..."), defines_ours("import zenflow")
    (True, False)
    """
    if "zenflow" not in text:
        return False
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return True
    names, modules = _bound(tree)
    return any(_uses(node, names, modules) for node in ast.walk(tree))


def _bound(tree: ast.AST) -> tuple[set[str], set[str]]:
    """The names that the two are imported under, and those that the package is."""
    names: set[str] = set()
    modules: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "zenflow":
            names |= {alias.asname or alias.name for alias in node.names if alias.name in {*_MAKERS, "*"}}
        elif isinstance(node, ast.Import):
            ours = (alias for alias in node.names if alias.name.partition(".")[0] == "zenflow")
            modules |= {alias.asname or alias.name.partition(".")[0] for alias in ours}
    return names | (_MAKERS if "*" in names else set()), modules


def _uses(node: ast.AST, names: set[str], modules: set[str]) -> bool:
    if isinstance(node, ast.Name):
        return node.id in names and isinstance(node.ctx, ast.Load)
    return isinstance(node, ast.Attribute) and node.attr in _MAKERS and _root(node) in modules


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""
