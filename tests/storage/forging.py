"""The attacker of these tests: writes to the store and to the database, forges records that fit, and lacks the key."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

from attrs import evolve, frozen

from zenflow import Pickle
from zenflow.artifacts.content import Content
from zenflow.artifacts.hints import type_name
from zenflow.artifacts.lists import join
from zenflow.artifacts.saving import save
from zenflow.metadata.packing import pack
from zenflow.metadata.records import Signature
from zenflow.stacks.stack import Stack


class Opaque:
    """What only pickle can store; large ones have a file of their own."""

    def __init__(self, number: int, padding: int = 0) -> None:
        self.number = number
        self.padding = "x" * padding

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Opaque) and other.number == self.number


@frozen
class Planted:
    """An object that makes a file when it is unpickled."""

    canary: Path
    padding: int = 0

    def __reduce__(self) -> tuple[Any, ...]:
        return _touch, (str(self.canary), b"x" * self.padding)


def _touch(path: str, padding: bytes) -> Opaque:
    Path(path).touch()
    return Opaque(13)


@frozen
class Forger:
    """Writes to the store and to the database of a stack what fits together, and has no key."""

    stack: Stack
    canary: Path

    def content(self, hint: Any = Opaque, *, listed: bool = False, padding: int = 0) -> Content:
        """A planted pickle that is stored by the rules; in a list of one if asked for."""
        store = self.stack.store()
        value = Planted(self.canary, padding)
        content = save(value, Opaque, store, materializer=Pickle)
        return evolve(join([content], store, "list[Opaque]") if listed else content, type=type_name(hint))

    def record(self, *contents: Content, of: str, signature: Callable[[str], str] | None = None) -> None:
        """Make the contents what every record says that a step came to."""
        with self.stack.database() as database:
            signed = [] if signature is None else [Signature(one.digest, signature(one.digest)) for one in contents]
            database.commit([*contents, *signed])
        outputs = pack([content.digest for content in contents])
        self.sql("UPDATE cache_entries SET outputs = ? WHERE step = ?", outputs, of)
        self.sql("UPDATE executions SET outputs = ? WHERE step = ?", outputs, of)
        self.sql("UPDATE runs SET outputs = ?", pack({"output": contents[0].digest}))

    def sql(self, text: str, *values: object) -> None:
        connection = sqlite3.connect(self.stack.metadata.removeprefix("sqlite:///"))
        with connection:
            connection.execute(text, values)
        connection.close()
