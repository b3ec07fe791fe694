"""The client of a Jobs server: what it asks, and how its errors are told apart."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.cluster import Cluster
from tests.engine.running import until
from zenflow.errors import ClusterError, UsageError
from zenflow.stacks.jobs_server import JobsServer


@pytest.fixture(scope="module")
def server(cluster: Cluster) -> JobsServer:
    return JobsServer(cluster.jobs, cluster.token)


def test_a_job_from_its_submission_to_its_end(server: JobsServer) -> None:
    server.submit("client-1", "echo hello; exit 3", metadata={"run": "client"})
    until(lambda: (job := server.job("client-1")) and job.over, "the end of the job")
    job = server.job("client-1")
    assert job is not None
    assert (job.status, job.exit_code, job.metadata) == ("FAILED", 3, {"run": "client"})
    assert "hello" in server.log("client-1").splitlines()
    assert "client-1" in [one.id for one in server.jobs()]
    with pytest.raises(ClusterError, match="already exists") as refused:
        server.submit("client-1", "echo again")
    assert refused.value.reason == "refused"
    assert not server.stop("client-1")
    assert server.delete("client-1")
    assert (server.job("client-1"), server.delete("client-1"), server.log("client-1")) == (None, False, "")


def test_a_package_is_there_once_it_was_uploaded(server: JobsServer, tmp_path: Path) -> None:
    assert not server.holds("zenflow-test.zip")
    (tmp_path / "package").write_bytes(b"PK" * 1000)
    server.upload("zenflow-test.zip", tmp_path / "package")
    assert server.holds("zenflow-test.zip")
    with pytest.raises(UsageError, match="can not be read"):
        server.upload("zenflow-test.zip", tmp_path / "none")


@pytest.fixture
def silent() -> Iterator[str]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


def reason(address: str, token: str | None = None, seconds: float = 5.0) -> str:
    with pytest.raises(ClusterError) as error:
        JobsServer(address, token, seconds=seconds).version()
    assert error.value.help
    assert token is None or token not in str(error.value)
    return error.value.reason


def test_what_is_wrong_is_told_apart(cluster: Cluster, silent: str) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        closed = f"http://127.0.0.1:{free.getsockname()[1]}"
    assert reason("http://head.invalid:8265") == "name"
    assert reason(closed) == "connection"
    assert reason(silent, seconds=0.2) == "time"
    assert reason(cluster.jobs) == "token"
    assert reason(cluster.jobs, "a-wrong-token") == "token"
    assert reason(f"http://127.0.0.1:{cluster.ports['s3']}") == "server"
    assert reason(f"http://{cluster.address}") == "server"
    assert reason(cluster.jobs.replace("http:", "https:")) == "encryption"


@pytest.mark.parametrize(
    "address", ["head:8265", "ftp://head", "http://", "http://anna:word@head:8265", "http://head:x", "http://head?a=1"]
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(UsageError):
        JobsServer(address)
