"""Why calls are not in the cache, for as many as there are: ten thousand elements of a map miss for one reason.

The words are those of `zenflow.keys.key.explain`. What they need to know is found without them: which earlier call is
nearest, and which names differ from it. Calls that agree on these get the same words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

from zenflow.keys.key import CacheKey, explain
from zenflow.metadata.components import Components, Shared
from zenflow.metadata.queries.cache import nearest

if TYPE_CHECKING:
    from zenflow.metadata.database import Database


class Reasons:
    """What the cache has of functions, and how calls differ from it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._functions: dict[str, list[Components]] = {}
        self._views: dict[tuple[str, str], _View] = {}
        self._said: dict[tuple[object, ...], str] = {}

    def why(self, function: str, key: CacheKey) -> str:
        """Why a call of a function is not remembered."""
        now = key.components
        assert isinstance(now, Components)
        place = (function, now.shared.digest)
        view = self._views.get(place)
        if view is None:
            view = self._views[place] = _View(self._earlier(function), now)
        if not view.earlier:
            return explain(key, ())
        i = view.nearest(now.own)
        then = view.earlier[i]
        differing = ((name, name in now.own, name in then.own) for name in _differing(now.own, then.own))
        kind = (*place, i, *differing)
        said = self._said.get(kind)
        if said is None:
            said = self._said[kind] = explain(key, (then,))
        return said

    def _earlier(self, function: str) -> list[Components]:
        """The components of the latest calls, newest first; as they were when this was asked first."""
        known = self._functions.get(function)
        if known is None:
            found = nearest(self._database, function)
            known = self._functions[function] = [Components.of(entry.components) for entry in found]
        return known


class _View:
    """The earlier calls of a function, newest first, seen from calls with some shared components.

    How far an earlier call is from one with these argument names is known but for the arguments that agree, and which
    calls have an argument is looked up.
    """

    def __init__(self, earlier: list[Components], now: Components) -> None:
        self.earlier = earlier
        self._apart = [_apart(then.shared, now.shared) for then in earlier]
        self._far: dict[tuple[str, ...], tuple[list[int], int]] = {}
        self._having: dict[tuple[str, str], list[int]] = {}
        for i, then in enumerate(earlier):
            for item in then.own.items():
                self._having.setdefault(item, []).append(i)

    def nearest(self, own: Mapping[str, str]) -> int:
        """The place of the earlier call that differs in the fewest names, the newest of several."""
        far, best = self._distances(tuple(own))
        agreeing = [i for item in own.items() for i in self._having.get(item, ())]
        if not agreeing:
            return best
        agreed = Counter(agreeing)
        return min((best, *agreed), key=lambda i: (far[i] - agreed[i], i))

    def _distances(self, names: tuple[str, ...]) -> tuple[list[int], int]:
        known = self._far.get(names)
        if known is None:
            far = [
                apart + len(then.own.keys() | set(names)) for apart, then in zip(self._apart, self.earlier, strict=True)
            ]
            known = self._far[names] = far, far.index(min(far))
        return known


def _apart(then: Shared, now: Shared) -> int:
    return 0 if then.digest == now.digest else len(_differing(now.components, then.components))


def _differing(now: Mapping[str, str], then: Mapping[str, str]) -> list[str]:
    names = [name for name, part in now.items() if then.get(name) != part]
    return names + [name for name in then if name not in now]
