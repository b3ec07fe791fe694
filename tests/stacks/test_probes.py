"""`zenflow stack check`: every way in which a cluster or a store can be wrong is told apart, with what mends it."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from tests.cluster.between import between
from tests.cluster.cluster import Cluster
from tests.cluster.configuration import text_of
from tests.engine.running import until
from tests.storage.server import Server, raw
from zenflow.cli import main
from zenflow.engine.ray.nodes import nodes_at
from zenflow.errors import ClusterError
from zenflow.stacks.jobs_server import JobsServer
from zenflow.stacks.nodes import lacking
from zenflow.stacks.probes.attaching import attach_probes
from zenflow.stacks.probes.cluster import cluster_probes, preflight
from zenflow.stacks.probes.nodes import cluster_nodes
from zenflow.stacks.probes.probe import Finding, Probe, examine
from zenflow.stacks.probes.store import store_probes
from zenflow.stacks.probes.versions import Versions, require_equal
from zenflow.stacks.stack import Stack

BUSY = 90.0
"""Seconds for a probe job on a machine that has a lot to do; it takes 4 or 5."""

STORES = ("s3://bucket/store", "postgresql+psycopg://db/zenflow")


def examined(probes: Any, limit: float = 20.0) -> dict[str, Finding]:
    found = {finding.probe: finding for finding in examine(probes, limit)}
    assert all(finding.help for finding in found.values() if finding.status == "failed")
    return found


def failures(probes: Any, limit: float = 20.0) -> list[Finding]:
    return [finding for finding in examined(probes, limit).values() if finding.status == "failed"]


@pytest.fixture
def listening() -> Iterator[int]:
    """A port where nobody ever answers."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        yield int(server.getsockname()[1])


@pytest.fixture
def closed() -> int:
    """A port where nobody listens."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        return int(server.getsockname()[1])


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cluster: Cluster) -> Path:
    """A project whose stack `cluster` is the cluster, with empty stores of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ZENFLOW_HOME", str(tmp_path / ".zenflow"))
    (tmp_path / "zenflow.toml").write_text(text_of({"cluster": cluster.table(**cluster.fresh())}))
    return tmp_path


def checked(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, dict[str, Any]]]:
    """The exit code of `zenflow stack check`, and what it found by probe."""
    code = main(["stack", "check", "cluster", "--json", *arguments])
    document = json.loads(capsys.readouterr().out)
    assert document["ok"] == (code == 0)
    return code, {one["probe"]: one for one in document["probes"]}


# ---------------------------------------------------------------- a cluster that is well


def test_a_cluster_that_works_is_told_from_both_sides_and_left_as_it_was(
    project: Path, cluster: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    jobs = JobsServer(cluster.jobs, cluster.token)
    before = [job.id for job in jobs.jobs()]
    code, found = checked(capsys, "--within", str(BUSY))
    assert code == 0, found
    assert found["cluster: has nodes"]["said"].startswith("3 nodes: CPU 5, memory ")
    assert found["cluster: has this Python, Ray and ZenFlow"]["status"] == "ok"
    for probe in ("cluster: resolves the stack", "cluster: uses the store", "cluster: uses the database"):
        assert found[probe]["status"] == "ok"
    until(lambda: [job.id for job in jobs.jobs()] == before, "the end of the job")


def test_a_preflight_that_went_well_is_remembered_while_the_cluster_lives(
    project: Path, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    from zenflow.stacks.stack import resolve_stack

    told: list[str] = []
    stack = resolve_stack("cluster")
    for _ in range(2):
        preflight(stack, told.append)
    assert told == [f"looking at the cluster {cluster.jobs}"]
    with pytest.raises(ClusterError, match="asks for a token"):
        preflight(evolve(stack, token="another"), told.append)


# ---------------------------------------------------------------- a Jobs server that is not to be had


@pytest.mark.parametrize(
    ("where", "said", "reason"),
    [
        ("no.such.host.invalid", "has no address: no such name is known here", "name"),
        ("closed", "connection refused", "connection"),
        ("listening", "did not answer within", "time"),
        ("s3", "is no Jobs server of Ray", "server"),
    ],
)
def test_an_address_where_no_jobs_server_is(
    where: str, said: str, reason: str, listening: int, closed: int, cluster: Cluster
) -> None:
    ports = {"closed": closed, "listening": listening, "s3": cluster.ports["s3"]}
    address = f"http://127.0.0.1:{ports[where]}" if where in ports else f"http://{where}:8265"
    (failed,) = failures(cluster_probes(Stack("cluster", *STORES, address), 2.0))
    assert failed.probe == "cluster: answers"
    assert said in failed.said
    assert isinstance(failed.error, ClusterError)
    assert failed.error.reason == reason


@pytest.mark.parametrize(("token", "said"), [(None, "the stack gives none"), ("another", "has one that it refuses")])
def test_a_token_that_is_missing_or_wrong(token: str | None, said: str, cluster: Cluster) -> None:
    (failed,) = failures(cluster_probes(Stack("cluster", *STORES, cluster.jobs, token=token)))
    assert said in failed.said
    assert "RAY_AUTH_TOKEN" in str(failed.help)


# ---------------------------------------------------------------- a cluster with something else


def test_a_cluster_of_another_ray_is_refused_before_a_job_is_tried(cluster: Cluster) -> None:
    with between(cluster.ports["jobs"]) as proxy:
        proxy.answer = lambda method, path, body: body.replace(b'"ray_version": "2', b'"ray_version": "1')
        stack = Stack("cluster", *STORES, f"http://127.0.0.1:{proxy.port}", token=cluster.token)
        found = examined(cluster_probes(stack))
    failed = found["cluster: has a Ray like this one's"]
    assert " is of Ray 1." in failed.said
    assert "pip install" in str(failed.help)
    assert found["cluster: runs a job"].status == "skipped"


def test_a_cluster_of_another_python_and_zenflow_is_refused(
    project: Path, cluster: Cluster, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def older(method: str, path: str, body: bytes) -> bytes:
        own = f'\\"python\\": \\"{sys.version_info.major}.{sys.version_info.minor}.'
        return body.replace(own.encode(), rb"\"python\": \"3.1.").replace(rb"\"zenflow\": \"", rb"\"zenflow\": \"9.")

    with between(cluster.ports["jobs"]) as proxy:
        proxy.answer = older
        monkeypatch.setenv("ZENFLOW_RAY", f"http://127.0.0.1:{proxy.port}")
        code, found = checked(capsys, "--within", str(BUSY))
    assert code == 1
    failed = found["cluster: has this Python, Ray and ZenFlow"]
    assert "has Python 3.1." in failed["said"]
    assert "and ZenFlow 9." in failed["said"]
    assert "uv venv --python 3.1" in failed["help"]


def test_a_python_without_zenflow_and_ray_is_told_with_where_it_is(
    project: Path, cluster: Cluster, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bare = f"{Path(sys.base_prefix) / 'bin' / 'python3'} -I -c"
    with between(cluster.ports["jobs"]) as proxy:
        proxy.request = lambda method, path, body: body.replace(b'"python -c', f'"{bare}'.encode())
        monkeypatch.setenv("ZENFLOW_RAY", f"http://127.0.0.1:{proxy.port}")
        code, found = checked(capsys, "--within", str(BUSY))
    assert code == 1
    failed = found["cluster: has this Python, Ray and ZenFlow"]
    assert "no ZenFlow for its `python` (" in failed["said"]
    assert "no Ray for its `python`" in failed["said"]
    assert 'requirements = ["zenflow==' in failed["help"]
    assert found["cluster: uses the store"]["status"] == "failed"


def test_what_a_stack_refers_to_has_to_be_on_the_cluster_too(
    project: Path, cluster: Cluster, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    table = cluster.table(**cluster.fresh())
    table["metadata"] = table["metadata"].replace("postgres@", "${env:ONLY_HERE}@")
    (project / "zenflow.toml").write_text(text_of({"cluster": table}))
    monkeypatch.setenv("ONLY_HERE", "postgres")
    code, found = checked(capsys, "--within", str(BUSY))
    assert code == 1
    assert found["database: is there"]["status"] == "ok"
    assert "ONLY_HERE" in found["cluster: resolves the stack"]["said"]


def test_a_job_that_takes_too_long_is_told_and_taken_away(
    project: Path, cluster: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    jobs = JobsServer(cluster.jobs, cluster.token)
    before = [job.id for job in jobs.jobs()]
    found = examined(cluster_probes(_stack("cluster"), 2.6), BUSY)
    failed = found["cluster: runs a job"]
    assert failed.status == "failed"
    assert "`zenflow stack check --within 120` gives it more time" in str(failed.help)
    until(lambda: [job.id for job in jobs.jobs()] == before, "the end of the job")


def _stack(name: str) -> Stack:
    from zenflow.stacks.stack import resolve_stack

    return resolve_stack(name)


def test_versions_that_differ_in_their_patch_work_together() -> None:
    here = Versions("3.11.7", "2.60.0", "0.1.0")
    require_equal(here, Versions("3.11.1", "2.60.2", "0.1.0"), "it")
    for there in (
        Versions("3.12.7", "2.60.0", "0.1.0"),
        Versions("3.11.7", "2.59.0", "0.1.0"),
        evolve(here, zenflow="0.2.0"),
    ):
        with pytest.raises(ClusterError) as refused:
            require_equal(here, there, "it")
        assert refused.value.reason == "version"
        assert refused.value.help


# ---------------------------------------------------------------- nodes


def test_the_nodes_of_a_cluster_are_asked_of_its_jobs_server(cluster: Cluster) -> None:
    nodes = cluster_nodes(JobsServer(cluster.jobs, cluster.token))
    assert sorted(node["CPU"] for node in nodes) == [1, 2, 2]
    assert lacking({"CPU": 2.0}, nodes) is None
    assert "the most any node here has is GPU 0" in str(lacking({"GPU": 1.0}, nodes))


@pytest.mark.parametrize("labels", [{}, {"ray.io/node-group": "workers"}])
def test_a_cluster_that_an_operator_makes_may_grow(cluster: Cluster, labels: dict[str, str]) -> None:
    def labelled(method: str, path: str, body: bytes) -> bytes:
        if not path.startswith("/api/v0/nodes"):
            return body
        document = json.loads(body)
        document["data"]["result"]["result"][0]["labels"] = labels
        return json.dumps(document).encode()

    with between(cluster.ports["jobs"]) as proxy:
        proxy.answer = labelled
        nodes = cluster_nodes(JobsServer(f"http://127.0.0.1:{proxy.port}", cluster.token))
    assert (lacking({"GPU": 8.0}, nodes) is None) == bool(labels)


# ---------------------------------------------------------------- a cluster that drivers attach to


@pytest.mark.parametrize(
    ("address", "reason"),
    [("no.such.host.invalid:6379", "name"), ("127.0.0.1:{closed}", "connection"), ("head", "name"), ("head:x", "name")],
)
def test_an_address_where_no_ray_is(address: str, reason: str, closed: int) -> None:
    stack = Stack("cluster", *STORES, address.format(closed=closed))
    (failed,) = failures(attach_probes(stack, list))
    assert isinstance(failed.error, ClusterError)
    assert failed.error.reason == reason


def test_a_wrong_token_is_told_to_a_driver_that_would_attach(cluster: Cluster) -> None:
    stack = Stack("cluster", *STORES, cluster.address)
    (failed,) = failures(attach_probes(stack, lambda: nodes_at(cluster.address, "another", BUSY)), BUSY)
    assert isinstance(failed.error, ClusterError)
    assert failed.error.reason == "token"


# ---------------------------------------------------------------- stores and databases


def test_a_bucket_that_refuses_writes(cluster: Cluster) -> None:
    cluster.make_bucket("read-only")
    with between(cluster.ports["s3"]) as proxy:
        proxy.refused = frozenset({"PUT"})
        variables = {**cluster.variables, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{proxy.port}"}
        failed = failures(store_probes("s3://read-only/store", variables))
    assert [finding.probe for finding in failed] == ["store: creates"]
    assert "403" in failed[0].said or "denied" in failed[0].said.lower()


def test_a_database_that_refuses_the_password(postgresql: Server) -> None:
    from zenflow.stacks.probes.database import database_probes

    rules = postgresql.data / "pg_hba.conf"
    before = rules.read_text()
    with raw(postgresql.url("postgres")) as connection:
        connection.execute("CREATE ROLE guarded LOGIN PASSWORD 'right'")
        rules.write_text("host all guarded 127.0.0.1/32 scram-sha-256\n" + before)
        try:
            connection.execute("SELECT pg_reload_conf()")
            connection.execute("SELECT pg_sleep_for('100 ms')")
            url = f"postgresql+psycopg://guarded:{{}}@127.0.0.1:{postgresql.port}/postgres"
            (failed,) = failures(database_probes(url.format("wrong")))
            assert "password authentication failed" in failed.said
            assert "wrong" not in failed.said
            assert failures(database_probes(url.format("right"))) == []
        finally:
            rules.write_text(before)
            connection.execute("SELECT pg_reload_conf()")
            connection.execute("DROP ROLE guarded")


# ---------------------------------------------------------------- how probes are run


def test_probes_run_side_by_side_and_wait_for_those_that_they_disturb() -> None:
    import threading

    both = threading.Barrier(2, timeout=10)
    probes = (
        Probe("one", lambda: str(both.wait())),
        Probe("two", lambda: str(both.wait())),
        Probe("last", lambda: f"{both.n_waiting} wait", after=("one", "two")),
    )
    assert [finding.status for finding in examine(probes)] == ["ok"] * 3


def test_a_variable_that_is_not_set_there_is_told_from_there() -> None:
    stack = '[stacks.far]\nray = "http://head:8265"\nenv.variables.KEY = "${env:NOT_SET}"'
    program = "import sys; from zenflow.stacks.probes.there import findings; print(findings(sys.argv[1], 5)[0]['said'])"
    text = f'default = "far"\n{stack}\n'
    done = subprocess.run([sys.executable, "-c", program, text], capture_output=True, text=True, check=True)
    assert "`env.variables.KEY` of stack `far`, `${env:NOT_SET}` refers to an environment variable" in done.stdout
