"""Values of the command line's own options, without the import that Typer pays for them.

Typer (since 0.29) converts every value with Pydantic, whose import takes longer than everything else that a short
command does. Ours are texts, whole numbers and paths, and need none of it. A value that is not one of these, or is
wrong, goes Typer's way and gets Typer's message; a Typer that knows no `process_value` converts as it likes.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_type_hints

from typer.core import TyperCommand, TyperGroup


class QuickCommand(TyperCommand):
    """A command whose options are converted here."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        hints = get_type_hints(inspect.unwrap(self.callback)) if self.callback else {}
        for parameter in self.params:
            convert = _CONVERT.get(hints.get(parameter.name or ""))
            if convert is not None:
                _quicken(parameter, convert)

    def get_help_option(self, ctx: Any) -> Any:
        """`--help`, which is asked of every command line and mostly not there."""
        return _quickened_help(super().get_help_option(ctx))


class QuickGroup(TyperGroup):
    """A group of commands whose `--help` costs nothing where it is not given."""

    def get_help_option(self, ctx: Any) -> Any:
        """`--help`, as for a command."""
        return _quickened_help(super().get_help_option(ctx))


def _quickened_help(option: Any) -> Any:
    if option is not None and "process_value" not in vars(option):
        slow = option.process_value
        option.process_value = lambda context, value: slow(context, value) if value else False
    return option


def _quicken(parameter: Any, convert: Callable[[Any, Any], Any]) -> None:
    slow = parameter.process_value

    def process_value(context: Any, value: Any) -> Any:
        missing = value is None or value == ()
        if parameter.callback is not None or (missing and parameter.required):
            return slow(context, value)
        try:
            return None if missing else convert(value, parameter)
        except ValueError:
            return slow(context, value)

    parameter.process_value = process_value


def _number(value: Any, parameter: Any) -> int:
    number = int(value)
    least = getattr(parameter, "min", None)
    if least is not None and number < least:
        raise ValueError
    return number


def _flag(value: Any, parameter: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError
    return value


_CONVERT: dict[Any, Callable[[Any, Any], Any]] = {
    str: lambda value, parameter: str(value),
    str | None: lambda value, parameter: str(value),
    int: _number,
    int | None: _number,
    Path: lambda value, parameter: Path(value),
    Path | None: lambda value, parameter: Path(value),
    list[str] | None: lambda value, parameter: list(value),
    bool: _flag,
    bool | None: _flag,
}
