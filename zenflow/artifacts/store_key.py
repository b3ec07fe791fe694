"""The user's key: what a project's pickles are signed with, so that write access to a store is not enough to run code.

It is `ZENFLOW_STORE_KEY`, or a file of the user's that is made when something is first signed. It lies beside no store,
is told to no record, log or worker, and shows nothing of itself when it is printed.

HMAC-SHA-256 (RFC 2104) rather than BLAKE3's keyed mode: a signature is made once for a pickle of many kilobytes, so
speed is no argument, and `hmac` is in the standard library with a comparison that takes the same time whatever differs.
"""

from __future__ import annotations

import hmac
import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path
from typing import final

from zenflow.errors import UsageError

VARIABLE = "ZENFLOW_STORE_KEY"
SHORTEST = 32
"""Characters that a key has at least."""

_DOMAIN = b"zenflow pickle 1\0"
_MAKE = "make one: `python -c 'import secrets; print(secrets.token_hex(32))'`"


@final
class StoreKey:
    """Signs the digests of contents, and knows its own signatures.

    >>> key = StoreKey("0123456789abcdef" * 4)
    >>> key.signed("ab12", key.sign("ab12")), key.signed("cd34", key.sign("ab12"))
    (True, False)
    >>> key
    <StoreKey>
    """

    __slots__ = ("_secret",)

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def sign(self, digest: str) -> str:
        """The signature of a content, in hexadecimal: HMAC-SHA-256 over a word of our own and the content's digest."""
        return hmac.new(self._secret, _DOMAIN + digest.encode(), "sha256").hexdigest()

    def signed(self, digest: str, signature: str) -> bool:
        """Whether this key made the signature of this digest."""
        return hmac.compare_digest(self.sign(digest).encode(), signature.encode("utf-8", "surrogatepass"))

    def __repr__(self) -> str:
        return "<StoreKey>"

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("the key of a store stays in its process")


def key_file() -> Path:
    """Where the key of this user is kept: `zenflow/store.key` in `$XDG_CONFIG_HOME`, by default `~/.config`."""
    home = os.environ.get("XDG_CONFIG_HOME")
    return (Path(home) if home else Path.home() / ".config") / "zenflow" / "store.key"


def find_key() -> StoreKey | None:
    """The key of the environment, or else of the user; None where there is none yet.

    Raises:
        UsageError: The key is too short, its file can not be read, or others may read it.
    """
    given = os.environ.get(VARIABLE)
    if given:
        return _checked(given, f"the variable {VARIABLE}")
    path = key_file()
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise _unusable(path, "read", error) from error
    with os.fdopen(descriptor) as file:
        _require_private(path, os.fstat(descriptor))
        try:
            text = file.read(4096)
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"{path} holds no key: {error}", help=f"remove it, or {_MAKE}") from error
    return _checked(text.strip(), str(path))


def key_to_sign() -> StoreKey:
    """The key of the environment or the user; made if there is none.

    Raises:
        UsageError: As `find_key`, or no file can be made for it.
    """
    found = find_key()
    while found is None:
        _make(key_file())
        found = find_key()
    return found


def _make(path: Path) -> None:
    """Whoever is second finds the first one's: a name is linked to a whole file, or not at all."""
    part = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(f"{secrets.token_hex(32)}\n")
            file.flush()
            os.fsync(descriptor)
        with suppress(FileExistsError):
            os.link(part, path)
    except OSError as error:
        raise _unusable(path, "made", error) from error
    finally:
        with suppress(OSError):  # where even the folder is none, or it is not there
            part.unlink()


def _require_private(path: Path, status: os.stat_result) -> None:
    if stat.S_IMODE(status.st_mode) & 0o077:
        raise UsageError(
            f"the key {path} can be read by others (its mode is {stat.S_IMODE(status.st_mode):04o})",
            help=f"`chmod 600 {path}`, if you know that nobody has copied it; else remove it, and run again",
        )


def _checked(text: str, where: str) -> StoreKey:
    if len(text) < SHORTEST:
        raise UsageError(f"{where} has {len(text)} characters; a key has {SHORTEST} or more", help=_MAKE)
    return StoreKey(text)


def _unusable(path: Path, verb: str, error: OSError) -> UsageError:
    return UsageError(
        f"the key {path} that pickles are signed with can not be {verb}: {error.strerror or error}",
        help=f"mend that, or set {VARIABLE}; {_MAKE}",
    )
