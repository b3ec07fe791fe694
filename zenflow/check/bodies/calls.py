"""The walk through calls: steps give handles, functions of the file are walked with their arguments."""

from __future__ import annotations

import ast
from abc import abstractmethod

from attrs import define, evolve, field

from zenflow.check.bodies.events import Argument, Called, Misuse
from zenflow.check.bodies.expressions import Expressions
from zenflow.check.bodies.frames import Env, Frame, returned
from zenflow.check.bodies.lookup import maker_of
from zenflow.check.bodies.module import Function, Module
from zenflow.check.bodies.results import foreign, with_keywords
from zenflow.check.bodies.texts import conversions, mentions
from zenflow.check.bodies.values import (
    Blueprint,
    Callee,
    Defined,
    Each,
    Fixed,
    Given,
    Handle,
    Imported,
    Instance,
    Maker,
    Several,
    Value,
    results_of,
)

_ITERATING = (
    *("len", "list", "tuple", "set", "frozenset", "sorted", "enumerate", "sum", "iter", "next", "reversed", "dict"),
    *("any", "all", "min", "max", "zip"),
)
_BUILTINS: dict[str, Misuse] = {
    **dict.fromkeys([f"builtins.{name}" for name in _ITERATING], "iterate"),
    **dict.fromkeys(["builtins.print", "builtins.str", "builtins.format"], "format"),
    **dict.fromkeys([f"builtins.{n}" for n in ("int", "float", "complex", "abs", "round", "range")], "arithmetic"),
    "builtins.bool": "truth",
}
_ASKING = ("builtins.isinstance", "builtins.type", "builtins.hasattr", "builtins.callable")
_LEVELS = ("debug", "info", "warning", "warn", "error", "critical", "exception", "log")
_LOGGERS = ("logging.getLogger", "loguru.logger", "structlog.get_logger")
_LIMIT = 400
"""Functions walked for one body; what lies deeper is not looked at."""
_DEPTH = 25


@define(eq=False)
class Walked:
    """Which functions of the file were walked for this body, with which arguments, and what they gave."""

    results: dict[object, Value] = field(factory=dict)
    functions: set[int] = field(factory=set)
    active: list[Function] = field(factory=list)


class Calls(Expressions):
    """Calls."""

    def __init__(self, module: Module) -> None:
        super().__init__(module)
        self.walked = Walked()

    def call(self, node: ast.Call, *, discarded: bool = False) -> Value:
        """Walk a call: its parts, what it is, what it gives."""
        receiver: Value = None
        if isinstance(node.func, ast.Attribute):
            receiver, method = self.place(node.func.value), node.func.attr
            function = self.attribute(receiver, node.func)
        else:
            function, method = self.place(node.func), ""
        args = tuple(self._argument(arg, node) for arg in node.args)
        keywords = {k.arg: self._argument(k.value, node) for k in node.keywords if k.arg is not None}
        for keyword in node.keywords:
            if keyword.arg is None:
                self.value(keyword.value)
        open_ = any(keyword.arg is None for keyword in node.keywords)
        called = Called(
            node, self.frame.helper, self.frame.guarded, function, receiver, method, args, keywords, open_, discarded
        )
        self.events.append(called)
        self._misuses(called)
        return self._result(called)

    def _argument(self, node: ast.expr, call: ast.Call) -> Argument:
        if not isinstance(node, ast.Starred):
            return Argument(node, self.value(node))
        self.misused(self.value(node.value), call, "iterate")
        return Argument(node, None)

    # ------------------------------------------------------------ artifacts

    def _misuses(self, called: Called) -> None:
        if self.misused(called.function, called.node, "call"):
            return
        if not any(_holds_handle(argument.value) for argument in called.everything()):
            return
        how = _BUILTINS.get(called.name)
        if how is not None:
            self._builtin(called, how)
        elif called.method == "format" and isinstance(called.receiver, Fixed) and "!r" not in called.receiver.text:
            self._first(called, called.node, "format")
        elif _logs(called):
            self._logged(called)

    def _logged(self, called: Called) -> None:
        text, *rest = called.args[1 if called.method == "log" else 0 :]
        self.misused(text.value, text.node, "format")
        shown = conversions(text.value.text) if isinstance(text.value, Fixed) else []
        for index, argument in enumerate(rest):
            if shown[index : index + 1] != ["r"]:
                self.misused(argument.value, argument.node, "format")

    def _builtin(self, called: Called, how: Misuse) -> None:
        short = called.name.rpartition(".")[2]
        if short in ("min", "max") and len(called.args) > 1:
            how = "compare"
        if short in ("any", "all") and called.args and isinstance(called.args[0].value, Each | Several):
            inner = called.args[0].value
            item = inner.item if isinstance(inner, Each) else next(iter(inner.items), None)
            self.misused(item, called.node, "truth")
        elif short in ("enumerate", "next", "sorted", "sum", "round", "iter"):
            self.misused(called.args[0].value if called.args else None, called.node, how)
        else:
            self._first(called, called.node, how)

    def _first(self, called: Called, node: ast.expr, how: Misuse) -> None:
        for argument in called.everything():
            if self.misused(argument.value, node, how):
                return

    # ------------------------------------------------------------ results

    def _result(self, called: Called) -> Value:
        function = called.function
        maker = maker_of(function)
        if maker is not None:
            return self._made(maker, called)
        if isinstance(function, Callee):
            return function.result
        if isinstance(function, Defined):
            return self.enter(function, self._bound(function, called))
        if isinstance(function, Blueprint):
            return self._instance(function, called)
        return self._known(called)

    def _made(self, maker: Maker, called: Called) -> Value:
        if not called.args:
            return with_keywords(maker, called)
        plain = called.args[0].value
        return self.callee(maker, plain.function, plain) if isinstance(plain, Defined) else None

    def _instance(self, blueprint: Blueprint, called: Called) -> Value:
        cls = blueprint.cls
        made = Instance(cls)
        first = cls.functions.get("__init__")
        if first is not None:
            defined = Defined(first, None, made)
            self.enter(defined, self._bound(defined, called))
        self._passed(called)
        return made

    def _known(self, called: Called) -> Value:
        receiver, method = called.receiver, called.method
        if isinstance(receiver, Handle):
            named = called.args[0].value if called.args else None
            label = named.text if isinstance(named, Fixed) else receiver.label
            return Handle(label) if method == "named" else None
        if isinstance(receiver, Callee):
            if method == "map":
                return results_of(receiver.result, receiver.label)
            return self._with_options(receiver, called) if method == "with_options" else None
        if called.name in ("zenflow.when", "zenflow.language.when.when"):
            return self._when(called)
        if isinstance(receiver, Each) and isinstance(called.node.func, ast.Attribute):
            self.forget(called.node.func.value)  # a method of a list may put anything into it
        if called.name in _ASKING and called.args and isinstance(called.args[0].value, Handle):
            self.forget(called.args[0].node)  # one branch is for artifacts, and the other for what is none
        self._passed(called)
        return foreign(called)

    def _with_options(self, callee: Callee, called: Called) -> Value:
        return evolve(callee, options=with_keywords(Maker(callee.role, callee.options), called).options)

    def _when(self, called: Called) -> Value:
        branches = (called.argument(1, "then"), called.argument(2, "otherwise"))
        values = [branch.value for branch in branches if branch is not None]
        built = [self.enter(value, {}) for value in values if isinstance(value, Defined)]
        if len(built) != 2:
            return None
        first, second = (results_of(value, "when") for value in built)
        return first if first == second else None

    def forget(self, node: ast.expr) -> None:
        """Keep nothing of what a name holds."""
        if isinstance(node, ast.Name):
            self.frame.env.pop(node.id, None)

    def _passed(self, called: Called) -> None:
        # A function of the file that is handed to foreign code is called there, with nobody knows what.
        for argument in called.everything():
            if isinstance(argument.value, Defined):
                self.enter(argument.value)

    # ------------------------------------------------------------ functions of the file

    def _bound(self, defined: Defined, called: Called) -> Env:
        """What the parameters of a function hold in a call."""
        env: Env = {}
        if defined.opaque:
            return env
        names = [parameter.arg for parameter in defined.function.positional]
        if defined.receiver is not None and names:
            env[names.pop(0)] = defined.receiver
        elif defined.function.cls is not None and _is_classmethod(defined.function) and names:
            env[names.pop(0)] = Blueprint(defined.function.cls)
        for name, argument in zip(names, called.args, strict=False):
            if isinstance(argument.node, ast.Starred):
                break
            env[name] = argument.value
        known = {parameter.arg for parameter in defined.function.parameters}
        env.update({name: argument.value for name, argument in called.keywords.items() if name in known})
        plain = defined.closure is None and _takes_values(defined.function)
        return {
            name: value for name, value in env.items() if value is not None and not (plain and _holds_handle(value))
        }

    def enter(self, defined: Defined, env: Env | None = None) -> Value:
        """Walk a function of the file with what its parameters hold; what it returns."""
        function, walked = defined.function, self.walked
        if env is None:
            env = {} if defined.receiver is None else self._self_alone(defined)
        key = (id(function), id(defined.closure), frozenset(env.items()))
        if key in walked.results:
            return walked.results[key]
        if function in walked.active or len(walked.active) >= _DEPTH or len(walked.results) >= _LIMIT:
            return None
        walked.results[key] = None
        walked.functions.add(id(function))
        walked.active.append(function)
        outer = self.frame
        helper = function if defined.closure is None else defined.closure.helper
        self.frame = Frame(function, defined.closure, helper, dict(env), guarded=outer.guarded)
        self._hinted(function)
        try:
            self.run(function)
            result = None if defined.opaque or function.scope.generator else returned(self.frame)
        finally:
            self.frame = outer
            walked.active.pop()
        walked.results[key] = result
        return result

    def _self_alone(self, defined: Defined) -> Env:
        first = next(iter(defined.function.positional), None)
        return {} if first is None else {first.arg: defined.receiver}

    def _hinted(self, function: Function) -> None:
        # An argument whose own annotation says nothing has the one of the helper that takes it.
        for parameter in function.parameters:
            value = self.frame.env.get(parameter.arg)
            if isinstance(value, Given) and not value.hint.name and parameter.annotation is not None:
                self.frame.env[parameter.arg] = evolve(value, hint=self.hint(parameter.annotation))

    @abstractmethod
    def run(self, function: Function) -> None:
        """Walk the body of a function in its frame."""


def _takes_values(function: Function) -> bool:
    """Whether a function says that it takes no artifacts: giving it one is the mistake (ZF105), not what it does."""
    annotations = [parameter.annotation for parameter in function.parameters]
    return bool(annotations) and all(node is not None and not mentions(node, "Artifact") for node in annotations)


def _holds_handle(value: Value) -> bool:
    """Whether a value is an artifact, or certainly has one among its items."""
    if isinstance(value, Each):
        return isinstance(value.item, Handle)
    return isinstance(value, Handle) or (isinstance(value, Several) and any(map(_holds_handle, value.items)))


def _logs(called: Called) -> bool:
    if called.method not in _LEVELS or len(called.args) < (2 if called.method == "log" else 1):
        return False
    by = getattr(called.receiver, "by", "") or getattr(called.receiver, "made", "")
    foreign_name = called.receiver.name if isinstance(called.receiver, Imported) else ""
    return by in _LOGGERS or foreign_name in ("logging", "loguru.logger")


def _is_classmethod(function: Function) -> bool:
    return any(isinstance(node, ast.Name) and node.id == "classmethod" for node in function.decorators)
