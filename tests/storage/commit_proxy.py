"""A proxy between a client and PostgreSQL that cuts the connection around COMMIT.

It knows of the protocol where messages begin and end, and which one is a COMMIT
(https://www.postgresql.org/docs/current/protocol-message-formats.html).
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from typing import Literal

Cut = Literal["before", "answer", "late"]
"""Before the server has the COMMIT; after it is done, in place of the answer; or the server gets it only when the
client, cut off, has already begun again."""

_PATIENCE = 30.0


class Proxy:
    """Listens on `port` of 127.0.0.1; the next cut is what `plan` says at each COMMIT, None for none."""

    def __init__(self, server_port: int, plan: Iterator[Cut | None]) -> None:
        self.cuts: Counter[Cut] = Counter()
        self._server_port = server_port
        self._plan = plan
        self._lock = threading.Lock()
        self._begun_again = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._ends: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def close(self) -> None:
        """Cut everything off."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for end in self._ends:
            _shut(end)
        for thread in self._threads:
            thread.join(_PATIENCE)
        for end in self._ends:
            end.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._server_port))
            except OSError:
                return
            for end in (client, server):  # one message at a time is passed on
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._ends.append(end)
            link = _Link(self, client, server)
            for target in (link.forth, link.back):
                thread = threading.Thread(target=target)
                self._threads.append(thread)
                thread.start()

    def next_cut(self) -> Cut | None:
        with self._lock:
            cut = next(self._plan)
            if cut is not None:
                self.cuts[cut] += 1
            self._begun_again.clear()
            return cut

    def begun(self) -> None:
        """Some client has begun a transaction again, or for the first time."""
        self._begun_again.set()

    def wait_for_another(self) -> None:
        assert self._begun_again.wait(_PATIENCE)


class _Link:
    """One connection through the proxy."""

    def __init__(self, proxy: Proxy, client: socket.socket, server: socket.socket) -> None:
        self._proxy = proxy
        self._client = client
        self._server = server
        self._queries: dict[bytes, bytes] = {}
        self._withheld = False

    def forth(self) -> None:
        """From the client to the server."""
        try:
            self._server.sendall(_start(self._client))
            while True:
                kind, message = _message(self._client)
                query = self._query(kind, message)
                if query.startswith(b"INSERT INTO commits"):
                    self._server.sendall(message)
                    self._proxy.begun()
                elif query != b"COMMIT" or not self._cut(kind, message):
                    self._server.sendall(message)
        except OSError:
            self._end()

    def _cut(self, kind: bytes, message: bytes) -> bool:
        cut = self._proxy.next_cut()
        if cut is None:
            return False
        if cut == "before":
            raise OSError
        while kind not in (b"Q", b"S"):  # a COMMIT in the extended protocol ends with Sync
            kind, further = _message(self._client)
            message += further
        if cut == "answer":
            self._withheld = True
            self._server.sendall(message)
        else:
            _shut(self._client)
            self._proxy.wait_for_another()
            self._server.sendall(message)
        return True

    def _query(self, kind: bytes, message: bytes) -> bytes:
        """What is asked for, also where it was prepared before."""
        if kind == b"Q":
            return message[5:-1]
        if kind == b"P":
            name, query = message[5:].split(b"\0")[:2]
            self._queries[name] = query
            return query
        if kind == b"B":
            name = message[5:].split(b"\0")[1]
            return self._queries.get(name, b"") if name else b""  # without a name it has just been parsed
        return b""

    def back(self) -> None:
        """From the server to the client."""
        try:
            while True:
                kind, message = _message(self._server)
                if not self._withheld:
                    self._client.sendall(message)
                elif kind == b"Z":
                    raise OSError
        except OSError:
            self._end()

    def _end(self) -> None:
        _shut(self._client)
        _shut(self._server)


def _start(source: socket.socket) -> bytes:
    size = _exactly(source, 4)
    return size + _exactly(source, int.from_bytes(size, "big") - 4)


def _message(source: socket.socket) -> tuple[bytes, bytes]:
    head = _exactly(source, 5)
    return head[:1], head + _exactly(source, int.from_bytes(head[1:], "big") - 4)


def _exactly(source: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = source.recv(size - len(data))
        if not piece:
            raise OSError
        data += piece
    return data


def _shut(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
