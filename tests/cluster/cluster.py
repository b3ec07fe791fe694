"""A cluster: its parts, how they are reached, and the stack that they make."""

from __future__ import annotations

import json
import secrets
import shutil
import signal
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, final

import psycopg

from tests.cluster import servers
from tests.cluster.processes import Detached, adopt, start
from tests.ports import free_port
from tests.storage.server import Server

PATIENCE = 120.0
"""Seconds that a part has to answer; what a busy machine of two cores may need."""

_HEAD_CPUS, _WORKER_CPUS = 1, 2
_STARTS = 3
_TEMPORARY = Path("/tmp")
_names = count(1)

Tell = Callable[[str], None]


class NotUp(Exception):
    """A part that does not come up; the message says which, and what it wrote last."""


@final
class Cluster:
    """Ray, S3 and PostgreSQL on free ports of 127.0.0.1, in a folder of their own.

    The parts are `head`, `worker-1`, `worker-2`, `s3` and `postgresql`.
    """

    def __init__(self, folder: Path, ports: dict[str, int], parts: dict[str, Detached]) -> None:
        self.folder = folder
        self.ports = ports
        self.parts = parts

    # ------------------------------------------------------------ how it is reached

    @property
    def jobs(self) -> str:
        """The address of its Jobs server, where runs are submitted."""
        return f"http://127.0.0.1:{self.ports['jobs']}"

    @property
    def address(self) -> str:
        """What a driver on this machine attaches to."""
        return f"127.0.0.1:{self.ports['ray']}"

    @property
    def token_file(self) -> Path:
        """The file with the token that Ray asks for."""
        return self.folder / "token"

    @property
    def token(self) -> str:
        """The token that Ray asks for."""
        return self.token_file.read_text()

    @property
    def variables(self) -> dict[str, str]:
        """What clients of the S3 server need."""
        return {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.ports['s3']}",
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "zenflow",
            "AWS_SECRET_ACCESS_KEY": (self.folder / "secret").read_text(),
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def table(self, artifacts: str = "s3://zenflow/store", metadata: str = "") -> dict[str, Any]:
        """The stack as its table stands in a file of configuration, with references to what is secret.

        The files that they name are there for the cluster's own processes too, which are on the same machine.
        """
        return {
            "ray": self.jobs,
            "token": f"${{file:{self.token_file}}}",
            "artifacts": artifacts,
            "metadata": metadata or self._url("zenflow"),
            "env": {"variables": {**self.variables, "AWS_SECRET_ACCESS_KEY": f"${{file:{self.folder / 'secret'}}}"}},
        }

    def fresh(self) -> dict[str, str]:
        """A bucket and a database of a caller's own, which are empty: `artifacts` and `metadata` of `table`."""
        name = f"fresh-{next(_names)}"
        self.make_bucket(name)
        with psycopg.connect(self._conninfo(), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"'.encode())
        return {"artifacts": f"s3://{name}/store", "metadata": self._url(name)}

    def make_bucket(self, name: str) -> None:
        """A new bucket."""
        if servers.ask(self.ports["s3"], f"/{name}", method="PUT") is None:
            raise NotUp(f"the S3 server made no bucket {name}")

    def _url(self, database: str) -> str:
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.ports['postgresql']}/{database}"

    def _conninfo(self) -> str:
        return f"host=127.0.0.1 port={self.ports['postgresql']} user=postgres dbname=postgres connect_timeout=10"

    # ------------------------------------------------------------ its life

    @classmethod
    def start(cls, tell: Tell = lambda _: None) -> Cluster:
        """Start one, and wait until all of it answers.

        Raises:
            NotUp: A part did not come up; nothing of the others is left.
        """
        place = _TEMPORARY if _TEMPORARY.is_dir() else None
        folder = Path(mkdtemp(prefix="zenflow-", dir=place))  # short, as sockets lie there
        cluster = cls(folder, {name: free_port() for name in ("ray", "jobs", "s3")}, {})
        for name in ("token", "secret"):
            (folder / name).touch(0o600)
            (folder / name).write_text(secrets.token_hex(32))
        try:
            with ThreadPoolExecutor() as pool:
                parts = [pool.submit(part, tell) for part in (cluster._ray, cluster._s3, cluster._postgresql)]
            for part in parts:
                part.result()
        except BaseException:
            cluster.stop()
            raise
        return cluster

    def stop(self) -> None:
        """End all of it; nothing is left."""
        for name in [*self.parts]:
            self.kill(name)
        shutil.rmtree(self.folder, ignore_errors=True)

    def kill(self, name: str) -> None:
        """End a part as a failing machine does, at once.

        PostgreSQL alone is asked to: killed, it leaves memory of the system's behind.
        """
        self.parts.pop(name).end(signal.SIGQUIT if name == "postgresql" else None)

    def dead(self) -> list[str]:
        """The parts that are not there any more, although nobody ended them here."""
        return [name for name, part in self.parts.items() if not part.lives]

    def log(self, name: str) -> Path:
        """What a part writes."""
        return self.folder / ("postgresql/log" if name == "postgresql" else f"{name}.log")

    def add_worker(self, tell: Tell = lambda _: None) -> str:
        """One more worker, once it has joined; its name."""
        before = self.nodes()
        name = self._start_worker()
        self._joined(before + 1, (name,), tell)
        return name

    def restart_ray(self, tell: Tell = lambda _: None) -> None:
        """End what is left of Ray and start it anew, at the same addresses; it has forgotten its jobs."""
        for name in [name for name in self.parts if name.startswith(("head", "worker"))]:
            self.kill(name)
        self._ray(tell)

    # ------------------------------------------------------------ its parts

    def _ray(self, tell: Tell) -> None:
        self._start_head()
        # `ray start` of a worker gives up at once where there is no head yet. Most of its time goes into its own start,
        # so it is not kept waiting for a head that is complete.
        self._until("head", lambda: servers.listens(self.ports["ray"]), again=_STARTS - 1)
        workers = [self._start_worker() for _ in range(2)]
        self._until("head", lambda: self.nodes() > 0, again=_STARTS - 1)
        tell(f"head: {self.jobs} (Jobs server), {self.address}")
        self._joined(1 + len(workers), workers, tell)

    def nodes(self) -> int:
        """How many nodes of its Ray live, as its Jobs server has noticed."""
        return servers.living_nodes(self.ports["jobs"], self.token)

    def _start_head(self) -> None:
        self._start("head", servers.head(self.folder, self.ports, _HEAD_CPUS))

    def _start_worker(self, number: int = 0) -> str:
        number = number or 1 + max((int(name[7:]) for name in self.parts if name.startswith("worker-")), default=0)
        name = f"worker-{number}"
        self._start(name, servers.worker(self.folder, number, self.ports, _WORKER_CPUS))
        return name

    def _joined(self, nodes: int, workers: Sequence[str], tell: Tell) -> None:
        for name in workers:
            self._until(name, lambda: self.nodes() >= nodes, again=_STARTS - 1)
            tell(f"{name}: joined, {_WORKER_CPUS} CPUs")

    def _s3(self, tell: Tell) -> None:
        self._start("s3", servers.s3(self.ports["s3"]))
        self._until("s3", lambda: servers.ask(self.ports["s3"], "/") is not None)
        self.make_bucket("zenflow")
        tell(f"s3: {self.variables['AWS_ENDPOINT_URL']}, bucket zenflow")

    def _postgresql(self, tell: Tell) -> None:
        (self.folder / "postgresql").mkdir()
        # Whoever runs the server has to get there.
        self.folder.chmod(0o711)
        server = Server(self.folder / "postgresql", durable=False)
        server.start()
        self.ports["postgresql"] = server.port
        self.parts["postgresql"] = adopt(server.process)
        with psycopg.connect(self._conninfo(), autocommit=True) as connection:
            connection.execute(b"CREATE DATABASE zenflow")
        tell(f"postgresql: {self._url('zenflow')}")

    def _start(self, name: str, command: list[str]) -> None:
        environment = servers.environment(self.folder, self.variables)
        self.parts[name] = start(command, environment, self.log(name))

    def _until(self, name: str, answers: Callable[[], bool], again: int = 0) -> None:
        """Wait for a part; a node of Ray's that ended is started `again` so many times.

        Raises:
            NotUp: It has ended, or its time is over.
        """
        deadline = time.monotonic() + PATIENCE
        while not answers():
            lives, late = self.parts[name].lives, time.monotonic() > deadline
            if not lives and again and not late:  # Ray's own limit of 30 s for a raylet is short on a busy machine
                again -= 1
                self.kill(name)
                if name == "head":
                    self._start_head()
                else:
                    self._start_worker(int(name.removeprefix("worker-")))
            elif not lives or late:
                why = f"does not answer within {PATIENCE:g} s" if lives else "has ended"
                last = self.log(name).read_text(errors="replace").splitlines()[-20:]
                raise NotUp("\n".join([f"{name} {why}; the last of what it wrote:", *last]))
            else:
                time.sleep(0.05)

    # ------------------------------------------------------------ its record

    def record(self) -> str:
        """What `recorded` makes the cluster of again, in another process."""
        parts = {name: [part.pid, part.born] for name, part in self.parts.items()}
        return json.dumps({"folder": str(self.folder), "ports": self.ports, "parts": parts}, indent=2)

    @classmethod
    def recorded(cls, text: str) -> Cluster:
        """The cluster of a record."""
        found = json.loads(text)
        parts = {name: Detached(pid, born) for name, (pid, born) in found["parts"].items()}
        return cls(Path(found["folder"]), found["ports"], parts)
