"""Whether what a stack keeps can be reached from where its runs are.

With a Jobs server as its cluster (`http://head:8265`) a run's driver is there; with a plain address the driver is
here, and only the workers are there. Workers write to the store, the driver to the database.

A Jobs server at an address of this machine counts as elsewhere too: it is often the end of a tunnel, as
`kubectl port-forward` makes one.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from zenflow.metadata.filesystems import file_system, is_network
from zenflow.stacks.stack import Stack


def unreachable(stack: Stack) -> Iterator[tuple[str, str]]:
    """What can not be reached, and how to mend it."""
    if stack.ray is None or (not stack.has_jobs and _is_here(stack.ray)):
        return
    if stack.has_jobs and stack.metadata.startswith("sqlite:"):
        kept, part = f"its metadata in `{stack.metadata}`, a file", f"its runs are driven on {stack.ray}"
        yield (
            f"stack `{stack.name}` keeps {kept} of this machine, and {part}",
            "use PostgreSQL: metadata = 'postgresql+psycopg://host/zenflow'",
        )
    if stack.artifacts.startswith("memory://"):
        kept = f"its artifacts in `{stack.artifacts}`, the memory of one process"
        yield (
            f"stack `{stack.name}` keeps {kept}, and its steps run on {stack.ray}",
            "use a store that both can reach: artifacts = 's3://bucket/zenflow', or a shared folder",
        )
    folder = stack.artifacts.removeprefix("file://")
    if "://" not in folder and not _is_shared(Path(folder)):
        kept, part = f"its artifacts in `{stack.artifacts}`, a folder", f"its steps run on {stack.ray}"
        yield (
            f"stack `{stack.name}` keeps {kept} of this machine, and {part}",
            "use a store that both can reach: artifacts = 's3://bucket/zenflow', or a shared folder",
        )


def _is_here(address: str) -> bool:
    """Whether a cluster's head is on this machine."""
    if address in ("auto", "local"):
        return True
    try:
        host = urlsplit(address if "://" in address else f"//{address}").hostname or ""
    except ValueError:  # no address; whoever connects to it tells
        return True
    if host in ("localhost", socket.gethostname(), socket.getfqdn()):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback or host in _own_addresses()
    except ValueError:
        return False


def _own_addresses() -> set[str]:
    try:
        return {str(info[4][0]) for info in socket.getaddrinfo(socket.gethostname(), None)}
    except OSError:
        return set()


def _is_shared(folder: Path) -> bool:
    """Whether a folder lies in a network file system, or that can not be told."""
    kind = file_system(folder)
    return kind is None or is_network(kind)
