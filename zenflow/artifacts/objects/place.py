"""What the URL of an object store names, and the client that speaks to it.

A URL is stored with every run and shown in errors, so nothing secret may be part of it: credentials come from where
each provider's own tools look for them, in the process that needs them. A store is sent to workers as its URL, and
each worker finds its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import cache, partial
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit

from attrs import frozen

from zenflow.artifacts.objects.signing import aws_settings
from zenflow.artifacts.objects.variables import above_process, configured, own_credentials
from zenflow.errors import UsageError

if TYPE_CHECKING:
    from obstore.store import ClientConfig, ObjectStore, RetryConfig

_BUCKET = re.compile(r"[A-Za-z0-9$][A-Za-z0-9._-]*")
"""`$` begins the names of two containers of Azure's. A client that is given more than these ends in a panic."""
_TRIES = 12
"""Of a request inside a multipart upload, which obstore makes by itself."""


@frozen
class Place:
    """A bucket (a container, a name in memory) and the prefix of a store in it; `account` is Azure's, where given."""

    scheme: str
    bucket: str
    prefix: str
    account: str = ""

    @property
    def url(self) -> str:
        """What names this place."""
        host = f"{self.bucket}@{self.account}" if self.account else self.bucket
        return f"{self.scheme}://{host}/{self.prefix}".rstrip("/")

    @property
    def provider(self) -> str:
        """Whose store it is, as people call it."""
        return {"s3": "S3", "gs": "Google Cloud Storage", "memory": "memory"}.get(self.scheme, "Azure")


def place_of(url: str) -> Place:
    """The place that a URL names.

    >>> place_of("s3://bucket/team/flights/")
    Place(scheme='s3', bucket='bucket', prefix='team/flights', account='')

    Raises:
        UsageError: It holds credentials or a query, or names no bucket.
    """
    try:
        parts = urlsplit(url)
    except ValueError:  # what it is can not be told, nor which part of it is a secret
        raise UsageError(
            "the URL of the artifact store is not one: it can not be taken apart", help="write `scheme://bucket/prefix`"
        ) from None
    shown = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
    if parts.query or parts.fragment:
        raise UsageError(
            f"the URL of the artifact store `{shown}` goes on after a `?` or `#`",
            help="give `scheme://bucket/prefix` alone; regions, endpoints and keys come from the environment",
        )
    bucket, account = _host(parts, shown)
    prefix = parts.path.strip("/")
    if not bucket or any(part in ("", ".", "..") for part in prefix.split("/") if prefix):
        raise UsageError(
            f"`{shown}` names no place for artifacts",
            help=f"write `{parts.scheme}://bucket/prefix`; no part of the prefix may be empty, `.` or `..`",
        )
    if parts.scheme != "memory" and not _BUCKET.fullmatch(bucket):
        raise UsageError(
            f"`{shown}` names the bucket `{bucket}`, and no bucket is called so",
            help=f"write `{parts.scheme}://bucket/prefix`; a bucket's name has letters, digits, `-`, `.` and `_`",
        )
    return Place(parts.scheme, bucket, prefix, account)


def _host(parts: SplitResult, shown: str) -> tuple[str, str]:
    user, at, host = parts.netloc.rpartition("@")
    if at and (not parts.scheme.startswith("abfs") or ":" in user):
        raise UsageError(
            f"the URL of the artifact store `{shown}` holds credentials, which would be stored and shown",
            help="take them out: they come from the environment, a profile or the machine's own identity",
        )
    if ":" in host:
        raise UsageError(
            f"`{shown}` names a port where a bucket should be",
            help="give `s3://bucket/prefix`, and the server in AWS_ENDPOINT_URL",
        )
    return (user, host) if at else (host, "")


def client(place: Place, timeout: float, patience: float, variables: Mapping[str, str] | None = None) -> ObjectStore:
    """A client whose requests take at most `timeout` seconds.

    It repeats none by itself but those of a multipart upload, and those for at most `patience` seconds. `variables`
    go above those of the process.

    Raises:
        UsageError: What the environment says of the store is not enough, or wrong.
    """
    from obstore.exceptions import BaseError
    from obstore.store import AzureStore, GCSStore, S3Store

    if place.scheme == "memory":
        return _memory(place.url)
    options: ClientConfig = {"timeout": timedelta(seconds=timeout), "connect_timeout": timedelta(seconds=timeout)}
    retry: RetryConfig = {
        "max_retries": _TRIES if patience else 0,
        "retry_timeout": timedelta(seconds=patience),
        "backoff": {"init_backoff": timedelta(milliseconds=50), "max_backoff": timedelta(seconds=4), "base": 2},
    }
    common: dict[str, Any] = {"prefix": place.prefix or None, "client_options": options, "retry_config": retry}
    variables = variables or {}
    environment = above_process(variables)
    make: Callable[[dict[str, Any]], ObjectStore]
    try:
        if place.scheme == "s3":
            settings = aws_settings(environment)
            options["allow_http"] = settings.plain_http
            common["credential_provider"] = settings.provider or own_credentials(variables)
            make = partial(_made, S3Store, place.bucket, common, settings.config)
        elif place.scheme == "gs":
            make = partial(_made, GCSStore, place.bucket, common, {})
        else:
            options["allow_http"] = _says_yes(environment, "AZURE_ALLOW_HTTP") or _emulated(environment)
            account = {"account_name": place.account.partition(".")[0]} if place.account else {}
            make = partial(_made, AzureStore, place.bucket, common, account)
        made: ObjectStore = configured(place.scheme, variables, make)
        return made
    except (BaseError, ValueError) as error:
        said = str(error).split("\n", 1)[0]
        if "Account must be specified" in said:
            raise UsageError(
                f"the store `{place.url}` does not say in which storage account it is",
                help="set AZURE_STORAGE_ACCOUNT_NAME, or write abfss://container@account.dfs.core.windows.net/prefix",
            ) from None
        raise UsageError(
            f"the store `{place.url}` can not be opened with the settings of the environment: {said}",
            help=f"look at the variables that configure {place.provider}",
        ) from None


def _made(kind: Any, bucket: str, common: dict[str, Any], ours: dict[str, str], given: dict[str, str]) -> Any:
    return kind(bucket, config={**given, **ours}, **common)


@cache
def _memory(url: str) -> ObjectStore:
    """One for each name, for as long as the process lives."""
    from obstore.store import MemoryStore

    return MemoryStore()


def _says_yes(environment: Mapping[str, str], name: str) -> bool:
    return environment.get(name, "").lower() in ("1", "true", "yes", "on")


def _emulated(environment: Mapping[str, str]) -> bool:
    return _says_yes(environment, "AZURE_STORAGE_USE_EMULATOR")
