"""The cluster for tests and people: started whole, ended whole, and its stack put in and taken out."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cluster import servers
from tests.cluster.__main__ import down, status, up
from tests.cluster.cluster import Cluster, NotUp
from tests.cluster.configuration import Taken, put_in, take_out, text_of
from tests.cluster.processes import Detached, adopt, start
from tests.engine.running import until
from tests.ports import free_port

_PARENT = """
import subprocess, sys
child = subprocess.Popen(["sleep", "600"], start_new_session=sys.argv[1] == "its own session")
print(child.pid, flush=True)
child.wait()
"""


@pytest.mark.parametrize(
    ("session", "orphaned"), [("its own session", False), ("the session", False), ("the session", True)]
)
def test_a_process_is_ended_with_what_it_started(tmp_path: Path, session: str, orphaned: bool) -> None:
    parent = start([sys.executable, "-c", _PARENT, session], os.environ, tmp_path / "log")
    until(lambda: (tmp_path / "log").read_text().endswith("\n"), "the child")
    number = int((tmp_path / "log").read_text())
    child = Detached(number, _born(number))
    if orphaned:
        os.kill(parent.pid, signal.SIGKILL)
        until(lambda: not parent.lives, "the parent's end")
    assert child.lives
    parent.end()
    assert not parent.lives
    assert not child.lives


def test_another_process_under_the_number_is_left_alone(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE, start_new_session=True
    )
    own = adopt(process)
    earlier = Detached(own.pid, own.born + 1)
    assert not earlier.lives
    earlier.end()
    assert own.lives
    own.end()
    assert process.stdin is not None
    process.stdin.close()


def _born(pid: int) -> float:
    import psutil

    return float(psutil.Process(pid).create_time())


# ---------------------------------------------------------------- its stack in a file

OTHERS = st.dictionaries(st.sampled_from("abcd"), st.dictionaries(st.sampled_from("xyz"), st.text(max_size=5)))


@given(OTHERS)
def test_the_stack_comes_and_goes_and_all_else_stays(tmp_path_factory: pytest.TempPathFactory, others: object) -> None:
    import tomlkit

    file = tmp_path_factory.mktemp("project") / "zenflow.toml"
    text = "# my own\n" + tomlkit.dumps({"default": "a", "stacks": others})
    file.write_text(text)
    for port in ("1", "2"):
        put_in(file, "cluster", {"ray": port, "env": {"variables": {"A": "b"}}})
        read = tomllib.loads(file.read_text())
        assert read["stacks"].pop("cluster") == {"ray": port, "env": {"variables": {"A": "b"}}}
        assert read["stacks"] == others
    take_out(file, "cluster")
    assert tomllib.loads(file.read_text()) == {"default": "a", **({"stacks": others} if others else {})}
    assert file.read_text().startswith("# my own\n")


def test_a_file_with_nothing_else_goes_with_the_stack(tmp_path: Path) -> None:
    put_in(tmp_path / "zenflow.toml", "cluster", {"ray": "auto"})
    take_out(tmp_path / "zenflow.toml", "cluster")
    assert list(tmp_path.iterdir()) == []
    take_out(tmp_path / "zenflow.toml", "cluster")


def test_a_stack_that_is_not_ours_stays_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "zenflow.toml"
    file.write_text(text_of({"cluster": {"ray": "http://head:8265"}}))
    with pytest.raises(Taken, match="has a stack `cluster` of its own"):
        put_in(file, "cluster", {})
    take_out(file, "cluster")
    assert file.read_text() == text_of({"cluster": {"ray": "http://head:8265"}})


# ---------------------------------------------------------------- the cluster itself


def test_a_part_that_ends_at_once_is_told_with_what_it_wrote(tmp_path: Path) -> None:
    broken = Cluster(tmp_path, {"ray": 1}, {})
    (tmp_path / "secret").write_text("")
    broken.ports["s3"] = 1
    broken._start("s3", [sys.executable, "-c", "raise SystemExit('no room here')"])
    with pytest.raises(NotUp, match=r"s3 has ended; the last of what it wrote:\nno room here"):
        broken._until("s3", lambda: False)
    broken.kill("s3")


def test_up_and_down_twice_are_harmless(tmp_path: Path, cluster: Cluster, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / ".zenflow").mkdir()
    (tmp_path / ".zenflow" / "cluster.json").write_text(cluster.record())
    assert up(tmp_path) == 0
    assert tomllib.loads((tmp_path / "zenflow.toml").read_text()) == {"stacks": {"cluster": cluster.table()}}
    assert status(tmp_path) == 0
    assert "head: lives" in capfd.readouterr().err
    (tmp_path / ".zenflow" / "cluster.json").unlink()  # it is the session's
    for _ in range(2):
        assert down(tmp_path) == 0
        assert not (tmp_path / "zenflow.toml").exists()
    assert status(tmp_path) == 1
    assert cluster.dead() == []


def test_down_ends_all_of_it_and_tells_what_had_died(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "parts"
    folder.mkdir()
    small = Cluster(folder, {"s3": free_port()}, {})
    for name in ("token", "secret"):
        (folder / name).write_text("")
    small._s3(lambda _: None)
    dead = start([sys.executable, "-c", ""], os.environ, folder / "head.log")
    until(lambda: not dead.lives, "its end")
    small.parts["head"] = dead
    (tmp_path / ".zenflow").mkdir()
    (tmp_path / ".zenflow" / "cluster.json").write_text(small.record())
    assert status(tmp_path) == 1
    assert down(tmp_path) == 0
    said = capfd.readouterr().err
    assert "head: dead" in said
    assert "head had died before" in said
    assert not servers.listens(small.ports["s3"])
    assert not folder.exists()


def test_a_node_that_is_killed_is_missed_and_another_joins(cluster: Cluster) -> None:
    assert cluster.nodes() == 3
    cluster.kill("worker-1")
    until(lambda: cluster.nodes() == 2, "the node's death to be noticed")
    cluster.add_worker()
    assert cluster.nodes() == 3


def test_it_asks_for_a_token(cluster: Cluster) -> None:
    assert servers.ask(cluster.ports["jobs"], "/api/version") is None
    assert servers.ask(cluster.ports["jobs"], "/api/version", "another") is None
    assert servers.ask(cluster.ports["jobs"], "/api/version", cluster.token)["ray_version"]
