"""A proxy between a client and an HTTP server, which changes what it is told to on the way."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Change = Callable[[str, str, bytes], bytes]
"""Of a request (method, path, body) or of the answer to one: the body in place of this."""

_OF_ONE_HOP = {"connection", "transfer-encoding", "content-length", "host", "keep-alive"}


def _as_it_is(method: str, path: str, body: bytes) -> bytes:
    return body


class Between:
    """What the proxy changes; `refused` are methods that it answers with 403 itself."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.request: Change = _as_it_is
        self.answer: Change = _as_it_is
        self.refused: frozenset[str] = frozenset()


@contextmanager
def between(target: int) -> Iterator[Between]:
    """A proxy of a server at a port of 127.0.0.1, as long as the block; it listens at `port`."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:
            """Nobody reads it."""

        def forward(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.command in changes.refused:
                refusal = b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
                return self.tell(403, [("Content-Type", "application/xml")], refusal)
            body = changes.request(self.command, self.path, body)
            headers = {name: value for name, value in self.headers.items() if name.lower() not in _OF_ONE_HOP}
            connection = http.client.HTTPConnection("127.0.0.1", target, timeout=60)
            try:
                connection.request(self.command, self.path, body, headers)
                answer = connection.getresponse()
                said = changes.answer(self.command, self.path, answer.read())
                return self.tell(answer.status, answer.getheaders(), said)
            finally:
                connection.close()

        def tell(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
            self.send_response_only(status)
            for name, value in headers:
                if name.lower() not in _OF_ONE_HOP:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = forward

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    changes = Between(server.server_port)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield changes
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
