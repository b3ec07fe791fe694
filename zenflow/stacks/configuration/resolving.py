"""From values as they were written to a stack that can be used in this process.

Here references become what they refer to, of this stack alone, so that what another one lacks disturbs nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from zenflow.errors import UsageError
from zenflow.stacks.configuration.layers import Configuration, Keys, Values, configuration
from zenflow.stacks.configuration.paths import placed_database, placed_store
from zenflow.stacks.configuration.values import Value
from zenflow.stacks.env import Env, Installer
from zenflow.stacks.job import own_job
from zenflow.stacks.stack import Stack, is_jobs_server


def stack_in_use(name: str | None = None) -> Stack:
    """The stack of a name, or the one that is used where none is named.

    Raises:
        UsageError: No stack has the name, or what its configuration refers to is not here.
    """
    found = configuration()
    return stack_of(chosen(found, name), found)


def other_stack(name: str) -> Stack:
    """A stack that a command needs besides its own: as files say, for the variables are about that one.

    Raises:
        UsageError: No stack has the name, or what its configuration refers to is not here.
    """
    return stack_of(name, configuration(), overridden=False)


def chosen(found: Configuration, name: str | None) -> str:
    """The name of the stack in use.

    Raises:
        UsageError: No stack has it.
    """
    if name is not None:
        if name not in found.names():
            raise found.no_stack(name)
        return name
    default = found.default()
    if default.raw not in found.names():
        raise found.no_stack(default.text, default.origin.where)
    return default.text


def stack_of(name: str, found: Configuration, *, overridden: bool = True) -> Stack:
    """A stack with what its values refer to here.

    Raises:
        UsageError: No stack has the name, or what it refers to is not here.
    """
    return _Resolver(name, found.values(name, overridden=overridden), found.environ).stack()


class _Resolver:
    def __init__(self, name: str, values: Values, environ: Mapping[str, str]) -> None:
        self._name = name
        self._values = values
        self._environ = environ

    def stack(self) -> Stack:
        artifacts, metadata = self._values["artifacts",], self._values["metadata",]
        ray = self._optional(("ray",))
        return Stack(
            self._name,
            artifacts=placed_store(self._resolved(("artifacts",), artifacts), artifacts.origin.folder),
            metadata=placed_database(self._resolved(("metadata",), metadata, "url"), metadata.origin.folder),
            ray=ray,
            allow_pickle=self._values["allow-pickle",].raw is True,
            token=self._optional(("token",)),
            env=self._env(ray),
        )

    def _env(self, ray: str | None) -> Env:
        wanted = self._values.get(("env", "requirements"))
        packages: tuple[str, ...] = ()
        if wanted is not None:
            from zenflow.stacks.configuration import requirements

            packages = requirements.packages(wanted)
        installer: Installer = "pip" if self._values["env", "installer"].raw == "pip" else "uv"
        return Env(
            requirements=packages,
            installer=installer,
            variables=dict(self._variables(ray)),
            image=self._optional(("env", "image")),
        )

    def _variables(self, ray: str | None) -> list[tuple[str, str]]:
        """The variables that can be told here. What is for processes of a cluster elsewhere may be set there alone."""
        named = [(keys, value) for keys, value in self._values.items() if keys[:2] == ("env", "variables")]
        if not named:
            return []
        from zenflow.stacks.configuration.references import Unresolved

        elsewhere = is_jobs_server(ray) and own_job(self._environ) is None
        found = []
        for keys, value in named:
            try:
                found.append((keys[2], self._resolved(keys, value)))
            except Unresolved:
                if not elsewhere:
                    raise
        return found

    def _optional(self, keys: Keys) -> str | None:
        value = self._values.get(keys)
        return None if value is None else self._resolved(keys, value)

    def _resolved(self, keys: Keys, value: Value, kind: Literal["text", "url"] = "text") -> str:
        if "${" not in value.text:  # so a stack without references does without what resolves them
            return value.text
        from zenflow.stacks.configuration.references import resolved, resolved_url

        folder: Path = value.origin.folder
        try:
            resolve = resolved_url if kind == "url" else resolved
            return resolve(value.text, folder, self._environ)
        except UsageError as error:
            setting = ".".join(keys)
            message = f"{value.origin.where}: in `{setting}` of stack `{self._name}`, {error.message}"
            raise type(error)(message, help=error.help) from None
