"""Looking calls up in the cache, in bulk or out of a window, and saying why one is not there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from attrs import frozen

from zenflow.artifacts.blobs import damaged
from zenflow.artifacts.content import Content
from zenflow.artifacts.materializers.pickle import FORMAT as PICKLE
from zenflow.engine.cache.keying import Keyed, Keys, Recipe
from zenflow.engine.cache.reasons import Reasons
from zenflow.engine.cache.window import Window
from zenflow.engine.evaluation.frames import Task
from zenflow.engine.evaluation.values import Given
from zenflow.engine.working.work import Slot
from zenflow.errors import ZenFlowError
from zenflow.graph.expression import StepSpec
from zenflow.keys.key import CacheKey
from zenflow.keys.stand_ins import StandIn
from zenflow.metadata.components import Components
from zenflow.metadata.queries.cache import found
from zenflow.metadata.queries.contents import contents
from zenflow.metadata.records import CacheEntry

if TYPE_CHECKING:
    from zenflow.artifacts.store import Store
    from zenflow.metadata.database import Database
    from zenflow.metadata.trust import Trust

_FEW = 3
"""Calls of a family that the database is asked for one by one before a window is read."""

_OWN = 10_000
"""Entries of this run that are kept at hand: by far more than wait to be committed."""

_HELD = 5_000
"""Contents that are kept at hand, and their small blobs."""


@frozen
class Answer:
    """What the cache says of one task: its entry and contents for a hit, else the reason to run it.

    `error` is set where not even a key can be made (a file that is not there).
    """

    task: Task
    keyed: Keyed
    reason: str = ""
    entry: CacheEntry | None = None
    contents: tuple[Content, ...] = ()
    error: ZenFlowError | None = None


class Memo:
    """The cache as one run sees it."""

    def __init__(self, database: Database, store: Store, keys: Keys, trust: Trust) -> None:
        self._database = database
        self._store = store
        self._keys = keys
        self._trust = trust
        self._reasons = Reasons(database)
        self._windows: dict[str, Window] = {}
        self._asked: dict[str, int] = {}
        self._own: dict[str, CacheEntry] = {}
        self._contents: dict[str, Content] = {}
        self._declared: dict[int, tuple[StepSpec, tuple[Any, ...]]] = {}

    def look(self, tasks: Sequence[Task]) -> list[Answer]:
        """An answer for each task: from what is at hand, the others by a few questions to the database for all."""
        answers: dict[int, Answer] = {}
        others: dict[int, tuple[Task, Keyed, CacheKey]] = {}
        for i, task in enumerate(tasks):
            try:
                keyed = self._keys.keyed(task)
            except ZenFlowError as error:
                answers[i] = Answer(task, Keyed(None), error=error)
                continue
            key = keyed.key
            answer = Answer(task, keyed, keyed.reason) if key is None else self._at_hand(task, keyed, key)
            if answer is not None:
                answers[i] = answer
            elif key is not None:
                others[i] = task, keyed, key
        if others:
            answers |= self._asked_for(others)
        return [answers[i] for i in range(len(tasks))]

    def made(self, entry: CacheEntry, contents: Iterable[Content]) -> None:
        """Hear of a call that this run remembers, before others can read of it."""
        if len(self._own) >= _OWN:
            del self._own[next(iter(self._own))]
        self._own[entry.key] = entry
        self._hold(contents)

    def remembered(self, spec: StepSpec, hints: tuple[Any, ...] | None = None) -> frozenset[bytes] | None:
        """The beginnings of the keys of all calls of a step that the cache has (`PREFIX`).

        None where there are too many. `hints` are the types of its results, where they are not those it declares.
        """
        if hints is None:
            known = self._declared.get(id(spec))
            known = known or self._declared.setdefault(id(spec), (spec, spec.function.shape.hints))
            hints = known[1]
        family = self._keys.family(spec, hints)
        return frozenset() if family is None else self._window(family).prefixes

    def settled(self, stand_in: StandIn) -> StandIn:
        """What a stand-in means in this run; see `Keys.settled`."""
        return self._keys.settled(stand_in)

    def recipe(self, spec: StepSpec, hints: tuple[Any, ...], arguments: Mapping[str, Given | Slot]) -> Recipe | None:
        """How the key of a call is made before all of its inputs are (`Keys.recipe`); None where it can not be."""
        try:
            return self._keys.recipe(spec, hints, arguments)
        except ZenFlowError:
            return None

    # ------------------------------------------------------------ at hand

    def _at_hand(self, task: Task, keyed: Keyed, key: CacheKey) -> Answer | None:
        """The answer that needs no question, neither to the database nor to the store."""
        entry = self._own.get(key.digest)
        if entry is None:
            window = self._windows.get(_family(key))
            if window is None or not window.fresh:
                return None
            entry = window.entries.get(key.digest)
            if entry is None:
                return self._missed(task, keyed, key) if window.lacks(key.digest) else None
        known = []
        for digest in entry.outputs:
            content = self._contents.get(digest)
            if content is None or len(content.small) < len(content.blobs):
                return None
            known.append(content)
        return self._remembers(task, keyed, entry, tuple(known))

    def _remembers(self, task: Task, keyed: Keyed, entry: CacheEntry, contents: tuple[Content, ...]) -> Answer:
        """A hit, unless it is a pickle that may not be opened: whoever wrote that may have written anything."""
        if self._pickled(task.spec, contents):
            asked = self._trust.allows(task.spec.options.output)
            doubt = self._trust.doubt(contents) if asked else "it holds a pickle, which the step does not ask for"
            if doubt:
                return Answer(task, keyed, f"cached by {entry.run}, but {doubt}")
        reason = f"the same call as `{entry.step}`" if entry.key in self._own else f"from run {entry.run}"
        return Answer(task, keyed, reason, entry, contents)

    def _pickled(self, spec: StepSpec, contents: tuple[Content, ...]) -> bool:
        """Whether there may be a pickle in what a call came to; of a container that is only looked at where it may."""
        if spec.options.output is not None or self._trust.allow_pickle:
            return True
        return PICKLE in [content.format for content in contents]

    def _missed(self, task: Task, keyed: Keyed, key: CacheKey) -> Answer:
        return Answer(task, keyed, self._reasons.why(task.spec.function.path, key))

    # ------------------------------------------------------------ asked

    def _asked_for(self, asked: Mapping[int, tuple[Task, Keyed, CacheKey]]) -> dict[int, Answer]:
        entries, last = self._entries([key for _, _, key in asked.values()])
        stored = self._stored(entries, last) if entries else {}
        large = [blob for content in stored.values() for blob in content.blobs if blob.digest not in content.small]
        gone = self._store.missing(large) if large else set()
        answers: dict[int, Answer] = {}
        for i, (task, keyed, key) in asked.items():
            entry = entries.get(key.digest)
            if entry is None:
                answers[i] = self._missed(task, keyed, key)
                continue
            known = tuple(stored[digest] for digest in entry.outputs if digest in stored)
            lost = bool(gone) and any(blob.digest in gone for content in known for blob in content.blobs)
            if lost or len(known) < len(entry.outputs):
                answers[i] = Answer(task, keyed, lost_bytes(entry))
            else:
                answers[i] = self._remembers(task, keyed, entry, known)
        return answers

    def _entries(self, keys: Iterable[CacheKey]) -> tuple[dict[str, CacheEntry], list[tuple[Window, str]]]:
        """The remembered calls among these, by key, and for each window that had some, the key of the last one."""
        entries: dict[str, CacheEntry] = {}
        families: dict[str, list[str]] = {}
        for key in keys:
            own = self._own.get(key.digest)
            if own is None:
                families.setdefault(_family(key), []).append(key.digest)
            else:
                entries[key.digest] = own
        last: list[tuple[Window, str]] = []
        unknown: list[str] = []
        for family, digests in families.items():
            window = self._believed(family, len(digests))
            if window is None:
                unknown += digests
                continue
            hits = [digest for digest in digests if digest in window.entries]
            if hits:
                entries.update((digest, window.entries[digest]) for digest in hits)
                last.append((window, hits[-1]))
            unknown += [digest for digest in digests if digest not in window.entries and not window.lacks(digest)]
        if unknown:
            entries.update(found(self._database, unknown))
        return entries, last

    def _believed(self, family: str, calls: int) -> Window | None:
        """The window that answers for so many calls of a family; None where asking for them costs less."""
        window = self._windows.get(family)
        if window is not None and window.fresh:
            return window
        if window is not None:
            del self._windows[family], self._asked[family]
        asked = self._asked[family] = self._asked.get(family, 0) + calls
        return self._window(family) if asked > _FEW else None

    def _window(self, family: str) -> Window:
        window = self._windows.get(family)
        if window is None or not window.fresh:
            window = self._windows[family] = Window(self._database, family)
            self._asked.setdefault(family, 0)
        return window

    def _stored(self, entries: Mapping[str, CacheEntry], last: Sequence[tuple[Window, str]]) -> dict[str, Content]:
        """The contents that these calls came to, by digest. Where some must be asked for, those that will likely be
        wanted next are asked for with them."""
        held = self._contents
        digests = dict.fromkeys(digest for entry in entries.values() for digest in entry.outputs)
        known = {digest: held[digest] for digest in digests if digest in held}
        if len(known) < len(digests):
            likely = (digest for window, key in last for entry in window.following(key) for digest in entry.outputs)
            wanted = dict.fromkeys((*digests, *likely))
            new = contents(self._database, [digest for digest in wanted if digest not in held])
            good = {digest: content for digest, content in new.items() if not damaged(content)}
            known.update((digest, good[digest]) for digest in digests if digest in good)
            self._hold(good.values())
        return known

    def _hold(self, contents: Iterable[Content]) -> None:
        if len(self._contents) > _HELD:
            self._contents.clear()
        self._contents.update((content.digest, content) for content in contents)


def lost_bytes(entry: CacheEntry) -> str:
    """Why a call runs that the cache remembers."""
    return f"recomputed: the stored bytes of `{entry.step}` from run {entry.run} are gone or damaged"


def _family(key: CacheKey) -> str:
    components = key.components
    assert isinstance(components, Components)
    return components.shared.family
