"""A real S3 protocol on this machine: moto's server, in a process of its own."""

from __future__ import annotations

import http.client
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import final

_SERVER = """
import logging, sys, threading
from werkzeug.serving import make_server
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
server = make_server("127.0.0.1", 0, DomainDispatcherApplication(create_backend_app), threaded=True)
print(server.server_port, flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.read()  # until the tests are over, however they end
"""
_names = count(1)


@final
class S3:
    """A running server."""

    def __init__(self, port: int) -> None:
        self.port = port

    def environment(self, port: int | None = None) -> dict[str, str]:
        """What a process needs to use it, directly or by way of another port."""
        return {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port or self.port}",
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "an-id",
            "AWS_SECRET_ACCESS_KEY": "a-secret-of-the-tests",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def bucket(self, name: str = "") -> str:
        """A bucket that is new, unless its name is given; its URL."""
        name = name or f"bucket-{next(_names)}"
        assert self.ask("PUT", f"/{name}")[0] in (200, 409)
        return f"s3://{name}"

    def ask(self, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
        """A plain request; the server does not look at signatures."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()


@contextmanager
def running_s3() -> Iterator[S3]:
    """A server, as long as the block."""
    server = subprocess.Popen(
        [sys.executable, "-c", _SERVER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert server.stdin is not None
    assert server.stdout is not None
    try:
        line = server.stdout.readline()
        assert line, "the S3 server did not start"
        s3 = S3(int(line))
        deadline = time.monotonic() + 60
        while True:
            try:
                s3.ask("GET", "/")
                break
            except OSError:
                assert time.monotonic() < deadline, "the S3 server does not answer"
        yield s3
    finally:
        server.stdin.close()
        server.stdout.close()
        server.terminate()
        server.wait(30)
