"""From a task to its cache key: the code it reaches, its arguments by content, what it gives.

Constants enter by their canonical encoding, artifacts by the digest of their content, so a step whose upstream ran
again to the same bytes keeps its key (early cut-off). Files named by a `Path` enter by what is in them.

What all calls of a step have in common is made once: a key takes a few microseconds, and there are as many as steps.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any, Final

from attrs import frozen

from zenflow.artifacts.hints import type_name
from zenflow.artifacts.materializers.pickle import FORMAT as PICKLE
from zenflow.artifacts.registry import format_for
from zenflow.engine.evaluation.frames import Task
from zenflow.engine.evaluation.values import Given, Value
from zenflow.engine.working.work import Slot
from zenflow.errors import NoMaterializer, ZenFlowError
from zenflow.graph.expression import Constant, StepSpec
from zenflow.keys.closure import Closure, closure
from zenflow.keys.encoding import digest
from zenflow.keys.files import file_digest
from zenflow.keys.key import CacheKey, Prefix, artifact, constant, list_digest, prefix
from zenflow.keys.stand_ins import StandIn

Recipe = tuple[bytes | int, ...]
"""The pieces of a key; an int is the place of an input that is still to be made."""

_FIXED: Final = frozenset({type(None), bool, int, float, complex, str, bytes})


@frozen
class Keyed:
    """A task's key, or why it has none.

    `identity` is the key that a call has, or would have if its step had not opted out: a run that is resumed finds by
    it what it has recorded already. None where not even that can be made.
    """

    key: CacheKey | None
    reason: str = ""
    identity: CacheKey | None = None


@frozen(eq=False)
class _Prepared:
    """What the keys of all calls of a step have in common. The step is held: it is found by its `id`."""

    spec: StepSpec
    prefix: Prefix
    env: bytes | None
    refusal: str


class Keys:
    """Makes keys for one run: the code of a step is looked at once."""

    def __init__(self, *, allow_pickle: bool = False) -> None:
        """`allow_pickle`: what has no materializer is pickled."""
        self._allow_pickle = allow_pickle
        self._closures: dict[Callable[..., Any], Closure] = {}
        self._prepared: dict[Hashable, _Prepared] = {}
        self._constants: dict[bytes, bytes] = {}
        self._settled: dict[StandIn, StandIn] = {}

    def closure(self, spec: StepSpec) -> Closure:
        """The code that a step reaches."""
        fn = spec.function.fn
        known = self._closures.get(fn)
        if known is None:
            known = self._closures[fn] = closure(fn)
        return known

    def settled(self, stand_in: StandIn) -> StandIn:
        """What a stand-in means in this run: the version that was there when the run first met it.

        Raises:
            ZenFlowError: Nothing is there, or it can not be asked for.
        """
        known = self._settled.get(stand_in)
        if known is None:
            known = self._settled[stand_in] = stand_in.settled()
        return known

    def told(self, text: str) -> str:
        """A printed parameter with the versions that stand-ins turned out to mean."""
        for stand_in, meant in self._settled.items():
            text = text.replace(repr(stand_in), repr(meant))
        return text

    def closures(self) -> Iterable[Closure]:
        """The closures looked at so far."""
        return self._closures.values()

    def keyed(self, task: Task) -> Keyed:
        """The key of a task; none for a step that opted out, or whose code or arguments can not be hashed.

        Raises:
            ZenFlowError: An argument names a file that is not there.
        """
        options = task.spec.options
        if not options.reusable:
            reason = "it acts on the world, so it always runs" if options.effect else "the step has cache=False"
            return Keyed(None, reason, self._identity(task))
        prepared = self._for(task.spec, task.hints)
        if prepared.refusal:
            return Keyed(None, prepared.refusal, self._identity(task))
        arguments: dict[str, bytes] = {}
        for name, given in task.arguments:
            part = self._digest(given)
            if part is None:
                return Keyed(None, f"not cached: argument `{name}` can not be hashed")
            arguments[name] = part
        key = prepared.prefix.key(arguments, prepared.env)
        return Keyed(key, "", key)

    def family(self, spec: StepSpec, hints: tuple[Any, ...]) -> str | None:
        """What tells the keys of a step with these results from all others (`Prefix`); None for a step without keys."""
        if not spec.options.reusable:
            return None
        prepared = self._for(spec, hints)
        return None if prepared.refusal else prepared.prefix.family

    def recipe(self, spec: StepSpec, hints: tuple[Any, ...], arguments: Mapping[str, Given | Slot]) -> Recipe | None:
        """How the key (for a step that opted out: the identity) of a call is made before all of its inputs are.

        The BLAKE3 of the pieces is the key, with `frame(artifact(digest))` of an input's content for each int: the
        `index` of a Slot, which stands for a whole argument. None where an argument can not be hashed.

        Raises:
            ZenFlowError: An argument names a file that is not there.
        """
        prepared = self._for(spec, hints)
        parts: dict[str, bytes | int] = {}
        for name, given in arguments.items():
            part = given.index if isinstance(given, Slot) else self._digest(given)
            if part is None:
                return None
            parts[name] = part
        return prepared.prefix.recipe(parts, prepared.env)

    def _identity(self, task: Task) -> CacheKey | None:
        try:
            prepared = self._for(task.spec, task.hints)
            parts = {name: self._digest(given) for name, given in task.arguments}
        except ZenFlowError:
            return None  # a file that is not there is for the step itself to miss
        arguments = {name: part for name, part in parts.items() if part is not None}
        return prepared.prefix.key(arguments, prepared.env) if len(arguments) == len(parts) else None

    def _for(self, spec: StepSpec, hints: tuple[Any, ...]) -> _Prepared:
        place: Hashable = (id(spec), hints)
        try:
            known = self._prepared.get(place)
        except TypeError:  # a hint with an annotation that can not be hashed
            place = (id(spec), tuple(map(type_name, hints)))
            known = self._prepared.get(place)
        if known is None:
            known = self._prepared[place] = self._prepare(spec, hints)
        return known

    def _prepare(self, spec: StepSpec, hints: tuple[Any, ...]) -> _Prepared:
        options = spec.options
        code: Closure | str = options.version if options.version is not None else self.closure(spec)
        problem = code.problems[0] if isinstance(code, Closure) and code.problems else None
        return _Prepared(
            spec,
            prefix(
                function=spec.function.path, code=code, output=output_text(spec, hints, allow_pickle=self._allow_pickle)
            ),
            digest(dict(options.env)) if options.env else None,
            "" if problem is None else f"not cached: {problem}",
        )

    def _digest(self, given: Given) -> bytes | None:
        if isinstance(given, Value):
            return artifact(given.content.digest)
        if isinstance(given, Constant):
            return self._constant(given)
        keys = [] if given.keys is None else [constant(key) for key in given.keys]
        parts = [self._digest(item) for item in given.items]
        known = [part for part in parts if part is not None]
        kind = f"{given.kind.__module__}.{given.kind.__qualname__}"
        return list_digest(kind, keys + known) if len(known) == len(parts) else None

    def _constant(self, given: Constant) -> bytes | None:
        if given.problem is not None:
            return None
        if type(given.value) not in _FIXED:
            # It may hold what changes: a file, a list.
            return constant(given.value, files=file_digest, settle=self.settled)
        known = self._constants.get(given.identity)
        if known is None:
            known = self._constants[given.identity] = constant(given.value)
        return known


def output_text(spec: StepSpec, hints: tuple[Any, ...], *, allow_pickle: bool = False) -> str:
    """What a call gives: declared types and the formats they are stored in."""
    chosen = spec.options.output
    return ", ".join(
        f"{type_name(hint)} as {_format(hint, allow_pickle) if chosen is None else getattr(chosen, 'format', chosen)}"
        for hint in hints
    )


def _format(hint: object, allow_pickle: bool) -> str:
    try:
        return format_for(hint)
    except NoMaterializer:
        if not allow_pickle:
            raise
        return PICKLE
