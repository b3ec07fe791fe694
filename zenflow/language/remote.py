"""Asking for external data, and fetching it: obstore for object stores and for the web.

The cache is a folder by URL and version. A file comes to be there by a rename, whole or not at all, so processes that
fetch the same at once do not disturb each other, and nothing has to be locked.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlsplit, urlunsplit

from blake3 import blake3

from zenflow.artifacts.machine import cache_folder
from zenflow.artifacts.objects.place import Place
from zenflow.artifacts.objects.signing import aws_settings
from zenflow.artifacts.objects.trouble import diagnose
from zenflow.errors import ExternalChanged, UsageError
from zenflow.keys.files import file_digest

if TYPE_CHECKING:
    from obstore import GetOptions
    from obstore.store import ObjectStore

_PLAIN_HTTP: Final = {"gs": "GOOGLE_ALLOW_HTTP", "az": "AZURE_ALLOW_HTTP"}

_WITHIN: Final = "30s"
"""The time that a place has to answer, and to go on with an answer."""

_MEND: Final = "check the URL, and that its place answers"


def head(url: str) -> str:
    """The version of what a URL names now: its ETag, its version, or its date with its size.

    Raises:
        UsageError: Nothing is there, it can not be asked for, or it has none of these.
    """
    store, key = _place(url)
    meta = _answer(url, lambda: store.head(key))
    if meta.get("e_tag"):
        return f"etag {meta['e_tag']}"
    if meta.get("version"):
        return f"version {meta['version']}"
    date = meta.get("last_modified")
    if date is None or date.timestamp() <= 0:
        raise UsageError(
            f"{url} names no version of itself: neither an ETag nor a date",
            help="fetch it in a step with cache=False, and pass its result on",
        )
    return f"modified {date.isoformat()} size {meta['size']}"


def fetched(url: str, name: str, tag: str) -> Path:
    """A read-only file of this machine with the version of a URL that `tag` tells.

    Raises:
        ExternalChanged: Another version is there by now.
        UsageError: It can not be fetched.
    """
    folder = cache_folder() / "external" / blake3(f"{url}\n{tag}".encode()).hexdigest()[:32]
    file = folder / (name or "data")
    if file.is_file():
        return file
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="tmp-", ignore_cleanup_errors=True) as scratch:
        copy = Path(scratch) / "data"
        _answer(url, lambda: _download(url, tag, copy))
        copy.chmod(0o444)
        copy.rename(file)
    return file


def here(path: Path, url: str, tag: str) -> Path:
    """The file or directory of a `file://` URL, if it is what it was.

    Raises:
        ExternalChanged: It has another content by now.
        UsageError: It is not on this machine.
    """
    if file_digest(path).hex() != tag:
        raise _changed(url)
    return path


def _download(url: str, tag: str, copy: Path) -> None:
    store, key = _place(url)
    kind, _, value = tag.partition(" ")
    options: GetOptions = {}
    if kind == "etag" and not value.startswith("W/"):
        options["if_match"] = value
    elif kind == "version":
        options["version"] = value
    answer = store.get(key, options=options) if options else store.get(key)
    if not options and head(url) != tag:
        raise _changed(url)
    size = 0
    with copy.open("xb") as file:
        for chunk in answer.stream(min_chunk_size=4 * 1024 * 1024):
            size += len(chunk)
            file.write(chunk)
    if size != answer.meta["size"]:
        raise UsageError(f"{url} ended after {size} of {answer.meta['size']} bytes", help="run it again")
    if not options and head(url) != tag:
        raise _changed(url)


def _changed(url: str) -> ExternalChanged:
    return ExternalChanged(
        f"{url} was changed after this run had looked at it", help="run it again: the new version is then a new input"
    )


def _place(url: str) -> tuple[ObjectStore, str]:
    """The store of a URL, and the key of what it names there."""
    from obstore.exceptions import BaseError

    try:
        return _opened(url)
    except (BaseError, ValueError) as error:
        first = str(error).partition("\n")[0]
        raise UsageError(f"{url} can not be asked for: {first}", help=_MEND) from None


def _opened(url: str) -> tuple[ObjectStore, str]:
    from obstore.store import HTTPStore, S3Store, from_url

    parts = urlsplit(url)
    client: Any = {"timeout": "1h", "connect_timeout": _WITHIN, "read_timeout": _WITHIN}
    retry: Any = {"max_retries": 3}
    key = unquote(parts.path).lstrip("/")
    if parts.scheme in ("http", "https"):
        client["allow_http"] = parts.scheme == "http"
        folder, _, name = parts.path.rpartition("/")
        base = urlunsplit((parts.scheme, parts.netloc, f"{folder}/", parts.query, ""))
        return HTTPStore.from_url(base, client_options=client, retry_config=retry), unquote(name)
    if parts.scheme == "s3":
        settings = aws_settings(os.environ)
        client["allow_http"] = settings.plain_http
        s3: Any = S3Store(
            parts.netloc,
            config=settings.config,  # type: ignore[arg-type]  # the names of the environment are those of obstore
            client_options=client,
            retry_config=retry,
            credential_provider=settings.provider,
        )
        return s3, key
    # The environment's word on this is not heard where other options of the client are given.
    client["allow_http"] = os.environ.get(_PLAIN_HTTP[parts.scheme], "").lower() in ("1", "true")
    store: Any = from_url(f"{parts.scheme}://{parts.netloc}", client_options=client, retry_config=retry)
    return store, key


def _answer(url: str, ask: Callable[[], Any]) -> Any:
    from obstore.exceptions import (
        BaseError,
        NotFoundError,
        PermissionDeniedError,
        PreconditionError,
        UnauthenticatedError,
    )

    try:
        return ask()
    except (NotFoundError, FileNotFoundError):
        raise UsageError(f"there is nothing at {url}", help="check the URL") from None
    except PreconditionError:
        raise _changed(url) from None
    except (PermissionDeniedError, UnauthenticatedError):
        raise UsageError(
            f"{url} may not be read with the credentials of this process",
            help="set those of its place in the environment, such as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
        ) from None
    except BaseError as error:
        parts = urlsplit(url)
        trouble = diagnose(error, Place(parts.scheme, parts.netloc, ""))
        mend = _MEND if parts.scheme in ("http", "https") else trouble.help
        raise UsageError(f"{url} can not be read: {trouble.said}", help=mend) from None
