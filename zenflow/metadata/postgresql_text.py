"""Text in PostgreSQL, which has no NUL: what is written comes back.

A user's text may hold one (a log line, a parameter), and SQLite takes it. Here it is written as a mark and `0`, and
the mark itself as the mark and `1`. The mark is a code point that Unicode keeps out of texts for such use
(https://www.unicode.org/faq/private_use.html#noncharacters). The driver does it for every value that goes or comes, so
that keys with a NUL are found by it.
"""

from __future__ import annotations

from typing import Any

from psycopg.abc import AdaptContext, Buffer
from psycopg.adapt import Dumper, Loader

_MARK = "\ufdd0"


def escaped(text: str) -> str:
    """`text` without NUL; `restored` gives it back.

    >>> restored(escaped("a\\0b")) == "a\\0b"
    True
    """
    return text.replace(_MARK, f"{_MARK}1").replace("\0", f"{_MARK}0")


def restored(text: str) -> str:
    """What `escaped` was given."""
    return text.replace(f"{_MARK}0", "\0").replace(f"{_MARK}1", _MARK)


class _Text(Dumper):
    def dump(self, obj: str) -> Buffer:
        return (escaped(obj) if "\0" in obj or _MARK in obj else obj).encode()


class _Loaded(Loader):
    def load(self, data: Buffer) -> str:
        text = str(data, "utf-8")
        return restored(text) if _MARK in text else text


def adapt(connection: AdaptContext) -> None:
    """Let a connection of psycopg, whose encoding is UTF-8, do so."""
    adapters: Any = connection.adapters
    adapters.register_dumper(str, _Text)
    for name in ("text", "varchar"):
        adapters.register_loader(name, _Loaded)
