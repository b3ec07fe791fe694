"""Data that stays where it is: it counts by the version its place tells, and reaches a step as a file."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import obstore
import pytest
from moto.server import ThreadedMotoServer
from obstore.store import S3Store

from tests.engine.running import Runner
from zenflow import Artifact, External, each, pipeline, step
from zenflow.errors import ArgumentsError, ExternalChanged, StepFailed, UsageError
from zenflow.language.external import Version


@step
def words(text: Path) -> list[str]:
    return text.read_text().split()


@step
def called(texts: list[Path]) -> list[str]:
    return [text.name for text in texts]


@step(cache=False)
def address(data: External) -> str:
    return data.url


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> S3Store:
    settings = {
        "AWS_ENDPOINT": endpoint,
        "AWS_ALLOW_HTTP": "true",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
        "ZENFLOW_CACHE": str(tmp_path / "cache"),
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    store = S3Store("external", virtual_hosted_style_request=False)
    _make_bucket(endpoint)
    return store


def _make_bucket(endpoint: str) -> None:
    with urlopen(Request(f"{endpoint}/external", method="PUT")) as answer:
        assert answer.status == 200


@pytest.fixture
def web(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, Path]]:
    folder = tmp_path / "web"
    folder.mkdir()
    monkeypatch.setenv("ZENFLOW_CACHE", str(tmp_path / "cache"))

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", folder
        server.shutdown()
        thread.join()


def test_an_object_counts_by_its_etag(bucket: S3Store, inline: Runner) -> None:
    data = External("s3://external/notes/a b.txt")

    def status() -> str:
        return inline.run(words(data)).steps["words"].status

    bucket.put("notes/a b.txt", b"one two")
    assert inline.run(words(data)).output == ["one", "two"]
    bucket.put("notes/a b.txt", b"one two")
    assert status() == "cached"
    bucket.put("notes/a b.txt", b"three")
    assert (status(), status()) == ("ran", "cached")


def test_a_cached_step_fetches_nothing(bucket: S3Store, inline: Runner, tmp_path: Path) -> None:
    bucket.put("once.txt", b"one")
    inline.run(words(External("s3://external/once.txt")))
    kept = [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]
    assert [path.name for path in kept] == ["once.txt"]
    kept[0].unlink()
    assert inline.run(words(External("s3://external/once.txt"))).steps["words"].status == "cached"
    assert not kept[0].exists()


def test_external_data_stands_in_lists_and_maps(bucket: S3Store, inline: Runner, tmp_path: Path) -> None:
    bucket.put("a.txt", b"one")
    bucket.put("b.txt", b"two")
    (tmp_path / "c.txt").write_text("three")
    both = [External(f"s3://external/{name}.txt") for name in "ab"]
    assert inline.run(called([*both, tmp_path / "c.txt"])).output == ["a.txt", "b.txt", "c.txt"]
    assert inline.run(words.map(each(both))).output == [["one"], ["two"]]
    assert inline.run(address(both[0])).output == "s3://external/a.txt"


def test_a_version_that_is_gone_is_told(bucket: S3Store) -> None:
    bucket.put("moving.txt", b"before")
    version = External("s3://external/moving.txt").settled()
    bucket.put("moving.txt", b"after")
    with pytest.raises(ExternalChanged, match="was changed after"):
        version.obtain(None)  # type: ignore[arg-type]


def test_a_run_records_the_version(bucket: S3Store, inline: Runner) -> None:
    @pipeline
    def reading(source: External) -> Artifact[list[str]]:
        return words(source)

    bucket.put("seen.txt", b"one")
    tag = obstore.head(bucket, "seen.txt")["e_tag"]
    done = inline.run(reading(External("s3://external/seen.txt")))
    assert done.params["source"] == f"External('s3://external/seen.txt', etag {tag})"


def test_a_web_page_without_an_etag_counts_by_date_and_size(web: tuple[str, Path], inline: Runner) -> None:
    url, folder = web
    (folder / "page.txt").write_text("one two")
    data = External(f"{url}/page.txt")
    assert inline.run(words(data)).output == ["one", "two"]
    assert inline.run(words(data)).steps["words"].status == "cached"
    (folder / "page.txt").write_text("three")
    assert inline.run(words(data)).output == ["three"]


def test_what_is_not_there_is_told_before_the_step_runs(web: tuple[str, Path], inline: Runner) -> None:
    with pytest.raises((UsageError, StepFailed), match="there is nothing at"):
        inline.run(words(External(f"{web[0]}/none.txt")))


def test_a_file_counts_by_its_content(tmp_path: Path, inline: Runner) -> None:
    (tmp_path / "local.txt").write_text("one")
    data = External(f"file://{tmp_path}/local.txt")
    assert inline.run(words(data)).output == ["one"]
    version = data.settled()
    (tmp_path / "local.txt").write_text("two")
    assert isinstance(version, Version)
    with pytest.raises(ExternalChanged):
        version.obtain(inline.stack.store())


@pytest.mark.parametrize(
    "url",
    [
        "https://me:swordfish@host/data.csv",
        "https://host/data.csv?X-Amz-Signature=swordfish",
        "https://host/data.csv?sig=swordfish&v=1",
        "s3://bucket/key?token=swordfish",
    ],
)
def test_a_url_with_credentials_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(UsageError) as refused:
        External(url)
    assert "swordfish" not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    [
        *("data.csv", "/data.csv", "ftp://host/x", "s3://bucket", "s3://bucket/key?v=1"),
        *("s3://b u/key", "gs:///key", "http://h h/x", "http://host:port/x", "http://[host/x", "file://data/x.csv"),
    ],
)
def test_what_is_no_url_of_data_is_refused_as_it_was_given(url: str) -> None:
    with pytest.raises(UsageError) as refused:
        External(url)
    assert f"`{url}`" in str(refused.value) or "?" in url or ":port" in url


def test_a_server_of_plain_http_is_asked_as_it_is_written(
    inline: Runner, bucket: S3Store, endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    obstore.put(bucket, "plain.txt", b"a b")
    monkeypatch.delenv("AWS_ALLOW_HTTP")
    monkeypatch.delenv("AWS_ENDPOINT")
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    assert inline.run(words(External("s3://external/plain.txt"))).output == ["a", "b"]


def test_half_a_credential_is_told_without_the_libraries_words(
    inline: Runner, bucket: S3Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    with pytest.raises(StepFailed, match="s3://external/x can not be") as failed:
        inline.run(words(External("s3://external/x")))
    assert "Debug source" not in str(failed.value)


def test_a_place_that_never_answers_is_given_up(
    inline: Runner, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ZENFLOW_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("zenflow.language.remote._WITHIN", "100ms")
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with pytest.raises(StepFailed, match="did not answer in time"):
            inline.run(words(External(f"http://127.0.0.1:{silent.getsockname()[1]}/x.txt")))


def test_external_data_is_no_data_input() -> None:
    @pipeline
    def stores(source: Artifact[Path]) -> Artifact[list[str]]:
        return words(source)

    with pytest.raises(ArgumentsError, match="annotate the parameter `External`"):
        stores(External("s3://bucket/key"))
