"""What of a stack may be shown: a text with references as it is written, a secret in plain never."""

from __future__ import annotations

import re

from zenflow.stacks.configuration.references import has_references
from zenflow.stacks.configuration.values import Raw

HIDDEN = "***"

_PASSWORD = re.compile(r"(?<=://)((?:\$\{[^}]*\}|[^:/@$]|\$(?!\{))*):((?:\$\{[^}]*\}|[^@])*)@")
"""Where SQLAlchemy sees one: a slash does not end it."""
_IN_QUERY = re.compile(r"([?&](?:ssl)?password=)([^&]*)")


def password_in(url: str) -> bool:
    """Whether a URL has a password in plain.

    >>> password_in("postgresql://anna:secret@db"), password_in("postgresql://anna:${env:WORD}@db")
    (True, False)
    >>> password_in("postgresql://${env:USER}@db"), password_in("postgresql://anna:sec/ret@db")
    (False, True)
    """
    return any(_is_plain(match[2]) for pattern in (_PASSWORD, _IN_QUERY) for match in pattern.finditer(url))


def without_password(url: str) -> str:
    """A URL with `***` for a password in plain.

    >>> without_password("postgresql://anna:secret@db")
    'postgresql://anna:***@db'
    """
    url = _PASSWORD.sub(lambda found: f"{found[1]}:{HIDDEN}@" if _is_plain(found[2]) else found[0], url)
    return _IN_QUERY.sub(lambda found: f"{found[1]}{HIDDEN}" if _is_plain(found[2]) else found[0], url)


def told(keys: tuple[str, ...], raw: Raw) -> Raw:
    """A value as it may be shown.

    Args:
        keys: Which one it is, by its keys in the stack's table.
        raw: As it was written.
    """
    if not isinstance(raw, str):
        return tuple(without_password(item) for item in raw) if isinstance(raw, tuple) else raw
    if keys == ("token",) or keys[:2] == ("env", "variables"):
        return raw if has_references(raw) else HIDDEN
    return without_password(raw)


def _is_plain(password: str) -> bool:
    return bool(password) and not has_references(password)
