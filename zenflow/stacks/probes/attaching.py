"""Probes of a cluster that drivers here attach to (`ray = "auto"` or `host:port`)."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence

from zenflow.errors import ClusterError
from zenflow.stacks.nodes import GROWING, Amounts, amounts_text
from zenflow.stacks.probes.cluster import total
from zenflow.stacks.probes.probe import Probe
from zenflow.stacks.stack import Stack

_ANSWERS = "cluster: answers"
_PATIENCE = 5.0

Ask = Callable[[], Sequence[Amounts]]
"""Asks the cluster for its nodes as a driver of this stack would; a Ray that is another than here raises."""


def attach_probes(stack: Stack, ask: Ask) -> Sequence[Probe]:
    """The probes of the cluster of a stack that drivers attach to."""
    address = str(stack.ray)
    if address in ("auto", "local"):
        return (Probe("cluster: lets a driver in", lambda: _nodes(ask)),)
    return (
        Probe(_ANSWERS, lambda: answers(address)),
        Probe("cluster: lets a driver in", lambda: _nodes(ask), needs=_ANSWERS),
    )


def answers(address: str) -> str:
    """Whether somebody takes connections at `host:port`.

    Raises:
        ClusterError: Nobody does; its `reason` is `name`, `connection` or `time`.
    """
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ClusterError(
            f"`{address}` is no address of a cluster", reason="name", help="it is HOST:PORT, as in head:6379"
        )
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=_PATIENCE):
            return address
    except socket.gaierror as error:
        raise ClusterError(
            f"the host `{host}` of the cluster {address} has no address: no such name is known here",
            reason="name",
            help=f"is it written right, and known to this machine (VPN)? `getent hosts {host}` asks for it",
        ) from error
    except TimeoutError as error:
        raise ClusterError(
            f"nobody answers at {address} within {_PATIENCE:g} s",
            reason="time",
            help="is the cluster up, and is its port open for this machine (VPN, firewall)?",
        ) from error
    except OSError as error:
        raise ClusterError(
            f"no connection to the cluster {address}: {(error.strerror or str(error)).lower()}",
            reason="connection",
            help="is the cluster up (`ray status` on its head), and is this the port it was started with (6379)?",
        ) from error


def _nodes(ask: Ask) -> str:
    nodes = [node for node in ask() if node is not GROWING]
    return f"{len(nodes)} {'node' if len(nodes) == 1 else 'nodes'}: {amounts_text(total(nodes))} in all"
