"""What one function or class contributes to a closure: its own code, and the edges to what it uses."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator, Mapping
from types import CellType, CodeType, FunctionType, ModuleType
from typing import TYPE_CHECKING, Any, Final

from attrs import frozen
from blake3 import blake3

from zenflow.errors import Unencodable
from zenflow.keys.bytecode import code_digest, global_names, loads_global, local_imports
from zenflow.keys.encoding import Encoder
from zenflow.keys.first_party import Origin, origin_of
from zenflow.keys.frames import count, frame, text
from zenflow.keys.names import qualified
from zenflow.keys.references import Chain, Import, References
from zenflow.keys.resolve import Absent, Found, Outside, Resolved, follow, imported, in_module, load
from zenflow.keys.sources import Decorator, Definition, class_filename, functions_in, is_method, methods_of, source_file

if TYPE_CHECKING:
    from zenflow.keys.walk import Walk

_OF_THE_MODULE: Final = frozenset(
    {"__file__", "__spec__", "__loader__", "__path__", "__cached__", "__builtins__"}
    | {"__name__", "__package__", "__doc__", "__debug__", "__annotations__"}
)
_OF_THE_CLASS: Final = frozenset(
    {"__module__", "__doc__", "__dict__", "__weakref__", "__qualname__", "__firstlineno__", "__static_attributes__"}
)
_NOTHING: Final = References((), {})


@frozen
class Scope:
    """Where the names of a definition are looked up."""

    owner: str
    namespace: Mapping[str, object]
    cells: Mapping[str, CellType]
    code: CodeType

    @property
    def package(self) -> str:
        """The package that relative imports start from."""
        known = self.namespace.get("__package__")
        name = str(self.namespace.get("__name__", ""))
        return str(known) if known is not None else name if "__path__" in self.namespace else name.rpartition(".")[0]


def visit(walk: Walk, thing: FunctionType | type) -> bytes:
    """The encoding of a node of the graph: its own code and its edges."""
    own, edges = _function(walk, thing) if isinstance(thing, FunctionType) else _class(walk, thing)
    return frame(own) + count(len(edges)) + b"".join(text(name) + frame(edges[name]) for name in sorted(edges))


def _function(walk: Walk, fn: FunctionType) -> tuple[bytes, dict[str, bytes]]:
    name, code = qualified(fn), fn.__code__
    cells = dict(zip(code.co_freevars, fn.__closure__ or (), strict=True))
    scope = Scope(f"`{name}`", fn.__globals__, cells, code)
    file = source_file(code.co_filename)
    definition = file.function(code) if file is not None else None
    if definition is not None:
        own, edges = _defined(walk, name, [definition], scope)
        walk.part(name, own)
    else:
        own, edges = code_digest(code), _by_bytecode(walk, scope)
        walk.part(f"{name} (bytecode)", own)
    for free, cell in cells.items():
        if not isinstance(_content(cell), ModuleType):
            edges[f"closure {free}"] = walk.cell(cell, f"{name} closure {free}", scope.owner)
    for parameter, default in _defaults(fn):
        edges[f"default {parameter}"] = walk.reach(default, f"{name} default {parameter}", scope.owner)
    wrapped = fn.__dict__.get("__wrapped__")
    if wrapped is not None:
        edges["wrapped"] = walk.reach(wrapped, f"{name} wrapped", scope.owner)
    return own, edges


def _content(cell: CellType) -> object:
    try:
        return cell.cell_contents
    except ValueError:
        return None


def _defaults(fn: FunctionType) -> Iterator[tuple[str, object]]:
    positional = fn.__code__.co_varnames[: fn.__code__.co_argcount]
    values = fn.__defaults__ or ()
    yield from zip(positional[len(positional) - len(values) :], values, strict=True)
    yield from sorted((fn.__kwdefaults__ or {}).items())


def _defined(walk: Walk, name: str, definitions: Iterable[Definition], scope: Scope) -> tuple[bytes, dict[str, bytes]]:
    """The digest and edges of a function or class whose source is known (a class may have several candidates)."""
    own: list[bytes] = []
    edges: dict[str, bytes] = {}
    texts: list[str] = []
    for definition in definitions:
        own.append(definition.digest)
        texts.append(definition.source)
        foreign = [mark for mark in definition.decorators if not _is_ours(mark, scope, definition)]
        own += [mark.digest for mark in foreign]
        edges.update(_edges(walk, definition.references, scope, definition.names))
        for mark in foreign:
            names = frozenset(chain.root for chain in mark.references.chains if chain.root in scope.namespace)
            edges.update(_edges(walk, mark.references, scope, names))
    walk.sources[name] = "\n".join(texts)
    return own[0] if len(own) == 1 else blake3(b"".join(own)).digest(), edges


def _is_ours(mark: Decorator, scope: Scope, definition: Definition) -> bool:
    if mark.root is None:
        return False
    if mark.root not in scope.namespace:
        statement = definition.file.imports.get(mark.root)
        return statement is not None and statement.module.partition(".")[0] == "zenflow"
    value = scope.namespace[mark.root]
    for step in mark.path:
        if isinstance(value, ModuleType) and origin_of(value) is Origin.ZENFLOW:
            return True
        value = getattr(value, step, None)
    return origin_of(value) is Origin.ZENFLOW


def _edges(walk: Walk, found: References, scope: Scope, names: frozenset[str]) -> Iterator[tuple[str, bytes]]:
    for chain in found.chains:
        if chain.root in _OF_THE_MODULE:
            continue
        statement = found.imports.get(chain.root)
        if statement is not None:
            yield from _edge(walk, imported(statement, scope.package, chain.path), chain, scope, local=True)
        if chain.root in scope.cells:
            content = _content(scope.cells[chain.root])
            if isinstance(content, ModuleType):
                yield from _edge(walk, follow(content, chain.path, chain.root), chain, scope)
        elif _is_global(chain, names) and (statement is None or chain.root in scope.namespace):
            yield from _edge(walk, in_module(scope.namespace, _unmangled(chain.root, names), chain.path), chain, scope)
    for module in found.modules:
        target = load(module)
        known = isinstance(target, Found) and origin_of(target.value) is not Origin.FIRST_PARTY
        if known or isinstance(target, Outside):
            yield from _edge(walk, target, Chain(module, ()), scope, local=True)


def _is_global(chain: Chain, names: frozenset[str]) -> bool:
    return chain.kind == "annotation" or _unmangled(chain.root, names) in names


def _unmangled(root: str, names: frozenset[str]) -> str:
    # Inside a class `__name` is compiled to `_Class__name`, also where it names a global.
    if root.startswith("__") and not root.endswith("__") and root not in names:
        return next((name for name in sorted(names) if name.startswith("_") and name.endswith(root)), root)
    return root


def _edge(
    walk: Walk, target: Resolved, chain: Chain, scope: Scope, *, local: bool = False
) -> Iterator[tuple[str, bytes]]:
    dotted = ".".join((chain.root, *chain.path))
    owner = f"{scope.owner} (line {chain.line})" if chain.line else scope.owner
    quiet = chain.kind == "annotation"
    if isinstance(target, Outside):
        yield f"{chain.root} import", walk.outside(target.module, target.origin, owner)
    elif isinstance(target, Absent):
        if quiet:
            return
        if target.reason:
            walk.problem(f"{owner} uses `{dotted}`: {target.reason}")
        elif not local and loads_global(scope.code, chain.root):
            walk.problem(f"{owner} uses `{dotted}`, and there is no `{target.name}`")
        yield f"{dotted} absent", b"absent"
    elif isinstance(target.value, ModuleType):
        if not (quiet and origin_of(target.value) is Origin.FIRST_PARTY):
            yield chain.root, walk.module(target.value, chain.path[target.used :], owner)
    elif quiet:
        yield from _annotation(walk, target, chain, owner)
    else:
        used = ".".join((chain.root, *chain.path[: target.used]))
        yield used, walk.reach(target.value, target.place, owner)


def _annotation(walk: Walk, target: Found, chain: Chain, owner: str) -> Iterator[tuple[str, bytes]]:
    # A type that has no encoding is still in the syntax tree; it does not make the step uncacheable.
    before = dict(walk.problems)
    yield f"{'.'.join((chain.root, *chain.path[: target.used]))} type", walk.reach(target.value, target.place, owner)
    if not isinstance(target.value, type | FunctionType):
        walk.problems = before


def _by_bytecode(walk: Walk, scope: Scope) -> dict[str, bytes]:
    """The edges of a function without source: every global its code names, and every attribute of a module it names."""
    names = global_names(scope.code)
    edges: dict[str, bytes] = {}
    for root in sorted(names - _OF_THE_MODULE):
        target = in_module(scope.namespace, root, ())
        for chain, found in _expanded(target, Chain(root, ()), names):
            edges.update(_edge(walk, found, chain, scope))
    for level, module, taken in local_imports(scope.code):
        for statement in [Import(module, level, name) for name in taken] or [Import(module, level)]:
            target = imported(statement, scope.package, ())
            for chain, found in _expanded(target, Chain(statement.name or module, ()), names):
                edges.update(_edge(walk, found, chain, scope, local=True))
    for free, cell in scope.cells.items():
        content = _content(cell)
        if isinstance(content, ModuleType):
            for chain, found in _expanded(Found(content, 0, free), Chain(free, ()), names):
                edges.update(_edge(walk, found, chain, scope))
    return edges


def _expanded(target: Resolved, chain: Chain, names: frozenset[str]) -> Iterator[tuple[Chain, Resolved]]:
    module = target.value if isinstance(target, Found) else None
    if not isinstance(module, ModuleType) or origin_of(module) is not Origin.FIRST_PARTY:
        yield chain, target
        return
    for name in sorted(names & set(dir(module))):
        value = getattr(module, name, None)
        if value is not module and not (
            isinstance(value, ModuleType) and not value.__name__.startswith(module.__name__)
        ):
            deeper = Chain(chain.root, (*chain.path, name))
            yield from _expanded(follow(module, (name,), module.__name__), deeper, names)


def _class(walk: Walk, cls: type) -> tuple[bytes, dict[str, bytes]]:
    name = qualified(cls)
    filename = class_filename(cls)
    file = source_file(filename) if filename else None
    definitions = file.classes(cls.__qualname__, methods_of(cls, filename or "")) if file else []
    if definitions:
        own, edges = _defined_class(walk, cls, name, definitions)
    else:
        own = text(name)
        members = {key: value for key, value in vars(cls).items() if key not in _OF_THE_CLASS}
        edges = {f"member {key}": _member(walk, value, f"{name}.{key}", name) for key, value in members.items()}
        walk.part(f"{name} (no source)", blake3(own + text("".join(sorted(members)))).digest())
    for index, base in enumerate(cls.__bases__):
        if base is not object:
            edges[f"base {index}"] = walk.reach(base, qualified(base), f"`{name}`")
    if type(cls) is not type:
        edges["metaclass"] = walk.reach(type(cls), qualified(type(cls)), f"`{name}`")
    return own, edges


def _defined_class(walk: Walk, cls: type, name: str, definitions: list[Definition]) -> tuple[bytes, dict[str, bytes]]:
    functions = [function for value in vars(cls).values() for function in functions_in(value)]
    functions = [function for function in functions if is_method(function, cls)]
    cells = {
        free: cell
        for function in functions
        for free, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
        if free != "__class__"
    }
    namespace: Mapping[str, object] = vars(sys.modules[cls.__module__]) if cls.__module__ in sys.modules else {}
    scope = Scope(f"`{name}`", namespace, cells, definitions[0].code)
    own, edges = _defined(walk, name, definitions, scope)
    walk.part(name, own)
    for free, cell in cells.items():
        if not isinstance(_content(cell), ModuleType):
            edges[f"closure {free}"] = walk.cell(cell, f"{name} closure {free}", scope.owner)
    assigned = {target for definition in definitions for target in _assigned(definition.node)}
    for key, value in vars(cls).items():
        if key in assigned or _added(key, value, definitions):
            edges[f"member {key}"] = _member(walk, value, f"{name}.{key}", name)
    return own, edges


def _assigned(node: ast.AST) -> Iterator[str]:
    for statement in getattr(node, "body", ()):
        targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
        yield from (target.id for target in targets if isinstance(target, ast.Name))


def _added(key: str, value: object, definitions: list[Definition]) -> bool:
    """Whether a class entry holds a function that the class body does not define: a decorator or patch put it there."""
    for function in functions_in(value):
        if key.startswith("__") and (
            function.__code__.co_filename.startswith("<") or origin_of(function) is not Origin.FIRST_PARTY
        ):
            continue  # what dataclass and the like generate follows from the class body
        if not any(known.file.function(function.__code__) and known.holds(function.__code__) for known in definitions):
            return True
    return False


def _member(walk: Walk, value: Any, place: str, name: str) -> bytes:
    functions = functions_in(value)
    if functions:
        return b"".join(walk.reach(function, qualified(function), f"`{name}`") for function in functions)
    if isinstance(value, type):
        return walk.reach(value, qualified(value), f"`{name}`")
    try:
        encoded = Encoder(code=lambda thing: walk.reach(thing, qualified(thing), f"`{name}`")).top(value)
    except Unencodable:
        return text(qualified(type(value)))  # how it is made stands in the class body
    walk.part(place, blake3(encoded).digest())
    return encoded
