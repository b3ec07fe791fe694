"""A stack as variables of pods.

The driver in the cluster uses the stack `local`, the one that is always there, and variables say all that it is: so
there is no file to find, and none that the image happens to have is in the way. What refers to a variable of the
environment (`${env:NAME}`) is sent as it was written, and the variable comes from a Secret of the cluster: no manifest
holds what it refers to.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Any

from attrs import frozen

from zenflow.errors import UsageError
from zenflow.stacks.configuration.references import Reference, parts
from zenflow.stacks.env import Installer
from zenflow.stacks.kubernetes.names import require_variable

Variable = dict[str, Any]
"""One of a container's `env`."""


@frozen
class StackTexts:
    """A stack as it was written, with its references.

    Args:
        name: How it is called.
        artifacts: Its store.
        metadata: Its database.
        allow_pickle: As of `Stack`.
        variables: Of its environment.
        requirements: Of its environment.
        installer: Of its environment.
        image: Of its environment.
    """

    name: str
    artifacts: str
    metadata: str
    allow_pickle: bool = False
    variables: tuple[tuple[str, str], ...] = ()
    requirements: tuple[str, ...] = ()
    installer: Installer = "uv"
    image: str | None = None

    @classmethod
    def of(cls, document: str) -> StackTexts:
        """The one stack of a configuration: what `shipped` gives.

        >>> StackTexts.of('[stacks.team]\\nartifacts = "s3://b/zf"\\nmetadata = "postgresql+psycopg://db/zf"').name
        'team'
        """
        ((name, table),) = tomllib.loads(document)["stacks"].items()
        env = table.get("env", {})
        return cls(
            name,
            artifacts=table["artifacts"],
            metadata=table["metadata"],
            allow_pickle=table.get("allow-pickle", False),
            variables=tuple(env.get("variables", {}).items()),
            requirements=tuple(env.get("requirements", ())),
            installer=env.get("installer", "uv"),
            image=env.get("image"),
        )

    def texts(self) -> Iterator[tuple[str, str]]:
        """All texts that may have references, with where they stand."""
        yield "artifacts", self.artifacts
        yield "metadata", self.metadata
        for name, text in self.variables:
            yield f"env.variables.{name}", text


def require_reachable(stack: StackTexts) -> None:
    """Refuse a stack that pods can not reach: what it keeps on this machine, or reads from it.

    Raises:
        UsageError: ZF505 for a folder or a database of this machine; a reference to a file of it.
    """
    if ("://" not in stack.artifacts and not stack.artifacts.startswith("${")) or _is_here(stack.artifacts):
        raise UsageError(
            f"stack `{stack.name}` keeps its artifacts in `{stack.artifacts}`, which pods can not reach",
            help="use a store that they can: artifacts = 's3://bucket/zenflow'",
            code="ZF505",
        )
    if stack.metadata.startswith("sqlite"):
        raise UsageError(
            f"stack `{stack.name}` keeps its metadata in `{stack.metadata}`, a file of this machine",
            help="use PostgreSQL: metadata = 'postgresql+psycopg://host/zenflow'",
            code="ZF505",
        )
    for place, text in stack.texts():
        for reference in _references(text):
            if reference.kind == "file":
                raise UsageError(
                    f"`{place}` of stack `{stack.name}` refers to `{reference}`, a file that pods do not have",
                    help="refer to a variable, `${env:NAME}`, and put it into the Secret that --secret names",
                )


def pod_variables(stack: StackTexts, secret: str | None) -> list[Variable]:
    """What the containers of all pods have as `env`, in an order in which each can use those before it.

    Args:
        stack: Which stack.
        secret: The Secret that has the variables that it refers to, each under its own name.

    Raises:
        UsageError: It refers to variables and there is no Secret, or a name can not be that of a variable.
    """
    wanted = list(dict.fromkeys(one.name for _, text in stack.texts() for one in _references(text)))
    if wanted and secret is None:
        raise UsageError(
            f"stack `{stack.name}` refers to {', '.join(f'`${{env:{name}}}`' for name in wanted)}, "
            "which the cluster has to know",
            help=f"make a Secret there and name it with --secret: kubectl create secret generic {stack.name} "
            + " ".join(f"--from-literal={name}=…" for name in wanted),
        )
    place = f"stack `{stack.name}`"
    found = {"PYTHONUNBUFFERED": _plain("PYTHONUNBUFFERED", "1")}
    found["RAY_USAGE_STATS_ENABLED"] = _plain("RAY_USAGE_STATS_ENABLED", "0")
    for name in sorted(wanted):
        found[name] = _secret(require_variable(name, place), secret or "", name)
    for name, text in stack.variables:
        found[name] = _variable(require_variable(name, place), text, secret or "")
    settings = {
        "ZENFLOW_STACK": "local",
        "ZENFLOW_ARTIFACTS": stack.artifacts,
        "ZENFLOW_METADATA": stack.metadata,
        "ZENFLOW_ALLOW_PICKLE": "1" if stack.allow_pickle else "0",
        "ZENFLOW_RAY": "auto",
    }
    return [*found.values(), *(_plain(name, text) for name, text in settings.items())]


def _variable(name: str, text: str, secret: str) -> Variable:
    pieces = list(parts(text))
    if len(pieces) == 1 and isinstance(pieces[0], Reference):
        return _secret(name, secret, pieces[0].name)
    texts = [escaped(one) if isinstance(one, str) else f"$({one.name})" for one in _joined(pieces)]
    return {"name": name, "value": "".join(texts)}


def _plain(name: str, text: str) -> Variable:
    return {"name": name, "value": escaped(text)}


def _secret(name: str, secret: str, key: str) -> Variable:
    return {"name": name, "valueFrom": {"secretKeyRef": {"name": secret, "key": key}}}


def escaped(text: str) -> str:
    """A text that Kubernetes leaves as it is, where it would put variables for `$(NAME)` and `$` for `$$`.

    Source: https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/

    >>> escaped("$(HOME) costs 5$"), escaped("${env:NAME}")
    ('$$(HOME) costs 5$', '${env:NAME}')
    """
    return re.sub(r"\$(?=[$(])", "$$", text)


def _joined(pieces: list[str | Reference]) -> Iterator[str | Reference]:
    """The pieces with plain ones that follow each other as one."""
    plain = ""
    for piece in pieces:
        if isinstance(piece, str):
            plain += piece
        else:
            yield plain
            plain = ""
            yield piece
    yield plain


def _references(text: str) -> Iterator[Reference]:
    return (part for part in parts(text) if isinstance(part, Reference))


def _is_here(url: str) -> bool:
    return url.partition("://")[0] in ("file", "memory")
