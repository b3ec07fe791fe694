"""What the names of a file stand for: imports, definitions with their decorators, constants.

A name is looked up as Python does it: the function's own names first, wherever in it they are bound, then those of the
functions around it, the module, the builtins. Where the module was imported, its namespace tells what was taken from
other files.
"""

from __future__ import annotations

import ast
import builtins
import sys
from abc import ABC, abstractmethod
from typing import Any

from zenflow.check.bodies.events import Event
from zenflow.check.bodies.frames import Frame
from zenflow.check.bodies.hints import hint_of, is_optional, last_name
from zenflow.check.bodies.module import Binding, Class, Definition, Function, Module, bound_by, statements
from zenflow.check.bodies.values import (
    Blueprint,
    Callee,
    Declared,
    Defined,
    Fixed,
    Global,
    Handle,
    Hint,
    Imported,
    Made,
    Maker,
    Role,
    Value,
    numbered,
)
from zenflow.graph.substitution import type_variables
from zenflow.language.artifact import Artifact
from zenflow.language.decorator import step
from zenflow.language.pipeline import Pipeline, pipeline
from zenflow.language.step import Step

_MAKERS: dict[str, Role] = {
    "zenflow.step": "step",
    "zenflow.language.decorator.step": "step",
    "zenflow.pipeline": "pipeline",
    "zenflow.language.pipeline.pipeline": "pipeline",
}
_TRANSPARENT = (
    *("builtins.staticmethod", "builtins.classmethod", "functools.cache", "functools.lru_cache", "functools.wraps"),
    *("typing.override", "typing_extensions.override", "typing.final", "typing.no_type_check"),
    *("torch.no_grad", "torch.inference_mode", "torch.enable_grad", "numba.njit", "numba.jit"),
)
_EMPTY = ast.Lambda(ast.arguments([], [], None, [], [], None, []), ast.Constant(None))


class Lookup(ABC):
    """What names stand for, at one point of a walk."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self.events: list[Event] = []
        self.frame = Frame(Function(_EMPTY, "<module>"))
        self._globals: dict[str, Value] = {}
        self._decorated: dict[int, Value] = {}

    @abstractmethod
    def value(self, node: ast.expr) -> Value:
        """Walk an expression: what it holds, where that is certain."""

    # ------------------------------------------------------------ names

    def name(self, name: str) -> Value:
        """What a name stands for here."""
        frame: Frame | None = self.frame
        while frame is not None:
            for overlay in reversed(frame.overlays):
                if name in overlay:
                    return overlay[name]
            if name in frame.function.scope.local:
                return frame.env.get(name)
            frame = None if name in frame.function.scope.globals else frame.outer
        return self.of_module(name)

    def of_module(self, name: str) -> Value:
        """What a name of the module's own level stands for."""
        if name not in self._globals:
            self._globals[name] = None  # while it is worked out, and it may come up again
            self._globals[name] = self._of_module(name)
        return self._globals[name]

    def _of_module(self, name: str) -> Value:
        known = callee_of(self.module.source.namespace.get(name), self.module)
        bindings = self.module.bindings.get(name, [])
        if known is not None and not any(isinstance(binding, Definition) for binding in bindings):
            return known
        if not bindings and name == "__file__":
            return Fixed(name, whole=False)
        if not bindings:
            return Imported(f"builtins.{name}") if hasattr(builtins, name) else None
        imported = next((binding for binding in reversed(bindings) if isinstance(binding, Imported)), None)
        if imported is not None:
            return self.foreign(imported)
        if len(bindings) > 1 and not all(isinstance(binding, Definition) for binding in bindings):
            return Global(name)
        return self._binding(name, bindings[-1])

    def _binding(self, name: str, binding: Binding) -> Value:
        if isinstance(binding, Definition):
            return self.decorated(self.module.by_node[id(binding)], None)
        if isinstance(binding, ast.ClassDef):
            return Blueprint(self.module.classes[id(binding)])
        if not isinstance(binding, ast.expr):
            return Global(name)
        value = self.at_module_level(binding)
        if isinstance(value, Callee | Maker | Imported | Fixed) and name not in self.module.rebound:
            return value
        return Global(name, value.by if isinstance(value, Made) else "")

    def foreign(self, imported: Imported) -> Value:
        """What a name of another module stands for: a step or pipeline, where that can be looked up."""
        if not self.module.source.namespace:
            return imported
        name = imported.name
        if name.startswith("."):
            package = str(self.module.source.namespace.get("__package__") or "")
            dots = len(name) - len(name.lstrip("."))
            name = ".".join([*package.split(".")[: len(package.split(".")) - dots + 1], name.lstrip(".")])
        home, _, short = name.rpartition(".")
        known = callee_of(getattr(sys.modules.get(home), "__dict__", {}).get(short), self.module)
        return known if isinstance(known, Callee) else imported

    def at_module_level(self, node: ast.expr) -> Value:
        """What an expression of the module's own level holds; nothing is noted."""
        frame, count = self.frame, len(self.events)
        self.frame = Frame(Function(_EMPTY, "<module>"))
        try:
            return self.value(node)
        finally:
            self.frame = frame
            del self.events[count:]

    # ------------------------------------------------------------ definitions

    def decorated(self, function: Function, closure: Frame | None) -> Value:
        """What a definition's name is bound to, after its decorators."""
        if closure is None and id(function) in self._decorated:
            return self._decorated[id(function)]
        value: Value = Defined(function, closure)
        for node in reversed(function.decorators):
            value = self._decorate(node, value, function, closure)
        if closure is None:
            self._decorated[id(function)] = value
        return value

    def _decorate(self, node: ast.expr, value: Value, function: Function, closure: Frame | None) -> Value:
        applied = self.at_module_level(node) if closure is None else self.value(node)
        maker = maker_of(applied)
        if maker is not None:
            return self.callee(maker, function, value)
        called = node.func if isinstance(node, ast.Call) else node
        known = self.at_module_level(called) if closure is None else self.value(called)
        if isinstance(known, Imported) and known.name in _TRANSPARENT:
            return value
        return value if isinstance(value, Callee) else Defined(function, closure, opaque=True)

    def callee(self, maker: Maker, function: Function, plain: Value) -> Callee:
        """The step or pipeline that a decorator makes of a function."""
        named = maker.options.certain("name")
        label = named if isinstance(named, str) else function.name
        known = callee_of(self.module.source.namespace.get(function.qualname), self.module)
        result = known.result if isinstance(known, Callee) else self._declared_result(maker.role, function, label)
        return Callee(maker.role, label, result, function, maker.options, plain)

    def _declared_result(self, role: Role, function: Function, label: str) -> Value:
        node = None if isinstance(function.node, ast.Lambda) else function.node.returns
        if role == "step" and node is None:
            return Handle(label)
        hint = self.hint(node)
        named = self.class_of(hint)
        if named is not None and _is_named_tuple(named):
            return numbered(label, len(named.fields), tuple(named.fields))
        if hint.name == "builtins.tuple":
            ends = {arg.name for arg in hint.args}
            fixed = hint.args and "..." not in ends
            return numbered(label, len(hint.args)) if fixed else Handle(label) if role == "step" else None
        if role == "pipeline":
            return Handle(label) if hint.name.startswith("zenflow.") and not is_optional(node) else None
        return Handle(label) if (named is not None and _is_plain(named)) or _is_known(hint) else None

    # ------------------------------------------------------------ annotations

    def hint(self, node: ast.expr | None) -> Hint:
        """What an annotation of the module's own level says."""
        return hint_of(node, self.at_module_level, self._alias)

    def _alias(self, name: str) -> ast.expr | None:
        bindings = self.module.bindings.get(name, [])
        found = bindings[0] if len(bindings) == 1 else None
        return found if isinstance(found, ast.Name | ast.Attribute | ast.Subscript | ast.BinOp) else None

    def class_of(self, hint: Hint) -> Class | None:
        """The class of this file that a hint names."""
        if not hint.name.startswith("."):
            return None
        return next((cls for cls in self.module.classes.values() if f".{cls.qualname}" == hint.name), None)


def surroundings(function: Function | None, walk: Lookup) -> Frame | None:
    """The frame of a function that another is defined in, as far as it is certain without walking it."""
    if function is None:
        return None
    frame = Frame(function, surroundings(function.outer, walk))
    body = [] if isinstance(function.node, ast.Lambda) else function.node.body
    for statement in statements(body):
        for name, binding in bound_by(statement):
            frame.bind(name, binding if isinstance(binding, Imported) and name not in frame.env else None)
    return frame


def maker_of(value: Value) -> Maker | None:
    """The decorator that a value is, where it is one of ours."""
    if isinstance(value, Maker):
        return value
    role = _MAKERS.get(value.name) if isinstance(value, Imported) else None
    return None if role is None else Maker(role, Declared())


def callee_of(thing: object, module: Module) -> Value:
    """The step, pipeline or decorator that an object of a namespace is."""
    if thing is step or thing is pipeline:
        return Imported("zenflow.step" if thing is step else "zenflow.pipeline")
    if not isinstance(thing, Step | Pipeline):
        return None
    function = thing.spec.function if isinstance(thing, Step) else thing.function
    label = thing.name
    result: Value = None
    if function.hint_problem is None and not type_variables(function.returns):
        shape = function.shape
        result = Handle(label) if shape.single else numbered(label, len(shape.hints), shape.fields)
        if isinstance(thing, Pipeline) and shape.single and not _is_artifact(function.returns):
            result = None
    own = next((known for known in module.functions if _made_from(known, thing, module)), None)
    role: Role = "step" if isinstance(thing, Step) else "pipeline"
    given = {} if isinstance(thing, Pipeline) else {name: getattr(thing.options, name) for name in _OPTIONS}
    return Callee(role, label, result, own, Declared(given), Defined(own) if own else None)


_OPTIONS = ("cache", "effect", "version", "gpus", "accelerator", "resources", "name")


def _is_artifact(hint: object) -> bool:
    return hint is Artifact or getattr(hint, "__origin__", None) is Artifact


def _made_from(function: Function, thing: Step[..., Any, Any, Any] | Pipeline[..., Any], module: Module) -> bool:
    code = getattr(thing.fn, "__code__", None)
    return code is not None and code.co_filename == module.source.file and code.co_qualname == function.qualname


def _is_named_tuple(cls: Class) -> bool:
    return any(last_name(base) == "NamedTuple" for base in cls.node.bases)


def _is_plain(cls: Class) -> bool:
    return not cls.node.bases


_KNOWN = ("builtins", "typing", "numpy", "pandas", "polars", "pyarrow", "torch", "pathlib", "datetime", "PIL")


def _is_known(hint: Hint) -> bool:
    """Whether a type is certainly no NamedTuple."""
    return hint.name == "None" or hint.name.partition(".")[0] in _KNOWN
