"""Which stored pickles may be opened: those that the project asks for, and that somebody with its key has recorded.

A pickle runs what it says, and whoever can write to a store and a database can say anything. So a driver that records a
content with a pickle in it signs the content's digest, with a key that is in neither (`zenflow.artifacts.store_key`);
and whoever takes a record out of the database opens the pickle only if the signature holds. The digest says which
bytes: a record that is not what its digest says is dropped as it is read (`zenflow.metadata.queries.contents`), and
bytes are hashed before they are handed out. What this very process has made needs no signature.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, final

from sqlalchemy import bindparam, select

from zenflow.artifacts.content import Content
from zenflow.artifacts.pickles import holds_pickle
from zenflow.artifacts.store_key import VARIABLE, StoreKey, find_key, key_to_sign
from zenflow.errors import LoadError, UsageError, ZenFlowError
from zenflow.metadata.queries.chunks import chunks
from zenflow.metadata.records import Signature
from zenflow.metadata.schema import signatures

if TYPE_CHECKING:
    from zenflow.artifacts.store import Store
    from zenflow.metadata.database import Database

_SIGNATURES = select(signatures).where(signatures.c.digest.in_(bindparam("digests", expanding=True)))

_REMEDY = f"set {VARIABLE} to the key of who made it, or run the step again"


@final
class Trust:
    """What one process knows of the pickles of one database and store.

    Args:
        database: Where signatures are.
        store: Where contents are.
        allow_pickle: Whether the whole project may pickle; where not, a step may that says `output=Pickle`.
    """

    def __init__(self, database: Database, store: Store, *, allow_pickle: bool = False) -> None:
        self.allow_pickle = allow_pickle
        self._database = database
        self._store = store
        self._known: dict[str, str | None] = {}
        self._key: StoreKey | None = None

    def allows(self, output: object) -> bool:
        """Whether the results of a step with this `output` (`Pickle`, or None) may be pickles."""
        return self.allow_pickle or output is not None

    def doubt(self, contents: Sequence[Content]) -> str | None:
        """Why a pickle in these may not be opened, in words that follow "but"; None where there is none, or it may."""
        new = [content for content in contents if content.digest not in self._known]
        if new:
            self._look(new)
        return next((why for content in contents if (why := self._known[content.digest])), None)

    def opens(self, content: Content) -> bool:
        """Whether there is a pickle in this, and it may be opened."""
        return self._holds(content) and self.doubt((content,)) is None

    def holds(self, contents: Iterable[Content]) -> bool:
        """Whether there is a pickle in any of these."""
        return any(map(self._holds, contents))

    def sign(self, contents: Iterable[Content]) -> list[Signature]:
        """Vouch for what this process has made of what it trusts: the signatures of those that hold a pickle.

        Raises:
            UsageError: There is no key to sign with, and none can be made.
        """
        made = []
        for content in contents:
            if self._holds(content):
                self._key = self._key or key_to_sign()
                made.append(Signature(content.digest, self._key.sign(content.digest)))
            self._known[content.digest] = None
        return made

    def refusal(self, content: Content) -> ZenFlowError | None:
        """The error that opening this has to raise; None where it may be opened, or there is no pickle in it."""
        try:
            why = self.doubt((content,))
        except UsageError as error:  # of the key, which who only looks at records does not need
            return error
        return None if why is None else LoadError(f"artifact {content.digest[:12]} is not loaded: {why}", help=_REMEDY)

    def _holds(self, content: Content) -> bool:
        return holds_pickle(content, self._store)

    def _look(self, contents: Sequence[Content]) -> None:
        pickles = {content.digest for content in contents if self._holds(content)}
        self._known.update((content.digest, None) for content in contents if content.digest not in pickles)
        if not pickles:
            return
        found = [
            row for chunk in chunks(sorted(pickles)) for row in self._database.read(_SIGNATURES, {"digests": chunk})
        ]
        written = {row.digest: row.hmac for row in found}
        self._key = self._key or find_key()
        for digest in pickles:
            self._known[digest] = self._why(digest, written.get(digest))

    def _why(self, digest: str, written: object) -> str | None:
        if not isinstance(written, str):
            return "it holds a pickle that nobody has signed"
        if self._key is None:
            return f"it holds a pickle that somebody has signed, and there is no key here to tell who ({VARIABLE})"
        if not self._key.signed(digest, written):
            return "it holds a pickle that is not signed with the key that is used here"
        return None
