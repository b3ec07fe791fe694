"""What of a selection the other side lacks, and what it has that contradicts it.

Nothing there is overwritten. What has the same identity is the same (an artifact, a piece of code, a remembered call)
and stays as it is there. What has a name that people gave, or one that a run was given, can differ:

- a run of the same id is the same run if its records are equal. One side may be further: a run that was resumed keeps
  what was recorded of it, so if all that has ended on one side is recorded alike on the other, the other is the later
  state of one and the same run, and takes its place. Anything else is another run, and refused;
- a version keeps its number. Where that is another artifact's, it is refused, or registered as the next one if asked;
- an alias that points to another version there stays, and that is told: what `prod` is, is for those who run it to say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from attrs import evolve, field, frozen

from zenflow.artifacts.blobs import damaged
from zenflow.artifacts.content import SMALL, Blob, Content
from zenflow.artifacts.store import Store
from zenflow.errors import BlobDamaged, BlobMissing, MetadataError
from zenflow.history.copying.selection import Selection
from zenflow.history.losses import told
from zenflow.metadata import copying, queries
from zenflow.metadata.copying import Seen
from zenflow.metadata.database import Database
from zenflow.metadata.queries.chunks import chunks
from zenflow.metadata.records import Alias, CacheEntry, Execution, RunRecord, Version

_ENDED = ("ran", "cached")


@frozen
class Side:
    """One of the two stacks, opened. `metadata` is its database's URL."""

    name: str
    store: Store
    database: Database
    metadata: str = field(repr=False)


@frozen
class Plan:
    """What is to be done to the other side.

    `contents` are artifacts to record with their bytes, and `blobs` the bytes to put for that, by artifact; `known` are
    artifacts to record without. `kept` are aliases that stay as they are there. `lost` are artifacts of the runs asked
    for whose bytes are gone here (`zenflow store gc`), so that only what is known of them travels.
    """

    runs: tuple[RunRecord, ...]
    origins: tuple[RunRecord, ...]
    contents: tuple[str, ...]
    blobs: Mapping[str, tuple[Blob, ...]]
    known: tuple[str, ...]
    entries: tuple[CacheEntry, ...]
    signed: tuple[str, ...]
    versions: tuple[Version, ...]
    aliases: tuple[Alias, ...]
    kept: tuple[Alias, ...]
    lost: tuple[str, ...]
    passed: tuple[str, ...]
    seen: Seen

    @property
    def every(self) -> dict[str, Blob]:
        """The blobs to put, each once."""
        return {blob.digest: blob for blobs in self.blobs.values() for blob in blobs}

    @property
    def size(self) -> int:
        """Bytes of the blobs to put."""
        return sum(blob.size for blob in self.every.values())

    @property
    def done(self) -> bool:
        """Whether all of it is there already."""
        some = self.runs, self.origins, self.contents, self.known, self.entries, self.signed, self.versions
        return not any(some) and not self.aliases


def compare(here: Side, there: Side, selection: Selection, *, as_next: bool = False) -> Plan:
    """What the side there lacks of a selection made here.

    Args:
        here: The side that has it.
        there: The side that is to get it.
        selection: What is to be there.
        as_next: Whether a version whose number is taken there becomes the next one.

    Raises:
        MetadataError: Something else is there under the id of a run, or as a version.
        BlobDamaged, BlobMissing: Bytes that are to travel can not be read here, or were never recorded.
    """
    every = [*selection.runs, *selection.origins]
    seen = copying.see(there.database, (run.id for run in every), (version.name for version in selection.versions))
    runs = tuple(run for run in selection.runs if _lacks(here, there, run, seen.runs[run.id], asked=True))
    origins = tuple(run for run in selection.origins if _lacks(here, there, run, seen.runs[run.id], asked=False))
    versions, numbers = _versions(here, there, selection, seen, as_next=as_next)
    aliases, kept = _aliases(selection, seen, numbers)
    artifacts = _Artifacts(here, there)
    artifacts.look(selection.whole, selection.known)
    entries = artifacts.answered(selection.entries)
    theirs = queries.found(there.database, [entry.key for entry in entries])
    signed = [digest for digest in (*selection.whole, *selection.known) if digest not in artifacts.unrecorded]
    ours = [one.digest for one in copying.signatures(here.database, signed)]
    known = {one.digest for one in copying.signatures(there.database, ours)}
    return Plan(
        runs=runs,
        origins=origins,
        contents=tuple(artifacts.contents),
        blobs=artifacts.blobs,
        known=tuple(artifacts.known),
        entries=tuple(entry for entry in entries if entry.key not in theirs),
        signed=tuple(digest for digest in ours if digest not in known),
        versions=versions,
        aliases=aliases,
        kept=kept,
        lost=tuple(artifacts.lost),
        passed=selection.passed,
        seen=seen,
    )


class _Artifacts:
    """Which artifacts the other side is to get, and in what form."""

    def __init__(self, here: Side, there: Side) -> None:
        self._here = here
        self._there = there
        self.contents: list[str] = []
        self.blobs: dict[str, tuple[Blob, ...]] = {}
        self.known: list[str] = []
        self.lost: list[str] = []
        self.unrecorded: set[str] = set()
        self._bare: set[str] = set()

    def look(self, whole: Sequence[str], known: Sequence[str]) -> None:
        """Compare artifacts that are to travel with their bytes, and others that are to be known."""
        for chunk in chunks(whole):
            gone = copying.without_bytes(self._here.database, chunk)
            for content in self._recorded(chunk):
                self._compare(content, travels=content.digest not in gone, asked=True)
        for chunk in chunks(known):
            for content in self._recorded(chunk, required=False):
                self._compare(content, travels=not large_of(content), asked=False)

    def answered(self, entries: Sequence[CacheEntry]) -> list[CacheEntry]:
        """The cache entries whose outputs will be there with their bytes."""
        return [entry for entry in entries if not (self._bare | self.unrecorded).intersection(entry.outputs)]

    def _recorded(self, digests: Sequence[str], *, required: bool = True) -> Iterator[Content]:
        found = queries.contents(self._here.database, digests)
        theirs = queries.contents(self._there.database, digests)
        absent = copying.without_bytes(self._there.database, digests)
        self._theirs = {digest: content for digest, content in theirs.items() if digest not in absent}
        self._mentioned = absent.intersection(theirs)
        self._missing = self._there.store.missing(
            blob for content in self._theirs.values() for blob in large_of(content)
        )
        for digest in digests:
            if digest in found:
                yield found[digest]
                continue
            self.unrecorded.add(digest)
            if required:
                raise BlobMissing(
                    f"artifact {digest} is not recorded in `{self._here.name}`, or its record is not what its digest "
                    "says",
                    help="run the step that made it again; `zenflow store verify` tells of others",
                )

    def _compare(self, content: Content, *, travels: bool, asked: bool) -> None:
        digest, large = content.digest, large_of(content)
        theirs = self._theirs.get(digest)
        if theirs is not None and not self._missing.intersection(blob.digest for blob in large):
            if theirs.blobs == content.blobs and not damaged(theirs) and theirs.small.keys() >= small_of(content):
                return
        elif not travels:
            self._bare.add(digest)
            if asked:
                self.lost.append(digest)
            if theirs is None and digest not in self._mentioned:
                self.known.append(digest)
            return
        self._require_small(content)
        self.contents.append(digest)
        # An artifact that is recorded there keeps its blobs. One that is not may lose what is there of it to a
        # collection under way, unless it is put again.
        blobs = [blob for blob in large if theirs is None or blob.digest in self._missing]
        if blobs:
            self.blobs[digest] = tuple(blobs)

    def _require_small(self, content: Content) -> None:
        error: BlobDamaged | BlobMissing | None = None
        if damaged(content):
            error = BlobDamaged(f"the bytes of artifact {content.digest} in the database have another digest")
        elif small_of(content) - content.small.keys():
            error = BlobMissing(f"the bytes of artifact {content.digest} are not in the database")
        if error is not None:
            raise told(self._here.database, content, error)


def large_of(content: Content) -> tuple[Blob, ...]:
    """The blobs of an artifact that only a store has."""
    return tuple(blob for blob in content.blobs if blob.size > SMALL)


def small_of(content: Content) -> set[str]:
    """The digests of its blobs that are in its record."""
    return {blob.digest for blob in content.blobs if blob.size <= SMALL}


def _lacks(here: Side, there: Side, run: RunRecord, found: RunRecord | None, *, asked: bool) -> bool:
    """Whether the other side is to get the records of a run."""
    if found is None:
        return True
    ours, theirs = queries.executions(here.database, run.id), queries.executions(there.database, run.id)
    if run == found and _by_step(ours) == _by_step(theirs):
        return False
    alike = _origin(run) == _origin(found)
    if alike and _reaches(ours, theirs) and not copying.is_driven(there.database, run.id):
        return True
    if alike and _reaches(theirs, ours):
        if not asked:
            return False
        raise MetadataError(
            f"run {run.id} has gone further in `{there.name}`: {_facts(there.name, found, theirs)}; "
            f"{_facts(here.name, run, ours)}",
            help="nothing is to be brought there; copy it the other way",
        )
    raise MetadataError(
        f"`{there.name}` has another run with the id {run.id}: {_facts(there.name, found, theirs)}; "
        f"{_facts(here.name, run, ours)}",
        help="neither replaces the other: the same pipeline can be run there, and takes what is cached",
    )


def _by_step(executions: Sequence[Execution]) -> dict[str, Execution]:
    return {one.step: one for one in executions}


def _origin(run: RunRecord) -> tuple[object, ...]:
    """What stays of a run when it is resumed."""
    return run.started, run.name, run.pipeline, run.target, run.params


def _reaches(further: Sequence[Execution], other: Sequence[Execution]) -> bool:
    """Whether all that has ended of one state of a run is in another one, alike. A map's own record counts with its
    elements."""
    known = _by_step(further)
    elements = {one.node for one in other if one.element is not None}
    ended = (one for one in other if one.status in _ENDED and not (one.element is None and one.node in elements))
    return all(known.get(one.step) == one for one in ended)


def _facts(name: str, run: RunRecord, executions: Sequence[Execution]) -> str:
    began = f"{datetime.fromtimestamp(run.started):%Y-%m-%d %H:%M:%S}"
    ended = sum(one.status in _ENDED for one in executions)
    what = run.pipeline or run.target or "no pipeline"
    return f"in `{name}` `{what}`, begun {began}, is {run.status} with {ended} steps done"


def _versions(
    here: Side, there: Side, selection: Selection, seen: Seen, *, as_next: bool
) -> tuple[tuple[Version, ...], dict[tuple[str, int], int]]:
    """What is to be registered, and which number each version has there."""
    new: list[Version] = []
    numbers: dict[tuple[str, int], int] = {}
    next_ = {name: 1 + max((one.version for one in theirs), default=0) for name, theirs in seen.versions.items()}
    for version in sorted(selection.versions, key=lambda one: (one.name, one.version)):
        theirs = {one.version: one for one in seen.versions[version.name]}
        found = theirs.get(version.version)
        if found is not None and found.digest != version.digest:
            if not as_next:
                raise _taken(here, there, version, found)
            same = [one.version for one in theirs.values() if one.digest == version.digest]
            number = min(same, default=next_[version.name])
        else:
            same, number = ([version.version] if found else []), version.version
        numbers[version.name, version.version] = number
        if not same:
            new.append(evolve(version, version=number))
            next_[version.name] = max(next_[version.name], number + 1)
    return tuple(new), numbers


def _taken(here: Side, there: Side, ours: Version, theirs: Version) -> MetadataError:
    name = f"{ours.name}@{ours.version}"
    return MetadataError(
        f"`{name}` is another artifact in `{there.name}`: {theirs.digest[:12]} of run {theirs.run} there, "
        f"{ours.digest[:12]} of run {ours.run} in `{here.name}`",
        help=f"with --as-next it becomes the next version of `{ours.name}` there; no version is ever replaced",
    )


def _aliases(
    selection: Selection, seen: Seen, numbers: Mapping[tuple[str, int], int]
) -> tuple[tuple[Alias, ...], tuple[Alias, ...]]:
    """Aliases to set, and those that stay because they point elsewhere there."""
    new, kept = [], []
    for alias in selection.aliases:
        if (alias.name, alias.version) not in numbers:
            continue
        wanted = evolve(alias, version=numbers[alias.name, alias.version])
        found = next((one for one in seen.aliases[alias.name] if one.alias == alias.alias), None)
        if found is None:
            new.append(wanted)
        elif found.version != wanted.version:
            kept.append(found)
    return tuple(new), tuple(kept)
