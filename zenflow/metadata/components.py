"""What cache keys are made of, by name: the part that many calls share, and a call's own.

Ten thousand elements of a map have one code closure between them. Their entries name it by digest, and it is stored
once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

from attrs import field, frozen
from blake3 import blake3

from zenflow.metadata.packing import pack


@frozen(slots=False, eq=False)
class Shared:
    """Components that many keys have: a hash or version by name (`code flow.clean`, `package numpy`).

    `family` is what they stand for in the keys themselves, where names do not count: sixteen characters, and the
    beginning of `digest`.
    """

    components: Mapping[str, str]
    family: str = ""

    @cached_property
    def packed(self) -> bytes:
        """The components as they are stored, in order of name."""
        return pack(dict(sorted(self.components.items())))

    @cached_property
    def digest(self) -> str:
        """Their identity: equal components of one family have equal ones."""
        return self.family + blake3(self.packed).hexdigest()[:32]


@frozen(eq=False)
class Components(Mapping[str, str]):
    """A mapping of all components of one key: the `shared` ones, then its `own`.

    >>> Components(Shared({"python": "3.11"}), {"argument x": "ab"}) == {"argument x": "ab", "python": "3.11"}
    True
    """

    shared: Shared
    own: Mapping[str, str] = field(factory=dict)

    def __getitem__(self, name: str) -> str:
        return self.own[name] if name in self.own else self.shared.components[name]

    def __iter__(self) -> Iterator[str]:
        yield from self.shared.components
        yield from self.own

    def __len__(self) -> int:
        return len(self.shared.components) + len(self.own)

    @classmethod
    def of(cls, components: Mapping[str, str]) -> Components:
        """Any components as these: what they share with others is all but the arguments and the environment."""
        if isinstance(components, Components):
            return components
        own = {name: part for name, part in components.items() if name == "env" or name.startswith("argument ")}
        return Components(Shared({name: part for name, part in components.items() if name not in own}), own)
