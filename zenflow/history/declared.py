"""The type that a step of an earlier run declared, found again in today's code.

A record holds types as text. The live type is found through the step's function, where its module can be imported here
and still says the same; if not, values load untyped: a dataclass as a dict, for one. Whether a pickle may be opened is
likewise for today's code to say, never for what is stored.
"""

from __future__ import annotations

import functools
import importlib
import sys
from pathlib import Path
from typing import Any

from attrs import frozen

from zenflow.artifacts.content import Content
from zenflow.artifacts.hints import type_name
from zenflow.graph.function import Function, module_name
from zenflow.graph.options import Options
from zenflow.language.step import Step
from zenflow.metadata.records import RunRecord


@frozen
class Declared:
    """How an output is to be loaded: as which type, and whether its step says that it may be a pickle."""

    hint: Any = Any
    allow_pickle: bool = False


def declared(function: str, content: Content, index: int, folder: Path | None = None) -> Declared:
    """How the output number `index` of the step at `function` (`module:name`) is to be loaded.

    The step's own result or, for a whole map, the list of them: whichever has the type that was recorded. The module
    is looked for in `folder` too.
    """
    found = _find(function, folder)
    if found is None:
        return Declared()
    target, allow_pickle = found
    hints = target.shape.hints
    candidates: list[Any] = [hints[index]] if index < len(hints) else []
    candidates += [list[one] for one in candidates]  # type: ignore[valid-type]
    return Declared(next((one for one in candidates if type_name(one) == content.type), Any), allow_pickle)


def asks_for_pickle(options: Options) -> bool:
    """Whether a step's options say that its results are pickles."""
    from zenflow.artifacts.materializers.pickle import Pickle

    return isinstance(options.output, type) and issubclass(options.output, Pickle)


def folder_of(run: RunRecord) -> Path | None:
    """The folder of the file that was run: where its module is found again."""
    file, _, _ = (run.target or "").rpartition(":")
    file = file or run.target or ""
    return (Path(run.environment.directory) / file).parent if file.endswith(".py") else None


@functools.lru_cache(maxsize=1024)
def _find(function: str, folder: Path | None) -> tuple[Function, bool] | None:
    """The function at `module:name`, and whether it is a step that asks for pickle."""
    module, _, qualname = function.partition(":")
    target: Any = _module(module, folder) if qualname and "<" not in qualname else None
    for part in qualname.split("."):
        target = getattr(target, part, None)
    if isinstance(target, Step):
        return target.spec.function, asks_for_pickle(target.options)
    return (Function.of(target), False) if callable(target) else None


def _module(name: str, folder: Path | None) -> Any:
    if name == module_name("__main__"):
        return sys.modules["__main__"]
    if name in sys.modules:
        return sys.modules[name]
    places = [str(folder)] if folder is not None else []
    sys.path[:0] = places
    try:
        return importlib.import_module(name)
    except (Exception, SystemExit):  # a user's module may raise anything when it is imported
        return None
    finally:
        for place in places:
            sys.path.remove(place)
