"""References in texts of the configuration: `${env:NAME}` and `${file:PATH}`.

They are resolved where the text is used, and only then: what is shown, stored or sent elsewhere is the text with its
references. `$${` stands for `${` itself.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

from attrs import frozen

from zenflow.errors import UsageError

_REFERENCE = re.compile(r"\$\$\{|\$\{([^}]*)(\})?")
_KINDS = ("env", "file")


@frozen
class Reference:
    """A reference as it is written, taken apart."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"${{{self.kind}:{self.name}}}"


class Unresolved(UsageError):
    """What a reference refers to is not here."""


def parts(text: str) -> Iterator[str | Reference]:
    """The pieces of a text: plain ones, and references.

    >>> list(parts("${env:USER}@db, $${kept}"))
    [Reference(kind='env', name='USER'), '@db, ', '${', 'kept}']

    Raises:
        UsageError: A reference that does not end, or of a kind that there is not.
    """
    end = 0
    for match in _REFERENCE.finditer(text):
        if match.start() > end:
            yield text[end : match.start()]
        end = match.end()
        yield "${" if match[0] == "$${" else _reference(match)
    if end < len(text):
        yield text[end:]


def has_references(text: str) -> bool:
    """Whether a text has references, right or wrong ones."""
    return any(match[0] != "$${" for match in _REFERENCE.finditer(text))


def escaped(text: str) -> str:
    """A text that stands for itself, also where it looks like a reference.

    >>> escaped("${HOME}")
    '$${HOME}'
    """
    return text.replace("${", "$${")


def resolved(text: str, folder: Path, environ: Mapping[str, str]) -> str:
    """A text with what its references refer to.

    >>> resolved("http://${env:HOST}:8265", Path(), {"HOST": "head"})
    'http://head:8265'

    Args:
        text: As it was written.
        folder: What the paths of files are relative to.
        environ: The variables.

    Raises:
        Unresolved: A variable is not set, or a file can not be read.
        UsageError: A reference is none.
    """
    return "".join(part if isinstance(part, str) else _target(part, folder, environ) for part in parts(text))


def resolved_url(text: str, folder: Path, environ: Mapping[str, str]) -> str:
    """As `resolved`, for a URL: what is put before the `@` is a user's name or password, whose `/` and `@` must not
    end it. See RFC 3986, section 3.2.1.

    >>> resolved_url("postgresql://anna:${env:WORD}@db/zenflow", Path(), {"WORD": "p@ss/word"})
    'postgresql://anna:p%40ss%2Fword@db/zenflow'
    """
    pieces = list(parts(text))
    within = [index for index, part in enumerate(pieces) if isinstance(part, str) and "@" in part]
    begins = isinstance(pieces[0], str) and "://" in pieces[0] if pieces else False
    last = within[0] if begins and within else 0
    return "".join(
        part
        if isinstance(part, str)
        else quote(_target(part, folder, environ), safe="")
        if index < last
        else _target(part, folder, environ)
        for index, part in enumerate(pieces)
    )


def _reference(match: re.Match[str]) -> Reference:
    if match[2] is None:
        raise UsageError("a reference begins with `${` and does not end", help=f"close it with `}}`; {_ESCAPE}")
    kind, colon, name = match[1].partition(":")
    if kind not in _KINDS or not colon:
        close = difflib.get_close_matches(kind, _KINDS, n=1) if colon else ()
        meant = f"did you mean `${{{close[0]}:{name}}}`?" if close else "write `${env:NAME}` or `${file:PATH}`"
        raise UsageError(f"`{match[0]}` is no reference", help=f"{meant}; {_ESCAPE}")
    if not name:
        raise UsageError(f"`{match[0]}` refers to nothing", help="write `${env:NAME}` or `${file:PATH}`")
    return Reference(kind, name)


_ESCAPE = "a `${` that means itself is written `$${`"


def _target(reference: Reference, folder: Path, environ: Mapping[str, str]) -> str:
    if reference.kind == "env":
        if reference.name not in environ:
            raise Unresolved(
                f"`{reference}` refers to an environment variable that is not set", help=f"export {reference.name}=…"
            )
        return environ[reference.name]
    path = folder / Path(reference.name).expanduser()
    try:
        return path.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, ValueError) as error:  # a name with a null character, bytes that are no text
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise Unresolved(f"`{reference}` refers to {path}, which can not be read: {reason}", help=_FILE) from None


_FILE = "make the file; a path in a reference is relative to the file of configuration that it stands in"
