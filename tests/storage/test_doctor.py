"""`zenflow doctor` finds out what does not work, says how to mend it, and leaves nothing behind."""

from __future__ import annotations

import json
import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.storage.proxy import Proxy
from tests.storage.s3 import S3
from zenflow.artifacts.objects.store import ObjectStore
from zenflow.cli import main
from zenflow.metadata.database import Database
from zenflow.stacks.probes.database import database_probes
from zenflow.stacks.probes.probe import Finding, Probe, examine
from zenflow.stacks.probes.store import store_probes


def examined(probes: Any) -> dict[str, Finding]:
    """What was found, by probe."""
    found = {finding.probe: finding for finding in examine(probes)}
    assert all(finding.help for finding in found.values() if finding.status == "failed")
    return found


def statuses(found: dict[str, Finding]) -> list[str]:
    return [finding.status for finding in found.values()]


def contents(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def test_a_bucket_that_works(direct: S3) -> None:
    url = direct.bucket() + "/team"
    found = examined(store_probes(url))
    assert statuses(found) == ["ok"] * 6
    assert list(ObjectStore(url).bucket.pages("")) == []


def test_a_store_that_ignores_conditions_is_found_out(proxied: Proxy, direct: S3) -> None:
    proxied.strip = frozenset({"if-none-match"})
    url = direct.bucket()
    found = examined(store_probes(url))
    failed = [finding for finding in found.values() if finding.status == "failed"]
    assert [finding.probe for finding in failed] == ["store: refuses a second writer"]
    assert "ignores `If-None-Match: *`" in failed[0].said
    assert list(ObjectStore(url).bucket.pages("")) == []


def test_probes_hold_out_against_faults(proxied: Proxy, direct: S3) -> None:
    proxied.rate, proxied.faults = 0.3, ["error", "busy", "reset", "lost", "cut"]
    for _ in range(3):
        assert statuses(examined(store_probes(direct.bucket()))) == ["ok"] * 6


def test_a_bucket_that_changes_what_it_is_given(proxied: Proxy, direct: S3) -> None:
    proxied.harm = lambda body: body.replace(b"doctor/", b"DOCTOR/") if body.startswith(b"doctor/") else body
    found = examined(store_probes(direct.bucket()))
    assert "other bytes than were written" in found["store: reads back"].said


def test_what_needs_a_bucket_is_skipped_without_one(direct: S3) -> None:
    found = examined(store_probes("s3://no-such-bucket"))
    assert found["store: is there"].said.endswith("there is no bucket `no-such-bucket`")
    assert statuses(found) == ["failed", "skipped", "skipped", "skipped", "skipped", "ok"]


def test_a_url_that_is_none_is_a_finding() -> None:
    found = examined(store_probes("s3://key:secret@bucket"))
    assert statuses(found) == ["failed"]
    assert "secret" not in str(found)


def test_a_folder_that_works_and_one_that_is_not_there_yet(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    assert statuses(examined(store_probes(str(tmp_path / "store")))) == ["ok", "ok"]
    assert statuses(examined(store_probes(str(tmp_path / "later" / "store")))) == ["skipped", "skipped"]
    (tmp_path / "file").write_text("")
    assert statuses(examined(store_probes(str(tmp_path / "file")))) == ["failed", "skipped"]
    assert contents(tmp_path) == {"store", "file"}


def test_a_database_is_probed_without_a_trace(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/a file #1.db"
    assert statuses(examined(database_probes(url))) == ["skipped", "skipped", "skipped"]
    assert contents(tmp_path) == set()
    Database.open(url).close()
    assert statuses(examined(database_probes(url))) == ["ok", "ok", "ok"]
    connection = sqlite3.connect(tmp_path / "a file #1.db")
    assert connection.execute("SELECT name FROM settings").fetchall() == [("identity",)]
    connection.close()


def test_a_database_of_another_schema_is_left_as_it_is(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/zenflow.db"
    Database.open(url).close()
    for revision, status in (("0001", "skipped"), ("9999", "failed")):
        connection = sqlite3.connect(tmp_path / "zenflow.db")
        connection.execute("UPDATE alembic_version SET version_num = ?", [revision])
        connection.commit()
        found = examined(database_probes(url))
        assert statuses(found) == ["ok", status, "skipped"]
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [(revision,)]
        connection.close()


@pytest.mark.parametrize(
    "url", ["nonsense", "sqlite:///file/below/zenflow.db", "postgresql+psycopg://me:hunter2@127.0.0.1:1/zenflow"]
)
def test_a_database_that_cannot_be_used(project: Path, url: str) -> None:
    (project / "file").write_text("")
    found = examined(database_probes(url))
    assert statuses(found) == ["failed", "skipped", "skipped"]
    assert "hunter2" not in str(found)


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "zenflow.db").write_text("not a database, but long enough to be looked at" * 10)
    assert statuses(examined(database_probes(f"sqlite:///{tmp_path}/zenflow.db"))) == ["failed", "skipped", "skipped"]


def test_a_probe_that_hangs_ends() -> None:
    never = threading.Event()

    def hang() -> str:
        never.wait(60)
        return ""

    (finding,) = examine([Probe("hangs", hang)], limit=0.05)
    never.set()
    assert (finding.status, finding.said) == ("failed", "it did not end within 0.05 s")


def test_a_probe_that_ends_in_no_exception_is_told_as_what_it_is() -> None:
    class Panic(BaseException):
        """As those of Rust's libraries are."""

    def panic() -> str:
        raise Panic("a wrong address")

    (finding,) = examine([Probe("panics", panic)])
    assert (finding.status, finding.said) == ("failed", "Panic: a wrong address")


def test_the_command_tells_all_and_exits_by_it(
    proxied: Proxy, direct: S3, project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ZENFLOW_ARTIFACTS", direct.bucket())
    before = contents(project)
    assert main(["doctor"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "ok       store: refuses a second writer: a conditional write is refused" in lines
    assert all(line.startswith(("ok ", "skipped ")) for line in lines)
    proxied.strip = frozenset({"if-none-match"})
    assert main(["doctor", "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["ok"] is False
    assert [probe["probe"] for probe in document["probes"] if probe["status"] == "failed"] == [
        "store: refuses a second writer"
    ]
    assert contents(project) == before
