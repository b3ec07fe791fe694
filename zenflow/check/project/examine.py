"""Looking at one file: imported, its pipelines traced, its steps and its source judged by every rule."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from types import ModuleType
from typing import Any

from attrs import define, evolve, field

from zenflow.check.bodies.read import read_source
from zenflow.check.bodies.source import Source
from zenflow.check.check import subject_of
from zenflow.check.diagnostics import Diagnostic, shown_file
from zenflow.check.facts import OpenEdge
from zenflow.check.guard import nothing_runs
from zenflow.check.merge import merged
from zenflow.check.project.examined import Examined
from zenflow.check.project.forgetting import file_of
from zenflow.check.project.limits import TookTooLong, within
from zenflow.check.project.loading import importing, load_file, pipelines_in, root_of, steps_in
from zenflow.check.project.notebooks import NotANotebook, Notebook, load_notebook, read_notebook
from zenflow.check.project.readings import read_so_far
from zenflow.check.project.relevance import defines_ours
from zenflow.check.project.syntax import syntax_of, text_of
from zenflow.check.project.tracing import Traced, check_pipeline
from zenflow.check.rules.edges import open_edges
from zenflow.check.rules.misuse import raised_at
from zenflow.check.rules.registry import Subject, all_rules
from zenflow.check.rules.resources import demands
from zenflow.check.suppression import Suppression, suppressions
from zenflow.errors import CheckFailed, UsageError
from zenflow.graph.build import graph_of
from zenflow.graph.expression import Call, Constant, Map
from zenflow.graph.site import Span
from zenflow.keys.first_party import Origin, origin_of_file
from zenflow.language.step import Step

_STEP_RULES = ("ZF202", "ZF203", "ZF205", "ZF405", "ZF406")
"""Rules that look at a step alone, also at one that no pipeline uses."""


def examine(file: Path, *, named: bool, limit: float | None = None) -> Examined:
    """Look at a file.

    Args:
        file: The path of a Python file or a notebook.
        named: Whether it was asked for itself. A file that a folder holds is imported only if it defines steps or
            pipelines; otherwise its syntax is all that is looked at.
        limit: Seconds for the import and the traces; kept in the main thread only.
    """
    known = Examined(str(file.resolve()), root=str(root_of(file)))
    try:
        if file.suffix == ".ipynb":
            return _examined_notebook(known, file, limit)
        text = text_of(file)
        wrong = syntax_of(file)
        if wrong or text is None or not (named or defines_ours(text)):
            return evolve(known, found=wrong, imported=not wrong and text is not None)
        known = evolve(known, comments=suppressions(known.file, text))
        return _Look(known, text, limit).run(lambda: (load_file(file), frozenset()))
    except UsageError as error:  # its name can not be imported
        return evolve(known, found=(Diagnostic("ZF001", error.message, help=error.help or ""),))


def read_only(file: Path) -> Examined:
    """Look at the text of a file alone: nothing is imported."""
    known = Examined(str(file.resolve()), root=str(root_of(file)))
    text = None if file.suffix == ".ipynb" else text_of(file)
    if text is None or syntax_of(file):
        return known
    return evolve(known, found=read_source(Source.of(known.file, text)), comments=suppressions(known.file, text))


def _examined_notebook(known: Examined, file: Path, limit: float | None) -> Examined:
    try:
        notebook = read_notebook(file)
    except NotANotebook as error:
        message = f"{shown_file(known.file)} is no notebook: {error}"
        return evolve(known, found=(Diagnostic("ZF001", message, help="save it as a notebook of format 4"),))
    wrong = tuple(found for cell in notebook.cells for found in syntax_of(cell.text, cell.file))
    comments: tuple[Suppression, ...] = ()
    for cell in notebook.cells:
        comments += suppressions(cell.file, cell.text)
    known = evolve(known, comments=comments)
    if wrong or not defines_ours(notebook.text):
        return evolve(known, found=wrong, imported=not wrong)
    look = _Look(known, notebook.text, limit, notebook)

    def load() -> tuple[ModuleType, frozenset[str]]:
        with importing(shown_file(known.file)):
            return load_notebook(notebook)

    return look.run(load)


@define
class _Look:
    """What is found on the way through one file."""

    known: Examined
    text: str
    limit: float | None
    notebook: Notebook | None = None
    found: dict[Diagnostic, None] = field(factory=dict)
    untraced: list[str] = field(factory=list)
    edges: list[OpenEdge] = field(factory=list)
    paths: dict[str, bool] = field(factory=dict)
    specs: dict[Any, Any] = field(factory=dict)
    stage: str = "importing"

    def run(self, load: Any) -> Examined:
        """Import it and look at everything that it defines."""
        module, unknown, pipelines, steps = None, frozenset[str](), 0, 0
        try:
            with nothing_runs(self.known.file), within(self.limit):
                module, unknown = load()
                self.stage = "tracing"
                defined, own = pipelines_in(module), steps_in(module)
                pipelines, steps = len(defined), len(own)
                for name, pipeline in defined.items():
                    self._pipeline(name, check_pipeline(pipeline), unknown)
                self._steps(list(own.values()))
        except CheckFailed as error:
            self._add(d for d in error.diagnostics if isinstance(d, Diagnostic))
        except TookTooLong as error:
            self._add([too_long(self.stage, self.known.file, self.limit or 0, raised_at(error.__traceback__))])
        except UsageError as error:
            self._add([Diagnostic("ZF001", error.message, help=error.help or "")])
        read = self._placed(read_source(self._source(module)))
        self.found = dict.fromkeys(merged([list(self.found), read]))
        return evolve(
            self.known,
            found=tuple(self.found),
            pipelines=pipelines,
            steps=steps,
            untraced=tuple(self.untraced),
            edges=tuple(dict.fromkeys(self.edges)),
            demands=tuple(demands(self.specs.values())),
            relied_on=relied_on(self.known.file),
            read=read_so_far(),
            paths=tuple(self.paths.items()),
            imported=module is not None and not any(d.code == "ZF001" for d in self.found),
        )

    def _add(self, found: Iterable[Diagnostic]) -> None:
        self.found.update(dict.fromkeys(found))

    def _pipeline(self, name: str, traced: Traced, unknown: frozenset[str]) -> None:
        lost = [
            word for word in unknown if f"name '{word}' is not defined" in " ".join(d.message for d in traced.found)
        ]
        untraced = f"needs {', '.join(f'`{word}`' for word in lost)}, which cells work out" if lost else traced.untraced
        if untraced:
            self.untraced.append(f"{shown_file(self.known.file)}:{name} {untraced}")
        if lost:
            return
        met = {(d.code, d.span) for d in self.found}  # of an inner pipeline, which was traced by itself too
        self._add(d for d in traced.found if not d.code.startswith("ZF10") or (d.code, d.span) not in met)
        subject = subject_of(traced.graph)
        self.edges += open_edges(subject)
        self.specs |= {spec.function.fn: spec for spec in subject.specs}
        self.paths |= {str(path.absolute()): path.exists() for path in _paths(subject)}

    def _steps(self, steps: list[Step[..., Any, Any, Any]]) -> None:
        specs = {step.spec.function.fn: step.spec for step in steps}
        self.specs |= specs
        subject = Subject(graph_of({}, ()), specs=tuple(specs.values()))
        for rule in all_rules():
            if rule.find is not None and rule.code in _STEP_RULES:
                self._add(rule.find(subject))

    def _source(self, module: ModuleType | None) -> Source:
        return Source.of(self.known.file, self.text, vars(module) if module is not None else {})

    def _placed(self, found: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
        """Findings in a notebook's whole text, at their places in its cells."""
        for diagnostic in found:
            span = diagnostic.span
            if self.notebook is None or span is None:
                yield diagnostic
                continue
            file, line = self.notebook.place(span.line)
            end = self.notebook.place(span.end_line or span.line)[1]
            yield evolve(diagnostic, span=evolve(span, file=file, line=line, end_line=end))


def _paths(subject: Subject) -> Iterator[Path]:
    for node in chain(subject.graph.nodes.values(), *(trace.calls for trace in subject.traces)):
        if isinstance(node, (Call, Map)):
            for _, argument in node.arguments:
                if isinstance(argument, Constant) and isinstance(argument.value, Path):
                    yield argument.value


def relied_on(file: str) -> tuple[str, ...]:
    """The first-party files whose code is in this process: what is said of a file may hang on any of them."""
    files = {file}
    for module in list(sys.modules.values()):
        path = file_of(module)
        if path is not None and path.endswith(".py") and origin_of_file(path) is Origin.FIRST_PARTY:
            files.add(path)
    return tuple(sorted(files))


def too_long(stage: str, file: str, limit: float, place: Span | None) -> Diagnostic:
    """The finding for a file that did not come to an end."""
    message = f"{stage} {shown_file(file)} took longer than {limit:g} s"
    help_ = "move work out of the module's top level; or allow more: --import-limit, or import-limit in the settings"
    return Diagnostic("ZF001", message, place, help=help_)
