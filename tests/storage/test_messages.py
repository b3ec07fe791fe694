"""What can be wrong with an object store is told in words: what, where, why and how to mend it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.storage.proxy import Proxy
from tests.storage.s3 import S3
from zenflow.artifacts.content import Blob
from zenflow.artifacts.objects.place import place_of
from zenflow.artifacts.objects.signing import aws_settings
from zenflow.artifacts.objects.store import ObjectStore
from zenflow.artifacts.store import open_store
from zenflow.errors import StoreError, UsageError

DATA = bytes(30_000)
SECRETS = ("a-secret-of-the-tests", "an-id", "hunter2")


def told(error: pytest.ExceptionInfo[BaseException]) -> str:
    text = str(error.value)
    assert "\n  help: " in text
    assert not any(secret in text for secret in SECRETS)
    assert "Debug source" not in text
    return text


@pytest.mark.parametrize(
    "url",
    [
        "s3://key:hunter2@bucket/prefix",
        "s3://hunter2@bucket",
        "gs://key:hunter2@bucket",
        "abfss://container:hunter2@account.dfs.core.windows.net/x",
        "az://container/x?sig=hunter2",
        "s3://bucket/x#hunter2",
        "s3://bucket:9000/x",
        "s3:///prefix",
        "s3://bucket/a//b",
        "s3://bucket/../b",
        "s3://buc ket/x",
        "gs://buckét/x",
        "s3://[hunter2/x",
        "ftp://[hunter2/x",
        "ftp://user:hunter2@host/x",
    ],
)
def test_a_url_that_names_no_store_or_holds_a_secret_is_refused(url: str) -> None:
    with pytest.raises(UsageError) as error:
        open_store(url)
    told(error)


def test_the_container_of_an_azure_url_is_no_secret() -> None:
    place = place_of("abfss://models@account.dfs.core.windows.net/team/")
    assert (place.bucket, place.account, place.prefix) == ("models", "account.dfs.core.windows.net", "team")
    assert place_of(place.url) == place


def test_azure_without_an_account_is_explained(monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    monkeypatch.delenv("AZURE_STORAGE_ACCOUNT_NAME", raising=False)
    with pytest.raises(UsageError, match="AZURE_STORAGE_ACCOUNT_NAME") as error:
        ObjectStore("az://models/team").put(DATA)
    told(error)


def test_a_bucket_that_is_not_there(direct: S3) -> None:
    store = ObjectStore("s3://no-such-bucket/team")
    for use in (
        lambda: store.put(DATA),
        lambda: store.get("0" * 64),
        lambda: store.missing([Blob("a", "0" * 64, 1)]),
        lambda: list(store.listing()),
        lambda: list(store.verify()),
    ):
        with pytest.raises(StoreError, match="there is no bucket `no-such-bucket`") as error:
            use()
        assert "s3://no-such-bucket/team" in told(error)


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (403, "<Code>AccessDenied</Code><Message>Not you.</Message>", "access was denied (403 AccessDenied: Not you)"),
        (403, "<Code>InvalidAccessKeyId</Code>", "the credentials were refused (403 InvalidAccessKeyId)"),
        (400, "<Code>ExpiredToken</Code>", "the credentials were refused (400 ExpiredToken)"),
        (401, "", "the credentials were refused (401)"),
        (301, "<Code>PermanentRedirect</Code>", "the bucket is in another region"),
        (400, "<Code>AuthorizationHeaderMalformed</Code>", "the bucket is in another region"),
        (501, "<Code>NotImplemented</Code>", "it answered 501 NotImplemented"),
        (405, "", "it answered 405"),
    ],
)
def test_an_answer_that_stays_the_same_is_told_at_once(
    proxied: Proxy, direct: S3, status: int, body: str, words: str
) -> None:
    proxied.answer = lambda method, path: (status, f"<Error>{body}</Error>".encode())
    store = ObjectStore(direct.bucket())
    with pytest.raises(StoreError) as error:
        store.put(DATA)
    assert words in told(error)
    assert proxied.requests.total() == 1


def test_an_overloaded_store_is_asked_often_and_then_told(
    proxied: Proxy, direct: S3, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZENFLOW_STORE_TIMEOUT", "1.5")
    proxied.answer = lambda method, path: (503, b"<Code>SlowDown</Code>")
    with pytest.raises(StoreError, match=r"failed, \d+ times in \d s: it answered 503 SlowDown") as error:
        ObjectStore(direct.bucket()).put(DATA)
    told(error)
    assert proxied.requests.total() > 3


@pytest.mark.parametrize(
    ("endpoint", "words"),
    [
        ("http://127.0.0.1:1", "the connection was refused"),
        ("http://nowhere.invalid", "there is no server of that name"),
    ],
)
def test_a_server_that_is_not_there(direct: S3, endpoint: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    monkeypatch.setenv("ZENFLOW_STORE_TIMEOUT", "6")
    with pytest.raises(StoreError, match=words) as error:
        ObjectStore("s3://bucket").put(DATA)
    assert "AWS_ENDPOINT_URL" in told(error)


def test_credentials_that_are_nowhere(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_METADATA_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setenv("ZENFLOW_STORE_TIMEOUT", "6")
    with pytest.raises(StoreError, match="no credentials were found") as error:
        ObjectStore("s3://bucket").put(DATA)
    assert "AWS_PROFILE" in told(error)


@pytest.mark.parametrize(
    "endpoint",
    ["no address", "minio:9000", "http://", "http://a b/", "http://[", "http://host:port", "http://me:hunter2@host"],
)
def test_an_endpoint_that_is_no_address(direct: S3, endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    with pytest.raises(UsageError, match="AWS_ENDPOINT_URL") as error:
        ObjectStore("s3://bucket").put(DATA)
    told(error)


@pytest.mark.parametrize(
    ("url", "settings", "words"),
    [
        ("gs://bucket/x", {"GOOGLE_APPLICATION_CREDENTIALS": "/nowhere.json"}, "/nowhere.json"),
        (
            "az://models",
            {
                "AZURE_STORAGE_ACCOUNT_NAME": "account",
                "AZURE_MSI_ENDPOINT": "http://127.0.0.1:1/metadata/identity/token",
            },
            "AZURE_STORAGE_ACCOUNT_KEY",
        ),
        ("az://models", {"AZURE_STORAGE_ACCOUNT_NAME": "account", "AZURE_STORAGE_ACCOUNT_KEY": "no key"}, "Access Key"),
        (
            "abfss://models@nowhere.invalid/x",
            {"AZURE_STORAGE_SAS_TOKEN": "sv=1&sig=hunter2", "AZURE_STORAGE_ENDPOINT": "https://nowhere.invalid"},
            "there is no server of that name",
        ),
    ],
)
def test_other_clouds_have_their_own_words(
    url: str, settings: dict[str, str], words: str, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("ZENFLOW_STORE_TIMEOUT", "6")
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    with pytest.raises((StoreError, UsageError)) as error:
        ObjectStore(url).put(DATA)
    assert words in told(error)


def profile(tmp_path: Path, config: str = "", credentials: str = "") -> dict[str, str]:
    (tmp_path / "config").write_text(config)
    (tmp_path / "credentials").write_text(credentials)
    return {
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
    }


def test_keys_of_a_profile_are_used_where_the_environment_has_none(tmp_path: Path) -> None:
    files = profile(
        tmp_path,
        "[profile team]\nregion = eu-west-1\nendpoint_url = http://minio:9000\n",
        "[default]\naws_access_key_id = a\naws_secret_access_key = b\n"
        "[team]\naws_access_key_id = c\naws_secret_access_key = d%e\naws_session_token = f\n",
    )
    team = aws_settings(files | {"AWS_PROFILE": "team"})
    assert team.config == {
        "checksum_algorithm": "SHA256",
        "region": "eu-west-1",
        "endpoint": "http://minio:9000",
        "access_key_id": "c",
        "secret_access_key": "d%e",
        "session_token": "f",
    }
    assert team.plain_http
    assert aws_settings(files).config["access_key_id"] == "a"
    named = aws_settings(files | {"AWS_PROFILE": "team", "AWS_ACCESS_KEY_ID": "x", "AWS_REGION": "us-east-2"})
    assert named.config == {"checksum_algorithm": "SHA256", "endpoint": "http://minio:9000"}


def test_a_profile_that_asks_for_its_keys_is_left_to_boto3(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = {"Version": 1, "AccessKeyId": "p", "SecretAccessKey": "q"}
    (tmp_path / "keys.json").write_text(json.dumps(keys))
    files = profile(tmp_path, f"[profile asks]\ncredential_process = cat {tmp_path}/keys.json\n")
    for name, value in files.items():
        monkeypatch.setenv(name, value)
    settings = aws_settings(files | {"AWS_PROFILE": "asks"})
    assert settings.provider()["access_key_id"] == "p"
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(UsageError, match="install boto3"):
        aws_settings(files | {"AWS_PROFILE": "asks"})


def test_a_profile_that_is_not_there_or_cannot_be_read_is_explained(tmp_path: Path) -> None:
    files = profile(tmp_path, credentials="hunter2 is no line of such a file\n")
    with pytest.raises(UsageError) as error:
        aws_settings(files)
    told(error)
    with pytest.raises(UsageError, match="names the profile `other`"):
        aws_settings(profile(tmp_path) | {"AWS_PROFILE": "other"})


@pytest.mark.parametrize("name", ["ZENFLOW_STORE_TIMEOUT", "ZENFLOW_CACHE_GIB"])
@pytest.mark.parametrize("text", ["soon", "-1", "nan"])
def test_a_setting_that_is_no_number_is_explained(
    name: str, text: str, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, text)
    with pytest.raises(UsageError, match=name) as error:
        ObjectStore("memory://settings").put(DATA)
    told(error)


def test_a_cache_that_cannot_be_written_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("ZENFLOW_CACHE", str(tmp_path / "file"))
    store = ObjectStore("memory://no-cache")
    digest = store.put(DATA)
    with pytest.raises(StoreError, match="ZENFLOW_CACHE"):
        store.get(digest)


def test_a_plain_program_loads_no_client() -> None:
    program = "import sys, zenflow.artifacts.store as s; s.open_store('/tmp/x'); assert 'obstore' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
