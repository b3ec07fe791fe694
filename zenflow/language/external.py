"""`External(URL)`: data that stays where it is, and is a file where a step runs.

It enters keys by the version that the place itself names (the ETag or version of an object, the ETag or date of a web
page), so nothing is read to find that a step is cached. A worker fetches exactly that version, into a folder that all
runs of its machine share.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final, final
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from attrs import frozen

from zenflow.errors import UsageError
from zenflow.keys.files import file_digest
from zenflow.keys.stand_ins import StandIn

if TYPE_CHECKING:
    from zenflow.artifacts.store import Store

    class _File(Path):
        """Type checkers see a path, so that an External is accepted for a `Path` and for nothing else."""

else:

    class _File:
        __slots__ = ()


SCHEMES: Final = ("s3", "gs", "az", "https", "http", "file")
_BUCKET: Final = re.compile(r"[A-Za-z0-9$][A-Za-z0-9._-]*")
_SERVER: Final = re.compile(r"[^\s/]+")
_HOSTS: Final = {scheme: _SERVER if scheme.startswith("http") else _BUCKET for scheme in SCHEMES} | {
    "file": re.compile("(localhost)?")
}
_SIGNING: Final = re.compile(r"(x-(amz|goog)-.*|sig|signature|.*token|.*key|password|credential)", re.IGNORECASE)


@final
class External(_File, StandIn):
    """Data that is kept elsewhere, by its URL: `s3://`, `gs://`, `az://`, `https://`, `http://` or `file://`.

    Given for a parameter annotated `Path`, the step gets a read-only file with the data; for one annotated `External`,
    this object. It enters cache keys by its URL and the version that the place tells when the run starts. Credentials
    are those of the environment of the process that asks (`AWS_ACCESS_KEY_ID`, …), never part of the URL.

    What is fetched is kept in `$ZENFLOW_CACHE/external`, by default `~/.cache/zenflow/external`, and is safe to delete.

    Raises:
        UsageError: It is no such URL, or one that holds credentials.

    >>> External("s3://bucket/flights.csv").name
    'flights.csv'
    """

    __slots__ = ("_url",)
    stands_for: ClassVar[type] = Path
    kind: ClassVar[bytes] = b"external"
    _url: str

    def __new__(cls, url: str) -> External:
        _require(url)
        made = object.__new__(cls)
        object.__setattr__(made, "_url", url)
        return made

    def __init__(self, url: str) -> None:
        """See the class."""

    @property
    def url(self) -> str:
        """The URL."""
        return self._url

    @property
    def name(self) -> str:
        """The last part of the URL, which is what the file is called."""
        return unquote(urlsplit(self._url).path).rstrip("/").rpartition("/")[2]

    @property
    def identity(self) -> bytes:
        return self._url.encode()

    def settled(self) -> StandIn:
        """The version that is there now.

        Raises:
            UsageError: Nothing is there, it can not be asked for, or the place names no version of it.
        """
        if urlsplit(self._url).scheme == "file":
            path = Path(unquote(urlsplit(self._url).path))
            return Version(self._url, self.name, file_digest(path).hex())
        from zenflow.language.remote import head

        return Version(self._url, self.name, head(self._url))

    def obtain(self, store: Store) -> object:
        return self.settled().obtain(store)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"an External can not be changed: {name}")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, External) and other._url == self._url

    def __hash__(self) -> int:
        return hash((External, self._url))

    def __repr__(self) -> str:
        return f"External({self._url!r})"

    def __str__(self) -> str:
        return self._url

    def __fspath__(self) -> str:
        raise UsageError(
            f"{self!r} is no file of this machine", help="pass it to a step with a parameter annotated `Path`"
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return External, (self._url,)


@frozen(repr=False)
class Version(StandIn):
    """One version of external data, which `tag` tells from others."""

    stands_for: ClassVar[type] = Path
    kind: ClassVar[bytes] = b"external"
    url: str
    name: str
    tag: str

    @property
    def identity(self) -> bytes:
        return f"{self.url}\n{self.tag}".encode()

    def settled(self) -> Version:
        return self

    def __repr__(self) -> str:
        return f"External({self.url!r}, {self.tag})"

    def obtain(self, store: Store) -> Path:
        """A read-only file with this very version.

        Raises:
            ExternalChanged: What is there by now is another version.
            UsageError: It can not be fetched.
        """
        from zenflow.language.remote import fetched, here

        if urlsplit(self.url).scheme == "file":
            return here(Path(unquote(urlsplit(self.url).path)), self.url, self.tag)
        return fetched(self.url, self.name, self.tag)


def _require(url: str) -> None:
    parts = _parts(url)
    if parts is None or not parts.path.strip("/"):
        shown = _shown(url) if isinstance(url, str) else type(url).__name__
        raise UsageError(
            f"`{shown}` is not the URL of external data",
            help=f"it is one of {', '.join(f'{scheme}://' for scheme in SCHEMES)} with a path; "
            "a file of this machine is a `Path`",
        )
    place = _shown(url)
    signed = [name for name, _ in parse_qsl(parts.query, keep_blank_values=True) if _SIGNING.fullmatch(name)]
    if parts.username or parts.password or signed:
        what = f"`{signed[0]}=`" if signed else "a user and password"
        raise UsageError(
            f"the URL {place} holds {what}, and a URL is recorded with the run",
            help="leave it out: credentials are taken from the environment where the data is fetched",
        )
    if parts.fragment or (parts.query and parts.scheme not in ("http", "https")):
        raise UsageError(f"the URL {place} ends in `?…` or `#…`, which names no object", help="leave that out")


def _parts(url: object) -> SplitResult | None:
    """A URL taken apart, where its scheme and its host or bucket are such."""
    try:
        parts = urlsplit(url) if isinstance(url, str) else None
        named = (
            parts is not None and parts.port != 0 and _HOSTS[parts.scheme].fullmatch(parts.netloc.rpartition("@")[2])
        )
    except (ValueError, KeyError):  # of brackets or a port that are none; of another scheme
        return None
    return parts if named else None


def _shown(url: str) -> str:
    """A URL without what may be secret: a user and password, a query, a fragment."""
    scheme, mark, rest = re.split(r"[?#]", url, maxsplit=1)[0].partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}{mark}{host.rpartition('@')[2].partition(':')[0]}{slash}{path}"
