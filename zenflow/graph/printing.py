"""Types and values as people read them."""

from __future__ import annotations

import inspect
import re
import types
import typing
from collections.abc import Mapping
from typing import Any, TypeVar, get_args, get_origin

_LIMIT = 80


def type_text(hint: Any) -> str:
    """A type the way it is written in code, with modules where they tell something.

    >>> from pathlib import Path
    >>> type_text(dict[str, list[int]]), type_text(int | None), type_text(Path)
    ('dict[str, list[int]]', 'int | None', 'Path')
    """
    if hint is None or hint is type(None):
        return "None"
    if hint is Ellipsis:
        return "..."
    if isinstance(hint, (TypeVar, typing.ParamSpec)):
        return hint.__name__
    origin, args = get_origin(hint), get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return " | ".join(type_text(arg) for arg in args)
    if origin is typing.Literal:
        return f"Literal[{', '.join(repr(arg) for arg in args)}]"
    if origin is typing.Annotated:
        return type_text(args[0])
    if isinstance(hint, list):
        return f"[{', '.join(type_text(item) for item in hint)}]"
    if origin is not None:
        return f"{_name(origin)}[{', '.join(type_text(arg) for arg in args)}]" if args else _name(origin)
    return _name(hint)


_QUIET = {"builtins", "typing", "typing_extensions", "collections.abc", "pathlib", "datetime", "uuid", "decimal"}


def _name(hint: Any) -> str:
    name = getattr(hint, "__qualname__", None) or getattr(hint, "__name__", None) or getattr(hint, "_name", None)
    if name is None:
        return repr(hint).removeprefix("typing.")
    module = getattr(hint, "__module__", "")
    top = module.split(".")[0]
    return name if module in _QUIET or top == "__main__" or not module else f"{top}.{name}"


def signature_text(signature: inspect.Signature, hints: Mapping[str, Any]) -> str:
    """A signature as it is written in code, its types resolved.

    >>> def scale(data: "list[int]", *, by: float = 2) -> "int | None": ...
    >>> signature_text(inspect.signature(scale), typing.get_type_hints(scale))
    '(data: list[int], *, by: float = 2) -> int | None'
    """
    parameters = [
        p.replace(annotation=_Verbatim(type_text(hints[p.name]))) if p.name in hints else p
        for p in signature.parameters.values()
    ]
    returns = _Verbatim(type_text(hints["return"])) if "return" in hints else signature.return_annotation
    return str(signature.replace(parameters=parameters, return_annotation=returns))


class _Verbatim:
    """An annotation that prints as it is."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


def value_text(value: object) -> str:
    """A value's repr on one line, cut where it is long."""
    try:
        text = repr(value)
    except Exception as error:  # a repr is the user's code
        text = f"<{type(value).__name__}: its repr raised {type(error).__name__}>"
    if type(value) not in (int, float, bool):
        text = _ADDRESS.sub("", " ".join(text.split()))
    return text if len(text) <= _LIMIT else text[: _LIMIT - 1] + "…"


_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
