"""Ray's Jobs server, spoken to over its REST interface.

Ray has a client of its own (`ray.job_submission`). This one is in its place because that one waits without end, has one
error for a wrong name, a closed port and a firewall, and takes an import of Ray and of its dashboard. What is asked for
here is as old as Ray 2.0: https://docs.ray.io/en/latest/cluster/running-applications/job-submission/rest.html and, for
packages, the calls of `ray.dashboard.modules.dashboard_sdk`.

Every request has a deadline, the look-up of the name included, which no socket's time limit covers: it is made in a
thread that is given up when its time is over.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar
from urllib.parse import quote, urlsplit

import msgspec
from attrs import field, frozen

from zenflow.errors import ClusterError, UsageError
from zenflow.stacks.deadline import answer_within
from zenflow.stacks.stack import Stack

if TYPE_CHECKING:
    import requests

T = TypeVar("T")

JobStatus = Literal["PENDING", "RUNNING", "STOPPED", "SUCCEEDED", "FAILED"]
"""Ray's own words. The last three are ends."""

ENDS: tuple[JobStatus, ...] = ("STOPPED", "SUCCEEDED", "FAILED")

SECONDS = 10.0
"""The time that a question has."""

_SUBMITTING = 60.0
"""Seconds: the first job of a cluster waits for an agent that starts with it."""

_SLOWEST = 128 * 1024
"""Bytes a second of the slowest network that a package is sent over."""


@frozen
class Version:
    """What a Jobs server says of itself: Ray's version, and the word by which this life of the cluster is known."""

    ray: str
    session: str


@frozen
class Job:
    """A job as the cluster knows it. `message` is Ray's account of its status;
    times are seconds since the epoch."""

    id: str
    status: JobStatus
    message: str = ""
    error: str | None = None
    started: float | None = None
    ended: float | None = None
    exit_code: int | None = None
    metadata: Mapping[str, str] = field(factory=dict)

    @property
    def over(self) -> bool:
        """Whether it has come to an end."""
        return self.status in ENDS


class JobsServer:
    """The Jobs server of one cluster.

    Args:
        address: `http://head:8265`, or `https://…`; a path in it is kept, for those behind an ingress.
        token: What the cluster asks for (`RAY_AUTH_MODE=token`).
        seconds: The time that each question has; submitting and uploading have more.

    Raises:
        UsageError: The address is none.

    >>> JobsServer("http://head:8265/").address
    'http://head:8265'
    """

    def __init__(self, address: str, token: str | None = None, *, seconds: float = SECONDS) -> None:
        self.address = _checked(address)
        self._token = token
        self._seconds = seconds

    @classmethod
    def of(cls, stack: Stack, *, seconds: float = SECONDS) -> JobsServer:
        """That of a stack.

        Raises:
            UsageError: The stack has none.
        """
        if not stack.has_jobs:
            where = f"its Ray is `{stack.ray}`" if stack.ray else "its Ray is one of each process's own"
            raise UsageError(
                f"stack `{stack.name}` has no Jobs server: {where}",
                help="give the stack that of its cluster: ray = 'http://head:8265'",
            )
        return cls(str(stack.ray), stack.token, seconds=seconds)

    def version(self) -> Version:
        """Which Ray answers.

        Raises:
            ClusterError: None does.
        """
        try:
            found = self.get("/api/version")
            return Version(str(found["ray_version"]), str(found.get("session_name", "")))
        except (TypeError, KeyError, AttributeError):
            raise self._no_jobs_server("its version is in no form of Ray's") from None

    def submit(
        self,
        id: str,
        entrypoint: str,
        *,
        runtime_env: Mapping[str, Any] | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        """Hand in a job. The cluster shows all of this to whoever may look at its dashboard.

        Args:
            id: The job's id; one that is taken is refused.
            entrypoint: The command of its driver, for a shell on the cluster's head.
            runtime_env: Ray's runtime environment of the driver and its workers.
            metadata: Words for whoever looks.

        Raises:
            ClusterError: The server can not be reached or refuses; `reason` is `refused` for an id that is taken.
        """
        body = {
            "submission_id": id,
            "entrypoint": entrypoint,
            "runtime_env": dict(runtime_env or {}),
            "metadata": dict(metadata or {}),
        }
        self._ask("POST", "/api/jobs/", body=body, seconds=max(self._seconds, _SUBMITTING))

    def job(self, id: str) -> Job | None:
        """The job with this id; None where the cluster knows of none."""
        found = self._ask("GET", f"/api/jobs/{quote(id, safe='')}", missing=True)
        return None if found is None else _job(found)

    def jobs(self) -> list[Job]:
        """All jobs that were handed in, also those of others."""
        return [_job(one) for one in self.get("/api/jobs/") if one.get("submission_id")]

    def stop(self, id: str) -> bool:
        """Have a job's driver ended: SIGTERM, and SIGKILL 3 s later. Gives whether it was there and not over."""
        found = self._ask("POST", f"/api/jobs/{quote(id, safe='')}/stop", missing=True)
        return bool(found and found.get("stopped"))

    def delete(self, id: str) -> bool:
        """Have the cluster forget a job that is over. Gives whether it knew of it."""
        return self._ask("DELETE", f"/api/jobs/{quote(id, safe='')}", missing=True) is not None

    def log(self, id: str) -> str:
        """What a job's driver has written so far; empty where its node is gone."""
        found = self._ask("GET", f"/api/jobs/{quote(id, safe='')}/logs", missing=True)
        return str((found or {}).get("logs") or "")

    def holds(self, package: str) -> bool:
        """Whether the cluster has a package; if so it keeps it for the next ten minutes at least.

        Args:
            package: Its name, which ends in `.zip`: in a runtime environment it is `gcs://NAME`.
        """
        return self._ask("GET", f"/api/packages/gcs/{quote(package, safe='')}", missing=True) is not None

    def upload(self, package: str, file: Path) -> None:
        """Give the cluster a package under a name; see `holds`.

        Raises:
            ClusterError: It was not taken.
            UsageError: The file can not be read.
        """
        try:
            content = file.read_bytes()
        except OSError as error:
            raise UsageError(f"the package {file} can not be read: {error.strerror or error}") from None
        seconds = self._seconds + len(content) / _SLOWEST
        self._ask("PUT", f"/api/packages/gcs/{quote(package, safe='')}", content=content, seconds=seconds)

    def get(self, path: str) -> Any:
        """The JSON that the server has at a path, such as `/api/v0/nodes?detail=1`.

        Raises:
            ClusterError: It has none.
        """
        return self._ask("GET", path)

    def _ask(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | None = None,
        content: bytes | None = None,
        missing: bool = False,
        seconds: float | None = None,
    ) -> Any:
        """The JSON of an answer (an empty one is `{}`); None for what is not there, where that may be (`missing`)."""
        import requests

        within = self._seconds if seconds is None else seconds
        data = content if body is None else msgspec.json.encode(body)

        def ask() -> requests.Response:
            return requests.request(
                method,
                self.address + path,
                data=data,
                headers={"User-Agent": "zenflow", "Content-Type": "application/json"},
                auth=self._signed,  # a header of ours alone would give way to a ~/.netrc
                timeout=within,
                allow_redirects=False,
            )

        try:
            response = answer_within(within, ask)
        except requests.RequestException as error:
            raise self._unreachable(error, within) from error
        except TimeoutError:
            raise self._silent(within) from None
        return self._read(response, missing=missing)

    def _signed(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._token:
            request.headers["Authorization"] = f"Bearer {self._token}"
        return request

    def _read(self, response: requests.Response, *, missing: bool) -> Any:
        status = response.status_code
        if status == 404 and missing and "does not exist" in response.text:
            return None
        if status in (401, 403):
            raise self._token_refused(status, response.text)
        if 300 <= status < 400:
            raise self._no_jobs_server(f"it sends us on to {response.headers.get('Location', 'another address')}")
        if status == 404:
            raise self._no_jobs_server("it does not know what a Jobs server is asked (404)")
        if status >= 400:
            raise ClusterError(
                f"the Jobs server {self.address} refused ({status}): {_last_line(response.text)}", reason="refused"
            )
        try:
            return msgspec.json.decode(response.content) if response.content else {}
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise self._no_jobs_server("it answers with something that is not JSON") from None

    def _token_refused(self, status: int, text: str) -> ClusterError:
        told = "gives none" if not self._token else "has one that it refuses"
        return ClusterError(
            f"the Jobs server {self.address} asks for a token, and the stack {told} ({status}: {_last_line(text)})",
            reason="token",
            help="the stack's `token` is the cluster's: token = '${env:RAY_AUTH_TOKEN}', and that variable set here",
        )

    def _no_jobs_server(self, why: str) -> ClusterError:
        return ClusterError(
            f"what answers at {self.address} is no Jobs server of Ray: {why}",
            reason="server",
            help="it is the address of the head's dashboard, port 8265 unless it was started with another; the head "
            "needs ray[default]",
        )

    def _silent(self, seconds: float) -> ClusterError:
        return ClusterError(
            f"the Jobs server {self.address} did not answer within {seconds:g} s",
            reason="time",
            help="is the cluster up, and is its port open for this machine (VPN, firewall, `kubectl port-forward`)?",
        )

    def _unreachable(self, error: requests.RequestException, seconds: float) -> ClusterError:
        import requests

        host = urlsplit(self.address).hostname
        causes = list(_causes(error))
        if isinstance(error, requests.Timeout):
            return self._silent(seconds)
        if isinstance(error, requests.exceptions.SSLError):
            return ClusterError(
                f"no encrypted connection to {self.address}: {causes[-1]}",
                reason="encryption",
                help="write http:// where the server has no certificate; REQUESTS_CA_BUNDLE names other authorities",
            )
        if any(isinstance(cause, socket.gaierror) for cause in causes):
            return ClusterError(
                f"the host `{host}` of the Jobs server {self.address} has no address: no such name is known here",
                reason="name",
                help=f"is it written right, and known to this machine (VPN)? `getent hosts {host}` asks for it",
            )
        words = next((c.strerror for c in reversed(causes) if isinstance(c, OSError) and c.strerror), None)
        if words is None and _answered(causes):
            return self._no_jobs_server("it does not speak HTTP")
        return ClusterError(
            f"no connection to the Jobs server {self.address}: {(words or str(causes[-1])).lower()}",
            reason="connection",
            help="is the cluster up, and is this the port of its Jobs server (8265 unless told otherwise)? "
            f"`curl {self.address}/api/version` asks it",
        )


def _checked(address: str) -> str:
    """An address as requests are made to it."""
    right = "it is http://HOST:PORT, as in http://head:8265"
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError as error:
        raise UsageError(f"`{address}` is no address of a Jobs server: {error}", help=right) from None
    if parts.username is not None or parts.password is not None:
        raise UsageError("the address of a Jobs server holds no credentials", help="the stack's `token` is for those")
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0 or parts.query or parts.fragment:
        raise UsageError(f"`{address}` is no address of a Jobs server", help=right)
    return address.rstrip("/")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An error and what is behind it, the deepest last: HTTP libraries keep causes in several places."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        found = waiting.pop(0)
        if isinstance(found, BaseException) and id(found) not in seen:
            seen.add(id(found))
            yield found
            waiting += [found.__cause__, found.__context__, getattr(found, "reason", None), *found.args]


def _answered(causes: list[BaseException]) -> bool:
    """Whether something was heard of the other side, and it was no HTTP."""
    from http.client import HTTPException, RemoteDisconnected

    return any(isinstance(c, HTTPException) and not isinstance(c, RemoteDisconnected) for c in causes)


def _last_line(text: str) -> str:
    """What matters of an answer that tells a traceback, or one in another."""
    lines = [line.strip() for line in text.splitlines() if line.strip(" .")]
    raised = [line.partition(": ")[2] for line in lines if re.match(r"[\w.]*(Error|Exception): ", line)]
    found = (raised or lines or ["without a word"])[-1]
    return found[:500]


def _job(found: Mapping[str, Any]) -> Job:
    def seconds(name: str) -> float | None:
        value = found.get(name)
        return None if value is None else float(value) / 1000

    return Job(
        id=str(found["submission_id"]),
        status=found["status"],
        message=str(found.get("message") or ""),
        error=found.get("error_type"),
        started=seconds("start_time"),
        ended=seconds("end_time"),
        exit_code=found.get("driver_exit_code"),
        metadata=found.get("metadata") or {},
    )
