"""What a project may be called. Its name is that of a distribution and, in Python's letters, that of its package, which
is imported from the project's own folder: a package called like a module that is there already would hide it."""

from __future__ import annotations

import keyword
import re
import sys
import sysconfig
import unicodedata
from importlib.machinery import PathFinder

from attrs import frozen

_DISTRIBUTION = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")
"""PEP 508's pattern: https://packaging.python.org/en/latest/specifications/name-normalization/"""


class Unfit(Exception):
    """A text that no project can be called; the message completes `NAME can not be a project's name: …`."""


@frozen
class Names:
    """The name of a project as it was given, and that of its package."""

    distribution: str
    package: str


def names_of(text: str) -> Names:
    """The names of a project that is called so.

    >>> names_of("my-demo")
    Names(distribution='my-demo', package='my_demo')

    Raises:
        Unfit: Nothing can be called so, or something else is.
    """
    if not _DISTRIBUTION.fullmatch(text):
        raise Unfit("it takes letters of ASCII, digits, `-`, `_` and `.`, and begins and ends with a letter or digit")
    package = re.sub(r"[-_.]+", "_", text).lower()
    if not package.isidentifier():
        raise Unfit(f"its package would be `{package}`, and no name in Python begins with a digit")
    if keyword.iskeyword(package):
        raise Unfit(f"its package would be `{package}`, which is a keyword of Python")
    owner = _owner(package)
    if owner is not None:
        raise Unfit(f"its package would be `{package}`, and hide {owner}")
    return Names(text, package)


def _owner(module: str) -> str | None:
    """Whose module it is already. What was installed from a folder in place may be this project itself."""
    if module == "zenflow":
        return "ZenFlow itself"
    if module == "tests":
        return "the folder of its tests"
    if module in sys.stdlib_module_names:
        return "the module of the standard library"
    installed = [sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
    return "a module that is installed" if PathFinder.find_spec(module, installed) else None


def suggested(text: str) -> str:
    """A name near a text that is none.

    >>> suggested("my demo!"), suggested("123"), suggested("Übung"), suggested("class")
    ('my-demo', 'flow-123', 'Ubung', 'flow-class')
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    cleaned = re.sub(r"[^A-Za-z0-9._-]+", "-", plain).strip("._-")
    for name in (cleaned, f"flow-{cleaned}"):
        try:
            return names_of(name).distribution
        except Unfit:
            continue
    return "my-flow"
