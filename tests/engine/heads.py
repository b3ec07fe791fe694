"""A cluster of one node that asks for a token: enough for a driver that attaches, and free to be killed."""

from __future__ import annotations

import secrets
import shutil
import sysconfig
import time
import venv
from pathlib import Path
from tempfile import mkdtemp
from typing import final

from tests.cluster import servers
from tests.cluster.processes import Detached, start
from tests.ports import free_port

_CPUS = 2
_PATIENCE = 150.0


@final
class Head:
    """A Ray head with a Jobs server, in a folder of its own."""

    def __init__(self) -> None:
        self._folder = Path(mkdtemp(prefix="zenflow-", dir="/tmp"))  # short, as sockets lie there
        self._ports = {name: free_port() for name in ("ray", "jobs")}
        self.token = secrets.token_hex(32)
        (self._folder / "token").touch(0o600)
        (self._folder / "token").write_text(self.token)
        self._python = _light(self._folder / "venv")
        self._process: Detached | None = None
        try:
            self.start()
        except BaseException:
            self.close()
            raise

    @property
    def address(self) -> str:
        """What a driver attaches to."""
        return f"127.0.0.1:{self._ports['ray']}"

    @property
    def jobs(self) -> str:
        """Its dashboard's address."""
        return f"127.0.0.1:{self._ports['jobs']}"

    def start(self) -> None:
        """Start it where it does not live, and wait until it answers."""
        environment = servers.environment(self._folder, {})

        def up() -> bool:
            # Ray gives up after 30 s, which a busy machine may take.
            if self._process is None or not self._process.lives:
                self.kill()
                _, *command = servers.head(self._folder, self._ports, _CPUS)
                self._process = start([self._python, *command], environment, self._folder / "log")
            return servers.living_nodes(self._ports["jobs"], self.token) > 0

        give_up = time.monotonic() + _PATIENCE
        while not up():
            assert time.monotonic() < give_up, f"the head is not up within {_PATIENCE:g} s"
            time.sleep(0.05)

    def kill(self) -> None:
        """End it as a failing machine does."""
        if self._process is not None:
            self._process.end()
            self._process = None

    def close(self) -> None:
        """End it; nothing is left."""
        self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)


def _light(folder: Path) -> Path:
    """A Python that has the packages of this one, and few files of its own: Ray copies the virtual environment that it
    runs in to install packages into the copy, and that of the tests has gigabytes."""
    venv.create(folder, symlinks=True)
    place = sysconfig.get_path("purelib", vars={"base": str(folder), "platbase": str(folder)})
    (Path(place) / "tests.pth").write_text(sysconfig.get_path("purelib"))
    return folder / "bin" / "python"
