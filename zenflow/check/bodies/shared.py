"""Which variables of a module its own functions change, once it was imported."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache

from zenflow.check.bodies.changes import CERTAIN, METHODS
from zenflow.check.bodies.module import Function, Module, bound_by, statements
from zenflow.check.bodies.source import Source
from zenflow.check.bodies.walk import module_of

_METHODS = frozenset(method for methods in METHODS.values() for method in methods) | frozenset(CERTAIN)


@lru_cache(maxsize=8)
def changed_globals(source: Source) -> frozenset[str]:
    """The variables that a function of the file changes or binds anew.

    A function that the module itself calls or decorates with is left out: what it fills while the module is imported
    is the same wherever that is.
    """
    module = module_of(source)
    at_import = _called_at_import(module)
    found: set[str] = set()
    for function in module.functions:
        if function.qualname not in at_import:
            found.update(_rebound(function))
            found.update(name for name in _changed(function) if name in module.bindings)
    return frozenset(found)


def _called_at_import(module: Module) -> set[str]:
    names: set[str] = set()
    imported = [statement for statement in module.source.tree.body if not _is_program(statement)]
    for statement in statements(imported):
        decorators = getattr(statement, "decorator_list", ())
        value = getattr(statement, "value", None)
        for node in (*decorators, value):
            called = node.func if isinstance(node, ast.Call) else node if node in decorators else None
            if isinstance(called, ast.Name):
                names.add(called.id)
    return names


def _is_program(statement: ast.stmt) -> bool:
    """Whether this is what runs only where the file is the program: `if __name__ == "__main__"`."""
    return isinstance(statement, ast.If) and any(
        isinstance(node, ast.Name) and node.id == "__name__" for node in ast.walk(statement.test)
    )


def _rebound(function: Function) -> set[str]:
    shared = function.scope.globals
    if not shared or isinstance(function.node, ast.Lambda):
        return set()
    bound = (name for statement in statements(function.node.body) for name, _ in bound_by(statement))
    return {name for name in bound if name in shared}


def _changed(function: Function) -> Iterator[str]:
    for node in ast.walk(function.node):
        target = _target(node)
        while isinstance(target, ast.Attribute | ast.Subscript):
            target = target.value
        if isinstance(target, ast.Name) and not _is_local(function, target.id):
            yield target.id


def _target(node: ast.AST) -> ast.expr | None:
    """What is changed where this node stands."""
    if isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
        return node.value
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _METHODS:
        return node.func.value
    return None


def _is_local(function: Function | None, name: str) -> bool:
    while function is not None:
        if name in function.scope.local:
            return True
        function = function.outer
    return False
