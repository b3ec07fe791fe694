"""`spell`: a run-time hint as source text, for a module made up for a type checker to read.

Names are written with their modules (`flow.Table`), so that nothing in such a module can hide them. What could not be
found under the name that is written has no spelling: classes made inside functions, type variables, names in strings,
everything in `__main__`. A class is named where it is defined; one of the standard library or of a compiled module,
which stubs often have elsewhere, by its shortest public path. Whether a checker takes the name for a type (it does not
for a class that a call made) only the checker can say.
"""

from __future__ import annotations

import enum
import sys
import types
import typing
from collections import abc
from keyword import iskeyword
from typing import Any, get_args, get_origin

import attrs
import typing_extensions

from zenflow.artifacts.hints import ALIASES
from zenflow.graph.array_hints import array_of
from zenflow.graph.hint_kinds import is_empty_tuple, is_unpacked, unwrap_qualifiers


@attrs.frozen
class Spelling:
    """The text of a type, and the modules that have to be imported for it."""

    text: str
    modules: frozenset[str]


def spell(hint: Any) -> Spelling | None:
    """A hint as source text, or None where it has none that surely means the same. Notes of Annotated are left out.

    >>> spell(dict[str, int | None])
    Spelling(text='dict[str, int | None]', modules=frozenset())
    >>> from pathlib import Path
    >>> spell(list[Path])
    Spelling(text='list[pathlib.Path]', modules=frozenset({'pathlib'}))
    """
    modules: set[str] = set()
    try:
        text = _text(hint, modules)
    except (_Unspellable, RecursionError):
        return None
    return Spelling(text, frozenset(modules))


class _Unspellable(Exception):
    """A part of the hint has no text."""


def _text(hint: Any, modules: set[str]) -> str:
    hint = array_of(unwrap_qualifiers(hint))
    if hint is None or hint is type(None):
        return "None"
    if hint is Ellipsis:
        return "..."
    if isinstance(hint, (list, tuple)):  # the parameters that a ParamSpec stands for
        return f"[{_listed(hint, modules)}]"
    origin = get_origin(hint)
    if origin is None:
        return _name(hint, modules)
    if origin in (typing.Union, types.UnionType):
        return " | ".join(_text(member, modules) for member in get_args(hint))
    if origin is typing.Literal:
        values = ", ".join(_literal(value, modules) for value in get_args(hint))
        return f"{_form(origin, _FORMS, modules)}[{values}]"
    return _applied(hint, origin, modules)


def _applied(hint: Any, origin: Any, modules: set[str]) -> str:
    args = get_args(hint)
    name = _form(origin, _FORMS if args else (), modules) or _name(origin, modules)
    if is_empty_tuple(hint):
        return f"{name}[()]"
    star = "*" if is_unpacked(hint) and isinstance(origin, type) else ""
    return f"{star}{name}[{_listed(args, modules)}]" if args else name


def _listed(hints: abc.Iterable[Any], modules: set[str]) -> str:
    return ", ".join(_text(hint, modules) for hint in hints)


def _literal(value: object, modules: set[str]) -> str:
    if isinstance(value, enum.Enum):
        name = value.name
        if name is None or getattr(type(value), name, None) is not value:
            raise _Unspellable
        return f"{_name(type(value), modules)}.{name}"
    if value is None or type(value) in (int, str, bytes, bool):
        return repr(value)
    raise _Unspellable


# ---------------------------------------------------------------- names

_PLAIN = ("Any", "Never", "NoReturn", "LiteralString")
_FORMS = ("Literal", "TypeGuard", "TypeIs", "Unpack", "Concatenate")


def _form(hint: Any, names: tuple[str, ...], modules: set[str]) -> str | None:
    """The name of a special form."""
    for module in (typing, typing_extensions):
        for name in names:
            if getattr(module, name, None) is hint:
                modules.add(module.__name__)
                return f"{module.__name__}.{name}"
    return None


def _name(hint: Any, modules: set[str]) -> str:
    """The name of what is no composed type."""
    form = _form(hint, _PLAIN, modules)
    if form is not None:
        return form
    if not isinstance(hint, (type, typing.NewType, *ALIASES)) or hint in _NO_TYPES:
        raise _Unspellable
    module, path = _place(hint)
    if module == "builtins":
        return path
    modules.add(module)
    return f"{module}.{path}"


_NO_TYPES = (typing.Generic, typing.Protocol, typing_extensions.Protocol)


def _place(hint: Any) -> tuple[str, str]:
    """The module and the name that a class, a NewType or an alias has there."""
    module = getattr(hint, "__module__", None) or ""
    name = getattr(hint, "__qualname__", None) or hint.__name__
    if module == "builtins" and not _is_at(hint, module, name):  # `function` is `types.FunctionType`
        module, name = "types", next((key for key, value in vars(types).items() if value is hint), "")
    for candidate in _candidates(module):
        if _is_at(hint, candidate, name):
            return candidate, name
    raise _Unspellable


def _candidates(module: str) -> list[str]:
    parts = module.split(".")
    shorter = [".".join(parts[:length]) for length in range(1, len(parts))]
    return [module, *shorter] if _is_source(module) else [*shorter, module]


def _is_source(module: str) -> bool:
    file = getattr(sys.modules.get(module), "__file__", None) or ""
    return file.endswith(".py") and module.partition(".")[0] not in sys.stdlib_module_names


def _is_at(hint: Any, module: str, name: str) -> bool:
    """Whether `import module` and `module.name` lead to the very object."""
    parts = [*module.split("."), *name.split(".")]
    if module == "__main__" or module not in sys.modules or not all(map(_is_name, parts)):
        return False
    found: Any = sys.modules.get(parts[0])
    for part in parts[1:]:
        found = vars(found).get(part) if hasattr(found, "__dict__") else None
    return found is hint


def _is_name(part: str) -> bool:
    return part.isidentifier() and not iskeyword(part)
