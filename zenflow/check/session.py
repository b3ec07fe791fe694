"""A whole check: files examined in a process of their own while mypy reads them in this one, one report of both.

Whoever asks gives the facts of the stack: what nodes there are, and what the stack itself is.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import define, evolve, field, frozen

from zenflow.check.diagnostics import Diagnostic
from zenflow.check.merge import merged
from zenflow.check.project.examined import Examined
from zenflow.check.project.files import asked_files
from zenflow.check.project.isolation import Examiner
from zenflow.check.project.memo import Entry, Memo, own_folder
from zenflow.check.project.syntax import is_python, syntax_of
from zenflow.check.settings import Settings
from zenflow.check.suppression import Suppression, silence
from zenflow.graph.site import Span

if TYPE_CHECKING:
    from zenflow.check.mypy.build import Typed
    from zenflow.check.mypy.messages import Message
    from zenflow.stacks.nodes import Amounts
    from zenflow.stacks.stack import Stack


@frozen
class Report:
    """What a check found. `untraced` are pipelines that need values nobody gave, with what they need; `problems` say
    what could not be checked."""

    diagnostics: tuple[Diagnostic, ...]
    files: int = 0
    pipelines: int = 0
    steps: int = 0
    untraced: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


@frozen
class Facts:
    """What a check has to know besides the files. `nodes` is asked only if a step asks for more than a CPU."""

    stack: Stack | None = None
    nodes: Callable[[], Sequence[Amounts]] | None = None


_OF_THE_PLACE = ("ZF504", "ZF505")
"""Codes of what is there in one place, and not in another: a comment that silences one is never left over."""


def _quiet(_: str) -> None:
    """Nobody wants to know how it goes."""


@define
class Session:
    """Checks with the same settings and the same memory.

    Args:
        settings: What is checked and told.
        folder: Where what is found is kept; None to keep nothing.
        facts: What is known of the stack.
        progress: Told what is being done, as it goes.
    """

    settings: Settings
    folder: Path | None = None
    facts: Facts = field(factory=Facts)
    progress: Callable[[str], None] = _quiet
    watched: set[str] = field(init=False, factory=set)

    def check(self, paths: Sequence[Path]) -> Report:
        """Check every pipeline and step in files and folders.

        Raises:
            UsageError: A path is not there, there is no Python file at all, or mypy's settings are wrong.
        """
        asked = asked_files(paths, self.settings)
        named = {file: file == place for file, place in asked.items()}
        memo = Memo(self.folder)
        entries = {file: memo.known(file, named=named[file]) for file in asked}
        new = {file: named[file] for file, entry in entries.items() if entry is None}
        with Examiner(new, self.settings.import_limit) as examiner:
            typed, said, problems = self._typed({f: place for f, place in asked.items() if entries[f] or is_python(f)})
            for file, examined in zip(new, examiner.results(), strict=True):
                self.progress(f"checked {file}")
                entries[file] = memo.add(examined, named=named[file])
        known = [entry for entry in entries.values() if entry is not None]
        settled = self._settled(known, typed, memo) if self.settings.mypy else []
        memo.save()
        self.watched = {file for entry in known for file in entry.digests}
        return self.report(known, said, settled, problems)

    def check_one(self, examined: Examined) -> Report:
        """Check a target that was examined in this process, and the types of the file that it is in."""
        memo = Memo(None)
        entry = memo.add(examined, named=True)
        typed, said, problems = self._typed({Path(examined.file): Path(examined.file)} if examined.file else {})
        settled = self._settled([entry], typed, memo) if self.settings.mypy else []
        return self.report([entry], said, settled, problems)

    def report(
        self,
        entries: Sequence[Entry],
        said: Sequence[Diagnostic] = (),
        settled: Sequence[Diagnostic] = (),
        problems: Sequence[str] = (),
    ) -> Report:
        """One report of what was found in files and what a type checker said."""
        examined = [entry.examined for entry in entries]
        stack, trouble = self._of_stack(entries)
        found = merged([[_placed(d, one.file) for one in examined for d in one.found], stack, settled, said])
        comments = [comment for one in examined for comment in one.comments]
        if self._pickles:
            found = [one for one in found if one.code != "ZF406"]
        kept = silence(found, comments, tested=lambda comment: self._tested(comment, entries, problems))
        return Report(
            tuple(d for d in merged([kept]) if self.settings.tells(d)),
            len(examined),
            sum(one.pipelines for one in examined),
            sum(one.steps for one in examined),
            tuple(text for one in examined for text in one.untraced),
            (*problems, *trouble),
        )

    # ------------------------------------------------------------ mypy

    def _typed(self, asked: Mapping[Path, Path]) -> tuple[list[Typed], list[Diagnostic], list[str]]:
        """The files as mypy takes them, what it finds in them, and what it could not do."""
        if not self.settings.mypy:
            return [], [], []
        from zenflow.check.mypy.build import type_check
        from zenflow.check.mypy.findings import findings

        self.progress("mypy reads the files")
        typed, places = _for_mypy(asked)
        checked = type_check(typed, self._cache())
        names = {one.file for one in typed}
        heard = (m for m in checked.messages if m.file in names and not _of_cells(m))
        said = [places(found) for found in findings(heard)]
        return typed, said, [checked.problem] if checked.problem else []

    def _settled(self, entries: Sequence[Entry], typed: Sequence[Typed], memo: Memo) -> list[Diagnostic]:
        """What mypy refuses of the edges that hints leave open, asked once for each folder that modules come from."""
        from zenflow.check.mypy.settle import refused

        open_ = [entry for entry in entries if entry.settled is None and entry.examined.edges]
        for root in dict.fromkeys(entry.examined.root for entry in open_):
            self.progress("mypy settles what hints leave open")
            here = [entry for entry in open_ if entry.examined.root == root]
            files = {file for entry in here for file in entry.digests}
            edges = list(dict.fromkeys(edge for entry in here for edge in entry.examined.edges))
            no = refused(edges, [one for one in typed if one.file in files], self._cache())
            if no is None:  # to be asked again
                continue
            for entry in here:
                memo.settle(entry, [no[edge] for edge in entry.examined.edges if edge in no])
        return [found for entry in entries for found in entry.settled or ()]

    @property
    def _pickles(self) -> bool:
        """Whether the stack stores also what has no materializer."""
        return self.facts.stack is not None and self.facts.stack.allow_pickle

    def _cache(self) -> Path:
        """Where mypy's own cache is kept, if the project's does not serve."""
        chosen = os.environ.get("MYPY_CACHE_DIR")
        if chosen:
            return Path(chosen) / "zenflow"
        if self.folder is not None:
            with suppress(OSError):  # a read-only project
                own_folder(self.folder)
                if os.access(self.folder, os.W_OK):
                    return self.folder / "mypy"
        folder = Path(tempfile.gettempdir()) / f"zenflow-mypy-{os.getuid()}"
        with suppress(OSError):
            folder.mkdir(mode=0o700, exist_ok=True)
            if folder.stat().st_uid == os.getuid() and not folder.is_symlink():
                return folder
        return Path(tempfile.mkdtemp(prefix="zenflow-mypy-"))  # somebody else made that one

    # ------------------------------------------------------------ stack and comments

    def _of_stack(self, entries: Iterable[Entry]) -> tuple[list[Diagnostic], list[str]]:
        """What the stack can not give or be used for, and what could not be learnt of it."""
        from zenflow.errors import ZenFlowError

        examined = [entry.examined for entry in entries]
        demands = [demand for one in examined for demand in one.demands]
        found: list[Diagnostic] = []
        if not any(one.pipelines for one in examined) and not demands:
            return found, []
        from zenflow.check.stack import unserved, unusable

        if self.facts.stack is not None and self.facts.stack.ray is not None:
            found += unusable(self.facts.stack)
        if self.facts.nodes is None or not demands:
            return found, []
        try:
            return found + list(unserved(demands, self.facts.nodes())), []
        except ZenFlowError as error:
            return found, [f"what the stack's nodes have can not be told: {error.message}"]

    def _tested(self, comment: Suppression, entries: Sequence[Entry], problems: Sequence[str]) -> bool:
        """Whether a comment could have silenced something: its code was looked for, and all of its file looked at."""
        from zenflow.check.mypy.findings import CODES

        of_mypy = comment.code in CODES or comment.code.startswith("mypy")
        if comment.code in _OF_THE_PLACE or (comment.code == "ZF406" and self._pickles):
            return False
        if of_mypy and (problems or not self.settings.mypy):
            return False
        looked = [e.examined for e in entries if comment in e.examined.comments]
        return self.settings.asks_for(comment.code or "ZF002") and all(
            one.imported and not one.untraced for one in looked
        )


def _placed(found: Diagnostic, file: str) -> Diagnostic:
    """A finding with a place: one of a file as a whole is at its line 0."""
    return found if found.span is not None or not file else evolve(found, span=Span(file, 0))


def _of_cells(message: Message) -> bool:
    """Whether a message is about what cells of a notebook may do and a module may not."""
    return message.file.endswith(".ipynb") and message.code in ("top-level-await", "no-redef")


def _for_mypy(asked: Mapping[Path, Path]) -> tuple[list[Typed], Callable[[Diagnostic], Diagnostic]]:
    """Files as mypy takes them; what places a finding of its in the cell of a notebook."""
    from zenflow.check.mypy.build import Typed
    from zenflow.check.project.notebooks import NotANotebook, Notebook, read_notebook, remember

    notebooks: dict[str, Notebook] = {}
    typed = []
    for file, place in asked.items():
        path = str(file.resolve())
        if file.suffix != ".ipynb":
            typed.append(Typed(path, str(place)))
            continue
        try:
            notebook = read_notebook(file)
        except NotANotebook:
            continue
        if any(syntax_of(cell.text, cell.file) for cell in notebook.cells):
            continue
        remember(notebook)
        notebooks[path] = notebook
        typed.append(Typed(path, str(place), text=notebook.text))

    def placed(found: Diagnostic) -> Diagnostic:
        span = found.span
        notebook = notebooks.get(span.file) if span is not None else None
        if span is None or notebook is None:
            return found
        file, line = notebook.place(span.line)
        return evolve(found, span=evolve(span, file=file, line=line, end_line=line + span.end_line - span.line))

    return typed, placed
