"""How requests to S3 are signed: the keys, the region and the server, as AWS's own tools find them.

obstore knows the environment's variables, web identities, containers and instances, but no profiles. Those with keys
are read here; those that need more (single sign-on, roles, a process to ask) are boto3's, which need not be there
otherwise. See https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html for the order.
"""

from __future__ import annotations

from collections.abc import Mapping
from configparser import ConfigParser, Error
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from attrs import frozen

from zenflow.errors import UsageError

_FOUND_BY_CLIENT = (
    "AWS_ACCESS_KEY_ID",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_SKIP_SIGNATURE",
)
ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")
_KEYS = {
    "aws_access_key_id": "access_key_id",
    "aws_secret_access_key": "secret_access_key",
    "aws_session_token": "session_token",
}
_ASKED_FOR = ("sso_session", "sso_start_url", "role_arn", "credential_process", "login_session")


@frozen
class Settings:
    """What obstore is told beyond what it finds itself."""

    config: dict[str, str]
    plain_http: bool
    provider: Any = None


def aws_settings(environment: Mapping[str, str]) -> Settings:
    """The settings that an environment and the profile it chooses come to.

    Raises:
        UsageError: A profile that is not there, or that only boto3 can use where there is none.
    """
    name = environment.get("AWS_PROFILE") or "default"
    profile = _profile(environment, name)
    if "AWS_PROFILE" in environment and not profile:
        raise UsageError(
            f"AWS_PROFILE names the profile `{name}`, which neither the shared config nor the credentials file has",
            help="`aws configure list-profiles` lists those that are there",
        )
    config: dict[str, str] = {}
    if not environment.get("AWS_CHECKSUM_ALGORITHM"):
        config["checksum_algorithm"] = "SHA256"
    if not environment.get("AWS_REGION") and not environment.get("AWS_DEFAULT_REGION") and profile.get("region"):
        config["region"] = profile["region"]
    named = (environment[name] for name in ENDPOINTS if environment.get(name))
    endpoint = _address(next(named, profile.get("endpoint_url", "")))
    if endpoint:
        config["endpoint"] = endpoint
    provider = None
    if not any(environment.get(name) for name in _FOUND_BY_CLIENT):
        if "aws_access_key_id" in profile:
            config |= {ours: profile[theirs] for theirs, ours in _KEYS.items() if theirs in profile}
        elif any(key in profile for key in _ASKED_FOR):
            provider = _by_boto3(name)
    plain = endpoint.startswith("http://") or environment.get("AWS_ALLOW_HTTP", "").lower() in ("1", "true")
    return Settings(config, plain, provider)


def _address(endpoint: str) -> str:
    """The address of a server, as it is given."""
    try:
        parts = urlsplit(endpoint)
        named = parts.scheme in ("http", "https") and parts.hostname and (parts.port or 1)
    except ValueError:
        parts, named = urlsplit(""), None
    if endpoint and (not named or parts.username or any(letter.isspace() for letter in endpoint)):
        raise UsageError(
            "AWS_ENDPOINT_URL (or the profile's `endpoint_url`) is not the address of a server",
            help="write it as https://minio.example.com:9000, without credentials",
        )
    return endpoint


def _profile(environment: Mapping[str, str], name: str) -> dict[str, str]:
    home = Path(environment.get("HOME") or Path.home()) / ".aws"
    config = Path(environment.get("AWS_CONFIG_FILE") or home / "config")
    credentials = Path(environment.get("AWS_SHARED_CREDENTIALS_FILE") or home / "credentials")
    found: dict[str, str] = {}
    for file, section in ((config, name if name == "default" else f"profile {name}"), (credentials, name)):
        parser = ConfigParser(interpolation=None, default_section="")
        try:
            parser.read(file, encoding="utf-8")
        except (Error, OSError, UnicodeDecodeError) as error:
            # What stands in a line that can not be read may be a key: it is not repeated.
            raise UsageError(
                f"the AWS profiles in {file} can not be read: {type(error).__name__}",
                help="mend the file, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
            ) from None
        if parser.has_section(section):
            found.update(parser[section])
    return found


def _by_boto3(profile: str) -> Any:
    try:
        from boto3 import Session  # type: ignore[import-untyped]
        from obstore.auth.boto3 import Boto3CredentialProvider
    except ImportError:
        raise UsageError(
            f"the AWS profile `{profile}` asks for its keys (single sign-on, a role or a process)",
            help="install boto3, which can do that, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
        ) from None
    try:
        return Boto3CredentialProvider(Session(profile_name=profile))
    except Exception as error:
        raise UsageError(
            f"boto3 gives no keys for the AWS profile `{profile}`: {error}",
            help=f"`aws sso login --profile {profile}` logs in again",
        ) from error
