"""Which names a function binds for itself: the rule of Python, that a name bound anywhere in it is local all over."""

from __future__ import annotations

import ast

from attrs import frozen

_OWN_SCOPE = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_NAMED = (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)


@frozen
class Scope:
    """The names of a function.

    `shared` are local names that a function inside of it rebinds; `generator`: calling it runs nothing yet.
    """

    local: frozenset[str]
    globals: frozenset[str]
    outer: frozenset[str]
    shared: frozenset[str]
    generator: bool


def scope_of(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> Scope:
    """Read the names of a function."""
    reader = _Reader()
    spec = node.args
    reader.local.update(arg.arg for arg in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs))
    reader.local.update(arg.arg for arg in (spec.vararg, spec.kwarg) if arg is not None)
    reader.read([node.body] if isinstance(node, ast.Lambda) else list(node.body))
    local = reader.local - reader.globals - reader.outer
    names = [frozenset(part) for part in (local, reader.globals, reader.outer, reader.shared)]
    return Scope(names[0], names[1], names[2], names[3], reader.generator)


def bound_in(node: ast.stmt) -> set[str]:
    """The names that a statement binds, with all that is in it."""
    reader = _Reader()
    reader.read([node])
    return reader.local


class _Reader:
    def __init__(self) -> None:
        self.local: set[str] = set()
        self.globals: set[str] = set()
        self.outer: set[str] = set()
        self.shared: set[str] = set()
        self.generator = False

    def read(self, nodes: list[ast.AST] | list[ast.stmt] | list[ast.expr]) -> None:
        stack: list[ast.AST] = list(nodes)
        while stack:
            node = stack.pop()
            if isinstance(node, ast.Name):
                if not isinstance(node.ctx, ast.Load):
                    self.local.add(node.id)
            elif isinstance(node, _OWN_SCOPE):
                self.local.add(node.name)
                self._nested(node)
                stack.extend(node.decorator_list)
            elif isinstance(node, _COMPREHENSIONS):
                stack.extend(_walrus(node))
            elif not isinstance(node, ast.Lambda):
                self._other(node)
                stack.extend(ast.iter_child_nodes(node))

    def _other(self, node: ast.AST) -> None:
        if isinstance(node, ast.Import):
            self.local.update(alias.asname or alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            self.local.update(alias.asname or alias.name for alias in node.names)
        elif isinstance(node, ast.Global):
            self.globals.update(node.names)
        elif isinstance(node, ast.Nonlocal):
            self.outer.update(node.names)
        elif isinstance(node, _NAMED):
            self.local.update([node.name] if node.name else ())
        elif isinstance(node, ast.MatchMapping):
            self.local.update([node.rest] if node.rest else ())
        elif isinstance(node, ast.Yield | ast.YieldFrom):
            self.generator = True

    def _nested(self, node: ast.AST) -> None:
        for inner in ast.walk(node):
            if isinstance(inner, ast.Nonlocal):
                self.shared.update(inner.names)


def _walrus(node: ast.AST) -> list[ast.AST]:
    return [inner.target for inner in ast.walk(node) if isinstance(inner, ast.NamedExpr)]
