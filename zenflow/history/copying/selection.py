"""What a reference asks for, of the stack that has it.

A run travels whole: its records, the artifacts that its steps took and made, and the cache entries of their keys. A
version of a name travels as its artifact. Either comes with where it is from: every run in which something of it was
computed is followed step by step, through caches and through artifacts that one run took from another, and of each
the records travel whole, so that no run is ever there in part. The bytes of what those runs made do not travel with
them: records are small, and who wants a model seldom wants all it was trained on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from attrs import evolve, frozen

from zenflow.errors import MetadataError, UsageError
from zenflow.metadata import copying, queries
from zenflow.metadata.database import Database
from zenflow.metadata.queries.suggest import did_you_mean
from zenflow.metadata.records import Alias, CacheEntry, Execution, RunRecord, Version


@frozen
class Selection:
    """What is to be there in the end.

    `runs` are those asked for, `origins` those that something of it comes from; `whole` are artifacts that travel with
    their bytes, `known` those that the records speak of besides; `passed` are origins that are still driven, whose
    records are not at rest and stay behind.
    """

    runs: tuple[RunRecord, ...]
    origins: tuple[RunRecord, ...]
    whole: tuple[str, ...]
    known: tuple[str, ...]
    entries: tuple[CacheEntry, ...]
    versions: tuple[Version, ...] = ()
    aliases: tuple[Alias, ...] = ()
    passed: tuple[str, ...] = ()


def select(database: Database, reference: str) -> Selection:
    """What a reference asks for: `RUN`, `@latest`, `forest` (all versions, with the aliases), `forest@3` or
    `forest@prod` (a version, and the alias that it was called by).

    Raises:
        UsageError: It is no such reference.
        MetadataError: There is no such run, name or version, or the run goes on.
    """
    if "@" in reference[1:]:
        version = queries.resolve_name(database, reference)
        called = reference.partition("@")[2]
        aliases = [one for one in queries.aliases(database, version.name) if one.alias == called]
        return _named(database, [version], aliases)
    if "/" in reference:
        raise UsageError(
            f"`{reference}` means a value, and what is copied is a run or a name",
            help="give the run; a single artifact travels by its name (`.named(…)`)",
        )
    try:
        run = queries.find_run(database, reference)
    except MetadataError as error:
        versions = queries.versions(database, reference)
        if versions:
            return _named(database, versions, queries.aliases(database, reference))
        close = did_you_mean(reference, {version.name for version in queries.versions(database)})
        raise MetadataError(error.message, help=close or error.help) from None
    return _of_run(database, run.id)


def _of_run(database: Database, id: str) -> Selection:
    run = copying.recorded_run(database, id)
    if run is None or copying.is_driven(database, id):
        raise MetadataError(
            f"run {id} goes on: what is recorded of it is not at rest",
            help="copy it when it has ended (`zenflow show --watch` tells), or `zenflow cancel` it",
        )
    steps = queries.executions(database, id)
    entries = list(queries.cached(database, [step.key for step in steps if step.key]).values())
    origins = _Origins(database)
    origins.follow([(id, step.node) for step in steps] + [(entry.run, entry.step) for entry in entries])
    whole = {*run.outputs.values(), *_touched(steps), *(digest for entry in entries for digest in entry.outputs)}
    return _selection(database, origins, {id: run}, whole, entries)


def _named(database: Database, versions: Sequence[Version], aliases: Sequence[Alias]) -> Selection:
    origins = _Origins(database)
    origins.follow((version.run, version.step) for version in versions)
    found = _selection(database, origins, {}, {version.digest for version in versions}, [])
    return evolve(found, versions=tuple(versions), aliases=tuple(aliases))


def _selection(
    database: Database, origins: _Origins, runs: dict[str, RunRecord], whole: set[str], entries: Sequence[CacheEntry]
) -> Selection:
    others: dict[str, RunRecord] = {}
    passed = []
    for run in sorted(origins.runs - runs.keys()):
        record = copying.recorded_run(database, run)
        if record is None:
            continue
        if copying.is_driven(database, run):
            passed.append(run)
        else:
            others[run] = record
    steps = [step for run in others for step in origins.executions(run)]
    there = runs.keys() | others.keys()
    theirs = queries.cached(database, [step.key for step in steps if step.key])
    every = {entry.key: entry for entry in [*entries, *(e for e in theirs.values() if e.run in there)]}
    known = {
        *(digest for record in others.values() for digest in record.outputs.values()),
        *_touched(steps),
        *(digest for entry in every.values() for digest in entry.outputs),
    }
    return Selection(
        tuple(runs.values()),
        tuple(others.values()),
        tuple(sorted(whole)),
        tuple(sorted(known - whole)),
        tuple(every[key] for key in sorted(every)),
        passed=tuple(passed),
    )


def _touched(steps: Iterable[Execution]) -> Iterable[str]:
    for step in steps:
        yield from step.inputs.values()
        yield from step.outputs


class _Origins:
    """The runs in which something was computed that some steps are made of."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.runs: set[str] = set()
        self._seen: set[tuple[str, str]] = set()
        self._steps: dict[str, list[Execution]] = {}
        self._makers: dict[str, dict[str, str]] = {}

    def executions(self, run: str) -> list[Execution]:
        """The steps of a run, read once."""
        if run not in self._steps:
            self._steps[run] = queries.executions(self._database, run)
        return self._steps[run]

    def follow(self, steps: Iterable[tuple[str, str]]) -> None:
        """Follow steps (a run with a node, or one element of it) to all that they are made of."""
        ahead = list(steps)
        while ahead:
            foreign: dict[str, float] = {}
            while ahead:
                run, step = ahead.pop()
                self.runs.add(run)
                for one in self._of_node(run, step):
                    ahead += self._before(one, foreign)
            for digest, made in copying.makers(self._database, foreign).items():
                earlier = [one for one in made if (one.started or 0.0) <= foreign[digest]]
                ahead += [(one.run, one.step) for one in earlier[:1]]

    def _of_node(self, run: str, step: str) -> list[Execution]:
        """The executions of a step's node, elements included; none of a node that has been followed already."""
        every = self.executions(run)
        node = next((one.node for one in every if step in (one.step, one.node)), None)
        if node is None or (run, node) in self._seen:
            return []
        self._seen.add((run, node))
        return [one for one in every if one.node == node]

    def _before(self, execution: Execution, foreign: dict[str, float]) -> list[tuple[str, str]]:
        """Where an execution took its outputs and inputs from; what its own run has not made is `foreign`."""
        found = []
        if execution.source_run and execution.source_step:
            found.append((execution.source_run, execution.source_step))
        made = self._made(execution.run)
        for digest in execution.inputs.values():
            if digest in made:
                found.append((execution.run, made[digest]))
            else:
                foreign[digest] = max(foreign.get(digest, 0.0), execution.started or float("inf"))
        return found

    def _made(self, run: str) -> dict[str, str]:
        """The nodes of a run by the artifacts that they came to."""
        if run not in self._makers:
            self._makers[run] = {digest: one.node for one in self.executions(run) for digest in one.outputs}
        return self._makers[run]
