"""From what was typed to a pipeline: files and modules imported under their proper names, pipelines found in them."""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from attrs import frozen

from zenflow.check.check import failed
from zenflow.check.diagnostics import Diagnostic, shown_file
from zenflow.check.project.limits import TookTooLong
from zenflow.check.project.syntax import is_text, syntax_finding
from zenflow.check.rules.misuse import raised_at
from zenflow.errors import UsageError, ZenFlowError
from zenflow.language.pipeline import Pipeline
from zenflow.language.step import Step

Runnable = Pipeline[..., Any] | Step[..., Any, Any, Any]


@frozen(eq=False)
class Target:
    """Something that can be called to build artifacts. `text` is how it was asked for."""

    pipeline: Runnable
    name: str
    text: str
    module: ModuleType


def load_target(text: str) -> Target:
    """`file.py:name`, `package.module:name`, or a file or module with a single pipeline.

    Raises:
        UsageError: There is no such file, module or name.
        CheckFailed: The file can not be imported.
    """
    place, colon, name = text.rpartition(":") if _names_something(text) else (text, "", "")
    module = load_file(Path(place)) if place.endswith(".py") else load_module(place)
    if not colon:
        return _single(module, text)
    found = getattr(module, name, None)
    if isinstance(found, (Pipeline, Step)):
        return Target(found, name, text, module)
    known = [*pipelines_in(module), *steps_in(module)]
    if found is not None:
        kind = type(found).__name__
        article = "an" if kind[0].lower() in "aeio" else "a"
        raise UsageError(f"`{name}` in {place} is {article} {kind}, not a pipeline or step", help=_choices(known))
    close = difflib.get_close_matches(name, known, n=1)
    did = f"; did you mean `{close[0]}`?" if close else ""
    raise UsageError(f"there is no `{name}` in {place}{did}", help=_choices(known))


def load_file(path: Path) -> ModuleType:
    """Import a file under its proper name: that of its package, from the folder above it.

    Raises:
        UsageError: There is no such file, or its name is taken by another module.
        CheckFailed: Importing it fails.
    """
    if not path.is_file():
        near = [str(other) for other in path.parent.glob("*.py")] if path.parent.is_dir() else []
        close = difflib.get_close_matches(str(path), near, n=1)
        raise UsageError(
            f"there is no file `{path}`", help=f"did you mean `{close[0]}`?" if close else "check the path"
        )
    file, shown = path.resolve(), shown_file(str(path))
    root, name = _module_of(file)
    known = sys.modules.get(name)
    if known is not None and _is_file(known, file):
        return known
    if known is not None or name.split(".")[0] in sys.stdlib_module_names:
        raise UsageError(
            f"`{shown}` can not be imported as `{name}`: another module has that name", help="rename the file"
        )
    if not is_text(str(file)):
        raise UsageError(f"`{shown}` can not be imported: its path is no UTF-8", help="rename the file, or its folder")
    if "." in file.stem:
        raise UsageError(f"`{shown}` can not be imported: there is a dot in its name", help="rename the file")
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    return _imported(name, shown)


def load_module(name: str) -> ModuleType:
    """Import a module by its dotted name, from the current folder or what is installed.

    Raises:
        UsageError: There is no such module.
        CheckFailed: Importing it fails.
    """
    if str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    try:
        there = all(part.isidentifier() for part in name.split(".")) and importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        there = False
    if not there:
        # A project in the `src` layout is imported by its name once it is installed; its file is there all the same.
        file = Path("src", *name.split(".")).with_suffix(".py")
        help_ = f"write {file}:pipeline" if file.is_file() else "write file.py:pipeline or package.module:pipeline"
        raise UsageError(f"there is no file or module `{name}`", help=help_)
    return _imported(name, name)


def pipelines_in(module: ModuleType) -> dict[str, Pipeline[..., Any]]:
    """The pipelines that a module defines, by name, in order."""
    return {n: v for n, v in vars(module).items() if isinstance(v, Pipeline) and v.__module__ == module.__name__}


def steps_in(module: ModuleType) -> dict[str, Step[..., Any, Any, Any]]:
    """The steps that a module defines, by name, in order."""
    return {n: v for n, v in vars(module).items() if isinstance(v, Step) and v.__module__ == module.__name__}


def _names_something(text: str) -> bool:
    head, colon, tail = text.rpartition(":")
    return bool(colon and head and tail.isidentifier())


def _single(module: ModuleType, text: str) -> Target:
    found = pipelines_in(module)
    if len(found) == 1:
        name, pipeline = next(iter(found.items()))
        return Target(pipeline, name, f"{text}:{name}", module)
    if not found:
        raise UsageError(
            f"there is no pipeline in {text}", help="decorate a function that composes steps with @pipeline"
        )
    raise UsageError(f"there are {len(found)} pipelines in {text}", help=_choices(list(found), text))


def _choices(names: list[str], text: str = "") -> str:
    if not names:
        return "it has no pipelines and no steps"
    shown = (f"{text}:{name}" if text else f"`{name}`" for name in names[:10])
    return "choose one: " + ", ".join(shown)


def _module_of(file: Path) -> tuple[Path, str]:
    parts = [] if file.stem == "__init__" else [file.stem]
    root = file.parent
    while (root / "__init__.py").is_file():
        parts.insert(0, root.name)
        root = root.parent
    return root, ".".join(parts)


def root_of(file: Path) -> Path:
    """The folder that a file is imported from: above its package, or its own."""
    return _module_of(file.resolve())[0]


def _is_file(module: ModuleType, file: Path) -> bool:
    known = getattr(module, "__file__", None)
    return known is not None and Path(known).resolve() == file


def _imported(name: str, shown: str) -> ModuleType:
    with importing(shown):
        return importlib.import_module(name)


@contextmanager
def importing(shown: str) -> Iterator[None]:
    """Turn whatever executing a file's code raises into a finding.

    Raises:
        CheckFailed: With that finding.
    """
    try:
        yield
    except (KeyboardInterrupt, TookTooLong):
        raise
    except BaseException as error:  # importing runs the user's code, which may raise or exit in any way
        raise failed((_finding(error, shown),)) from None


def _finding(error: BaseException, shown: str) -> Diagnostic:
    if isinstance(error, SyntaxError):
        return syntax_finding(error, shown)
    code, place = getattr(error, "code", None), raised_at(error.__traceback__)
    if isinstance(error, ZenFlowError) and isinstance(code, str):
        return Diagnostic(code, error.message, place, help=error.help or "")
    if isinstance(error, ZenFlowError):
        return Diagnostic("ZF001", f"importing {shown} fails: {error.message}", place, help=error.help or "")
    text = "".join(traceback.format_exception_only(error)).strip().splitlines()
    if isinstance(error, SystemExit):
        what = f"calls sys.exit({'' if error.code is None else repr(error.code)})"
    else:
        what = f"raises {text[0] if text else type(error).__name__}"
    help_ = "a module should only define things: put what it does under `if __name__ == '__main__':`"
    if isinstance(error, ModuleNotFoundError):
        help_ = f"install `{error.name}`, or mend its name"
    elif isinstance(error, ImportError):
        help_ = "mend the name, or move what both modules need to a third one"
    return Diagnostic("ZF001", f"importing {shown} {what}", place, help=help_)
