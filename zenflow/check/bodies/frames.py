"""What is known of local names at one point of a function."""

from __future__ import annotations

from functools import reduce

from attrs import define, field

from zenflow.check.bodies.module import Function
from zenflow.check.bodies.values import Value, common

Env = dict[str, Value]


@define(eq=False)
class Loop:
    """Where a loop was left, and where it began anew, before its body's end."""

    breaks: list[Env] = field(factory=list)
    continues: list[Env] = field(factory=list)


@define(eq=False)
class Frame:
    """One function while it is walked.

    Attributes:
        env: What its local names hold, as far as that is certain.
        outer: The frame of the function it is defined in.
        helper: The function of the file through which a step got here; None in the step's own text.
        returned: What it returned so far.
        overlays: The variables of the comprehensions that are being walked, from the outermost in.
        guarded: Whether what follows runs only if a GPU is there.
    """

    function: Function
    outer: Frame | None = None
    helper: Function | None = None
    env: Env = field(factory=dict)
    returned: list[Value] = field(factory=list)
    loops: list[Loop] = field(factory=list)
    overlays: list[Env] = field(factory=list)
    guarded: bool = False

    def bind(self, name: str, value: Value) -> None:
        """Bind a local name, or a variable of a comprehension."""
        if self.overlays:
            self.overlays[-1][name] = value
        elif value is None or name in self.function.scope.shared:
            self.env.pop(name, None)
        else:
            self.env[name] = value


def joined(envs: list[Env]) -> Env:
    """What is certain where several ways meet."""
    if not envs:
        return {}
    first, *others = envs
    for other in others:
        both = {name: common(value, other.get(name)) for name, value in first.items()}
        first = {name: value for name, value in both.items() if value is not None}
    return first


def returned(frame: Frame) -> Value:
    """What a function gives, if all its ways out agree."""
    return reduce(common, frame.returned) if frame.returned else None
