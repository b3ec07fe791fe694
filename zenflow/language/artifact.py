"""`Artifact[T]`: a typed handle on a value that a pipeline computes, or that an earlier run stored.

A handle is not its value. Whatever would quietly treat it as one (a truth value, a loop, a format string)
raises and says what to write instead: in other tools `if artifact:` is always true.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Generic, Self

from attrs import frozen

from zenflow.errors import ArtifactMisuse, BlobDamaged, BlobMissing, NoSuchAttribute, NotStored, UsageError
from zenflow.graph.expression import Named, Ref, Trace, Unknown, combine, current_trace, fresh_identity, unnamed
from zenflow.graph.site import caller_site
from zenflow.language.recovery import passed_over, recover
from zenflow.language.substitutes import in_place_of, reads_attribute
from zenflow.language.typing import Gradual, T_co


@frozen
class ArtifactInfo:
    """What is known of a stored artifact: `size` in bytes, `metadata` as its materializer described it."""

    digest: str
    type: str
    size: int
    format: str
    metadata: Mapping[str, object]
    run: str
    step: str


class Artifact(Gradual, Generic[T_co]):  # type: ignore[misc]
    """A value of type `T` in a pipeline: a node of the expression before it runs, a stored version after."""

    __slots__ = ("_ref", "_trace")

    def __init__(self, ref: Ref, trace: Trace | None = None) -> None:
        self._ref = ref
        self._trace = trace

    def load(self) -> T_co:
        """The value.

        Raises:
            NotStored: while no run has produced it.
            BlobMissing, BlobDamaged: when the stored bytes are gone or are not what was stored.
            LoadError: when they are not what the declared type allows, or hold a pickle that nobody with the project's
                key has signed, or that the project does not ask for.
        """
        from zenflow.artifacts.saving import load
        from zenflow.artifacts.store import open_store

        resolution = self._resolution()
        if resolution.untrusted is not None:
            raise resolution.untrusted
        content = resolution.contents[unnamed(self._ref).index or 0]
        store, pickled = open_store(resolution.store), resolution.allow_pickle
        try:
            value: T_co = load(content, self._ref.hint, store, allow_pickle=pickled)
        except (BlobMissing, BlobDamaged) as error:
            raise error if resolution.lost is None else resolution.lost(error) from error
        return value

    def named(self, name: str) -> Artifact[T_co]:
        """The same value, registered under `name` when it is stored; each new value is a new version."""
        if not isinstance(name, str) or not name.isprintable() or not name or set(name) & set("@/ "):
            help_ = "use letters, digits, `-`, `_` and `.`"
            error = UsageError(f"{name!r} is not a name for an artifact", help=help_, code="ZF206")
            return recover(error, lambda _: self)
        source = self._ref
        node = Named(
            label=name,
            identity=combine(b"named", name.encode(), source.identity),
            site=caller_site(),
            source=source,
            name=name,
        )
        trace = current_trace()
        if trace is not None:
            trace.calls.append(node)
        return Artifact(Ref(node), self._trace)

    @property
    def info(self) -> ArtifactInfo:
        """Digest, type, size, format, metadata and the producing run.

        Raises:
            NotStored: while no run has produced it.
        """
        resolution = self._resolution()
        c = resolution.contents[unnamed(self._ref).index or 0]
        return ArtifactInfo(c.digest, c.type, c.size, c.format, c.description, resolution.run, resolution.step)

    def _resolution(self) -> Any:
        node = unnamed(self._ref).node
        if node.resolution is None:
            raise NotStored(f"{self!r} has no value yet: nothing has run", help="run(artifact).output is the value")
        return node.resolution

    if TYPE_CHECKING:
        # pyright takes a field of a NamedTuple for a descriptor, since the `Any` base may have `__get__`.
        def __get__(self, instance: object, owner: type | None = None) -> Self: ...

    def __repr__(self) -> str:
        node, index = self._ref.node, self._ref.index
        label = node.label if index is None else f"{node.label}[{index}]"
        return f"<Artifact {label}>"


def _refuse(code: str, what: str, fix: str, name: str) -> Callable[..., Any]:
    def method(self: Artifact[Any], *others: object) -> Any:
        if isinstance(self._ref.node, Unknown):
            return passed_over(lambda mistakes: in_place_of(name, mistakes, unknown))
        message = f"{self!r} {what}: it is a handle on a value that is computed later"
        error = ArtifactMisuse(message, help=fix, code=code)
        used = [one._ref for one in (self, *others) if isinstance(one, Artifact)]
        return recover(error, lambda mistakes: in_place_of(name, mistakes, unknown), used, steers=code != "ZF102")

    return method


def unknown() -> Artifact[Any]:
    """A handle on nothing in particular."""
    return Artifact(Ref(Unknown(label="unknown", identity=fresh_identity(), hint=Any)))


_BINARY = (
    *("add", "sub", "mul", "truediv", "floordiv", "mod", "divmod", "pow", "matmul"),
    *("and", "or", "xor", "lshift", "rshift"),
)
_FIX = "do this inside a step, where the value is there"
MISUSES: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("ZF101", "has no truth value", "use when(predicate, then, otherwise), or decide inside a step", ("__bool__",)),
    ("ZF102", "can not be formatted into a string or printed", _FIX, ("__str__", "__format__")),
    (
        "ZF103",
        "can not be iterated, unpacked, indexed or measured",
        "map a step over it with step.map(each(artifact)); a step that returns tuple[A, B] can be unpacked",
        (
            *("__iter__", "__len__", "__getitem__", "__setitem__", "__delitem__"),
            *("__contains__", "__next__", "__reversed__"),
        ),
    ),
    (
        "ZF104",
        "can not be compared",
        "compare inside a step that returns bool, and branch on it with when(...)",
        ("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__"),
    ),
    (
        "ZF104",
        "takes no arithmetic",
        _FIX,
        (
            *(f"__{side}{name}__" for name in _BINARY for side in ("", "r")),
            "__neg__",
            "__pos__",
            "__abs__",
            "__invert__",
            "__int__",
            "__float__",
            "__complex__",
            "__index__",
            "__round__",
        ),
    ),
    ("ZF104", "can not be called", "a step takes it as an argument: step(artifact)", ("__call__",)),
    ("ZF103", "can not be used in `with`", _FIX, ("__enter__", "__exit__")),
)

if not TYPE_CHECKING:
    for _code, _what, _help, _names in MISUSES:
        for _name in _names:
            setattr(Artifact, _name, _refuse(_code, _what, _help, _name))
    Artifact.__hash__ = object.__hash__

    def _no_attribute(self: Artifact[Any], name: str) -> Artifact[Any]:
        if name in Artifact.__slots__:
            raise AttributeError(name)  # a handle that is being copied has no slots filled yet
        error = NoSuchAttribute(
            f"{self!r} has no attribute `{name}`: it is a handle on a value that is computed later",
            help=f"read `.{name}` inside a step, where the value is there",
            code="ZF104",
        )
        if not reads_attribute(sys._getframe(1)):  # somebody only asks what this is
            raise error
        if isinstance(self._ref.node, Unknown):
            return passed_over(lambda _: unknown())
        return recover(error, lambda _: unknown(), [self._ref])

    Artifact.__getattr__ = _no_attribute
