"""What a reference to a value means.

RUN                 the output of a run (its id, the unique beginning of it, @latest, @latest-ok)
RUN/step            what a step came to: RUN/train, RUN/train[3] for an element of a map
RUN/split[train]    one result of a step that has several, by name or by position
RUN/name            one output of a run that has several, or what it registered under a name
name@version        a registered version: forest@3, forest@prod (an alias), forest@latest
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from typing import Any

from zenflow.artifacts.store import Store
from zenflow.errors import MetadataError, UsageError
from zenflow.history.run import Run
from zenflow.history.steps import StepResult
from zenflow.language.artifact import Artifact
from zenflow.metadata import queries
from zenflow.metadata.database import Database


def parse_reference(ref: str) -> tuple[str, str | None]:
    """A run and, after the first `/`, something of it: `@latest/features/scale`.

    Raises:
        UsageError: There is no run in it.

    >>> parse_reference("4f2a/train[3]")
    ('4f2a', 'train[3]')
    """
    match = re.fullmatch(r"([^/\s]+)(?:/(.+))?", ref)
    if match is None:
        raise UsageError(f"`{ref}` is not a reference to a run", help="write RUN or RUN/step, such as @latest/train")
    return match[1], match[2]


def find_artifact(database: Database, store: Store, ref: str, *, allow_pickle: bool = False) -> Artifact[Any]:
    """The one artifact that a reference means. `allow_pickle` is the stack's.

    Raises:
        MetadataError, UsageError: It means none, or several.
        NotStored: It means a step or run that has no value.
    """
    if "@" in ref[1:] and "/" not in ref:
        return _version(database, store, ref, allow_pickle)
    run_ref, part = parse_reference(ref)
    try:
        record = queries.find_run(database, run_ref)
    except MetadataError:
        if part is None and queries.versions(database, ref):
            return _version(database, store, ref, allow_pickle)
        raise
    run: Run[Any] = Run(database, store, record, allow_pickle=allow_pickle)
    return _only(run.outputs, ref) if part is None else _of_run(run, part, ref)


def _version(database: Database, store: Store, ref: str, allow_pickle: bool) -> Artifact[Any]:
    version = queries.resolve_name(database, ref)
    run: Run[Any] = Run(database, store, queries.run(database, version.run), allow_pickle=allow_pickle)
    execution = run.steps[version.step].record if version.step in run.steps else None
    index = execution.outputs.index(version.digest) if execution and version.digest in execution.outputs else 0
    return run._archive.artifact(version.digest, execution, index)


def _of_run(run: Run[Any], part: str, ref: str) -> Artifact[Any]:
    if part in run.steps:
        return _only(_results(run.steps[part]), ref)
    match = re.fullmatch(r"(.+)\[(\w+)\]", part)
    if match and match[1] in run.steps:
        results = _results(run.steps[match[1]])
        return _pick(results, match[2], lambda known: f"step `{match[1]}` has no result `{match[2]}`: it has {known}")
    named = run.artifacts
    if part in named:
        return named[part]
    known = [*run.steps, *named]
    close = difflib.get_close_matches(part, known, n=3)
    meant = f"did you mean {' or '.join(f'`{c}`' for c in close)}?" if close else f"it has: {', '.join(known)}"
    raise UsageError(f"run {run.id} has no step or output `{part}`", help=meant)


def _results(step: StepResult) -> Mapping[str, Artifact[Any]]:
    artifacts = step.artifacts
    names = step.fields or tuple(str(i) for i in range(len(artifacts)))
    return dict(zip(names, artifacts, strict=True))


def _pick(found: Mapping[str, Artifact[Any]], key: str, problem: Callable[[str], str]) -> Artifact[Any]:
    if key in found:
        return found[key]
    if key.isdecimal() and int(key) < len(found):
        return list(found.values())[int(key)]
    raise UsageError(problem(", ".join(f"`{name}`" for name in found)))


def _only(found: Mapping[str, Artifact[Any]], ref: str) -> Artifact[Any]:
    if len(found) == 1:
        return next(iter(found.values()))
    forms = [f"{ref}[{name}]" if "/" in ref else f"{ref}/{name}" for name in found]
    raise UsageError(f"`{ref}` has {len(found)} results", help=f"take one: {', '.join(forms)}")
