"""The cache key of a call, with what it was made of in words, so that a miss can be explained.

The name of a function is no part of its key: two functions with the same code, arguments and output are the same
work and share results. A function with a `version` has no code in its key, so there its name stands in.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from attrs import frozen
from blake3 import blake3

from zenflow.keys.closure import Closure
from zenflow.keys.encoding import encode
from zenflow.keys.frames import count, frame, text
from zenflow.keys.stand_ins import StandIn
from zenflow.metadata.components import Components, Shared

SCHEMA: Final = 1
"""Raised when the meaning of keys changes; keys of another schema never match."""

PYTHON: Final = f"{sys.version_info.major}.{sys.version_info.minor}"
_HEAD: Final = b"zenflow key" + count(SCHEMA) + text(PYTHON)
_SHOWN: Final = 3
_SIZE: Final = count(32)


@frozen
class CacheKey:
    """The identity of a call: `digest` in hexadecimal, `components` by name with a hash or version each."""

    digest: str
    components: Mapping[str, str]


def constant(
    value: object,
    *,
    files: Callable[[Path], bytes] | None = None,
    settle: Callable[[StandIn], StandIn] | None = None,
) -> bytes:
    """The digest of an argument that is a plain value. Raises `Unencodable`."""
    return blake3(b"constant" + encode(value, files=files, settle=settle)).digest()


def artifact(digest: str) -> bytes:
    """The digest of an argument that is an artifact, given the digest of its content."""
    data = digest.encode("utf-8", "surrogatepass")
    return blake3(b"artifact" + len(data).to_bytes(8, "big") + data).digest()


def list_digest(kind: str, parts: Sequence[bytes]) -> bytes:
    """The digest of a display of some class that holds artifacts, given those of its parts (a dict's keys first)."""
    return blake3(b"display" + text(kind) + count(len(parts)) + b"".join(map(frame, parts))).digest()


@frozen
class Prefix:
    """What the keys of all calls of a step begin with.

    Its `shared` components are told apart by `family` first, the digest of the beginning: calls of one family differ
    in their arguments and environment alone.
    """

    beginning: bytes
    shared: Shared

    @property
    def family(self) -> str:
        """Sixteen characters: the same for equal code under another name."""
        return self.shared.family

    def key(self, arguments: Mapping[str, bytes], env: bytes | None = None) -> CacheKey:
        """The key of a call.

        Args:
            arguments: The digest of each bound argument: `constant`, `artifact` or `list_digest`.
            env: The encoded runtime environment the step declares, if it does.

        >>> key = prefix(function="flow.f", code="2", output="int msgpack/1").key({"x": constant(1)})
        >>> sorted(key.components)
        ['argument x', 'output', 'python', 'schema', 'version']
        """
        pieces, own = [self.beginning], {}
        for name in sorted(arguments):
            digest = arguments[name]
            head, component = _argument(name)
            pieces += (head, digest)
            own[component] = digest.hex()
        if env is not None:
            pieces.append(b"e" + frame(env))
            own["env"] = blake3(env).hexdigest()
        return CacheKey(blake3(b"".join(pieces)).hexdigest(), Components(self.shared, own))

    def recipe(self, arguments: Mapping[str, bytes | int], env: bytes | None = None) -> tuple[bytes | int, ...]:
        """The pieces that a key is the BLAKE3 of, where some arguments are still to be made.

        An int stands for the artifact of that number: `frame(artifact(digest))` of its content goes there.

        >>> two = prefix(function="f", code="1", output="int").recipe({"a": constant(1), "b": 0, "c": 1})
        >>> [piece for piece in two if isinstance(piece, int)]
        [0, 1]
        """
        found: list[bytes | int] = []
        known = self.beginning
        for name in sorted(arguments):
            digest = arguments[name]
            known += _argument(name)[0]
            if isinstance(digest, bytes):
                known += digest
            else:
                found += (known[: -len(_SIZE)], digest)
                known = b""
        if env is not None:
            known += b"e" + frame(env)
        return (*found, known) if known else tuple(found)


@functools.lru_cache(maxsize=4096)
def _argument(name: str) -> tuple[bytes, str]:
    """What stands before the digest of an argument in the bytes of a key, and the name of its component."""
    return b"a" + text(name) + _SIZE, f"argument {name}"


def prefix(*, function: str, code: Closure | str, output: str) -> Prefix:
    """The beginning of all keys of a step.

    Args:
        function: The qualified name of the step's function. In the key only when `code` is a version.
        code: The function's closure, or the version that replaces it.
        output: The printed result type with the formats of its materializers.
    """
    components = {"schema": str(SCHEMA), "python": PYTHON, "output": output}
    if isinstance(code, Closure):
        beginning = _HEAD + b"closure" + frame(code.digest) + text(output)
        components.update(code.components)
    else:
        beginning = _HEAD + b"version" + text(function) + text(code) + text(output)
        components["version"] = code
    return Prefix(beginning, Shared(components, blake3(beginning).hexdigest()[:16]))


def explain(current: CacheKey, earlier: Sequence[Mapping[str, str]]) -> str:
    """Why a call is not the one that was remembered: what differs from the nearest earlier one, in a few words.

    Args:
        current: The key that found nothing.
        earlier: The components of earlier keys of the same step, oldest first.

    >>> old = {"argument depth": "aa", "package numpy": "2.4.5", "code flow.clean": "1"}
    >>> new = {"argument depth": "bb", "package numpy": "2.4.6", "code flow.clean": "1"}
    >>> explain(CacheKey("", new), [old])
    'argument `depth` changed; package numpy changed (2.4.5 → 2.4.6)'
    """
    if not earlier:
        return "first run of this step"
    now = current.components
    nearest = min(reversed(earlier), key=lambda then: len(_differing(now, then)))
    names = sorted(_differing(now, nearest), key=lambda name: _rank(name, now, nearest))
    if not names:
        return "made of the same parts as an earlier call, put together differently"
    if "version" in names and ("version" in now) != ("version" in nearest):
        names = ["version", *(name for name in names if not name.startswith(("code ", "package ", "version")))]
    reasons = [_reason(name, now.get(name), nearest.get(name)) for name in names]
    more = len(reasons) - _SHOWN
    return "; ".join(reasons[:_SHOWN]) + (f"; and {more} more" if more > 0 else "")


def _differing(now: Mapping[str, str], then: Mapping[str, str]) -> list[str]:
    return [name for name in now.keys() | then.keys() if now.get(name) != then.get(name)]


def _rank(name: str, now: Mapping[str, str], then: Mapping[str, str]) -> tuple[int, str]:
    # What was edited says more than what came or went because of the edit.
    if name in now and name in then:
        return (1 if name.startswith("package ") else 0), name
    return 2, name


def _reason(name: str, new: str | None, old: str | None) -> str:
    kind, _, subject = name.partition(" ")
    if kind == "version":
        return _version(new, old)
    shown = {"code": f"`{subject}`", "argument": f"argument `{subject}`", "package": f"package {subject}"}.get(
        kind, kind
    )
    shown = {"output": "output type", "env": "environment"}.get(shown, shown)
    if new is None or old is None:
        verb = {"code": ("is used now", "is no longer used"), "package": ("is used now", "is no longer used")}
        came, went = verb.get(kind, ("is new", "is gone"))
        return f"{shown} {came if old is None else went}"
    if kind in ("package", "python", "output", "schema"):
        return f"{shown} changed ({old} → {new})"
    return f"{shown} changed"


def _version(new: str | None, old: str | None) -> str:
    if old is None:
        return f"version {new} stands for the code now"
    return "the code counts now, no longer a version" if new is None else f"version changed ({old} → {new})"
