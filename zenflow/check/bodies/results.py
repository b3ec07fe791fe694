"""What a call of something foreign gives, where that matters: the same path, the same elements, a new object."""

from __future__ import annotations

import ast
from collections.abc import Callable

from zenflow.check.bodies.events import Called
from zenflow.check.bodies.lookup import maker_of
from zenflow.check.bodies.values import (
    Declared,
    Each,
    Fixed,
    Given,
    Imported,
    Made,
    Maker,
    Several,
    Value,
    element,
)

SAME_PATH = (
    *("pathlib.Path", "pathlib.PurePath", "pathlib.PosixPath", "os.fspath", "os.path.join", "os.path.abspath"),
    *("os.path.realpath", "os.path.expanduser", "os.path.dirname", "builtins.str"),
)
"""What only spells a path: its first argument, or one below it."""
_SAME_ITEMS = ("builtins.list", "builtins.tuple", "builtins.sorted", "builtins.reversed", "builtins.iter")
_PATH_METHODS = ("joinpath", "resolve", "absolute", "expanduser", "with_suffix", "with_name", "format", "strip")


def foreign(called: Called) -> Value:
    """What a call gives: of a function of another module, or a method of a value."""
    name = called.name
    if not name:
        return _of_method(called)
    first = called.args[0].value if called.args else None
    if name in SAME_PATH:
        return _path(called, first)
    if name in _SAME_ITEMS:
        item = element(first)
        return Made(name) if item is None else Each(item)
    special = _SPECIAL.get(name)
    return special(called) if special is not None else Made(name)


def _path(called: Called, first: Value) -> Value:
    if isinstance(first, Fixed):
        return Fixed(first.text, whole=first.whole and len(called.args) == 1)
    return first if isinstance(first, Given) and first.hint.name in ("builtins.str", "pathlib.Path") else None


def _enumerate(called: Called) -> Value:
    return Each(Several((None, element(called.args[0].value)))) if called.args else None


def _zip(called: Called) -> Value:
    starred = any(isinstance(argument.node, ast.Starred) for argument in called.args)
    return None if starred else Each(Several(tuple(element(argument.value) for argument in called.args)))


def _partial(called: Called) -> Value:
    maker = maker_of(called.args[0].value) if called.args else None
    return None if maker is None else with_keywords(maker, called)


_SPECIAL: dict[str, Callable[[Called], Value]] = {
    "builtins.enumerate": _enumerate,
    "builtins.zip": _zip,
    "functools.partial": _partial,
    "zenflow.each": lambda _: None,
}


def _of_method(called: Called) -> Value:
    receiver, method = called.receiver, called.method
    if isinstance(receiver, Fixed):
        return Fixed(receiver.text.partition("{")[0], whole=False) if method in _PATH_METHODS else None
    if not isinstance(receiver, Given):
        return None
    if receiver.hint.name.partition(".")[0] == "pathlib":
        return receiver if method in _PATH_METHODS else None
    item = element(receiver)
    if method == "items" and len(receiver.hint.args) == 2:
        return Each(Several((None, item)))
    if method == "values" and len(receiver.hint.args) == 2:
        return Each(item)
    return item if method in ("get", "setdefault") and receiver.hint.name.endswith(("dict", "Mapping")) else None


def with_keywords(maker: Maker, called: Called) -> Maker:
    """A decorator of ours with the options of a call."""
    written = {name: _literal(argument.node, argument.value) for name, argument in called.keywords.items()}
    return Maker(maker.role, Declared({**maker.options.given, **written}, maker.options.open or called.open))


def _literal(node: ast.expr, value: Value) -> object:
    if isinstance(value, Imported):
        return ...
    return node.value if isinstance(node, ast.Constant) else ...
