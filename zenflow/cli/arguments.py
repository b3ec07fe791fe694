"""What was typed after a target, and what a file of parameters holds, as values by parameter."""

from __future__ import annotations

import difflib
import json
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import frozen

from zenflow.cli.conversion import Unfit, from_data, from_text
from zenflow.cli.parameters import Parameter
from zenflow.errors import UsageError

Find = Callable[[str], Any]
"""The stored value that a reference means."""


@frozen
class Text:
    """A value as it was typed."""

    text: str


@frozen
class Datum:
    """A value that is one already: a switch, or what a file says."""

    value: Any


Given = Text | Datum


def read_tokens(
    tokens: Sequence[str], parameters: Sequence[Parameter], name: str, *, ours: Iterable[str] = ()
) -> dict[str, Given]:
    """The parameters that were typed, by name.

    Args:
        tokens: What stands after the target, without the command's own options.
        parameters: What the pipeline takes.
        name: The name of the pipeline, for messages.
        ours: The command's own options, for suggestions.

    Raises:
        UsageError: An unknown option, one without its value, one given twice, or a value without an option.
    """
    flags = _flags(parameters)
    given: dict[str, Given] = {}
    waiting = list(reversed(tokens))
    while waiting:
        flag, equals, attached = waiting.pop().partition("=")
        if flag not in flags:
            raise _unknown(flag, name, list(flags), list(ours))
        parameter, off = flags[flag]
        if parameter.name in given:
            raise UsageError(f"`{parameter.flag}` is given twice", help=_several(parameter))
        if off or (parameter.is_switch and not equals):
            if equals:
                raise UsageError(f"`{flag}` takes no value", help=f"write {flag}, or {parameter.flag} VALUE")
            given[parameter.name] = Datum((not off) if parameter.is_switch else None)
        elif equals:
            given[parameter.name] = Text(attached)
        elif not waiting or waiting[-1].partition("=")[0] in flags:
            raise UsageError(f"`{flag}` needs a value: {parameter.type_text}", help=f"write {flag} VALUE")
        else:
            given[parameter.name] = Text(waiting.pop())
    return given


def _flags(parameters: Iterable[Parameter]) -> dict[str, tuple[Parameter, bool]]:
    """By flag: the parameter, and whether the flag turns it off. A parameter named `no_x` goes before `--no-x`."""
    flags: dict[str, tuple[Parameter, bool]] = {}
    for parameter in parameters:
        if parameter.is_switch or parameter.is_optional:
            flags[f"--no-{parameter.flag[2:]}"] = (parameter, True)
    for parameter in parameters:
        flags[parameter.flag] = flags[f"--{parameter.name}"] = (parameter, False)
    return flags


def _several(parameter: Parameter) -> str:
    return f"give a list as JSON: {parameter.flag} '[1, 2]'" if "list" in parameter.type_text else "give it once"


def _unknown(flag: str, name: str, known: list[str], ours: list[str]) -> UsageError:
    if not flag.startswith("-"):
        return UsageError(
            f"`{flag}` stands alone: parameters of `{name}` are given by name",
            help=f"write it after its option; `zenflow run TARGET --help` lists those of `{name}`",
        )
    shown = [k for k in known if not k.startswith("--no-") and "_" not in k]
    likeness = {k: difflib.SequenceMatcher(None, flag, k).ratio() for k in (*known, *ours)}
    close = max(likeness, key=lambda k: likeness[k], default="")  # of equally close ones, the pipeline's own
    listed = f"it has {', '.join(shown)}" if shown else f"`{name}` takes no parameters"
    meant = f"did you mean `{close}`?" if likeness.get(close, 0) >= 0.6 else listed
    return UsageError(f"`{name}` has no parameter `{flag}`", help=meant)


def read_file(path: Path, parameters: Sequence[Parameter], name: str) -> dict[str, Given]:
    """The parameters that a TOML or JSON file gives, by name.

    Raises:
        UsageError: The file is not there, is neither, or names a parameter that there is not.
    """
    known = {parameter.name for parameter in parameters}
    found = _table(path)
    for key in found:
        if key not in known:
            close = difflib.get_close_matches(key, known, n=1)
            meant = (
                f"did you mean `{close[0]}`?" if close else f"its parameters are: {', '.join(sorted(known)) or 'none'}"
            )
            raise UsageError(f"{path}: `{name}` has no parameter `{key}`", help=meant)
    return {key: Datum(value) for key, value in found.items()}


def _table(path: Path) -> Mapping[str, Any]:
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise UsageError(
            f"the file of parameters {path} can not be read: {reason}", help="give a TOML or JSON file"
        ) from None
    try:
        found = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        kind = "JSON" if path.suffix == ".json" else "TOML"
        raise UsageError(
            f"{path} is not {kind}: {error}", help="a file of parameters is TOML, or JSON if named *.json"
        ) from None
    if not isinstance(found, dict):
        raise UsageError(f"{path} is not an object of parameters by name", help='write {"name": value, ...}')
    return found


def values(given: Mapping[str, Given], parameters: Sequence[Parameter], name: str, find: Find) -> dict[str, Any]:
    """The values by parameter, of their types; `find` gives the stored value of a reference.

    Raises:
        UsageError: A value that is not of its parameter's type, or required ones that are missing.
    """
    missing = [p for p in parameters if p.required and p.name not in given]
    if missing:
        listed = ", ".join(f"`{p.flag}` ({p.type_text})" for p in missing)
        raise UsageError(f"`{name}` needs {listed}", help="`zenflow run TARGET --help` lists its parameters")
    return {p.name: _value(p, given[p.name], name, find) for p in parameters if p.name in given}


def _value(parameter: Parameter, given: Given, name: str, find: Find) -> Any:
    plain = given.text if isinstance(given, Text) else given.value
    if parameter.data and isinstance(plain, str) and plain.startswith("@"):
        if not plain.startswith("@@"):
            return find(_reference(plain))
        given = type(given)(plain[1:])
    try:
        return (
            from_text(given.text, parameter.hint) if isinstance(given, Text) else from_data(given.value, parameter.hint)
        )
    except Unfit as misfit:
        raise _misfit(parameter, name, plain, misfit) from None


def _misfit(parameter: Parameter, name: str, given: Any, misfit: Unfit) -> UsageError:
    shown = repr(given) if len(repr(given)) <= 60 else repr(given)[:59] + "…"
    stored = "a stored value is given as @REF: @latest/step or @name@version" if parameter.data else None
    message = f"`{parameter.flag}` of `{name}` takes `{parameter.type_text}`, and got {shown}{misfit}"
    return UsageError(message, help=misfit.help or stored)


def _reference(text: str) -> str:
    """`@latest/train` is a reference as it stands; of any other, the `@` says that it is one."""
    return text if text.partition("/")[0] in ("@latest", "@latest-ok") else text[1:]
