"""What one file defines: its functions and classes, and every name that its own level binds."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from functools import cached_property

from attrs import define, field

from zenflow.check.bodies.scopes import Scope, scope_of
from zenflow.check.bodies.source import Source
from zenflow.check.bodies.values import Imported

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
Definition = ast.FunctionDef | ast.AsyncFunctionDef
Binding = ast.stmt | ast.expr | Imported | None
"""What binds a name: a definition, what is imported, the assigned expression, None for anything else."""


@define(eq=False, slots=False)
class Function:
    """A function of the file. `outer` is the function that it is defined in, `cls` the class."""

    node: FunctionNode = field(repr=False)
    qualname: str
    outer: Function | None = field(default=None, repr=False)
    cls: Class | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """Its own name."""
        return "<lambda>" if isinstance(self.node, ast.Lambda) else self.node.name

    @cached_property
    def scope(self) -> Scope:
        """The names that it binds."""
        return scope_of(self.node)

    @cached_property
    def parameters(self) -> tuple[ast.arg, ...]:
        """Its parameters, those with a star left out."""
        spec = self.node.args
        return (*spec.posonlyargs, *spec.args, *spec.kwonlyargs)

    @cached_property
    def positional(self) -> tuple[ast.arg, ...]:
        """The parameters that positional arguments go to."""
        return (*self.node.args.posonlyargs, *self.node.args.args)

    @property
    def decorators(self) -> Sequence[ast.expr]:
        """Its decorators, from the outermost in."""
        return () if isinstance(self.node, ast.Lambda) else self.node.decorator_list


@define(eq=False)
class Class:
    """A class of the file: its methods, and the annotations of its fields."""

    node: ast.ClassDef = field(repr=False)
    qualname: str
    functions: dict[str, Function] = field(factory=dict, repr=False)
    fields: dict[str, ast.expr] = field(factory=dict, repr=False)


@define(eq=False, slots=False)
class Module:
    """The definitions of a file, and the bindings of its own level by name."""

    source: Source
    functions: list[Function] = field(factory=list, repr=False)
    classes: dict[int, Class] = field(factory=dict, repr=False)
    bindings: dict[str, list[Binding]] = field(factory=dict, repr=False)
    by_node: dict[int, Function] = field(factory=dict, repr=False)

    @classmethod
    def of(cls, source: Source) -> Module:
        """Read the definitions of a file. Expressions are not looked into: a lambda is found when it is met."""
        module = cls(source)
        for statement in statements(source.tree.body):
            for name, binding in bound_by(statement):
                module.bindings.setdefault(name, []).append(binding)
        module._define(source.tree.body, "", None, None)
        return module

    @cached_property
    def rebound(self) -> frozenset[str]:
        """Names of the module that some function binds anew, by way of `global`."""
        if "global " not in self.source.text:
            return frozenset()
        return frozenset(name for function in self.functions for name in function.scope.globals)

    def _define(self, body: list[ast.stmt], prefix: str, outer: Function | None, cls: Class | None) -> None:
        for statement in statements(body):
            if isinstance(statement, Definition):
                function = Function(statement, f"{prefix}{statement.name}", outer, cls)
                self.functions.append(function)
                self.by_node[id(statement)] = function
                if cls is not None:
                    cls.functions[statement.name] = function
                self._define(statement.body, f"{function.qualname}.<locals>.", function, None)
            elif isinstance(statement, ast.ClassDef):
                made = Class(statement, f"{prefix}{statement.name}")
                self.classes[id(statement)] = made
                self._define(statement.body, f"{made.qualname}.", outer, made)
            elif cls is not None and isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
                cls.fields[statement.target.id] = statement.annotation


def statements(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a body and of the blocks in it, in order; what functions and classes hold is left out."""
    stack = list(reversed(body))
    while stack:
        statement = stack.pop()
        yield statement
        if not isinstance(statement, Definition | ast.ClassDef):
            stack.extend(reversed([inner for block in blocks(statement) for inner in block]))


def blocks(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    """The blocks of a compound statement."""
    for name in ("body", "handlers", "cases", "orelse", "finalbody"):
        block = getattr(statement, name, None)
        if name in ("handlers", "cases"):
            yield from (part.body for part in block or ())
        elif block:
            yield block


def bound_by(statement: ast.stmt) -> Iterator[tuple[str, Binding]]:
    """The names that a statement itself binds, with what they are bound to where that can be told."""
    if isinstance(statement, Definition | ast.ClassDef):
        yield statement.name, statement
    elif isinstance(statement, ast.Import | ast.ImportFrom):
        yield from imported_by(statement)
    elif isinstance(statement, ast.Assign):
        single = len(statement.targets) == 1
        for target in statement.targets:
            value = statement.value if single and isinstance(target, ast.Name) else None
            yield from ((name, value) for name in target_names(target))
    elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
        yield from ((name, statement.value) for name in target_names(statement.target))
    elif isinstance(statement, ast.AugAssign):
        yield from ((name, None) for name in target_names(statement.target))
    else:
        yield from ((name, None) for target in _targets(statement) for name in target_names(target))


def imported_by(statement: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, Imported]]:
    """The names that an import binds; a relative module's name keeps its dots."""
    for alias in statement.names:
        if isinstance(statement, ast.ImportFrom):
            home = "." * statement.level + (statement.module or "")
            yield alias.asname or alias.name, Imported(f"{home}{'.' if statement.module else ''}{alias.name}")
        elif alias.asname:
            yield alias.asname, Imported(alias.name)
        else:
            top = alias.name.partition(".")[0]
            yield top, Imported(top)


def _targets(statement: ast.stmt) -> Iterator[ast.expr]:
    if isinstance(statement, ast.For | ast.AsyncFor):
        yield statement.target
    elif isinstance(statement, ast.With | ast.AsyncWith):
        yield from (item.optional_vars for item in statement.items if item.optional_vars is not None)


def target_names(target: ast.expr) -> Iterator[str]:
    """The plain names in an assignment's target."""
    if isinstance(target, ast.Name):
        yield target.id
    elif isinstance(target, ast.Tuple | ast.List):
        for part in target.elts:
            yield from target_names(part)
    elif isinstance(target, ast.Starred):
        yield from target_names(target.value)
