"""What of the data a description may repeat: descriptions are shown, compared and kept where the data may not be.

Statistics of numbers, counts and lengths give nobody away, unless the number is itself a secret (a PIN, the number of
a card). Text is repeated only where it is a category: few short values, each of them common, none like an identifier,
and in a column whose name does not say otherwise. In doubt nothing is said: a category that is not shown costs little.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

TOP = 10
"""How many values of a column of text are told."""
CATEGORIES = 50
"""A column with more different values is no category."""
COMMON = 5
"""A value that is found less often is not told."""
_SHARE = 0.01
_LONGEST = 40
_METRIC_LENGTH = 64

_SECRET_NUMBERS = re.compile(
    "(account|birth(day)?|card|cvc|cvv|dob|iban|imei|insurance|mobile|msisdn|otp|passcode|passport|password|passwd|phone"
    "|pin|pwd|salt|secret|seed|social|ssn|tax|telephone|tin)s?"
)
_SECRET_TEXTS = re.compile(
    "(address|addresse|api|apikey|auth|authorization|bearer|cookie|credential|customer|email|fax|firstname|forename"
    "|fullname|guid|hash|id|ip|iv|key|lastname|latitude|licence|license|login|longitude|mac|mail|name|nickname|nonce"
    "|passphrase|patient|person|post|postal|postcode|session|signature|ssid|street|surname|token|uri|url|user|username"
    "|uuid|zip|zipcode)s?"
)

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_METRIC = re.compile(r"[A-Za-z_][A-Za-z0-9_.:/@%+-]*")
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[A-Za-z]{2,}")
_HEXADECIMAL = re.compile(r"(?:[0-9a-fA-F]{2}[-:]?){4,}")


def hides_numbers(name: str) -> bool:
    """Whether numbers and times under this name are to be left out.

    >>> hides_numbers("card_number"), hides_numbers("dateOfBirth"), hides_numbers("discard")
    (True, True, False)
    """
    return any(map(_SECRET_NUMBERS.fullmatch, _words(name)))


def hides_text(name: str) -> bool:
    """Whether no value of text under this name may be told.

    >>> hides_text("API_KEY"), hides_text("userEmail"), hides_text("colour")
    (True, True, False)
    """
    return hides_numbers(name) or any(map(_SECRET_TEXTS.fullmatch, _words(name)))


@lru_cache(maxsize=4096)
def is_metric(name: object) -> bool:
    """Whether this may be told as the name of a number: a short word that is no identifier of anybody.

    >>> is_metric("precision@10"), is_metric("loss/train"), is_metric("ada@example.org"), is_metric("pin")
    (True, True, False, False)
    """
    return (
        type(name) is str
        and len(name) <= _METRIC_LENGTH
        and _METRIC.fullmatch(name) is not None
        and not any(_is_identifier(part) for part in re.split("[/.:]", name))
        and _EMAIL.search(name) is None
        and not hides_numbers(name)
    )


def categories(name: str, counts: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
    """The values of a column that may be told, with how often each is there, the most frequent first.

    >>> categories("colour", [("red", 70), ("green", 29), ("4111 1111 1111", 1)])
    []
    >>> categories("colour", [("red", 70), ("green", 29), ("ultramarine", 1)])
    [('red', 70), ('green', 29)]
    """
    total = sum(count for _, count in counts)
    if len(counts) > CATEGORIES or 10 * len(counts) > total or hides_text(name):
        return []
    if any(looks_private(value) for value, _ in counts):
        return []
    least = max(COMMON, _SHARE * total)
    common = [(value, count) for value, count in counts if count >= least]
    return sorted(common, key=lambda item: (-item[1], item[0]))[:TOP]


def looks_private(value: str) -> bool:
    """Whether a text may be an address, a number of somebody, a token: anything that is no plain category.

    >>> [looks_private(text) for text in ("green", "New York", "+44 20 7946 0958", "ghp_16C7e42F292c6912E7")]
    [False, False, True, True]
    """
    return (
        len(value) > _LONGEST
        or "@" in value
        or "://" in value
        or sum(map(str.isdigit, value)) >= 6
        or any(_is_identifier(word) for word in value.split())
    )


def _is_identifier(word: str) -> bool:
    """Letters and digits as nobody would name a thing: hexadecimal, mixed, or of high entropy (Shannon 1948)."""
    digits = sum(map(str.isdigit, word))
    if digits >= 6 or (digits >= 2 and len(word) >= 8 and _HEXADECIMAL.fullmatch(word)):
        return True
    if len(word) >= 12 and digits >= 3:
        return True
    return (
        len(word) >= 16 and "_" not in word and "-" not in word and (digits > 0 or _mixes(word)) and _bits(word) > 3.5
    )


def _mixes(word: str) -> bool:
    """Whether capitals stand inside, other than where a word of CamelCase begins."""
    return len(_WORD.findall(word)) > len(word) / 4


def _bits(word: str) -> float:
    """Entropy of the characters, in bits each."""
    return -sum(n / len(word) * math.log2(n / len(word)) for n in Counter(word).values())


def _words(name: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(name)] or [name.lower()]
