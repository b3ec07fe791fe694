"""The walk through statements, in the order in which they run.

Where ways meet, only what holds on each of them is kept. A name that a loop binds is unknown where the loop begins:
the second time round it may hold anything that the first time left.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

from zenflow.check.bodies.calls import Calls
from zenflow.check.bodies.events import Rebound
from zenflow.check.bodies.frames import Env, Loop, joined
from zenflow.check.bodies.hints import last_name
from zenflow.check.bodies.module import Function, imported_by
from zenflow.check.bodies.scopes import bound_in
from zenflow.check.bodies.texts import mentions_gpu
from zenflow.check.bodies.values import Blueprint, Defined, Given, Handle, Made, Value, element

_LETS_THROUGH = ("open", "no_grad", "inference_mode", "TemporaryDirectory", "NamedTemporaryFile", "urlopen", "connect")
"""Managers that swallow no exception; after any other the code behind `with` may run though its body ended."""
_IN_PLACE = (
    *("list", "dict", "set", "deque", "Counter", "bytearray", "ndarray", "DataFrame", "Series", "Tensor"),
    *("MutableSequence", "MutableMapping", "MutableSet", "defaultdict"),
)


class Statements(Calls):
    """Statements, and with them whole functions."""

    def run(self, function: Function) -> None:
        """Walk the body of a function in its frame, and the functions in it that it does not call itself."""
        node = function.node
        if isinstance(node, ast.Lambda):
            self.frame.returned.append(self.value(node.body))
            return
        if not self.block(node.body):
            self.frame.returned.append(None)
        for value in list(self.frame.env.values()):
            inner = isinstance(value, Defined) and value.closure is self.frame
            if inner and isinstance(value, Defined) and id(value.function) not in self.walked.functions:
                self.enter(value)

    def block(self, body: Sequence[ast.stmt]) -> bool:
        """Walk some statements; whether they never come to their end."""
        for statement in body:
            walk = _WALKS.get(type(statement))
            if walk is None:
                self._plain(statement)
            elif walk(self, statement):
                return True
        return False

    def _plain(self, statement: ast.stmt) -> None:
        for child in ast.iter_child_nodes(statement):
            if isinstance(child, ast.expr):
                self.value(child)

    # ------------------------------------------------------------ simple statements

    def _expression(self, node: ast.Expr) -> None:
        if isinstance(node.value, ast.Call):
            self.call(node.value, discarded=True)
        else:
            self.value(node.value)

    def bind_name(self, node: ast.AST, name: str, value: Value) -> None:
        """Bind a name here, or in the module where `global` says so."""
        if name in self.frame.function.scope.globals:
            self.events.append(Rebound(node, self.frame.helper, name))
        else:
            self.frame.bind(name, value)

    def _assign(self, node: ast.Assign) -> None:
        value = self.value(node.value)
        for target in node.targets:
            self.bind(target, value)

    def _annotated(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.bind(node.target, self.value(node.value))

    def _augmented(self, node: ast.AugAssign) -> None:
        target = node.target
        before = self.place(target) if isinstance(target, ast.Name) else self._holder(target)
        added = self.value(node.value)
        if not isinstance(target, ast.Name):
            self.changed(target, before, "item" if isinstance(target, ast.Subscript) else "attribute")
        elif self.misused(before, node, "arithmetic") or self.misused(added, node, "arithmetic"):
            pass
        elif is_in_place(before):
            self.changed(target, before, "augmented")
            return
        if isinstance(target, ast.Name):
            self.bind_name(target, target.id, None)

    def _holder(self, target: ast.Attribute | ast.Subscript) -> Value:
        if isinstance(target, ast.Subscript):
            self.value(target.slice)
        return self.place(target.value)

    def _delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            if isinstance(target, ast.Name):
                self.bind_name(target, target.id, None)
            elif isinstance(target, ast.Attribute | ast.Subscript):
                self.changed(target, self._holder(target), "item")

    def _return(self, node: ast.Return) -> bool:
        self.frame.returned.append(None if node.value is None else self.value(node.value))
        return True

    def _raise(self, node: ast.Raise) -> bool:
        self._plain(node)
        return True

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        for name, value in imported_by(node):
            self.bind_name(node, name, self.foreign(value))

    def _assert(self, node: ast.Assert) -> None:
        self.condition(node.test, node.test)
        if node.msg is not None:
            self.value(node.msg)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        for default in (*node.args.defaults, *node.args.kw_defaults):
            if default is not None:
                self.value(default)
        function = self.module.by_node.get(id(node))
        if function is not None:
            self.bind_name(node, node.name, self.decorated(function, self.frame))

    def _class_statement(self, node: ast.ClassDef) -> None:
        cls = self.module.classes.get(id(node))
        self.bind_name(node, node.name, Blueprint(cls) if cls is not None else None)

    # ------------------------------------------------------------ branches

    def _if(self, node: ast.If) -> bool:
        self.condition(node.test, node.test)
        if mentions_gpu(node.test):
            self.frame.guarded = True
        return self._branches([node.body, node.orelse])

    def _branches(self, blocks: list[list[ast.stmt]], names: Sequence[Sequence[str]] = ()) -> bool:
        """Walk blocks of which one runs; whether none of them comes to its end."""
        before, ends = self.frame.env, []
        for index, block in enumerate(blocks):
            self.frame.env = dict(before)
            for name in names[index] if names else ():
                self.frame.bind(name, None)
            if not self.block(block):
                ends.append(self.frame.env)
        self.frame.env = joined(ends) if ends else before
        return not ends

    def _match(self, node: ast.Match) -> bool:
        subject = self.value(node.subject)
        self._matched(node, subject)
        for case in node.cases:
            for part in ast.walk(case.pattern):
                self.frame.bind(getattr(part, "name", None) or getattr(part, "rest", None) or "", None)
            if case.guard is not None:
                self.condition(case.guard, case.pattern)
        last = node.cases[-1]
        certain = last.guard is None and isinstance(last.pattern, ast.MatchAs) and last.pattern.pattern is None
        return self._branches([case.body for case in node.cases] + ([] if certain else [[]]))

    def _matched(self, node: ast.Match, subject: Value) -> None:
        first = node.cases[0].pattern
        while isinstance(first, ast.MatchAs | ast.MatchOr):
            inner = first.pattern if isinstance(first, ast.MatchAs) else first.patterns[0]
            if inner is None:
                return
            first = inner
        if isinstance(first, ast.MatchValue):
            self.misused(subject, first, "compare")
        elif isinstance(first, ast.MatchSequence | ast.MatchMapping) and self.frame.helper is None:
            self.misused(subject, node.subject, "truth")
        elif isinstance(subject, Handle):
            self.forget(node.subject)  # a case may be for artifacts, and the next for what is none

    def _try(self, node: ast.Try) -> bool:
        before = dict(self.frame.env)
        ended = self.block(node.body)
        inside = joined([before, self.frame.env])
        ends = [] if ended or self.block(node.orelse) else [self.frame.env]
        for handler in node.handlers:
            self.frame.env = dict(inside)
            if handler.type is not None:
                self.value(handler.type)
            if handler.name:
                self.frame.bind(handler.name, None)
            if not self.block(handler.body):
                ends.append(self.frame.env)
        self.frame.env = joined(ends) if ends else inside
        return self.block(node.finalbody) or not ends

    def _with(self, node: ast.With | ast.AsyncWith) -> bool:
        before = dict(self.frame.env)
        for item in node.items:
            value = self.value(item.context_expr)
            self.misused(value, node, "with")
            if item.optional_vars is not None:
                self.bind(item.optional_vars, value if isinstance(value, Made) else None)
        ended = self.block(node.body)
        if ended and _may_suppress(node):
            self.frame.env = joined([before, self.frame.env])
            return False
        return ended

    # ------------------------------------------------------------ loops

    def _for(self, node: ast.For | ast.AsyncFor) -> None:
        source = self.value(node.iter)
        self.misused(source, node.iter, "iterate")
        entry = self._loop_entry(node)
        self.bind(node.target, element(source))
        self._loop(node, entry)

    def _while(self, node: ast.While) -> None:
        self.condition(node.test, node.test)
        entry = self._loop_entry(node)
        if mentions_gpu(node.test):
            self.frame.guarded = True
        self._loop(node, entry)

    def _loop_entry(self, node: ast.For | ast.AsyncFor | ast.While) -> Env:
        entry = dict(self.frame.env)
        for name in bound_in(node):
            self.frame.env.pop(name, None)
        return entry

    def _loop(self, node: ast.For | ast.AsyncFor | ast.While, entry: Env) -> None:
        loop = Loop()
        self.frame.loops.append(loop)
        ended = self.block(node.body)
        self.frame.loops.pop()
        ends = [] if ended else [self.frame.env]
        self.frame.env = joined([entry, *ends, *loop.continues])
        self.block(node.orelse)
        self.frame.env = joined([self.frame.env, *loop.breaks])

    def _break(self, _: ast.Break) -> bool:
        if self.frame.loops:
            self.frame.loops[-1].breaks.append(dict(self.frame.env))
        return True

    def _continue(self, _: ast.Continue) -> bool:
        if self.frame.loops:
            self.frame.loops[-1].continues.append(dict(self.frame.env))
        return True


def _may_suppress(node: ast.With | ast.AsyncWith) -> bool:
    return any(last_name(item.context_expr) not in _LETS_THROUGH for item in node.items)


def is_in_place(value: Value) -> bool:
    """Whether `+=` certainly changes the object itself."""
    return isinstance(value, Given) and value.hint.name.rpartition(".")[2] in _IN_PLACE


_WALKS: dict[type[ast.stmt], Callable[[Statements, Any], bool | None]] = {
    ast.Expr: Statements._expression,
    ast.Assign: Statements._assign,
    ast.AnnAssign: Statements._annotated,
    ast.AugAssign: Statements._augmented,
    ast.Delete: Statements._delete,
    ast.Return: Statements._return,
    ast.Raise: Statements._raise,
    ast.Import: Statements._import,
    ast.ImportFrom: Statements._import,
    ast.Assert: Statements._assert,
    ast.FunctionDef: Statements._function,
    ast.AsyncFunctionDef: Statements._function,
    ast.ClassDef: Statements._class_statement,
    ast.If: Statements._if,
    ast.Match: Statements._match,
    ast.Try: Statements._try,
    ast.TryStar: Statements._try,
    ast.With: Statements._with,
    ast.AsyncWith: Statements._with,
    ast.For: Statements._for,
    ast.AsyncFor: Statements._for,
    ast.While: Statements._while,
    ast.Break: Statements._break,
    ast.Continue: Statements._continue,
}
