"""Whether what a stack keeps can be reached from where its runs are."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from zenflow.stacks import reach
from zenflow.stacks.reach import unreachable
from zenflow.stacks.stack import Stack

FOLDER, SQLITE = "/srv/store", "sqlite:////srv/zenflow.db"
S3, POSTGRES = "s3://bucket/zenflow", "postgresql+psycopg://db/zenflow"
HERE = socket.gethostname()
AWAY = "203.0.113.7"


def trouble(ray: str | None, artifacts: str, metadata: str) -> list[str]:
    """What is unreachable: `store`, `database`."""
    found = list(unreachable(Stack("cluster", artifacts, metadata, ray)))
    assert all(message.startswith("stack `cluster` keeps its ") and help_ for message, help_ in found)
    return ["database" if "metadata in" in message else "store" for message, _ in found]


@pytest.fixture(autouse=True)
def _no_shared_folders(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reach, "_is_shared", lambda folder: False)


@pytest.mark.parametrize(
    "ray",
    [None, "auto", "local", "localhost:6379", "127.0.0.1:6379", "[::1]:6379", HERE],
)
def test_everything_here_can_be_reached_from_here(ray: str | None) -> None:
    assert trouble(ray, FOLDER, SQLITE) == []


@pytest.mark.parametrize(
    ("ray", "artifacts", "metadata", "expected"),
    [
        (f"http://{AWAY}:8265", FOLDER, SQLITE, ["database", "store"]),
        (f"http://{AWAY}:8265", S3, SQLITE, ["database"]),
        ("http://localhost:8265", FOLDER, SQLITE, ["database", "store"]),  # which may be a tunnel's end
        ("http://127.0.0.1:8265", S3, POSTGRES, []),
        (f"https://{AWAY}", FOLDER, POSTGRES, ["store"]),
        (f"http://{AWAY}:8265", S3, POSTGRES, []),
        (f"{AWAY}:6379", FOLDER, SQLITE, ["store"]),
        (f"{AWAY}:6379", S3, SQLITE, []),
        (f"{AWAY}:6379", "file:///srv/store", SQLITE, ["store"]),
        (f"{AWAY}:6379", "gs://bucket/zenflow", SQLITE, []),
        (f"{AWAY}:6379", "memory://here", SQLITE, ["store"]),
        ("head.example.com:6379", FOLDER, SQLITE, ["store"]),
    ],
)
def test_a_cluster_elsewhere_needs_what_both_can_reach(
    ray: str, artifacts: str, metadata: str, expected: list[str]
) -> None:
    assert trouble(ray, artifacts, metadata) == expected


@pytest.mark.parametrize("ray", ["http://[", "[", "", "http://", ":6379", "http://head:notaport"])
def test_an_address_that_is_none_is_for_others_to_tell(ray: str) -> None:
    assert set(trouble(ray, FOLDER, SQLITE)) <= {"store", "database"}


@pytest.mark.parametrize(("kind", "shared"), [("nfs4", True), ("fuse.sshfs", True), ("ext4", False), (None, True)])
def test_a_folder_of_a_network_file_system_is_shared(
    kind: str | None, shared: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(reach, "file_system", lambda folder: kind)
    assert reach._is_shared(Path(FOLDER)) == shared
