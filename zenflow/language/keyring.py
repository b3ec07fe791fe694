"""The system's keyring, where the extra `keyring` is installed. It is asked last: that may ask the user in turn."""

from __future__ import annotations

from importlib.util import find_spec


def password(service: str, user: str) -> tuple[str, str | None]:
    """Where was looked, in words, and the password, or None."""
    place = f"the keyring (service `{service}`)"
    if find_spec("keyring") is None:
        return f"{place}, which needs the extra `keyring`", None
    import keyring
    from keyring.errors import KeyringError

    try:
        return place, keyring.get_password(service, user) or None
    except KeyringError as error:
        return f"{place}, which said {type(error).__name__}", None
