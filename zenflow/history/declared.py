"""The type that a step of an earlier run declared, found again in today's code.

A record holds types as text. The live type is found through the step's function, where its module can be imported here
and still says the same; if not, values load untyped: a dataclass as a dict, for one. Whether a pickle may be opened is
likewise for today's code to say, never for what is stored.

Importing a module runs it, and the record says which. So a module is looked for where this process looks anyway, and in
the folder that the run was started in if that belongs to the project one stands in; never among what a store keeps,
where whoever can write to the store can put a module.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import os
import sys
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from attrs import frozen

from zenflow.artifacts.content import Content
from zenflow.artifacts.hints import type_name
from zenflow.artifacts.store import Store
from zenflow.graph.function import Function, module_name
from zenflow.graph.options import Options
from zenflow.language.step import Step
from zenflow.metadata.records import RunRecord
from zenflow.stacks.home import home


@frozen
class Declared:
    """How an output is to be loaded: as which type, and whether its step says that it may be a pickle."""

    hint: Any = Any
    allow_pickle: bool = False


@frozen
class Places:
    """Where modules may come from: `folder` beside where this process looks, and never from `kept`."""

    folder: Path | None = None
    kept: tuple[Path, ...] = ()


def declared(function: str, content: Content, index: int, places: Places) -> Declared:
    """How the output number `index` of the step at `function` (`module:name`) is to be loaded.

    The step's own result or, for a whole map, the list of them: whichever has the type that was recorded. The module
    is looked for in these places.
    """
    found = _find(function, places)
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


def places_of(run: RunRecord, store: Store) -> Places:
    """Where the modules of a run are found again: in the folder of the file that was run, if it is of this project."""
    where = urlsplit(store.url)
    kept = (home().resolve(), *([Path(unquote(where.path)).resolve()] if where.scheme == "file" else ()))
    file, _, _ = (run.target or "").rpartition(":")
    file = file or run.target or ""
    if not file.endswith(".py"):
        return Places(None, kept)
    folder = (Path(run.environment.directory) / file).parent.resolve()
    project = (Path.cwd() if os.environ.get("ZENFLOW_HOME") else home().parent).resolve()
    return Places(folder if folder.is_relative_to(project) and not _within(folder, kept) else None, kept)


def _within(place: Path, folders: tuple[Path, ...]) -> bool:
    return any(place.is_relative_to(folder) for folder in folders)


@functools.lru_cache(maxsize=1024)
def _find(function: str, places: Places) -> tuple[Function, bool] | None:
    """The function at `module:name`, and whether it is a step that asks for pickle."""
    module, _, qualname = function.partition(":")
    target: Any = _module(module, places) if qualname and "<" not in qualname else None
    for part in qualname.split("."):
        target = getattr(target, part, None)
    if isinstance(target, Step):
        return target.spec.function, asks_for_pickle(target.options)
    return (Function.of(target), False) if callable(target) else None


def _module(name: str, places: Places) -> Any:
    if name == module_name("__main__"):
        return sys.modules["__main__"]
    if name in sys.modules:
        return sys.modules[name]
    added = [str(places.folder)] if places.folder is not None else []
    sys.path[:0] = added
    try:
        return importlib.import_module(name) if _is_code(name, places.kept) else None
    except (Exception, SystemExit):  # a user's module may raise anything when it is imported
        return None
    finally:
        for place in added:
            sys.path.remove(place)


def _is_code(name: str, kept: tuple[Path, ...]) -> bool:
    """Whether a module and the packages it is in lie outside of what is kept. Looking at one imports those around it,
    so they are looked at first."""
    parts = name.split(".")
    for count in range(1, len(parts) + 1):
        spec = importlib.util.find_spec(".".join(parts[:count]))
        if spec is None:
            return False
        found = [
            *(spec.submodule_search_locations or ()),
            *([spec.origin] if spec.has_location and spec.origin else ()),
        ]
        if any(_within(Path(place).resolve(), kept) for place in found):
            return False
    return True
