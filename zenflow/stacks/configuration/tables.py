"""What a file of configuration may say, as types; what it says otherwise is a mistake, told with its line."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from attrs import frozen

from zenflow.errors import UsageError
from zenflow.stacks.configuration.values import Raw
from zenflow.stacks.env import Installer

if TYPE_CHECKING:
    from zenflow.stacks.configuration.files import File

Text = Annotated[str, msgspec.Meta(min_length=1)]
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
"""What a stack may be called: what needs no quotes in TOML, and is no option on a command line."""


class EnvTable(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`[stacks.NAME.env]`."""

    requirements: list[Text] | Text | None = None
    installer: Installer | None = None
    image: Text | None = None
    variables: dict[str, str] = {}  # msgspec gives each its own


class StackTable(msgspec.Struct, forbid_unknown_fields=True, frozen=True, rename="kebab"):
    """`[stacks.NAME]`."""

    ray: Text | None = None
    token: Text | None = None
    artifacts: Text | None = None
    metadata: Text | None = None
    allow_pickle: bool | None = None
    env: EnvTable = EnvTable()

    def settings(self) -> Iterator[tuple[tuple[str, ...], Raw]]:
        """What it says, by the keys below the table's."""
        plain: dict[str, Raw | None] = {
            "ray": self.ray,
            "token": self.token,
            "artifacts": self.artifacts,
            "metadata": self.metadata,
            "allow-pickle": self.allow_pickle,
        }
        yield from (((key,), value) for key, value in plain.items() if value is not None)
        packages = self.env.requirements
        within: dict[str, Raw | None] = {
            "requirements": tuple(packages) if isinstance(packages, list) else packages,
            "installer": self.env.installer,
            "image": self.env.image,
        }
        yield from ((("env", key), value) for key, value in within.items() if value is not None)
        yield from ((("env", "variables", name), text) for name, text in self.env.variables.items())


@frozen
class Tables:
    """A file's settings."""

    default: str | None
    target: str | None
    stacks: Mapping[str, StackTable]


CHECK = "check"
"""The table that `zenflow.check.settings` reads, in `pyproject.toml` alone."""

_TOP = ("default", "target", "stacks")
_STACK = tuple(field.encode_name for field in msgspec.structs.fields(StackTable))
_ENV = tuple(field.encode_name for field in msgspec.structs.fields(EnvTable))
_TAKES = {
    "ray": "an address: `auto`, `host:port`, or `http://host:8265` of a Jobs server",
    "token": "a text",
    "artifacts": "a folder or a URL",
    "metadata": "the URL of a database",
    "allow-pickle": "true or false",
    "env": "a table",
    "requirements": "a list of packages, or the path of a requirements file",
    "installer": "`uv` or `pip`",
    "image": "the name of a container image",
    "variables": "a table of texts by name",
}


def tables_of(file: File, document: Any) -> Tables:
    """A file's settings, typed.

    Raises:
        UsageError: There is a key that is no setting, or a value of another type than its setting's.
    """
    top = ".".join(file.above)
    if not isinstance(document, dict):
        raise _wrong(file, (), top, document, "a table")
    known = _TOP if file.kind == "project" else tuple(key for key in _TOP if key != "target")
    for key in document:
        if key == CHECK and not file.above:
            raise UsageError(
                f"{file.place((key,))}: how to check does not stand here",
                help="put it into [tool.zenflow.check] of pyproject.toml",
            )
        if key not in known and key != CHECK:
            raise _unknown(file, (key,), f"[{top}]" if top else "the configuration", known)
    default = _top_text(file, document, "default", "the name of a stack")
    target = _top_text(file, document, "target", "the pipeline to run: `flow.py:training`")
    stacks = document.get("stacks", {})
    if not isinstance(stacks, dict):
        raise _wrong(file, ("stacks",), "stacks", stacks, "a table of stacks by name")
    return Tables(default, target, {name: _stack(file, name, table) for name, table in stacks.items()})


def _top_text(file: File, document: dict[str, Any], key: str, takes: str) -> str | None:
    text = document.get(key)
    if text is not None and (not isinstance(text, str) or not text):
        raise _wrong(file, (key,), key, text, takes)
    return text


def require_name(name: str, place: str) -> None:
    """Refuse a name that no stack can have.

    Raises:
        UsageError: It is one.
    """
    if not NAME.fullmatch(name):
        raise UsageError(
            f"{place}`{name}` can not be the name of a stack",
            help="a name begins with a letter or digit and goes on with letters, digits, `-` and `_`",
        )


def _stack(file: File, name: str, table: Any) -> StackTable:
    keys = ("stacks", name)
    require_name(name, f"{file.place(keys)}: ")
    if not isinstance(table, dict):
        raise _wrong(file, keys, f"stacks.{name}", table, "a table")
    try:
        found = msgspec.convert(table, StackTable)
    except msgspec.ValidationError as error:
        raise _mistake(file, keys, table, str(error)) from None
    _require_usable(file, keys, found)
    return found


def _require_usable(file: File, keys: tuple[str, ...], table: StackTable) -> None:
    """Refuse what is of the right type and can not be used all the same."""
    scheme, is_url, _ = (table.ray or "").partition("://")
    if is_url and "$" not in scheme and scheme not in ("http", "https"):
        raise UsageError(
            f"{file.place((*keys, 'ray'))}: `ray` begins with `{scheme}://`, and no cluster is reached by that",
            help=f"it takes {_TAKES['ray']}",
        )
    for name in table.env.variables:
        if not name or "=" in name or "\0" in name:
            raise UsageError(
                f"{file.place((*keys, 'env', 'variables', name))}: `{name}` can not be the name of a variable",
                help="a name has letters, digits and `_`",
            )


def _mistake(file: File, keys: tuple[str, ...], table: dict[str, Any], said: str) -> UsageError:
    """msgspec's message as ours: it names the place as `$.env.variables[...]`, and an unknown key by its name."""
    at = re.search(r"`\$\.?([^`]*)`$", said)
    inner = tuple(re.sub(r"\[[^]]*\]", "", at[1]).split(".")) if at and at[1] else ()
    unknown = re.search(r"unknown field `(.*?)`", said)
    if unknown:
        known = _ENV if inner else _STACK
        return _unknown(file, keys + inner + (unknown[1],), f"[{'.'.join((*file.above, *keys, *inner))}]", known)
    value: Any = table
    for key in inner:
        value = value[key]
    takes, last = _TAKES[inner[-1]], inner[-1]
    if last == "variables" and isinstance(value, dict):
        name, value = next((name, inner) for name, inner in value.items() if not isinstance(inner, str))
        return _wrong(file, (*keys, *inner, name), f"variables.{name}", value, "a text")
    if last == "installer" and isinstance(value, str):
        return UsageError(f"{file.place(keys + inner)}: there is no installer `{value}`", help=f"it takes {takes}")
    return _wrong(file, keys + inner, last, value, takes)


def _unknown(file: File, keys: tuple[str, ...], table: str, known: tuple[str, ...]) -> UsageError:
    close = difflib.get_close_matches(keys[-1].replace("_", "-"), known, n=1)
    return UsageError(
        f"{file.place(keys)}: `{keys[-1]}` in {table} is no setting",
        help=f"did you mean `{close[0]}`?" if close else f"there are {', '.join(known)}",
    )


def _wrong(file: File, keys: tuple[str, ...], name: str, value: object, takes: str) -> UsageError:
    return UsageError(f"{file.place(keys)}: `{name}` is {_kind(value)}", help=f"it takes {takes}")


def _kind(value: object) -> str:
    """What a value is, without saying it: it may be a secret that was put in the wrong place."""
    if value in ("", []):
        return "empty"
    kinds = {bool: "a truth value", int: "a number", float: "a number", str: "a text", list: "a list", dict: "a table"}
    return kinds.get(type(value), "a date or time")
