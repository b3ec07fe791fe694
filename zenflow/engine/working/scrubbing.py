"""Texts without the secrets that this process has looked up.

A secret is known by its text and by the ways it is commonly written: its lines, its `repr`, as JSON, in a URL, in
hexadecimal, and in base64 at whatever offset it stands in what was encoded (so in a header for basic authentication
too). A program that means to give a secret away can still do so: no cleaning finds it reversed.

Nothing here costs a process that has looked up no secret more than the look at an empty table.
"""

from __future__ import annotations

import json
import re
import traceback
from base64 import b64encode
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from types import MemberDescriptorType
from typing import Any, Final, TypeAlias
from urllib.parse import quote, quote_plus

from zenflow.language.secret import SHORTEST, revealed

Secrets: TypeAlias = tuple[tuple[str, str], ...]

_LONG_ENOUGH: Final = 8
"""Bytes of the shortest form that is looked for in binary data, where four may be there by chance."""


def scrubbed(text: str) -> str:
    """The text with `<secret NAME>` for each secret in it."""
    if not revealed:
        return text
    pattern, names = _known(tuple(revealed.items()))
    return pattern.sub(lambda found: f"<secret {names[found[0]]}>", text)


def parted(text: str) -> tuple[str, str]:
    """A text that goes on, as what can be told of it now and what must wait: the end may be half a secret."""
    if not revealed:
        return text, ""
    text = scrubbed(text)
    held = min(max(map(len, _known(tuple(revealed.items()))[1])) - 1, len(text) - 1)
    return text[: len(text) - held], text[len(text) - held :]


def secret_in(data: bytes | bytearray | memoryview) -> str | None:
    """The name of a secret that stands in some bytes, or None."""
    found = _known_bytes(tuple(revealed.items())).search(data) if revealed else None
    return None if found is None else _names_of_bytes(tuple(revealed.items()))[found[0]]


def longest_bytes() -> int:
    """The length of the longest form that `secret_in` looks for."""
    return max(map(len, _names_of_bytes(tuple(revealed.items()))))


def without_secrets(error: BaseException) -> BaseException:
    """An exception with no secret in what it says, or in the variables of the frames it went through.

    It stays what it is where its parts can be cleaned; one whose text is made in another way becomes one that only
    says its type and its cleaned message.
    """
    chain = list(_chain(error))
    for one in chain:
        traceback.clear_frames(one.__traceback__)
        one.args = _cleaned(one.args)
        for name in (*vars(one), *_members(type(one))):
            value = getattr(one, name, None)
            cleaned = _cleaned(value)
            if cleaned is not value:
                with suppress(AttributeError, TypeError):  # one that can not be set shows in the text, if at all
                    setattr(one, name, cleaned)
    told = "".join(traceback.TracebackException.from_exception(error).format())
    if scrubbed(told) == told:
        return error
    return Withheld(scrubbed(f"{type(error).__name__}: {error}")).with_traceback(error.__traceback__)


class Withheld(Exception):
    """An exception of a step whose own text could not be kept free of a secret."""


def _members(kind: type) -> Iterator[str]:
    """What exceptions written in C keep beside their arguments: the `strerror` of an OSError."""
    for base in kind.__mro__:
        yield from (name for name, value in vars(base).items() if isinstance(value, MemberDescriptorType))


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        waiting += [one.__cause__, one.__context__]
        waiting += one.exceptions if isinstance(one, BaseExceptionGroup) else ()
        yield one


def _cleaned(value: Any) -> Any:
    """A value with its texts cleaned; the same object where there was nothing to clean."""
    if isinstance(value, str):
        cleaned = scrubbed(value)
        return value if cleaned == value else cleaned
    if isinstance(value, bytes | bytearray):
        return value if secret_in(value) is None else b"<secret>"
    if type(value) in (list, tuple):
        items = [_cleaned(item) for item in value]
        changed = any(new is not old for new, old in zip(items, value, strict=True))
        return type(value)(items) if changed else value
    if type(value) is dict:
        pairs = {_cleaned(key): _cleaned(item) for key, item in value.items()}
        changed = any(new is not old for new, old in zip(pairs.values(), value.values(), strict=False))
        return pairs if changed or pairs.keys() != value.keys() else value
    if isinstance(value, BaseException):
        return value
    text = _printed(value)
    return value if text is None or scrubbed(text) == text else scrubbed(text)


def _printed(value: object) -> str | None:
    try:
        return repr(value)
    except Exception:  # a repr is the user's code; what has none can not be told
        return None


@lru_cache(maxsize=4)
def _known(secrets: Secrets) -> tuple[re.Pattern[str], dict[str, str]]:
    """What to look for, the longest first, and the secret behind each. Secrets are only ever added."""
    names = {form: name for text, name in secrets for form in forms(text)}
    return re.compile("|".join(map(re.escape, sorted(names, key=len, reverse=True)))), names


@lru_cache(maxsize=4)
def _names_of_bytes(secrets: Secrets) -> dict[bytes, str]:
    found: dict[bytes, str] = {}
    for text, name in secrets:
        for form in forms(text):
            encodings = ("utf-8", "utf-16-le", "utf-32-le") if form == text else ("utf-8",)
            for encoding in encodings:
                data = form.encode(encoding, "surrogatepass")
                if len(data) >= _LONG_ENOUGH or form == text:
                    found[data] = name
    return found


@lru_cache(maxsize=4)
def _known_bytes(secrets: Secrets) -> re.Pattern[bytes]:
    return re.compile(b"|".join(map(re.escape, sorted(_names_of_bytes(secrets), key=len, reverse=True))))


def forms(text: str) -> set[str]:
    """The ways a secret is commonly written, itself among them.

    >>> "aHVudGVyMg" in forms("hunter2")
    True
    """
    data = text.encode("utf-8", "surrogatepass")
    found = {text, repr(text)[1:-1], json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]}
    found |= {quote(data), quote(data, safe=""), quote_plus(data), data.hex(), data.hex().upper(), repr(data)[2:-1]}
    found |= {line.strip() for line in text.splitlines()} if len(text.splitlines()) > 1 else set()
    for offset in range(3):
        # Of the letters of base64, those at the ends depend on what stands beside.
        encoded = b64encode(bytes(offset) + data).decode().rstrip("=")
        first = (offset * 8 + 5) // 6
        last = len(encoded) - (1 if (offset + len(data)) % 3 else 0)
        core = encoded[first:last]
        found |= {core, core.replace("+", "-").replace("/", "_")}
    found.add(b64encode(data).decode().rstrip("="))
    return {form for form in found if len(form) >= SHORTEST}
