"""The parameters of a pipeline or step as options of the command line.

`--train-share 0.2` gives the parameter `train_share`. A number, text, path, date or enum is written as it is, a bool is
`--x` or `--no-x`, None is `--no-x` where it is allowed, and everything else is JSON. A data input (`Artifact[T]`, and
every parameter of a step) also takes `@REF`, a stored value: `--model @latest/train`, `--model @forest@3`. A text that
begins with `@` itself is written `@@…`.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from typing import Any

from attrs import frozen

from zenflow.artifacts.hints import arms, unwrap
from zenflow.graph.function import Function
from zenflow.graph.printing import type_text, value_text
from zenflow.keys.stand_ins import asks_for
from zenflow.language.pipeline import Pipeline, artifact_hint
from zenflow.language.secret import Secret
from zenflow.language.step import Step

Runnable = Pipeline[..., Any] | Step[..., Any, Any, Any]


@frozen
class Parameter:
    """One parameter. `hint` is the type of its value (`T` of `Artifact[T]`), `data` whether it takes a stored value."""

    name: str
    hint: Any
    data: bool
    required: bool
    default: Any = None
    doc: str = ""

    @property
    def flag(self) -> str:
        """`--train-share`."""
        return "--" + self.name.replace("_", "-")

    @property
    def is_switch(self) -> bool:
        """Whether it is given without a value."""
        return unwrap(self.hint) is bool

    @property
    def is_optional(self) -> bool:
        """Whether it may be None."""
        return type(None) in (arms(unwrap(self.hint)) or ())

    @property
    def type_text(self) -> str:
        """Its type as text."""
        return type_text(self.hint)


def parameters_of(target: Runnable) -> tuple[Parameter, ...]:
    """The parameters of a pipeline or step, in order."""
    function = target.spec.function if isinstance(target, Step) else target.function
    docs = _argument_docs(inspect.getdoc(target.fn) or "")
    return tuple(
        _parameter(function, parameter, docs, data=isinstance(target, Step))
        for parameter in function.signature.parameters.values()
    )


def _parameter(function: Function, parameter: inspect.Parameter, docs: Mapping[str, str], *, data: bool) -> Parameter:
    hint = function.hints.get(parameter.name, Any)
    inner = artifact_hint(hint)
    optional = inner is not None and type(None) in (arms(hint) or ())
    value_hint = hint if inner is None else inner | None if optional else inner
    several: dict[Any, Any] = {parameter.VAR_POSITIONAL: list[Any], parameter.VAR_KEYWORD: dict[str, Any]}
    required = parameter.default is parameter.empty
    return Parameter(
        parameter.name,
        several.get(parameter.kind, value_hint),
        data=(data or inner is not None) and parameter.kind not in several,
        required=required and parameter.kind not in several,
        default=None if required else parameter.default,
        doc=docs.get(parameter.name, ""),
    )


def call(target: Runnable, values: Mapping[str, Any]) -> Any:
    """What the pipeline or step builds for these values by parameter."""
    signature = (target.spec.function if isinstance(target, Step) else target.function).signature
    given = {name: values[name] for name in signature.parameters if name in values}
    bound = inspect.BoundArguments(signature, given)
    return target(*bound.args, **bound.kwargs)


def usage(parameters: tuple[Parameter, ...], ours: frozenset[str]) -> list[tuple[str, str]]:
    """A line for each parameter: how it is written, and what it is. `ours` are the command's own options."""
    return [(_written(parameter), _told(parameter, ours)) for parameter in parameters]


def _written(parameter: Parameter) -> str:
    flag = parameter.flag
    if parameter.is_switch:
        return f"{flag} / --no-{flag[2:]}"
    off = f" / --no-{flag[2:]}" if parameter.is_optional else ""
    return f"{flag} {parameter.type_text}{off}"


def _told(parameter: Parameter, ours: frozenset[str]) -> str:
    parts = [parameter.doc] if parameter.doc else []
    parts += ["the name of the secret, not its text"] if asks_for(parameter.hint, Secret) else []
    parts += ["or @REF"] if parameter.data else []
    parts += ["after `--`"] if parameter.flag in ours else []
    parts.append("required" if parameter.required else f"default: {value_text(parameter.default)}")
    return "; ".join(part.rstrip(".") for part in parts)


def _argument_docs(text: str) -> dict[str, str]:
    """What the `Args:` section of a docstring says of each parameter."""
    match = re.search(r"^(?:Args|Arguments|Parameters):[ ]*\n((?:[ \t]+.*\n?|\n)+)", text, re.MULTILINE)
    if match is None:
        return {}
    docs: dict[str, str] = {}
    name, margin = "", None
    for line in match[1].splitlines():
        depth = len(line) - len(line.lstrip())
        margin = depth if margin is None and line.strip() else margin
        entry = re.match(r"\s*\*{0,2}(\w+)(?:\s*\([^)]*\))?:\s*(.*)", line) if depth == margin else None
        if entry:
            name = entry[1]
            docs[name] = entry[2]
        elif name and line.strip():
            docs[name] = f"{docs[name]} {line.strip()}".strip()
    return docs
