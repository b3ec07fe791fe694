"""Whose code it is: the user's, which is hashed, or an installed package's, which is known by its version.

Decided by where a module's file lies. An editable install lies in the user's tree, so it is the user's. ZenFlow's
own code and the standard library enter no closure: the key's schema and Python's minor version stand for them.
"""

from __future__ import annotations

import importlib.util
import os
import sys
import sysconfig
from enum import Enum
from functools import lru_cache
from pathlib import Path, PurePath
from types import CodeType, FunctionType, ModuleType
from typing import Final

_SITE: Final = frozenset({"site-packages", "dist-packages"})
_OURS: Final = str(Path(__file__).absolute().parents[1])
_LIBRARY: Final = frozenset(
    place
    for path in (sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib"), str(Path(os.__file__).parent))
    for place in (path, os.path.realpath(path))
)


class Origin(Enum):
    """Whose code it is."""

    FIRST_PARTY = "first-party"
    PACKAGE = "package"
    STDLIB = "stdlib"
    ZENFLOW = "zenflow"


@lru_cache(maxsize=8192)
def origin_of_file(filename: str) -> Origin:
    """Whose a file is, by its path alone.

    >>> origin_of_file("/srv/venv/lib/python3.11/site-packages/numpy/__init__.py").value
    'package'
    >>> origin_of_file("/home/ada/flows/train.py").value
    'first-party'
    """
    if filename.startswith("<frozen"):
        return Origin.STDLIB
    path = absolute(filename)
    if path.startswith(_OURS + os.sep):
        return Origin.ZENFLOW
    if not _SITE.isdisjoint(PurePath(path).parts):
        return Origin.PACKAGE
    if any(path.startswith(place + os.sep) for place in _LIBRARY):
        return Origin.STDLIB
    return Origin.FIRST_PARTY


def absolute(filename: str) -> str:
    """A path made absolute as text: links stay, so that a virtual environment's files stay in it."""
    return os.path.normpath(Path(filename).absolute())


def _folder(path: str) -> str:
    return path.rstrip(os.sep) + os.sep


def module_file(module: ModuleType) -> str | None:
    """Where a module comes from: its file, or the first folder of a namespace package."""
    file = getattr(module, "__file__", None)
    if isinstance(file, str):
        return file
    folders = list(getattr(module, "__path__", ()))
    return _folder(folders[0]) if folders else None


def origin_of_module(name: str) -> Origin:
    """Whose an imported module is. One without a file is Python's own if Python says so, else typed in by the user."""
    module = sys.modules.get(name)
    file = module_file(module) if module is not None else None
    if file is not None:
        return origin_of_file(file)
    top = name.partition(".")[0]
    if module is None and top in sys.modules and top != name:
        return origin_of_module(top)
    return Origin.STDLIB if top in sys.stdlib_module_names or top in sys.builtin_module_names else Origin.FIRST_PARTY


def origin_of_code(code: CodeType, module: str) -> Origin:
    """Whose a code object is; one that was made from a string is its module's."""
    if code.co_filename.startswith("<") and not code.co_filename.startswith("<frozen"):
        return origin_of_module(module)
    return origin_of_file(code.co_filename)


def origin_of(thing: object) -> Origin:
    """Whose a function, class, module or other object with a `__module__` is (else: whose its type is)."""
    if isinstance(thing, FunctionType):
        return origin_of_code(thing.__code__, str(thing.__globals__.get("__name__", "")))
    if isinstance(thing, ModuleType):
        return origin_of_module(thing.__name__)
    module = getattr(thing, "__module__", None) or getattr(type(thing), "__module__", None)
    return origin_of_module(module) if isinstance(module, str) else Origin.STDLIB


def findable_origin(name: str) -> Origin | None:
    """Whose a module that may not be imported yet is, without running it (its parents are); None if there is none."""
    if name in sys.modules:
        return origin_of_module(name)
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return None
    if spec is None:
        return None
    folders = list(spec.submodule_search_locations or ())
    file = spec.origin if spec.has_location else _folder(folders[0]) if folders else None
    return origin_of_file(file) if file else origin_of_module(name)
