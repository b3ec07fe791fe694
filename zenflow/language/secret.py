"""`Secret(NAME)`: a text that a step is given and that is written down nowhere.

A pipeline only ever holds the name. The text is looked up in the process that runs the step, each time it runs, so
neither graphs, keys, records nor messages between processes can hold it. What was looked up is remembered in that
process, so that whatever the step says can be cleaned of it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final, final

from zenflow.errors import SecretMissing, UsageError
from zenflow.keys.stand_ins import StandIn

if TYPE_CHECKING:
    from zenflow.artifacts.store import Store

    class _Text(str):
        """Type checkers see a text, so that a secret is accepted for a `str` and for nothing else."""

else:

    class _Text:
        __slots__ = ()


FOLDER: Final = "ZENFLOW_SECRETS_DIR"
"""The variable that names a folder with a file for each secret."""

MOUNTED: Final = Path("/run/secrets")
"""Where container engines put them."""

SERVICE: Final = "zenflow"
"""The service that secrets of the system's keyring are kept under."""

SHORTEST: Final = 4
"""Characters of the shortest secret: a shorter one can not be told from ordinary text, so it can not be hidden."""

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,127}")

revealed: dict[str, str] = {}
"""The secrets that this process has looked up: the name of each, by its text."""


@final
class Secret(_Text, StandIn):
    """A text known by its name: a password, a token, a key.

    Given for a parameter annotated `str`, the step gets the text; for one annotated `Secret`, this object, whose
    `value()` gives it. The text is the value of the environment variable of that name where the step runs; else the
    content of `$ZENFLOW_SECRETS_DIR/NAME`, then of `/run/secrets/NAME`; else the password of user `NAME` of the service
    `zenflow` in the system's keyring (with the extra `keyring`).

    It enters cache keys by its name. A step that returns, prints, logs or raises the text does not give it away: the
    result is refused, and all that is recorded says `<secret NAME>` in its place.

    Raises:
        UsageError: It is not a name.

    >>> Secret("DB_PASSWORD")
    Secret('DB_PASSWORD')
    """

    __slots__ = ("_name",)
    stands_for: ClassVar[type] = str
    kind: ClassVar[bytes] = b"secret"
    _name: str

    def __new__(cls, name: str) -> Secret:
        if not isinstance(name, str) or _NAME.fullmatch(name) is None:
            # What was given may be the secret itself: it is not repeated.
            raise UsageError(
                "a Secret is given by its name: letters, digits, `_`, `-` and `.`, at most 128",
                help='name it, Secret("DB_PASSWORD"), and put its text into the environment variable of that name',
            )
        made = object.__new__(cls)
        object.__setattr__(made, "_name", name)
        return made

    @property
    def name(self) -> str:
        """The name."""
        return self._name

    def value(self) -> str:
        """The text, looked up in this process.

        Raises:
            SecretMissing: None of the places has it, or what they have can not be hidden (under four characters).
        """
        for _, text in _looked_up(self._name):
            if text is not None:
                if len(text) < SHORTEST:
                    raise SecretMissing(
                        f"the secret `{self._name}` has {len(text)} characters, which can not be told from other text",
                        help=f"use one of at least {SHORTEST} characters",
                    )
                revealed[text] = self._name
                return text
        places = ", ".join(place for place, _ in _looked_up(self._name))
        raise SecretMissing(
            f"the secret `{self._name}` is not known here (host {os.uname().nodename}): looked at {places}",
            help=f"set the environment variable `{self._name}` where the step runs, or write the text to a file "
            f"`{self._name}` in the folder that `{FOLDER}` names, or `keyring set {SERVICE} {self._name}`",
        )

    @property
    def identity(self) -> bytes:
        return self._name.encode()

    def settled(self) -> Secret:
        return self

    def obtain(self, store: Store) -> object:
        return self.value()

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a Secret can not be changed: {name}")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._name == self._name

    def __hash__(self) -> int:
        return hash((Secret, self._name))

    def __repr__(self) -> str:
        return f"Secret({self._name!r})"

    def __str__(self) -> str:
        return repr(self)

    def __format__(self, spec: str) -> str:
        raise UsageError(
            f"{self!r} can not be put into a text: it is a name, and its text is known where a step runs",
            help="pass it to a step as an argument, and put the text together there",
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return Secret, (self._name,)


def _looked_up(name: str) -> Iterator[tuple[str, str | None]]:
    """Each place in turn, and what it has."""
    yield f"the environment variable `{name}`", os.environ.get(name) or None
    folder = os.environ.get(FOLDER)
    if folder:
        yield f"the file `{Path(folder) / name}`", _content(Path(folder) / name)
    yield f"the file `{MOUNTED / name}`", _content(MOUNTED / name)
    from zenflow.language.keyring import password

    yield password(SERVICE, name)


def _content(file: Path) -> str | None:
    try:
        return file.read_text("utf-8").removesuffix("\n") or None
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise SecretMissing(
            f"the secret's file `{file}` can not be read: {reason}", help="give this user the right to read it"
        ) from None
