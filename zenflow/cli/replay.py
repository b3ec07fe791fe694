"""A target's parameters as words of a command line elsewhere: typed ones as they were typed, a file's written out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from zenflow.cli.arguments import Given, Text
from zenflow.cli.conversion import Unfit, from_text
from zenflow.cli.parameters import Parameter, parameters_of
from zenflow.cli.target import Asked
from zenflow.errors import UsageError


def replayed(asked: Asked) -> list[str]:
    """The words after the target that give its parameters the same values.

    Raises:
        UsageError: A value of a file has no such form.
    """
    parameters = {parameter.name: parameter for parameter in parameters_of(asked.target.pipeline)}
    return [_word(parameters[name], given, asked.values) for name, given in sorted(asked.given.items())]


def _word(parameter: Parameter, given: Given, values: Mapping[str, Any]) -> str:
    if isinstance(given, Text):
        return f"{parameter.flag}={given.text}"
    if parameter.is_switch and isinstance(given.value, bool):
        return parameter.flag if given.value else f"--no-{parameter.flag[2:]}"
    if given.value is None and parameter.is_optional:
        return f"--no-{parameter.flag[2:]}"
    if parameter.data and isinstance(given.value, str) and given.value.startswith("@"):
        return f"{parameter.flag}={given.value}"
    for text in _texts(given.value):
        if _means(text, parameter.hint, values[parameter.name]):
            return f"{parameter.flag}={text}"
    raise UsageError(
        f"the value of `{parameter.name}` in the file of parameters has no form on a command line elsewhere",
        help=f"give it after the target: {parameter.flag} …",
    )


def _texts(value: object) -> list[str]:
    plain = [value] if isinstance(value, str) else []
    try:
        return [*plain, json.dumps(value, ensure_ascii=False), str(value)]
    except (TypeError, ValueError):
        return [*plain, str(value)]


def _means(text: str, hint: Any, value: object) -> bool:
    try:
        found = from_text(text, hint)
    except Unfit:
        return False
    return type(found) is type(value) and (repr(found) == repr(value) or bool(found == value))
