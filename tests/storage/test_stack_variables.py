"""Two stacks of one process, each with its own server and keys."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.storage.s3 import S3
from zenflow.artifacts.objects.variables import above_process, own_credentials
from zenflow.stacks.env import Env
from zenflow.stacks.stack import Stack

DATA = b"what is stored" * 2000


def stack(url: str, variables: dict[str, str]) -> Stack:
    return Stack("one", url, "sqlite:///unused.db", env=Env(variables=variables))


def test_a_stack_finds_its_own_server_and_leaves_the_environment_alone(
    s3_server: S3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")  # where nobody listens
    monkeypatch.setenv("AWS_SESSION_TOKEN", "of-another-account")
    monkeypatch.setenv("ZENFLOW_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("ZENFLOW_STORE_TIMEOUT", "20")
    before = dict(os.environ)
    store = stack(f"{s3_server.bucket()}/here", {**s3_server.environment(), "AWS_PROFILE_OF_TOOLS": "x"}).store()
    digest = store.put(DATA)
    assert bytes(store.get(digest)) == DATA
    assert dict(os.environ) == before
    assert "a-secret-of-the-tests" not in repr(store)


def test_one_place_with_other_variables_is_another_store(s3_server: S3) -> None:
    url = s3_server.bucket()
    first = stack(url, s3_server.environment()).store()
    other = stack(url, {**s3_server.environment(), "AWS_REGION": "eu-west-1"}).store()
    assert first is not other
    assert first is stack(url, s3_server.environment()).store()


def test_a_key_of_a_stack_goes_with_no_token_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "of-another-account")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://elsewhere:9000")
    own = {"AWS_ACCESS_KEY_ID": "mine", "AWS_SECRET_ACCESS_KEY": "word", "AWS_ENDPOINT_URL": "http://here:9000"}
    seen = above_process(own)
    assert not {"AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_S3"} & seen.keys()
    credentials = own_credentials(own)
    assert credentials is not None
    assert credentials()["token"] is None
    assert own_credentials({}) is None
