"""Whether somebody takes connections at the address of a cluster that drivers attach to."""

from __future__ import annotations

import socket

from zenflow.errors import ClusterError

_PATIENCE = 4.0


def dial(address: str) -> None:
    """See that somebody listens at `host:port`.

    Raises:
        ClusterError: Nobody does; its `reason` is `name`, `connection` or `time`.
    """
    host, _, port = address.rpartition(":")
    if not host or "://" in host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ClusterError(
            f"`{address}` is no address of a Ray cluster", reason="name", help="write it as host:port, or `auto`"
        )
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=_PATIENCE).close()
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
