"""What a piece of source code refers to: dotted names, and what its own import statements bind.

`helpers.clean(x).mean` refers to `helpers.clean`: the chain ends where something is called. Which of the roots
are local variables is not decided here; the compiled code knows (see `sources`).
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from typing import Final, Literal

from attrs import frozen

_ATTRIBUTE_READERS: Final = ("getattr", "hasattr")

Kind = Literal["value", "annotation"]


@frozen
class Chain:
    """A dotted name: `a.b.c` is root `a`, path `("b", "c")`. Annotations are never run, so they may stay unresolved."""

    root: str
    path: tuple[str, ...]
    kind: Kind = "value"
    line: int = 0


@frozen
class Import:
    """What a local import statement binds: a module, or `name` of a module. `level` counts the leading dots."""

    module: str
    level: int = 0
    name: str | None = None


@frozen
class References:
    """All that some trees refer to: chains in order of name, imports by the name they bind, plain imported modules."""

    chains: tuple[Chain, ...]
    imports: Mapping[str, Import]
    modules: tuple[str, ...] = ()


def references(nodes: Iterable[ast.AST], *, without: Iterable[ast.AST] = ()) -> References:
    """The references in some trees, less those in the subtrees `without`.

    >>> found = references([ast.parse("helpers.clean(x).mean + getattr(np, 'pi')")])
    >>> [(chain.root, chain.path) for chain in found.chains]
    [('getattr', ()), ('helpers', ('clean',)), ('np', ('pi',)), ('x', ())]
    """
    visitor = _Visitor({id(tree) for tree in without})
    visitor.visit_all(nodes)
    chains = sorted(visitor.chains.values(), key=lambda chain: (chain.root, chain.path, chain.kind))
    return References(tuple(chains), visitor.imports, tuple(sorted(visitor.modules)))


class _Visitor:
    def __init__(self, skipped: set[int]) -> None:
        self.skipped = skipped
        self.chains: dict[tuple[str, tuple[str, ...], Kind], Chain] = {}
        self.imports: dict[str, Import] = {}
        self.modules: set[str] = set()

    def visit_all(self, nodes: Iterable[ast.AST]) -> None:
        stack: list[tuple[ast.AST, Kind]] = [(node, "value") for node in nodes]
        while stack:
            node, kind = stack.pop()
            if id(node) not in self.skipped:
                stack.extend(self._visit(node, kind))

    def _visit(self, node: ast.AST, kind: Kind) -> Iterable[tuple[ast.AST, Kind]]:
        if isinstance(node, ast.Name | ast.Attribute):
            return self._dotted(node, kind)
        if isinstance(node, ast.Import | ast.ImportFrom):
            self._import(node)
            return ()
        if isinstance(node, ast.Call):
            return self._call(node, kind)
        if kind == "annotation" and isinstance(node, ast.Constant) and isinstance(node.value, str):
            return _quoted(node.value)
        annotations = {id(tree) for tree in _annotations(node)}
        return [(child, "annotation" if id(child) in annotations else kind) for child in ast.iter_child_nodes(node)]

    def _dotted(self, node: ast.Name | ast.Attribute, kind: Kind) -> Iterable[tuple[ast.AST, Kind]]:
        chain = dotted(node)
        if chain is None:
            return [(node.value, kind)] if isinstance(node, ast.Attribute) else ()
        self._add(chain[0], chain[1], kind, node.lineno)
        return ()

    def _call(self, node: ast.Call, kind: Kind) -> Iterable[tuple[ast.AST, Kind]]:
        # getattr(module, "name") is module.name; with any other name the bare module is left to be judged.
        arguments = list(node.args)
        if isinstance(node.func, ast.Name) and node.func.id in _ATTRIBUTE_READERS and len(arguments) >= 2:
            chain, name = dotted(arguments[0]), arguments[1]
            if chain and isinstance(name, ast.Constant) and isinstance(name.value, str):
                self._add(chain[0], (*chain[1], name.value), kind, node.lineno)
                arguments = arguments[2:]
        return [(child, kind) for child in (node.func, *arguments, *(keyword.value for keyword in node.keywords))]

    def _add(self, root: str, path: tuple[str, ...], kind: Kind, line: int) -> None:
        known = self.chains.get((root, path, kind))
        if known is None or line < known.line:
            self.chains[root, path, kind] = Chain(root, path, kind, line)

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            if isinstance(node, ast.ImportFrom):
                self.imports[alias.asname or alias.name] = Import(node.module or "", node.level, alias.name)
                continue
            self.modules.add(alias.name)
            bound = alias.asname or alias.name.partition(".")[0]
            self.imports[bound] = Import(alias.name if alias.asname else bound)


def dotted(node: ast.AST) -> tuple[str, tuple[str, ...]] | None:
    """The root and path of a dotted name, None for any other expression."""
    path: list[str] = []
    while isinstance(node, ast.Attribute):
        path.append(node.attr)
        node = node.value
    return (node.id, tuple(reversed(path))) if isinstance(node, ast.Name) else None


def _annotations(node: ast.AST) -> Iterable[ast.AST]:
    found = (getattr(node, "annotation", None), getattr(node, "returns", None))
    return [tree for tree in found if tree is not None]


def _quoted(source: str) -> Iterable[tuple[ast.AST, Kind]]:
    try:
        return [(ast.parse(source, mode="eval"), "annotation")]
    except (SyntaxError, ValueError):
        return ()  # a string inside Literal[...] or Annotated[...], not a quoted type
