"""What is different between two runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from attrs import frozen

from zenflow.errors import MetadataError
from zenflow.history.steps import element_of
from zenflow.metadata import queries
from zenflow.metadata.records import Execution

if TYPE_CHECKING:
    from zenflow.history.archive import Archive
    from zenflow.history.run import Run


@frozen
class Change:
    """Something by name as it was in one run and in the other; None where a run did not have it."""

    name: str
    before: float | str | None
    after: float | str | None

    def __str__(self) -> str:
        if self.before is None:
            return f"{self.name}: {_text(self.after)} (new)"
        if self.after is None:
            return f"{self.name}: {_text(self.before)} (gone)"
        return f"{self.name}: {_text(self.before)} → {_text(self.after)}"


@frozen
class StepChange:
    """A step that differs. `code` names the functions, classes and globals whose source differs."""

    name: str
    status: Change | None
    code: tuple[str, ...]
    outputs: bool

    def __str__(self) -> str:
        if self.status is not None and (self.status.before is None or self.status.after is None):
            return str(self.status)
        parts = [f"code of {', '.join(self.code)}"] if self.code else []
        parts += ["outputs"] if self.outputs else []
        parts += [f"{_text(self.status.before)} → {_text(self.status.after)}"] if self.status else []
        return f"{self.name}: {'; '.join(parts)}"


@frozen
class Difference:
    """What is different in run `after`, seen from run `before`. False where nothing is.

    Steps that differ only in that one of them ran and the other was cached are not different: they are the same
    computation.
    """

    before: str
    after: str
    params: tuple[Change, ...]
    steps: tuple[StepChange, ...]
    metrics: tuple[Change, ...]
    packages: tuple[Change, ...]

    def __bool__(self) -> bool:
        return bool(self.params or self.steps or self.metrics or self.packages)

    def __str__(self) -> str:
        parts: dict[str, tuple[object, ...]] = {
            "params": self.params,
            "steps": self.steps,
            "metrics": self.metrics,
            "packages": self.packages,
        }
        lines = [f"{self.before} → {self.after}" + ("" if self else ": no difference")]
        for title, changes in parts.items():
            if changes:
                lines += [title, *(f"  {change}" for change in changes)]
        return "\n".join(lines)


def difference(before: Run[Any], after: Run[Any]) -> Difference:
    """Compare two runs."""
    first, second = before._archive, after._archive
    return Difference(
        before.id,
        after.id,
        params=_changes(before.params, after.params),
        steps=tuple(_steps(first, second)),
        metrics=_changes(_metrics(first), _metrics(second)),
        packages=_changes(before.record.environment.packages, after.record.environment.packages),
    )


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Change, ...]:
    names = dict.fromkeys((*before, *after))
    pairs = ((name, before.get(name), after.get(name)) for name in names)
    return tuple(Change(name, one, other) for name, one, other in pairs if not _same(one, other))


def _same(one: object, other: object) -> bool:
    return one == other or (one != one and other != other)  # a metric that is NaN in both is the same


def _metrics(archive: Archive) -> dict[str, float | str]:
    return {f"{metric.step}.{metric.name}": metric.value for metric in archive.metrics}


def _steps(first: Archive, second: Archive) -> Iterable[StepChange]:
    olds = {execution.step: execution for execution in first.executions}
    news = {execution.step: execution for execution in second.executions}
    code: dict[str, tuple[str, ...]] = {}
    for name in dict.fromkeys((*olds, *news)):
        old, new = olds.get(name), news.get(name)
        if old is None or new is None:
            yield StepChange(name, Change(name, old.status if old else None, new.status if new else None), (), False)
            continue
        if new.node not in code:
            code[new.node] = _code(first, second, old, new)
        outputs = bool(old.outputs and new.outputs) and old.outputs != new.outputs
        status = None if _outcome(old) == _outcome(new) else Change(name, old.status, new.status)
        if code[new.node] or outputs or status:
            yield StepChange(name, status, code[new.node], outputs)


def _outcome(execution: Execution) -> str:
    return "ran" if execution.status == "cached" else execution.status


def _code(first: Archive, second: Archive, old: Execution, new: Execution) -> tuple[str, ...]:
    """The names whose source differs; none where a run has no record of its code."""
    before, after = _sources(first, old), _sources(second, new)
    return tuple(str(change.name) for change in _changes(before, after)) if before and after else ()


def _sources(archive: Archive, execution: Execution) -> dict[str, str]:
    """What the step's code was made of: of a cached step, as it was where it ran."""
    run, node, function = execution.run, execution.node, execution.function
    if execution.source_run and execution.source_step:
        run, node = execution.source_run, element_of(execution.source_step)[0]
        with suppress(MetadataError):  # the run that made it may be forgotten by now
            function = queries.execution(archive.database, run, execution.source_step).function
    return {code.name: code.digest for code in queries.code(archive.database, run, function, node)}


def _text(value: float | str | None) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
