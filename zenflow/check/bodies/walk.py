"""The steps and pipelines of a file, each with what happens in its body.

Why a walk with values, and not a search for patterns: whether `x.append(1)` changes an input, `if score:` asks an
artifact, or `rand()` is numpy's, depends on what the names hold at that line. The walk follows each body in the order
in which it runs, through branches, loops and the functions of the file that it calls, and keeps for each name only what
is certain there (`values`). What it can not know is unknown, and no rule speaks of it. What it comes across is written
down once (`events`); a rule is a table and a few lines over that.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache

from zenflow.check.bodies.calls import Walked
from zenflow.check.bodies.events import Body
from zenflow.check.bodies.frames import Env, Frame
from zenflow.check.bodies.hints import is_optional
from zenflow.check.bodies.lookup import surroundings
from zenflow.check.bodies.module import Function, Module
from zenflow.check.bodies.source import Source
from zenflow.check.bodies.statements import Statements
from zenflow.check.bodies.values import Callee, Each, Given, Handle, Value


class BodyWalk(Statements):
    """The walk over the bodies of a file, one after the other."""

    def bodies(self) -> Iterator[Body]:
        """The steps and pipelines of the file, walked."""
        done: set[int] = set()
        for callee in self._callees():
            function = callee.function
            if function is not None and id(function) not in done:
                done.add(id(function))
                try:
                    yield self._walked(callee, function)
                except RecursionError:  # it nests too deeply for this interpreter, and nothing is said of it
                    continue

    def _callees(self) -> Iterator[Callee]:
        for function in self.module.functions:
            if function.decorators:
                self.frame = surroundings(function.outer, self) or self.frame
                found = self.decorated(function, None)
                if isinstance(found, Callee):
                    yield found
        for name, bindings in self.module.bindings.items():
            if any(isinstance(binding, ast.Call) for binding in bindings):
                made = self.of_module(name)
                if isinstance(made, Callee):
                    yield made

    def _walked(self, callee: Callee, function: Function) -> Body:
        self.events, self.walked = [], Walked(functions={id(function)}, active=[function])
        self.frame = Frame(function, surroundings(function.outer, self))
        self.frame.env = self._arguments(callee, function)
        self.run(function)
        return Body(callee, function, tuple(self.events))

    def _arguments(self, callee: Callee, function: Function) -> Env:
        take = self._given if callee.role == "step" else self._handle
        values: dict[str, Value] = {p.arg: take(p) for p in function.parameters}
        starred = function.node.args.vararg
        if starred is not None:
            values[starred.arg] = Each(take(starred))
        return {name: value for name, value in values.items() if value is not None}

    def _given(self, parameter: ast.arg) -> Value:
        return Given(parameter.arg, self.hint(parameter.annotation))

    def _handle(self, parameter: ast.arg) -> Value:
        hint = self.hint(parameter.annotation)
        home, _, short = hint.name.rpartition(".")
        is_artifact = home.partition(".")[0] == "zenflow" and short == "Artifact"
        return Handle(parameter.arg) if is_artifact and not is_optional(parameter.annotation) else None


@lru_cache(maxsize=8)
def bodies_of(source: Source) -> tuple[Body, ...]:
    """The steps and pipelines of a file, walked once for all rules."""
    return tuple(BodyWalk(module_of(source)).bodies())


@lru_cache(maxsize=8)
def module_of(source: Source) -> Module:
    """The definitions of a file."""
    return Module.of(source)
