"""What it means when a request to an object store fails: whether to ask again, and what to tell people.

obstore has few classes of errors, and its texts go on for a page with addresses that may hold a signature. What
matters is read from them here, and nothing else of them is shown: the status, the provider's own code and sentence,
and how the connection ended. Codes of S3: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
"""

from __future__ import annotations

import re

from attrs import frozen

from zenflow.artifacts.objects.place import Place
from zenflow.errors import StoreError

_STATUS = re.compile(r"status code: (\d{3})")
_CODE = re.compile(r"<Code>([A-Za-z0-9]+)</Code>")
_MESSAGE = re.compile(r"<Message>([^<]{1,300})</Message>")
_NO_KEYS = ("169.254.169.254", "169.254.170.2", "metadata.google.internal", "/latest/api/token", "/metadata/identity/")
"""What is asked for credentials last: a machine's own, which most machines have not."""

_SAID = (
    ("ConnectionRefused", "the connection was refused"),
    ("Connection refused", "the connection was refused"),
    ("dns error", "there is no server of that name"),
    ("failed to lookup address", "there is no server of that name"),
    ("invalid peer certificate", "its certificate is not valid"),
    ("Timeout", "it did not answer in time"),
    ("TimedOut", "it did not answer in time"),
    ("ConnectionReset", "the connection was reset"),
    ("BrokenPipe", "the connection was reset"),
    ("IncompleteMessage", "the connection was closed before an answer"),
    ("connection closed", "the connection was closed before an answer"),
    ("IncompleteBody", "the answer broke off"),
    ("error decoding response body", "the answer broke off"),
    ("error reading a body", "the answer broke off"),
)
_UNREACHED = ("the connection was refused", "there is no server of that name")

_AGAIN = {"RequestTimeout", "SlowDown", "BadDigest", "XAmzContentSHA256Mismatch", "IncompleteBody", "InternalError"}
_AGAIN |= {"ConditionalRequestConflict", "OperationAborted", "XAmzContentChecksumMismatch", "ServerBusy"}
_NO_BUCKET = {"NoSuchBucket", "ContainerNotFound"}
_REGION = {"AuthorizationHeaderMalformed", "PermanentRedirect", "IllegalLocationConstraintException"}
_KEYS = {"InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken", "RequestTimeTooSkewed"}
_KEYS |= {"AuthenticationFailed", "RequestExpired"}


@frozen
class Trouble:
    """Why a request failed: `said` in words, `again` whether it may go well another time."""

    said: str
    help: str
    again: bool
    late: bool = False
    """It took too long."""
    unreached: bool = False
    """There was nobody to ask."""
    status: int = 0
    past_end: bool = False
    """Bytes from beyond the object's end were asked for."""


def diagnose(error: BaseException, place: Place) -> Trouble:
    """What is behind an error of obstore."""
    text = str(error)
    found = _STATUS.search(text)
    status = int(found[1]) if found else 0
    code = _first(_CODE, text)
    if status == 416 or "StartTooLarge" in text:
        return Trouble("the object is shorter", "", again=False, status=status, past_end=True)
    if any(word in text for word in _NO_KEYS):
        return Trouble("no credentials were found", _credentials(place), again=False)
    if "without LOCATION" in text or code in _REGION or status in (301, 307):
        said = f"the bucket is in another region than the one asked ({_told(status, code, text)})"
        return Trouble(said, "set AWS_REGION to the bucket's region, and look at AWS_ENDPOINT_URL", again=False)
    if code in _NO_BUCKET:
        return Trouble(f"there is no bucket `{place.bucket}`", "make it, or name another store", again=False)
    if code in _KEYS or status == 401:
        return Trouble(f"the credentials were refused ({_told(status, code, text)})", _credentials(place), again=False)
    if status == 403:
        said = f"access was denied ({_told(status, code, text)})"
        return Trouble(said, "allow this identity to list, get, put and delete objects there", again=False)
    if status:
        again = (status >= 500 and status != 501) or status in (408, 409, 425, 429) or code in _AGAIN
        said = f"it answered {_told(status, code, text)}"
        return Trouble(said, f"see what {place.provider} says of that answer", again=again, status=status)
    said = next((words for sign, words in _SAID if sign in text), "the connection failed")
    unreached = said in _UNREACHED
    mend = "look at the network and at AWS_ENDPOINT_URL" if place.scheme == "s3" else "look at the network"
    again = "HTTP error" in text or said != "the connection failed"
    if not again:
        said = f"it could not be asked ({_plain(text)})"
    return Trouble(said, mend, again=again, late=said == "it did not answer in time", unreached=unreached)


def explained(trouble: Trouble, place: Place, doing: str, tries: int, seconds: float) -> StoreError:
    """The error for people."""
    often = f", {tries} times in {seconds:.0f} s" if tries > 1 else ""
    return StoreError(f"{doing} in the artifact store {place.url} failed{often}: {trouble.said}", help=trouble.help)


def _told(status: int, code: str, text: str) -> str:
    message = _first(_MESSAGE, text).rstrip(".")
    return " ".join(word for word in (str(status or ""), code) if word) + (f": {message}" if message else "")


def _first(pattern: re.Pattern[str], text: str) -> str:
    match = pattern.search(text)
    return match[1] if match else ""


def _plain(text: str) -> str:
    """The first line, without addresses."""
    return re.sub(r"\S+://\S+", "…", text.split("\n", 1)[0])[:200]


def _credentials(place: Place) -> str:
    if place.scheme == "s3":
        return "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or give the machine a role"
    if place.scheme == "gs":
        return "run `gcloud auth application-default login`, or set GOOGLE_APPLICATION_CREDENTIALS"
    return "set AZURE_STORAGE_ACCOUNT_KEY or AZURE_STORAGE_SAS_TOKEN, or give the machine an identity"
