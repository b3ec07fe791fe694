"""How a step's function reaches a worker: by import where the worker can, else by value.

By import is cheap and keeps classes the same everywhere. A worker imports when it first needs to, so the file may have
been edited since: the fingerprint of the code that the driver has must be that of what the worker found.

What lives in `__main__` or inside another function goes by value: a worker that imported the script would run what
stands outside of `if __name__ == "__main__"`. A class by value leaves the names of its module behind, so those that its
annotations are written with go along.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable
from inspect import get_annotations
from pathlib import Path
from types import CodeType
from typing import Any

from attrs import frozen
from blake3 import blake3

from zenflow.engine.working.work import Imported, Shipped
from zenflow.errors import EngineError
from zenflow.language.step import Step

_UNPACKED = "working_dir_files"
"""What Ray calls the folder of the packages that it has unpacked."""


def ship(fn: Callable[..., Any]) -> Shipped:
    """A function as a worker can have it.

    Raises:
        EngineError: It can not be pickled by value.
    """
    module, qualname = fn.__module__, fn.__qualname__
    if _importable(module) and _found(sys.modules[module], qualname) is fn:
        return Imported(module, qualname, fingerprint(fn))
    try:
        return pickled(fn)
    except Exception as error:  # what a closure holds may fail in any way when it is pickled
        raise EngineError(
            f"`{fn.__qualname__}` can not be sent to a worker: {type(error).__name__}: {error}",
            help="move it to the top level of a module, and pass what it captures as arguments",
            code="ZF405",
        ) from error


def pickled(value: object) -> bytes:
    """A value as Ray's cloudpickle has it."""
    from ray import cloudpickle

    data: bytes = cloudpickle.dumps(value)  # type: ignore[no-untyped-call]
    return data


class Functions:
    """A worker's functions, each found once."""

    def __init__(self) -> None:
        self._known: dict[object, Callable[..., Any]] = {}

    def get(self, shipped: Shipped) -> Callable[..., Any]:
        """The function.

        Raises:
            EngineError: Its module says something else here than where the run was started.
        """
        key = shipped if isinstance(shipped, bytes) else (shipped.module, shipped.qualname, shipped.code)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._unpickled(shipped) if isinstance(shipped, bytes) else _imported(shipped)
        return known

    @staticmethod
    def _unpickled(data: bytes) -> Callable[..., Any]:
        from ray import cloudpickle

        function: Callable[..., Any] = cloudpickle.loads(data)
        return function


@frozen
class ImportPaths:
    """Where a driver imports from, in its order.

    `inside` are folders of the project, relative to it, and `root` where the driver has it; `outside` are all others.
    Installed packages are each process's own: a step's environment may have another version of one.
    """

    root: str
    inside: tuple[str, ...]
    outside: tuple[str, ...]


def import_paths(root: Path | None) -> ImportPaths:
    """The folders that this process imports from; `root` is the project that its workers have a copy of."""
    folders = [Path(path).absolute() for path in sys.path if not path.endswith(".zip")]
    folders = [path for path in folders if not path.name.endswith("-packages")]
    own = [path for path in folders if root is not None and path.is_relative_to(root)]
    return ImportPaths(
        str(root or ""),
        tuple(path.relative_to(root).as_posix() for path in own if root is not None),
        tuple(str(path) for path in folders if path not in own),
    )


def use_paths(paths: ImportPaths) -> None:
    """Import from the driver's folders before this process's own: from the copy of the project, where there is one."""
    copy = own_copy() or Path(paths.root)
    found = [*(str(copy / path) for path in paths.inside), *paths.outside]
    sys.path[:0] = [path for path in found if path not in sys.path and Path(path).is_dir()]


def own_copy() -> Path | None:
    """Where Ray has unpacked the project for this process; None where it did not.

    Ray puts that folder first into PYTHONPATH. The current folder would say so too, until a step changes it.
    """
    folders = map(Path, os.environ.get("PYTHONPATH", "").split(os.pathsep))
    return next((folder for folder in folders if folder.parent.name == _UNPACKED), None)


def main_names() -> bytes:
    """The names of `__main__` that the annotations of its classes are written with, pickled with their values."""
    main = vars(sys.modules["__main__"])
    classes = [value for value in main.values() if isinstance(value, type) and value.__module__ == "__main__"]
    written = {text for cls in classes for text in get_annotations(cls).values() if isinstance(text, str)}
    used = {name for text in written for name in compile(text, "<annotation>", "eval").co_names}
    return pickled({name: main[name] for name in sorted(used & main.keys())})


def use_main_names(names: bytes) -> None:
    """Let annotations of classes of the driver's `__main__` be resolved in this process."""
    from ray import cloudpickle

    vars(sys.modules["__main__"]).update(cloudpickle.loads(names))


def fingerprint(fn: Callable[..., Any]) -> bytes:
    """A digest of a function's compiled code, whatever its file and lines."""
    hasher = blake3()
    stack: list[CodeType] = [fn.__code__] if hasattr(fn, "__code__") else []
    while stack:
        code = stack.pop()
        hasher.update(code.co_code)
        hasher.update(repr((code.co_names, code.co_varnames)).encode())
        for constant in code.co_consts:
            if isinstance(constant, CodeType):
                stack.append(constant)
            elif not isinstance(constant, frozenset):  # a frozenset's order differs between processes
                hasher.update(repr(constant).encode())
    return hasher.digest(16)


def _importable(module: str) -> bool:
    if module in ("__main__", "__mp_main__") or module.split(".", maxsplit=1)[0] in sys.stdlib_module_names:
        return False
    spec = getattr(sys.modules.get(module), "__spec__", None)
    return spec is not None and bool(getattr(spec, "has_location", False))


def _found(module: Any, qualname: str) -> Any:
    target = module
    for part in qualname.split("."):
        target = getattr(target, part, None)
    return target.fn if isinstance(target, Step) else target


def _imported(shipped: Imported) -> Callable[..., Any]:
    function: Callable[..., Any] | None = _found(importlib.import_module(shipped.module), shipped.qualname)
    if function is None or fingerprint(function) != shipped.code:
        raise EngineError(
            f"`{shipped.module}.{shipped.qualname}` says something else in the worker than where the run was started: "
            "its file was edited meanwhile",
            help="run it again",
        )
    return function
