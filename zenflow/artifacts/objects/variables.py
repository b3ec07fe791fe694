"""Variables of a stack's own, which configure its client above those of the process.

Two stacks of one process may be on different servers, so what one says is not put into the process's environment.
obstore looks there by itself; what is given to it as configuration goes first.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from typing import Any

from zenflow.artifacts.objects.signing import ENDPOINTS

_PREFIXES = {"s3": "AWS_", "gs": "GOOGLE_"}
_TOKENS = ("AWS_SESSION_TOKEN", "AWS_TOKEN")


def above_process(variables: Mapping[str, str]) -> Mapping[str, str]:
    """The process's environment below variables of a stack's own.

    An endpoint or a key of the stack's stands for all names that the process may have others under.
    """
    if not variables:
        return os.environ
    hidden = {
        *(ENDPOINTS if any(name in variables for name in ENDPOINTS) else ()),
        *(_TOKENS if "AWS_ACCESS_KEY_ID" in variables else ()),
    }
    return {**{name: text for name, text in os.environ.items() if name not in hidden}, **variables}


def own_credentials(variables: Mapping[str, str]) -> Callable[[], dict[str, Any]] | None:
    """The stack's own keys for S3, where the process has a session's, whose token would be sent with them."""
    if "AWS_ACCESS_KEY_ID" not in variables or not any(os.environ.get(name) for name in _TOKENS):
        return None
    token = next((variables[name] for name in _TOKENS if variables.get(name)), None)
    keys = {
        "access_key_id": variables["AWS_ACCESS_KEY_ID"],
        "secret_access_key": variables.get("AWS_SECRET_ACCESS_KEY", ""),
        "token": token,
        "expires_at": None,
    }
    return lambda: keys


def configured(scheme: str, variables: Mapping[str, str], make: Callable[[dict[str, str]], Any]) -> Any:
    """What `make` makes with the variables that its client knows, as its configuration."""
    from obstore.exceptions import UnknownConfigurationKeyError

    prefix = _PREFIXES.get(scheme, "AZURE_")
    config = {
        name.lower(): text
        for name, text in variables.items()
        if name.startswith(prefix) and name not in ENDPOINTS and text
    }
    endpoint = next((variables[name] for name in ENDPOINTS if variables.get(name)), None)
    if scheme == "s3" and endpoint:
        # obstore lets the process's AWS_ENDPOINT_URL_S3 go before every other name of an endpoint.
        config["aws_endpoint_url_s3"] = endpoint
    while True:
        try:
            return make(config)
        except UnknownConfigurationKeyError as error:  # one of the tools', such as AWS_PROFILE
            unknown = re.search(r"key: '(\w+)'", str(error))
            if unknown is None or unknown[1] not in config:
                raise
            del config[unknown[1]]
