"""A plain typed function, looked at once: its signature, its hints, the shape of its result.

Hints are resolved when first asked for, not when the function is decorated, so that a module may name classes
it defines further down.
"""

from __future__ import annotations

import inspect
import sys
import typing
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, get_args, get_origin, get_type_hints

from attrs import field, frozen

from zenflow.artifacts.hints import substitute


@frozen
class Shape:
    """The shape of a result: one value, or a fixed number of values that are handed out separately.

    `kind` is the NamedTuple class for one, `tuple` for a plain tuple, None for a single value.
    """

    kind: type | None
    hints: tuple[object, ...]
    fields: tuple[str, ...] = ()

    @property
    def single(self) -> bool:
        return self.kind is None

    def build(self, values: typing.Iterable[object]) -> Any:
        """The values in the result's own form: the one, a tuple, or the NamedTuple."""
        items = tuple(values)
        if self.kind is None:
            return items[0]
        return items if self.kind is tuple else self.kind(*items)


def shape_of(hint: object) -> Shape:
    """The shape that a return annotation announces.

    >>> shape_of(tuple[int, str]).hints, shape_of(tuple[int, ...]).single, shape_of(list[int]).single
    ((<class 'int'>, <class 'str'>), True, True)
    """
    bare = get_args(hint)[0] if get_origin(hint) is typing.Annotated else hint
    named = get_origin(bare) or bare
    if isinstance(named, type) and issubclass(named, tuple) and hasattr(named, "_fields"):
        hints = _named_hints(named)
        solved = dict(zip(getattr(named, "__parameters__", ()), get_args(bare), strict=False))
        fields = (hints.get(name, Any) for name in named._fields)
        return Shape(named, tuple(substitute(field, solved) if solved else field for field in fields), named._fields)
    if get_origin(bare) is tuple:
        args = get_args(bare)
        if args and Ellipsis not in args and not any(_unpacked(arg) for arg in args):
            return Shape(tuple, args)
    return Shape(None, (hint,))


def _named_hints(cls: type) -> dict[str, object]:
    try:
        return get_type_hints(cls, include_extras=True)
    except (NameError, TypeError, AttributeError):
        return {}


def _unpacked(hint: object) -> bool:
    return get_origin(hint) is typing.Unpack or getattr(hint, "__unpacked__", False)


@frozen(eq=False)
class Function:
    """A function as its annotations describe it. `signature` is what callers see: without the parameter `gang`, which
    is filled in for them."""

    fn: Callable[..., Any]
    name: str
    module: str
    qualname: str
    signature: inspect.Signature = field(repr=False)
    gang: str | None = None

    @classmethod
    def of(cls, fn: Callable[..., Any], name: str | None = None, *, gang: str | None = None) -> Function:
        qualname = getattr(fn, "__qualname__", fn.__class__.__qualname__)
        plain = getattr(fn, "__name__", qualname)
        module = module_name(getattr(fn, "__module__", None) or "")
        signature = inspect.signature(fn)
        if gang is not None:
            signature = signature.replace(parameters=[p for p in signature.parameters.values() if p.name != gang])
        return cls(fn, name or plain, module, qualname, signature, gang)

    @cached_property
    def path(self) -> str:
        """`module:qualname`, the way to find it again."""
        return f"{self.module}:{self.qualname}"

    @cached_property
    def _resolved(self) -> tuple[Mapping[str, Any], str | None]:
        try:
            return get_type_hints(self.fn, include_extras=True), None
        except Exception as error:  # a hint is the user's code: whatever it raises is the finding ZF205
            return {}, f"{type(error).__name__}: {error}"

    @property
    def hints(self) -> Mapping[str, Any]:
        """Hints by parameter name, and `return`; empty where they do not resolve (see `hint_problem`)."""
        return self._resolved[0]

    @property
    def hint_problem(self) -> str | None:
        """Why the hints do not resolve, or None."""
        return self._resolved[1]

    @property
    def returns(self) -> Any:
        """The return annotation; `Any` where there is none."""
        return self.hints.get("return", Any)

    @cached_property
    def shape(self) -> Shape:
        """How the result is handed out."""
        return shape_of(self.returns)

    @property
    def is_async(self) -> bool:
        return inspect.iscoroutinefunction(self.fn)


def module_name(module: str) -> str:
    """The name a module goes by; the file's stem for `__main__`, so that a script and a module share keys."""
    if module != "__main__":
        return module
    file = getattr(sys.modules.get("__main__"), "__file__", None)
    return file.replace("\\", "/").rsplit("/", 1)[-1].removesuffix(".py") if file else module
