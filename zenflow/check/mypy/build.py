"""Running mypy in this process: with the project's own settings, our plugin, and a cache that outlives the process.

The project's settings are what mypy itself finds from the current folder. A project without any gets mypy's defaults,
except that libraries without types are no findings: nobody asked to hear of them. A file that mypy can not even parse
ends its whole run; it is left out, and the run goes on with the others.
"""

from __future__ import annotations

import gc
import io
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import evolve, field, frozen

from zenflow.check.mypy.messages import Message, parsed
from zenflow.errors import UsageError

if TYPE_CHECKING:
    from mypy.build import BuildSource
    from mypy.options import Options

PLUGIN = "zenflow.mypy_plugin"
_CELLS = ":cells"
"""A text that stands for a file's content goes by another path: mypy takes it only where there is no file."""
MADE_UP = "<string>"
"""The file that mypy's messages name for a module that is made up."""
_FLAGS = (
    "--show-column-numbers",
    "--show-error-end",
    "--show-absolute-path",
    "--hide-error-context",
    "--no-pretty",
    "--no-color-output",
    "--no-error-summary",
)


@frozen
class Typed:
    """A file for mypy.

    Attributes:
        file: The absolute path.
        place: What was asked for: the file itself, or a folder that it was found in.
        text: Its content where that is another one than the file's (a notebook's cells).
        module: The name of a module that is made up, and no file.
    """

    file: str
    place: str = ""
    text: str | None = None
    module: str | None = None


@frozen
class Checked:
    """What mypy says. `problem` is set where it could not check everything."""

    messages: tuple[Message, ...] = ()
    problem: str | None = None
    unparsed: tuple[str, ...] = field(default=())


def type_check(files: Sequence[Typed], cache: Path) -> Checked:
    """Everything that mypy finds in some files.

    Args:
        files: What to check.
        cache: Where mypy keeps what it knows, unless the project's own cache serves (its settings have our plugin).

    Raises:
        UsageError: The project's settings of mypy are wrong.
    """
    skipped: dict[str, str] = {}
    messages: list[Message] = []
    problem: str | None = None
    for group in _groups(_sources(files, _options(cache, {}))):
        said, problem_here = _build(group, cache, skipped)
        messages += said
        problem = problem or problem_here
    return Checked(tuple(map(_of_file, messages)), problem, tuple(skipped))


def _options(cache: Path, skipped: Mapping[str, str]) -> Options:
    """The project's options, fresh: a build changes them. `skipped` are modules that are not to be followed into."""
    from mypy.defaults import CACHE_DIR
    from mypy.main import process_options

    said = io.StringIO()
    try:
        _, options = process_options([*_FLAGS], stdout=said, stderr=said, require_targets=False)
    except SystemExit:
        options = None
    problem = said.getvalue().strip()
    if options is None or problem:
        raise UsageError(f"mypy's settings can not be used: {problem}", help="mend them, or check with --no-mypy")
    if options.config_file is None:
        options.config_file = _own_config(cache)
        options.ignore_missing_imports = True
    ours = PLUGIN in options.plugins
    if not ours:
        options.plugins = [*options.plugins, PLUGIN]
    if not ours or (options.cache_dir == CACHE_DIR and options.config_file.startswith(str(cache))):
        options.cache_dir = str(cache)
    for module in skipped.values():
        options.per_module_options[module] = {"follow_imports": "skip"}
    return options


def _own_config(cache: Path) -> str:
    """A file of settings for a project that has none: mypy loads plugins from one only."""
    cache.mkdir(parents=True, exist_ok=True)
    file = cache / "mypy.ini"
    text = f"[mypy]\nplugins = {PLUGIN}\n"
    if not file.is_file() or file.read_text(encoding="utf-8") != text:
        file.write_text(text, encoding="utf-8")
    return str(file)


def _of_file(message: Message) -> Message:
    """A message about a text, as one about the file that the text stands for."""
    file = message.file.removesuffix(_CELLS)
    return evolve(message, file=file, span=evolve(message.span, file=file))


# ---------------------------------------------------------------- sources


def _sources(files: Sequence[Typed], options: Options) -> list[BuildSource]:
    from mypy.find_sources import InvalidSourceList, create_source_list
    from mypy.fscache import FileSystemCache
    from mypy.modulefinder import BuildSource, matches_exclude

    from zenflow.check.project.notebooks import module_name

    cache = FileSystemCache()
    sources = []

    def excluded(path: str) -> bool:
        return matches_exclude(_relative(path), options.exclude, cache, False)

    for typed in files:
        if typed.module is not None:
            sources.append(BuildSource(None, typed.module, typed.text))
            continue
        if excluded(typed.file) and not excluded(typed.place):  # what is asked for itself is meant
            continue
        if typed.text is not None:
            sources.append(BuildSource(typed.file + _CELLS, module_name(Path(typed.file)), typed.text))
            continue
        try:
            sources += create_source_list([typed.file], options, cache, allow_empty_dir=True)
        except InvalidSourceList:  # a name that mypy knows no module for; the file's own check tells of it
            continue
    return sources


def _relative(file: str) -> str:
    """A path as mypy's patterns are written: from the current folder."""
    path = Path(file).absolute()
    text = str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
    return f"{text}/" if path.is_dir() else text


def _groups(sources: Sequence[BuildSource]) -> Iterator[list[BuildSource]]:
    """Sources in groups of distinct modules: two folders may each have a `flow.py`, and a build knows one only."""
    left = list(sources)
    while left:
        group: dict[str, BuildSource] = {}
        rest = [source for source in left if group.setdefault(source.module, source) is not source]
        yield list(group.values())
        left = rest


# ---------------------------------------------------------------- building


def _build(sources: list[BuildSource], cache: Path, skipped: dict[str, str]) -> tuple[list[Message], str | None]:
    """Builds until one comes to its end; files that end it are left out of the next, and noted in `skipped`."""
    for _ in range(len(sources) + 1):
        options = _options(cache, skipped)
        alive = [source for source in sources if source.path not in skipped]
        lines, blocked, problem = _built(alive, options)
        if problem is not None:  # two processes that wrote one cache may have left it damaged
            lines, blocked, problem = _built(alive, _without_cache(options, cache, skipped))
        said = parsed(lines)
        if not blocked:
            return said, problem
        broken = {m.file: _module_of(m.file, sources, options) for m in said if m.file not in skipped}
        if not broken:
            return [], "mypy could not check: " + "; ".join(lines)
        skipped |= broken
    return [], "mypy could not check: every file of it ends the check"


def _without_cache(options: Options, cache: Path, skipped: Mapping[str, str]) -> Options:
    """The same options, with a cache that holds nothing; one of ours that led to a crash is thrown away."""
    if Path(options.cache_dir) == cache:
        shutil.rmtree(cache, ignore_errors=True)
    fresh = _options(cache, skipped)
    fresh.cache_dir = os.devnull
    return fresh


def _built(sources: list[BuildSource], options: Options) -> tuple[list[str], bool, str | None]:
    """One build: mypy's lines, whether a file ended it, and what else went wrong."""
    from mypy import build
    from mypy.errors import CompileError

    lines: list[str] = []
    said = io.StringIO()

    def heard(_file: str | None, new: list[str], _serious: bool) -> None:
        lines.extend(new)

    try:
        with _few_collections(), redirect_stderr(said):
            result = build.build(sources, options, flush_errors=heard, stdout=io.StringIO(), stderr=said)
        result.manager.metastore.close()
    except CompileError as error:
        return [*lines, *error.messages] or [str(error)], True, None
    except SystemExit:  # its own way to end after a bug of its own, or of a plugin
        text = said.getvalue().strip()
        return lines, False, f"mypy ended with a bug of its own, or of a plugin: {text}"
    except Exception as error:
        return lines, False, f"mypy ended with {type(error).__name__}: {error}"
    return lines, False, None


def _module_of(file: str, sources: Sequence[BuildSource], options: Options) -> str:
    from mypy.find_sources import InvalidSourceList, SourceFinder
    from mypy.fscache import FileSystemCache

    known = next((source.module for source in sources if source.path == file), None)
    if known is not None:
        return known
    try:
        return SourceFinder(FileSystemCache(), options).crawl_up(file)[0]
    except InvalidSourceList:
        return Path(file).stem


@contextmanager
def _few_collections() -> Iterator[None]:
    """Fewer garbage collections, as mypy's own command line has them: a build makes millions of objects.

    They refer to each other in circles. Once a build is done they are put out of the collector's sight, for to take
    them apart as the process ends would take as long as the build; the next build lets it see them again.
    """
    before: Any = gc.get_threshold()
    gc.unfreeze()
    gc.set_threshold(200_000, 30, 30)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.freeze()
