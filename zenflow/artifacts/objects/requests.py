"""Asking an object store until there is an answer, and never for ever.

Every request here may be made twice: blobs are named by their bytes, so whoever writes one again writes the same. That
is what makes one rule enough: an answer that may be different another time is asked for again, after a random pause
that grows (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/, "full jitter"), until the store
has been asked for `ZENFLOW_STORE_TIMEOUT` seconds. One request gets a share of that and the time its bytes need; after
one that was too late the next may take twice as long, so that a slow line is slow and no failure.

Requests are made on threads of their own. The caller waits for them in Python, where Ctrl-C reaches it, and obstore's
threads never have the last word on how long that takes.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as Late
from itertools import count
from typing import TYPE_CHECKING, Generic, TypeVar, final

from attrs import frozen

from zenflow.artifacts.objects.place import Place, client
from zenflow.artifacts.objects.trouble import diagnose, explained
from zenflow.errors import StoreError, UsageError, ZenFlowError

if TYPE_CHECKING:
    from obstore.store import ObjectStore

T = TypeVar("T")
R = TypeVar("R")

LANES = 16
"""Requests to one store at a time."""

_SHARE = 24
"""The part of the patience that one small request gets."""

_SHARE_OF_PARTS, _ROUNDS = 8, 3
"""The parts of it for one part of an upload, and for all tries of one before the upload begins anew, slower."""

_PACE, _SLOWEST = 4 * 1024 * 1024, 128 * 1024
"""Bytes a second that one request is believed to get of a line at first, and the least it must get in the end."""

_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 4.0
_STRANGER = 12
"""The part of the patience that a server gets which never answered."""


class PastEnd(Exception):
    """Bytes were asked for that begin where an object has ended."""


@frozen
class Running(Generic[R]):
    """Work on a thread of the store: `wait` for it, or let it go."""

    future: Future[R]
    limit: float
    dropped: threading.Event
    place: Place

    def wait(self) -> R:
        """What it came to.

        Raises:
            StoreError: It did not end in time.
        """
        try:
            error = self.future.exception(self.limit)
            if isinstance(error, ZenFlowError):
                # Where in the thread it was raised says nothing to people, who see the traceback of a failed step.
                raise error.with_traceback(None)
            return self.future.result()
        except Late:
            raise StoreError(
                f"the artifact store {self.place.url} kept a request for more than {self.limit:.0f} s",
                help="look at the network; ZENFLOW_STORE_TIMEOUT says how many seconds to wait",
            ) from None
        finally:
            self.drop()

    def drop(self) -> None:
        """Nobody waits for it any more: what has not begun does not, and nothing of it is asked again."""
        self.dropped.set()
        self.future.cancel()


@final
class Requests:
    """The requests of one store."""

    def __init__(self, place: Place, patience: float | None = None, variables: Mapping[str, str] | None = None) -> None:
        self.place = place
        self._variables = variables or {}
        self.patience = patience or _patience()
        self._clients: dict[float, ObjectStore] = {}
        self._making = threading.Lock()
        self._lanes: ThreadPoolExecutor | None = None
        self._process = os.getpid()
        self._answered = False
        self._current = threading.local()

    def ask(self, doing: str, work: Callable[[ObjectStore], T], size: int = 0, *, repeats: bool = False) -> T:
        """The answer to a request that moves `size` bytes; on the thread that calls. `doing` is for errors.

        `repeats` says that obstore makes many requests of it and repeats each itself.

        Raises:
            FileNotFoundError: No such object.
            AlreadyExistsError: obstore's own, for one that was to be new.
            PastEnd: Bytes from beyond an object's end.
            StoreError: There is no answer to be had, or it is no.
        """
        from obstore.exceptions import AlreadyExistsError, BaseError

        self._belong()
        began = time.monotonic()
        share = self.patience / (_SHARE_OF_PARTS if repeats else _SHARE)
        doublings = 0
        while not repeats and share * 2**doublings < share + size / _PACE:
            doublings += 1
        for tries in count(1):
            if self._dropped.is_set():
                raise StoreError(f"{doing} in the artifact store {self.place.url} was given up", help="begin again")
            try:
                answer = work(self._client(share * 2**doublings, self.patience / _ROUNDS if repeats else 0))
                self._answered = True
                return answer
            except AlreadyExistsError:
                self._answered = True
                raise
            except (BaseError, FileNotFoundError) as error:
                trouble = diagnose(error, self.place)
                if trouble.past_end:
                    raise PastEnd from None
                if isinstance(error, FileNotFoundError) and (trouble.status == 404 or self.place.scheme == "memory"):
                    raise
            pause = random.uniform(0, min(_FIRST_PAUSE * 2 ** (tries - 1), _LONGEST_PAUSE))
            spent = time.monotonic() - began
            stranger = trouble.unreached and not self._answered
            left = self.patience / (_STRANGER if stranger else 1) + size / _SLOWEST - spent - pause
            if not trouble.again or left < 0 or self._dropped.wait(pause):
                raise explained(trouble, self.place, doing, tries, spent)
            doublings += trouble.late and share * 2 ** (doublings + 1) < left
        raise AssertionError  # `count` does not end

    def start(self, work: Callable[[], R], *, rounds: int = 1) -> Running[R]:
        """Have work that asks (`rounds` times after another) done on another thread. It must start none itself."""
        dropped = threading.Event()

        def run() -> R:
            self._current.dropped = dropped
            return work()

        return Running(self._pool().submit(run), rounds * 2 * self.patience, dropped, self.place)

    def each(self, work: Callable[[T], R], items: Iterable[T], width: int = LANES) -> Iterator[R]:
        """`map` over threads, at most `width` ahead of whoever takes the results, which come in order."""
        ahead: deque[Running[R]] = deque()
        try:
            for item in items:
                ahead.append(self.start(lambda item=item: work(item)))  # type: ignore[misc]
                if len(ahead) >= width:
                    yield ahead.popleft().wait()
            while ahead:
                yield ahead.popleft().wait()
        finally:
            for running in ahead:
                running.drop()

    @property
    def _dropped(self) -> threading.Event:
        """Set when nobody waits any more for what this thread does."""
        return getattr(self._current, "dropped", None) or _NEVER

    def _client(self, timeout: float, patience: float) -> ObjectStore:
        key = timeout if not patience else -timeout
        known = self._clients.get(key)
        if known is None:
            with self._making:
                known = self._clients.get(key) or client(self.place, timeout, patience, self._variables)
                self._clients[key] = known
        return known

    def _pool(self) -> ThreadPoolExecutor:
        self._belong()
        if self._lanes is None:
            with self._making:
                self._lanes = self._lanes or ThreadPoolExecutor(LANES, thread_name_prefix="zenflow-store")
        return self._lanes

    def _belong(self) -> None:
        if self._process != os.getpid():
            raise StoreError(
                f"process {os.getpid()} uses the artifact store {self.place.url} that its parent opened",
                help="start processes by `spawn`: the connections of a forked child are its parent's",
            )


_NEVER = threading.Event()


def _patience() -> float:
    text = os.environ.get("ZENFLOW_STORE_TIMEOUT", "120")
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise UsageError(
            f"ZENFLOW_STORE_TIMEOUT is {text!r}, which is no number of seconds", help="write 120, or leave it out"
        )
    return seconds
