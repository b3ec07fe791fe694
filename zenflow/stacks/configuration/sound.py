"""Whether settings can be a stack's, as far as that can be told without asking anybody."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from zenflow.errors import UsageError
from zenflow.stacks.configuration.references import has_references
from zenflow.stacks.configuration.secrecy import password_in

_ADDRESS = re.compile(r"auto|local|https?://[^/\s@]+/?|(\[[0-9A-Fa-f:]+\]|[^:/\s@]+):\d+")
_DATABASES = ("sqlite://", "sqlite+pysqlite://", "postgresql://", "postgresql+psycopg://")


def require_sound(name: str, settings: Mapping[str, Any]) -> None:
    """Refuse what no stack can be made of; what has references is left to where they are resolved.

    Raises:
        UsageError: An address, URL or secret that is none, or is not one to be written down.
    """
    ray, metadata, artifacts, token = (settings.get(key) for key in ("ray", "metadata", "artifacts", "token"))
    if ray and not has_references(ray) and not _ADDRESS.fullmatch(ray):
        raise UsageError(
            f"`{ray}` is no address of a Ray cluster",
            help="write auto, host:port, or a Jobs server's http://host:8265",
        )
    if token and not has_references(token):
        raise UsageError(
            f"the token of stack `{name}` would stand in a file in plain",
            help="give a reference: --token '${env:RAY_AUTH_TOKEN}', or '${file:PATH}'",
        )
    if metadata and password_in(metadata):
        raise UsageError(
            f"the database's password of stack `{name}` would stand in a file in plain",
            help="write a reference in its place: postgresql+psycopg://anna:${env:ZENFLOW_DB_PASSWORD}@db/zenflow",
        )
    if metadata and not has_references(metadata) and not metadata.startswith(_DATABASES):
        raise UsageError(
            "`--metadata` is not the URL of a database we know",
            help="write sqlite:///path/to/zenflow.db or postgresql+psycopg://user@host/database",
        )
    if artifacts and "://" in artifacts and not has_references(artifacts):
        from zenflow.artifacts.store import open_store

        open_store(artifacts)
