"""Names of code that are the same on every machine and however the program was started."""

from __future__ import annotations

import sys
from pathlib import PurePath
from types import FunctionType


def module_name(name: str) -> str:
    """The name of a module; a script run as `__main__` is called by its file's stem.

    So `python flow.py`, `python -m flow` and `zenflow run flow.py` share their keys.
    """
    if name != "__main__":
        return name
    main = sys.modules.get("__main__")
    spec = getattr(main, "__spec__", None)
    if spec is not None:
        return str(spec.name)
    file = getattr(main, "__file__", None)
    return PurePath(file).stem if file else name


def qualified(thing: object) -> str:
    """`module.qualname` of a function, class or other named object; of a type's name where it has none.

    A function is named by its code, not by what `functools.wraps` copied onto it.

    >>> from pathlib import Path
    >>> qualified(Path), qualified(len)
    ('pathlib.Path', 'builtins.len')
    """
    if isinstance(thing, FunctionType):
        return f"{module_name(str(thing.__globals__.get('__name__', '?')))}.{thing.__code__.co_qualname}"
    name = getattr(thing, "__qualname__", None) or getattr(thing, "__name__", None)
    if not isinstance(name, str):
        return qualified(type(thing))
    module = getattr(thing, "__module__", None) or getattr(type(thing), "__module__", "builtins")
    return f"{module_name(str(module))}.{name}"
