"""A secret is its name wherever a pipeline can see it, and its text where a step runs."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zenflow import Artifact, Secret, pipeline, step
from zenflow.errors import ArgumentsError, CheckFailed, SecretMissing, UsageError
from zenflow.keys.encoding import encode
from zenflow.language.secret import revealed


@pytest.fixture(autouse=True)
def forget() -> Iterator[None]:
    before = dict(revealed)
    yield
    revealed.clear()
    revealed.update(before)


@step
def connect(password: str, *, port: int = 5432) -> int:
    return len(password) + port


@step
def count(n: int) -> int:
    return n


NAMES = st.text("aZ_09.-", max_size=3).map(lambda rest: f"S{rest}")


@given(NAMES, NAMES)
def test_a_secret_is_its_name(one: str, other: str) -> None:
    first, second = Secret(one), Secret(other)
    assert (first == second) == (one == other) == (encode(first) == encode(second))
    assert pickle.loads(pickle.dumps(first)) == first
    assert (repr(first), str(first)) == (f"Secret({one!r})",) * 2
    assert encode(first) != encode(one)


def test_what_is_no_name_is_refused_and_not_repeated() -> None:
    with pytest.raises(UsageError) as refused:
        Secret("hunter2!")
    assert "hunter2" not in str(refused.value)


def test_a_secret_can_not_be_put_into_a_text() -> None:
    with pytest.raises(UsageError, match="put the text together there"):
        f"postgres://me:{Secret('DB_PASSWORD')}@db"


def test_the_environment_goes_before_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "DB_PASSWORD").write_text("of a file\n")
    monkeypatch.setenv("ZENFLOW_SECRETS_DIR", str(tmp_path))
    monkeypatch.delenv("DB_PASSWORD", raising=False)
    assert Secret("DB_PASSWORD").value() == "of a file"
    monkeypatch.setenv("DB_PASSWORD", "of the environment")
    assert Secret("DB_PASSWORD").value() == "of the environment"


def test_the_keyring_goes_last(monkeypatch: pytest.MonkeyPatch) -> None:
    keyring = pytest.importorskip("keyring")
    from keyring.backend import KeyringBackend

    class Held(KeyringBackend):
        priority = 1

        def get_password(self, service: str, username: str) -> str | None:
            return "of the keyring" if (service, username) == ("zenflow", "DB_PASSWORD") else None

        def set_password(self, service: str, username: str, password: str) -> None:
            raise NotImplementedError

    before = keyring.get_keyring()
    keyring.set_keyring(Held())  # type: ignore[no-untyped-call]
    try:
        monkeypatch.delenv("DB_PASSWORD", raising=False)
        assert Secret("DB_PASSWORD").value() == "of the keyring"
        with pytest.raises(SecretMissing):
            Secret("NO_SUCH_PASSWORD").value()
    finally:
        keyring.set_keyring(before)


def test_a_missing_secret_says_where_was_looked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZENFLOW_SECRETS_DIR", str(tmp_path))
    with pytest.raises(SecretMissing) as missing:
        Secret("NO_SUCH").value()
    for place in ("environment variable `NO_SUCH`", f"`{tmp_path}/NO_SUCH`", "`/run/secrets/NO_SUCH`", "keyring"):
        assert place in missing.value.message
    assert "set the environment variable `NO_SUCH`" in str(missing.value.help)


def test_a_secret_too_short_to_hide_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIN", "123")
    with pytest.raises(SecretMissing, match="3 characters") as refused:
        Secret("PIN").value()
    assert "123" not in str(refused.value)


def test_a_secret_goes_where_a_text_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DB_PASSWORD", "swordfish")

    @pipeline
    def fits(db: str = Secret("DB_PASSWORD")) -> Artifact[int]:
        return connect(db)

    graph = fits.graph()
    assert b"DB_PASSWORD" in graph.to_json()
    assert b"swordfish" not in graph.to_json()


def test_a_secret_where_a_number_goes_is_an_error() -> None:
    @pipeline
    def misfits() -> Artifact[int]:
        return count(Secret("DB_PASSWORD"))  # type: ignore[arg-type]

    with pytest.raises(CheckFailed, match="ZF201"):
        misfits.run()


def test_a_secret_is_no_data(tmp_path: Path) -> None:
    @pipeline
    def stores(db: Artifact[str]) -> Artifact[int]:
        return connect(db)

    with pytest.raises(ArgumentsError, match="annotate the parameter `Secret`"):
        stores(Secret("DB_PASSWORD"))
