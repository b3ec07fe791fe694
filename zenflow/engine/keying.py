"""From a task to its cache key: the code it reaches, its arguments by content, what it gives.

Constants enter by their canonical encoding, artifacts by the digest of their content, so a step whose upstream ran
again to the same bytes keeps its key (early cut-off). Files named by a `Path` enter by what is in them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from attrs import frozen

from zenflow.artifacts.hints import type_name
from zenflow.artifacts.registry import format_for
from zenflow.engine.frames import Task
from zenflow.engine.values import Given, Value
from zenflow.graph.expression import Constant, StepSpec
from zenflow.keys.closure import Closure, closure
from zenflow.keys.encoding import digest
from zenflow.keys.files import file_digest
from zenflow.keys.key import CacheKey, artifact, cache_key, constant, list_digest


@frozen
class Keyed:
    """A task's key, or why it has none."""

    key: CacheKey | None
    reason: str = ""

    @property
    def identity(self) -> CacheKey | None:
        return self.key


class Keys:
    """Makes keys for one run: the code of a step is looked at once."""

    def __init__(self) -> None:
        self._closures: dict[Callable[..., Any], Closure] = {}

    def closure(self, spec: StepSpec) -> Closure:
        """The code that a step reaches."""
        fn = spec.function.fn
        known = self._closures.get(fn)
        if known is None:
            known = self._closures[fn] = closure(fn)
        return known

    def closures(self) -> Iterable[Closure]:
        """The closures looked at so far."""
        return self._closures.values()

    def keyed(self, task: Task) -> Keyed:
        """The key of a task; none for a step that opted out, or whose code or arguments can not be hashed."""
        options = task.spec.options
        if options.effect:
            return Keyed(None, "it acts on the world, so it always runs")
        if not options.cache:
            return Keyed(None, "the step has cache=False")
        code: Closure | str = options.version if options.version is not None else self.closure(task.spec)
        if isinstance(code, Closure) and code.problems:
            return Keyed(None, f"not cached: {code.problems[0]}")
        arguments = {name: self._digest(given) for name, given in task.arguments}
        missing = next((name for name, part in arguments.items() if part is None), None)
        if missing is not None:
            return Keyed(None, f"not cached: argument `{missing}` can not be hashed")
        return Keyed(
            cache_key(
                function=task.spec.function.path,
                code=code,
                arguments={name: part for name, part in arguments.items() if part is not None},
                output=output_text(task),
                env=digest(dict(options.env)) if options.env else None,
            )
        )

    def _digest(self, given: Given) -> bytes | None:
        if isinstance(given, Value):
            return artifact(given.content.digest)
        if isinstance(given, Constant):
            return None if given.problem is not None else constant(given.value, files=file_digest)
        keys = [] if given.keys is None else [constant(key) for key in given.keys]
        parts = [self._digest(item) for item in given.items]
        known = [part for part in parts if part is not None]
        kind = f"{given.kind.__module__}.{given.kind.__qualname__}"
        return list_digest(kind, keys + known) if len(known) == len(parts) else None


def output_text(task: Task) -> str:
    """What a task gives: declared types and the formats they are stored in."""
    chosen = task.spec.options.output
    return ", ".join(
        f"{type_name(hint)} as {format_for(hint) if chosen is None else getattr(chosen, 'format', chosen)}"
        for hint in task.hints
    )
