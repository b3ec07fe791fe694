"""What of a plain argument is not sent to a worker but found by it: secrets, data that stays elsewhere, files.

A secret goes by its name, an `External` with the version that the run's keys were made with. A path goes as it is to a
worker that sees the driver's files; for one that may not, its content is put into the store first, once for each.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path
from typing import Any, Final, TypeGuard

from zenflow.artifacts.content import Content
from zenflow.artifacts.saving import save
from zenflow.artifacts.store import Store
from zenflow.engine.working.carried import Carried, Looks, looks_of
from zenflow.engine.working.work import Build, Part, Plain, Sought
from zenflow.graph.expression import Argument, Call, Constant, Display, Elements, Map, Ref
from zenflow.keys.stand_ins import StandIn, asks_for
from zenflow.language.secret import Secret

ALWAYS_PLAIN: Final = frozenset({type(None), bool, int, float, complex, str, bytes})
"""Types whose values hold nothing to find."""

_COLLECTIONS: Final = (list, tuple, dict, set, frozenset)


class Seeker:
    """Makes the parts of one run's arguments out of plain values. `made` is told of every content it stores."""

    def __init__(
        self, store: Store, settle: Callable[[StandIn], StandIn], made: Callable[[Content, bool], None]
    ) -> None:
        self._store = store
        self._settle = settle
        self._made = made
        self._carried: dict[tuple[Path, Looks], Carried] = {}

    def part(self, value: Any, hint: Any, *, far: Callable[[], bool]) -> Part:
        """A plain value of this declared type as a part; `far` says whether the worker may see other files.

        Raises:
            ZenFlowError: What it stands for is not there, or can not be stored.
        """
        if isinstance(value, StandIn):
            return Plain(value) if asks_for(hint, type(value)) else Sought(self._settle(value))
        if isinstance(value, Path):
            carried = self._carry(value) if far() else None
            return Plain(value) if carried is None else Sought(carried)
        if not _is_collection(value) or not _holds(value):
            return Plain(value)
        keys = tuple(value) if isinstance(value, dict) else None
        items = [self.part(item, hint, far=far) for item in (value.values() if isinstance(value, dict) else value)]
        if all(isinstance(item, Plain) for item in items):
            return Plain(value)
        return Build(type(value), tuple(items), keys)

    def _carry(self, path: Path) -> Carried | None:
        """A path with its content in the store; None where nothing is there, which is for the step to miss."""
        looks = looks_of(path)
        if looks is None:
            return None
        known = self._carried.get((path, looks))
        if known is None:
            content = save(path.resolve(), Path, self._store)
            self._made(content, False)
            known = self._carried[path, looks] = Carried(path.absolute(), looks, content)
        return known


def _holds(value: object) -> bool:
    """Whether something to find stands anywhere in nested collections."""
    if isinstance(value, StandIn | Path):
        return True
    if not _is_collection(value):
        return False
    return any(map(_holds, value.values() if isinstance(value, dict) else value))


def _is_collection(value: Any) -> TypeGuard[Collection[Any]]:
    """Whether it can be put together again from its items, as what it is."""
    return type(value) in _COLLECTIONS or (isinstance(value, tuple) and hasattr(value, "_fields"))


def require_secrets(nodes: Iterable[Call | Map], engine: str | None) -> None:
    """Look up, before anything runs, the secrets that calls of a graph take, where that tells anything.

    It does where all steps run in this process. Elsewhere a secret may be known to the workers alone, and each of them
    looks for itself.

    Raises:
        SecretMissing: One is not known.
    """
    if engine == "inline":
        for node in nodes:
            for _, argument in node.arguments:
                for secret in _secrets(argument):
                    secret.value()


def _secrets(argument: Argument) -> Iterator[Secret]:
    if isinstance(argument, Constant):
        yield from _secrets_in(argument.value)
    elif isinstance(argument, Display):
        for item in argument.items:
            yield from _secrets(item)
    elif isinstance(argument, Elements) and not isinstance(argument.source, Ref):
        for item in argument.source:
            yield from _secrets(item)


def _secrets_in(value: Any) -> Iterator[Secret]:
    if isinstance(value, Secret):
        yield value
    elif _is_collection(value):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _secrets_in(item)
