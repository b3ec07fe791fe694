"""An HTTP proxy that makes trouble: what networks and overloaded servers do, by a seeded rate, and counted."""

from __future__ import annotations

import http.client
import random
import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, final

FAULTS = ("error", "busy", "reset", "lost", "cut", "held")
"""Answers 500; answers 503; resets before the request is passed on; after it was, its answer lost; in the middle of the
answer; never answers."""

Answer = tuple[int, bytes]


@final
class Proxy:
    """A running proxy: what it is to do may change while it runs."""

    def __init__(self, target: int, seed: int = 0) -> None:
        self.target = target
        self.port = 0
        self.rate = 0.0
        self.faults: Sequence[str] = FAULTS
        self.limit: int | None = None
        self.strip: frozenset[str] = frozenset()
        self.answer: Callable[[str, str], Answer | None] = lambda method, path: None
        self.harm: Callable[[bytes], bytes] = lambda body: body
        self.requests: Counter[str] = Counter()
        self.done: Counter[str] = Counter()
        self.harmed = 0
        self._random = random.Random(seed)
        self._lock = threading.Lock()

    def draw(self, method: str) -> str | None:
        """The fault of the next request, if it gets one."""
        with self._lock:
            self.requests[method] += 1
            if self.limit == 0 or self._random.random() >= self.rate:
                return None
            fault = self._random.choice(self.faults)
            self.done[fault] += 1
            self.limit = None if self.limit is None else self.limit - 1
            return fault

    def line(self) -> str:
        """What it did, in words."""
        kinds = ", ".join(f"{number} {kind}" for kind, number in sorted(self.done.items()))
        return f"{self.requests.total()} requests, {self.done.total()} faults ({kinds})"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    proxy: Proxy

    def log_message(self, format: str, *arguments: Any) -> None:
        """Nothing: the proxy counts."""

    def setup(self) -> None:
        super().setup()
        self.upstream = http.client.HTTPConnection("127.0.0.1", self.proxy.target, timeout=60)

    def finish(self) -> None:
        self.upstream.close()
        with suppress(OSError):
            super().finish()

    def pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        fault = self.proxy.draw(self.command)
        chosen = self.proxy.answer(self.command, self.path)
        if fault in ("error", "busy"):
            chosen = (500 if fault == "error" else 503, b"")
        if chosen is not None:
            self.reply(chosen[0], [], chosen[1])
        elif fault == "reset":
            self.reset()
        elif fault == "held":
            self.hold()
        else:
            self.forward(body, fault)

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = pass_on

    def forward(self, body: bytes, fault: str | None) -> None:
        headers = {name: value for name, value in self.headers.items() if name.lower() not in self.proxy.strip}
        self.upstream.request(self.command, self.path, body, headers)
        answer = self.upstream.getresponse()
        data = answer.read()
        if fault == "lost":
            self.reset()
            return
        if self.command == "GET" and answer.status in (200, 206):
            harmed = self.proxy.harm(data)
            self.proxy.harmed += harmed != data
            data = harmed
        self.reply(answer.status, answer.getheaders(), data, cut=fault == "cut")

    def reply(self, status: int, headers: list[tuple[str, str]], data: bytes, *, cut: bool = False) -> None:
        length = len(data)
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() == "content-length" and self.command == "HEAD":
                length = int(value)
            elif name.lower() not in ("content-length", "transfer-encoding", "connection"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(data[: len(data) // 2] if cut else data)
        if cut:
            self.reset()

    def hold(self) -> None:
        """Say nothing until the client has had enough."""
        self.connection.settimeout(60)
        with suppress(OSError):
            while self.connection.recv(4096):
                continue
        self.close_connection = True

    def reset(self) -> None:
        """End the connection as a crash does."""
        self.wfile.flush()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away while it was answered: that is what proxies are for."""


@contextmanager
def running_proxy(target: int, seed: int = 0) -> Iterator[Proxy]:
    """A proxy in front of a port, as long as the block."""
    proxy = Proxy(target, seed)
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"proxy": proxy}))
    proxy.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()
        thread.join(30)
