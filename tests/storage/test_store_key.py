"""The key that pickles are signed with: where it is, who may read it, that it goes nowhere."""

from __future__ import annotations

import pickle
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zenflow.artifacts.store_key import SHORTEST, StoreKey, find_key, key_file, key_to_sign
from zenflow.errors import UsageError

DIGEST = "ab" * 32


@pytest.fixture(autouse=True)
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A user who has no key yet."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


def test_a_key_is_made_when_something_is_first_signed() -> None:
    assert find_key() is None
    assert not key_file().exists()
    made = key_to_sign()
    again = find_key()
    assert again is not None
    assert again.signed(DIGEST, made.sign(DIGEST))
    assert stat.S_IMODE(key_file().stat().st_mode) == 0o600
    assert len(key_file().read_text().strip()) == 64
    assert [path.name for path in key_file().parent.iterdir()] == ["store.key"]


def test_all_who_make_a_key_at_once_have_the_same(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        signed = set(pool.map(lambda _: key_to_sign().sign(DIGEST), range(64)))
    assert len(signed) == 1


def test_the_key_of_the_environment_goes_before_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    of_file = key_to_sign()
    monkeypatch.setenv("ZENFLOW_STORE_KEY", "k" * SHORTEST)
    assert key_to_sign().sign(DIGEST) == StoreKey("k" * SHORTEST).sign(DIGEST) != of_file.sign(DIGEST)


def test_a_key_that_others_can_read_is_refused_with_the_command_that_mends_it() -> None:
    key_to_sign()
    for mode in (0o640, 0o604, 0o620):
        key_file().chmod(mode)
        with pytest.raises(UsageError, match="can be read by others") as refused:
            find_key()
        assert f"chmod 600 {key_file()}" in str(refused.value)
    key_file().chmod(0o600)
    assert find_key() is not None


def test_a_short_key_is_refused_and_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZENFLOW_STORE_KEY", "hunter2")
    with pytest.raises(UsageError, match="has 7 characters; a key has 32 or more") as refused:
        key_to_sign()
    assert "hunter2" not in str(refused.value)
    assert "secrets.token_hex" in str(refused.value)


def test_a_place_where_no_key_can_be_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "file"))
    assert find_key() is None
    with pytest.raises(UsageError, match="can not be made") as refused:
        key_to_sign()
    assert "ZENFLOW_STORE_KEY" in str(refused.value)


def test_a_key_stays_in_its_process() -> None:
    key = StoreKey("secret" * 10)
    assert "secret" not in repr(key) + str(key)
    with pytest.raises(TypeError):
        pickle.dumps(key)


@given(st.text("0123456789abcdef", min_size=1), st.text("0123456789abcdef", min_size=1), st.text(max_size=80))
def test_a_signature_holds_for_its_digest_and_its_key_alone(one: str, other: str, noise: str) -> None:
    key = StoreKey("a" * SHORTEST)
    assert key.signed(one, key.sign(one))
    assert key.signed(other, key.sign(one)) == (one == other)
    assert not StoreKey("b" * SHORTEST).signed(one, key.sign(one))
    assert not key.signed(one, noise)
