"""A value of the configuration as it was written, and where that was."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from attrs import frozen

if TYPE_CHECKING:
    from zenflow.stacks.configuration.files import File

Raw = str | bool | tuple[str, ...]


@frozen
class Origin:
    """Where a value was written: in a file under `keys`, or else in what `name` says (a variable, a flag)."""

    kind: Literal["flag", "variable", "project", "user", "default"]
    name: str = "default"
    file: File | None = None
    keys: tuple[str, ...] = ()

    @property
    def where(self) -> str:
        """As people find it: `zenflow.toml:7`, `ZENFLOW_ARTIFACTS`, `default`."""
        return self.name if self.file is None else self.file.place(self.keys)

    @property
    def folder(self) -> Path:
        """The folder that relative paths are relative to."""
        return Path.cwd() if self.file is None else self.file.path.parent


DEFAULT = Origin("default")


@frozen
class Value:
    """What was written, its references unresolved."""

    raw: Raw
    origin: Origin

    @property
    def text(self) -> str:
        """The value of a setting that is a text."""
        assert isinstance(self.raw, str)
        return self.raw
