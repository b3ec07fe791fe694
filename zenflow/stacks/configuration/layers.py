"""Layers of configuration: what is above wins, value by value.

From above: variables (`ZENFLOW_ARTIFACTS`, …), the project's file, the user's file, what Ray's own variables say, what
is built in. So a user's file can add a token to the stack that a project's file names. Flags are above all of them: the
only one that there is, `--stack`, chooses the stack. Nothing is resolved here.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from attrs import frozen

from zenflow.errors import UsageError
from zenflow.stacks.configuration.files import File, is_there, project_file, user_file
from zenflow.stacks.configuration.values import DEFAULT, Origin, Value
from zenflow.stacks.home import home

Keys = tuple[str, ...]
Values = Mapping[Keys, Value]

LOCAL = "local"
"""The stack that is always there."""

CHOICE = "ZENFLOW_STACK"
VARIABLES: Mapping[str, Keys] = {
    "ZENFLOW_ARTIFACTS": ("artifacts",),
    "ZENFLOW_METADATA": ("metadata",),
    "ZENFLOW_RAY": ("ray",),
    "ZENFLOW_ALLOW_PICKLE": ("allow-pickle",),
}
RAYS_OWN: Mapping[str, Keys] = {"RAY_ADDRESS": ("ray",), "RAY_AUTH_TOKEN": ("token",)}
"""What Ray's tools go by, for a stack that does not say otherwise."""


@frozen
class Configuration:
    """What holds in a folder: the project's file and the user's, as far as they are there, and the variables."""

    files: tuple[File, ...]
    environ: Mapping[str, str]

    def names(self) -> list[str]:
        """The names of all stacks, in their order."""
        named = [name for file in self.files for name in file.tables.stacks]
        return list(dict.fromkeys([*named, LOCAL] if LOCAL not in named else named))

    def default(self) -> Value:
        """The name of the stack that is used where none is named."""
        if self.environ.get(CHOICE):
            return Value(self.environ[CHOICE], Origin("variable", CHOICE))
        for file in self.files:
            if file.tables.default is not None:
                return Value(file.tables.default, Origin(file.kind, file=file, keys=("default",)))
        return Value(LOCAL, DEFAULT)

    def target(self) -> Value | None:
        """The pipeline that commands take where none is named: what the project's file says, and nothing else."""
        for file in self.files:
            if file.tables.target is not None:
                return Value(file.tables.target, Origin(file.kind, file=file, keys=("target",)))
        return None

    def values(self, name: str, *, overridden: bool = True) -> Values:
        """What a stack is made of, by the keys below its table's.

        Args:
            name: The stack.
            overridden: Whether variables change it, as they do the stack that a command is about.

        Raises:
            UsageError: No stack has the name, or a variable is wrong.
        """
        if name not in self.names():
            raise self.no_stack(name)
        layers = [self._built_in(), *self._of_variables(RAYS_OWN)]
        layers += [dict(self._of_file(file, name)) for file in reversed(self.files)]
        if overridden:
            layers += self._of_variables(VARIABLES)
        return _united(layers)

    def no_stack(self, name: str, place: str = "") -> UsageError:
        """The error that no stack has a name; `place` is where that was written."""
        import difflib

        names = self.names()
        close = difflib.get_close_matches(name, names, n=1)
        listed = ", ".join(f"`{one}`" for one in names)
        there = f"the stacks here are {listed}" if len(names) > 1 else f"the only stack here is {listed}"
        add = f"`zenflow stack add {name} …` makes one"
        return UsageError(
            f"{f'{place}: ' if place else ''}there is no stack `{name}`",
            help=f"did you mean `{close[0]}`? {there}" if close else f"{there}; {add}",
        )

    def _built_in(self) -> dict[Keys, Value]:
        place = home()
        built_in = {
            ("artifacts",): str(place / "store"),
            ("metadata",): f"sqlite:///{place / 'zenflow.db'}",
            ("env", "installer"): "uv",
        }
        texts = {keys: Value(text, DEFAULT) for keys, text in built_in.items()}
        return {**texts, ("allow-pickle",): Value(False, DEFAULT)}

    def _of_variables(self, variables: Mapping[str, Keys]) -> list[dict[Keys, Value]]:
        given = {name: keys for name, keys in variables.items() if self.environ.get(name)}
        return [{keys: Value(self._variable(name, keys), Origin("variable", name))} for name, keys in given.items()]

    def _variable(self, name: str, keys: Keys) -> str | bool:
        text = self.environ[name]
        if keys != ("allow-pickle",):
            return text
        if text not in ("0", "1"):
            raise UsageError(f"{name} is {text!r}", help=f"write {name}=1 for yes, {name}=0 for no")
        return text == "1"

    @staticmethod
    def _of_file(file: File, name: str) -> Iterator[tuple[Keys, Value]]:
        table = file.tables.stacks.get(name)
        if table is not None:
            for keys, raw in table.settings():
                yield keys, Value(raw, Origin(file.kind, file=file, keys=("stacks", name, *keys)))


def configuration(start: Path | None = None, environ: Mapping[str, str] | None = None) -> Configuration:
    """The configuration that holds in a folder (the current one), with these variables (the process's).

    Raises:
        UsageError: A file can not be read, or is wrong.
    """
    variables = os.environ if environ is None else environ
    project, user = project_file(start), user_file(variables)
    files = [] if project is None else [File(project, "project")]
    if is_there(user):
        files.append(File(user, "user"))
    return Configuration(tuple(files), variables)


def _united(layers: list[dict[Keys, Value]]) -> dict[Keys, Value]:
    """What layers come to, the lowest first."""
    together: dict[Keys, Value] = {}
    for layer in layers:
        together |= layer
    return together
