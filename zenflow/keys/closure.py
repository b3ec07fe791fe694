"""The code closure: everything a function's result may depend on besides its arguments.

It is a function of the source, never of where it stands or how it is laid out: a changed helper changes it, a
reformatted file does not. Names are resolved against the objects the program really uses (its globals, cells and
imported modules), so a patched helper counts as the patch. What can not be resolved is a problem, and a step with a
problem is not cached, because a hit that should have been a miss is the one mistake a cache must not make.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from attrs import field, frozen

from zenflow.keys.walk import Walk


@frozen(slots=False)
class Closure:
    """What a function reaches.

    Attributes:
        digest: BLAKE3 over all of it, 32 bytes.
        parts: What it is made of, for telling what changed: the hash of each function, class and global by
            qualified name, and `package NAME` with its version.
        sources: The text of each first-party function and class, by qualified name.
        problems: What could not be resolved, a sentence each. Not empty: do not cache.
    """

    digest: bytes
    parts: Mapping[str, str] = field(repr=False)
    sources: Mapping[str, str] = field(repr=False, eq=False)
    problems: tuple[str, ...] = ()

    @cached_property
    def components(self) -> Mapping[str, str]:
        """The parts under the names they have in a cache key: `code flow.clean`, `package numpy`."""
        return {name if name.startswith("package ") else f"code {name}": part for name, part in self.parts.items()}


def closure(fn: object) -> Closure:
    """The code closure of a function, class, step or other callable, as things are now.

    Parsed files are remembered; the walk itself is done anew, since globals may change between two calls.

    >>> def double(x):
    ...     return 2 * x
    >>> len(closure(double).digest), closure(double).problems
    (32, ())
    """
    walk = Walk()
    digest = walk.run(fn)
    return Closure(digest, walk.parts, walk.sources, tuple(walk.problems))
