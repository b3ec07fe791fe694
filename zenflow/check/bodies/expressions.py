"""The walk through expressions: what each holds, and what happens on the way."""

from __future__ import annotations

import ast
from abc import abstractmethod
from collections.abc import Callable
from typing import Any

from zenflow.check.bodies.events import Change, Changed, Misuse, Misused, Read, Told
from zenflow.check.bodies.lookup import Lookup
from zenflow.check.bodies.module import Function
from zenflow.check.bodies.parts import attribute_of, item_of, unpacked
from zenflow.check.bodies.texts import appended, conversions, mentions_gpu
from zenflow.check.bodies.values import (
    NO_HINT,
    Blueprint,
    Callee,
    Defined,
    Each,
    Fixed,
    Given,
    Global,
    Handle,
    Imported,
    Instance,
    Made,
    Several,
    Value,
    constant_of,
    element,
)

_DISPLAYS = {ast.List: "builtins.list", ast.Set: "builtins.set", ast.ListComp: "builtins.list"}
_OURS = ("load", "named", "info")
_IDENTITY = (ast.Is, ast.IsNot)
_MEMBERSHIP = (ast.In, ast.NotIn)


class Expressions(Lookup):
    """Expressions, except for calls."""

    @abstractmethod
    def call(self, node: ast.Call, *, discarded: bool = False) -> Value:
        """Walk a call."""

    @abstractmethod
    def enter(self, defined: Defined, env: dict[str, Value] | None = None) -> Value:
        """Walk a function of the file that is called with some arguments."""

    def value(self, node: ast.expr) -> Value:
        """Walk an expression: what it holds, where that is certain."""
        if isinstance(node, ast.Call):
            return self.call(node)
        walk = _WALKS.get(type(node))
        if walk is not None:
            return walk(self, node)
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.value(child)
        return None

    def place(self, node: ast.expr) -> Value:
        """What a name or attribute holds, where it is not read for its own sake: before a dot, index or call."""
        if isinstance(node, ast.Attribute):
            return self.attribute(self.place(node.value), node)
        if not isinstance(node, ast.Name):
            return self.value(node)
        found = self.name(node.id)
        if isinstance(found, Global):
            self.events.append(Read(node, self.frame.helper, found))
        return found

    # ------------------------------------------------------------ artifacts

    def misused(self, value: Value, node: ast.AST, how: Misuse, detail: str = "") -> bool:
        """Note that an artifact is used as a value, if that is what the value is."""
        if isinstance(value, Handle):
            self.events.append(Misused(node, self.frame.helper, value, how, detail))
            return True
        return False

    def condition(self, node: ast.expr, place: ast.AST) -> Value:
        """Walk a condition. Python blames a truth value on the whole of what decides (`place`)."""
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            self.condition(node.operand, place)
        elif isinstance(node, ast.BoolOp):
            for operand in node.values:
                self.condition(operand, place)
        elif isinstance(node, ast.IfExp):
            self.condition(node.test, place)
            self.condition(node.body, place)
            self.condition(node.orelse, place)
        else:
            self.misused(self.value(node), place, "truth")
        return None

    def changed(self, node: ast.expr, value: Value, how: Change) -> None:
        """Note that an object that is known is changed."""
        if value is not None:
            self.events.append(Changed(node, self.frame.helper, value, how))

    # ------------------------------------------------------------ names, attributes, items

    def _name(self, node: ast.Name) -> Value:
        found = self.place(node)
        if isinstance(found, Imported):
            self.events.append(Read(node, self.frame.helper, found))
        return found

    def _attribute(self, node: ast.Attribute) -> Value:
        found = self.place(node)
        if isinstance(found, Imported):
            self.events.append(Read(node, self.frame.helper, found))
        return found

    def attribute(self, base: Value, node: ast.Attribute) -> Value:
        """What an attribute of a value is."""
        name = node.attr
        if isinstance(base, Imported):
            return self.foreign(Imported(f"{base.name}.{name}"))
        if isinstance(base, Handle):
            if name not in _OURS and not name.startswith("_"):
                self.misused(base, node, "attribute", name)
            return None
        if isinstance(base, Several):
            return base.items[base.names.index(name)] if name in base.names else None
        if isinstance(base, Callee):
            return base.plain if name == "fn" else None
        return self._member(base, name)

    def _member(self, base: Value, name: str) -> Value:
        if isinstance(base, Fixed):
            return Fixed(base.text, whole=False) if name == "parent" else None
        cls = base.cls if isinstance(base, Blueprint | Instance) else None
        if isinstance(base, Given):
            cls = self.class_of(base.hint)
        method = None if cls is None else cls.functions.get(name)
        if method is not None:
            return self._method(method, base)
        if isinstance(base, Blueprint):
            return None if "<locals>" in base.cls.qualname else Global(f"{base.cls.qualname}.{name}")
        if isinstance(base, Given):
            declared = self.hint(cls.fields.get(name)) if cls is not None else NO_HINT
            return attribute_of(base, name, cls, declared)
        return None

    def _method(self, method: Function, base: Value) -> Value:
        found = self.decorated(method, None)
        if not isinstance(found, Defined) or found.opaque:
            return found if isinstance(found, Callee) else None
        static = any(isinstance(d, ast.Name) and d.id == "staticmethod" for d in method.decorators)
        return found if static or isinstance(base, Blueprint) else Defined(method, None, base)

    def _subscript(self, node: ast.Subscript) -> Value:
        base = self.place(node.value)
        if not isinstance(node.slice, ast.Constant):
            self.value(node.slice)
        if isinstance(base, Imported):
            self.events.append(Read(node, self.frame.helper, base))
        if self.misused(base, node, "iterate") or base is None:
            return None
        if isinstance(base, Given):
            return item_of(base, node.slice)
        index = constant_of(node.slice)
        if isinstance(base, Several):
            known = isinstance(index, int) and -len(base.items) <= index < len(base.items)
            return base.items[index] if known and isinstance(index, int) else None
        return base if isinstance(base, Each) and isinstance(node.slice, ast.Slice) else element(base)

    # ------------------------------------------------------------ operators

    def _bool_op(self, node: ast.BoolOp) -> Value:
        *deciding, last = node.values
        for operand in deciding:
            self.misused(self.value(operand), node, "truth")
        self.value(last)
        return None

    def _unary(self, node: ast.UnaryOp) -> Value:
        if isinstance(node.op, ast.Not):
            return self.condition(node.operand, node)
        self.misused(self.value(node.operand), node, "arithmetic")
        return None

    def _if_exp(self, node: ast.IfExp) -> Value:
        self.condition(node.test, node)
        guarded, self.frame.guarded = self.frame.guarded, self.frame.guarded or mentions_gpu(node.test)
        first, second = self.value(node.body), self.value(node.orelse)
        self.frame.guarded = guarded
        if isinstance(first, Handle) and isinstance(second, Handle):
            return first
        return first if first == second else None

    def _compare(self, node: ast.Compare) -> Value:
        operands = [node.left, *node.comparators]
        values = [self.value(operand) for operand in operands]
        for index, op in enumerate(node.ops):
            left, right = values[index], values[index + 1]
            if isinstance(op, _IDENTITY):
                continue
            if isinstance(op, _MEMBERSHIP):
                display = operands[index + 1]
                shown = isinstance(display, ast.List | ast.Tuple) and bool(display.elts)
                if self.misused(right, node, "iterate") or (shown and self.misused(left, node, "compare")):
                    break
            elif self.misused(left, node, "compare") or self.misused(right, node, "compare"):
                break
        return None

    def _bin_op(self, node: ast.BinOp) -> Value:
        left, right = self.value(node.left), self.value(node.right)
        if isinstance(node.op, ast.Mod) and isinstance(left, Fixed):
            self._percent(node, left.text, right)
            return Fixed(left.text.partition("%")[0], whole=False)
        if isinstance(node.op, ast.RShift) and isinstance(left, Callee) and isinstance(right, Callee):
            return Callee("pipeline", f"{left.label}_{right.label}", right.result, None)
        if self.misused(left, node, "arithmetic") or self.misused(right, node, "arithmetic"):
            return None
        if isinstance(node.op, ast.Div | ast.Add):
            return appended(left, right, "/" if isinstance(node.op, ast.Div) else "")
        return None

    def _percent(self, node: ast.BinOp, text: str, right: Value) -> None:
        shown = conversions(text)
        if not isinstance(right, Several):
            if shown != ["r"]:
                self.misused(right, node, "format")
            return
        written = node.right.elts if isinstance(node.right, ast.Tuple) else []
        for index, (item, value) in enumerate(zip(written, right.items, strict=False)):
            if shown[index : index + 1] != ["r"] and self.misused(value, item, "format"):
                return

    def _joined(self, node: ast.JoinedStr) -> Value:
        values: list[Value] = []
        told = False
        for part in node.values:
            if not isinstance(part, ast.FormattedValue):
                values.append(self.value(part))
                continue
            value = self.value(part.value)
            if part.format_spec is not None:
                self.value(part.format_spec)
            if part.conversion != ord("r") and not told:
                told = self.misused(value, node, "format")
            values.append(value)
        first = values[0] if values else Fixed("")
        if isinstance(first, Fixed):
            return Fixed(first.text, whole=first.whole and len(values) == 1)
        return first if isinstance(first, Given) and first.hint.name == "builtins.str" else None

    # ------------------------------------------------------------ displays, comprehensions

    def _tuple(self, node: ast.Tuple) -> Value:
        values = [self._item(item, node) for item in node.elts]
        return None if any(isinstance(item, ast.Starred) for item in node.elts) else Several(tuple(values))

    def _list(self, node: ast.List | ast.Set) -> Value:
        values = [self._item(item, node) for item in node.elts]
        handles = [value for value in values if isinstance(value, Handle)]
        return Each(handles[0]) if handles and len(handles) == len(values) else Made(_DISPLAYS[type(node)])

    def _item(self, item: ast.expr, display: ast.expr) -> Value:
        if not isinstance(item, ast.Starred):
            return self.value(item)
        self.misused(self.value(item.value), display, "iterate")
        return None

    def _dict(self, node: ast.Dict) -> Value:
        for key, item in zip(node.keys, node.values, strict=True):
            if key is not None:
                self.value(key)
            value, name = self.value(item), constant_of(key) if key is not None else ...
            if isinstance(value, Fixed) and isinstance(name, str):
                self.events.append(Told(item, self.frame.helper, self.frame.guarded, name, value))
        return Made("builtins.dict")

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> Value:
        depth = len(self.frame.overlays)
        for index, generator in enumerate(node.generators):
            source = self.value(generator.iter)
            self.misused(source, node, "iterate")
            if index == 0:
                self.frame.overlays.append({})
            self.bind(generator.target, element(source))
            for condition in generator.ifs:
                self.condition(condition, node)
        if isinstance(node, ast.DictComp):
            self.value(node.key)
            self.value(node.value)
            result: Value = Made("builtins.dict")
        else:
            item = self.value(node.elt)
            result = Each(item) if item is not None else Made(_DISPLAYS.get(type(node), ""))
        del self.frame.overlays[depth:]
        return result

    def bind(self, target: ast.expr, value: Value) -> None:
        """Bind a target to a value, a name or more."""
        if isinstance(target, ast.Name):
            self.bind_name(target, target.id, value)
        elif isinstance(target, ast.Tuple | ast.List):
            self._unpack(target, value)
        elif isinstance(target, ast.Starred):
            self.bind(target.value, None)
        elif isinstance(target, ast.Attribute):
            self.changed(target, self.place(target.value), "attribute")
        elif isinstance(target, ast.Subscript):
            base = self.place(target.value)
            self.value(target.slice)
            self.changed(target, base, "item")

    @abstractmethod
    def bind_name(self, node: ast.AST, name: str, value: Value) -> None:
        """Bind a name."""

    def _unpack(self, target: ast.Tuple | ast.List, value: Value) -> None:
        count = len(target.elts)
        starred = any(isinstance(part, ast.Starred) for part in target.elts)
        if self.misused(value, target, "iterate"):
            parts: tuple[Value, ...] = (None,) * count
        elif isinstance(value, Several):
            parts = value.items if len(value.items) == count and not starred else (None,) * count
        elif isinstance(value, Given):
            parts = unpacked(value, count)
        else:
            parts = (element(value),) * count
        for part, item in zip(target.elts, parts, strict=True):
            self.bind(part, item)

    # ------------------------------------------------------------ the rest

    def _constant(self, node: ast.Constant) -> Value:
        return Fixed(node.value) if isinstance(node.value, str) else None

    def _lambda(self, node: ast.Lambda) -> Value:
        function = self.module.by_node.get(id(node))
        if function is None:
            function = self.module.by_node[id(node)] = Function(node, "<lambda>", self.frame.function)
        defined = Defined(function, self.frame)
        self.enter(defined)
        return defined

    def _walrus(self, node: ast.NamedExpr) -> Value:
        value = self.value(node.value)
        overlays, self.frame.overlays = self.frame.overlays, []
        self.bind(node.target, value if not overlays else None)
        self.frame.overlays = overlays
        return value

    def _await(self, node: ast.Await) -> Value:
        return self.value(node.value)


_WALKS: dict[type[ast.expr], Callable[[Expressions, Any], Value]] = {
    ast.Name: Expressions._name,
    ast.Attribute: Expressions._attribute,
    ast.Subscript: Expressions._subscript,
    ast.BoolOp: Expressions._bool_op,
    ast.UnaryOp: Expressions._unary,
    ast.IfExp: Expressions._if_exp,
    ast.Compare: Expressions._compare,
    ast.BinOp: Expressions._bin_op,
    ast.JoinedStr: Expressions._joined,
    ast.Tuple: Expressions._tuple,
    ast.List: Expressions._list,
    ast.Set: Expressions._list,
    ast.Dict: Expressions._dict,
    ast.ListComp: Expressions._comprehension,
    ast.SetComp: Expressions._comprehension,
    ast.GeneratorExp: Expressions._comprehension,
    ast.DictComp: Expressions._comprehension,
    ast.Constant: Expressions._constant,
    ast.Lambda: Expressions._lambda,
    ast.NamedExpr: Expressions._walrus,
    ast.Await: Expressions._await,
}
