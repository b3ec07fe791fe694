"""Text of users on a terminal: what it would obey is shown instead, and how wide it is.

Messages and source may hold escape sequences, and marks that turn the order of what follows (CVE-2021-42574).
"""

from __future__ import annotations

import re
import unicodedata

_OBEYED = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_COLOURS = {"error": "\x1b[1;31m", "warning": "\x1b[1;33m", "place": "\x1b[1m", "quiet": "\x1b[36m"}


def visible(text: str) -> str:
    r"""The text with escapes for what is no text: control characters but the tab, lone surrogates.

    >>> print(visible("\x1b[31mred\r\n"))
    \x1b[31mred\r\n
    """
    return _OBEYED.sub(lambda match: match[0].encode("unicode_escape").decode("ascii"), text)


def lines(text: str) -> list[str]:
    """The lines of a text, each visible, at least one."""
    return [visible(line.rstrip()) for line in text.splitlines()] or [""]


def one_line(text: str) -> str:
    r"""The text with its line breaks folded.

    >>> one_line("expected a list,\n  got a str\n")
    'expected a list, got a str'
    """
    return " ".join(line.strip() for line in lines(text)).strip()


def columns(text: str) -> int:
    """The columns of a terminal that a text takes: none, one, or two (East Asian wide ones) a character."""
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    if character.isascii():
        return 1
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def painted(text: str, what: str, colour: bool) -> str:
    """The text in the colour of a severity, a place or a quiet word."""
    return f"{_COLOURS[what]}{text}\x1b[0m" if colour else text
