"""Whether the cluster that a driver is attached to is still there.

Ray itself waits a minute for a control store that is gone, in whatever call asks for it, and then ends the whole
process, the user's notebook with it. So its port is tried aside, and a run whose cluster stays silent ends with an
error, while Ray is told to have more patience than that.
"""

from __future__ import annotations

import os
import socket
import threading
import time

from zenflow.errors import ClusterLost

PATIENCE = 15.0
"""Seconds of silence after which a cluster counts as gone; a control store that is restarted is back sooner."""

_EVERY = 1.0
_WITHIN = 3.0


def outlive_the_cluster() -> None:
    """Have Ray not end this process when the cluster is gone; to be called before it connects."""
    os.environ.setdefault("RAY_gcs_rpc_server_reconnect_timeout_s", str(10**6))


class Vigil:
    """Tries the address of a cluster's control store until it is closed."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._heard = time.monotonic()
        self._silent = False
        self._over = threading.Event()
        threading.Thread(target=self._watch, name="zenflow-vigil", daemon=True).start()

    @property
    def silent(self) -> bool:
        """Whether the cluster did not answer when it was tried last."""
        return self._silent

    def check(self) -> None:
        """See that the cluster is there.

        Raises:
            ClusterLost: It has not answered for a while.
        """
        if self._silent and time.monotonic() - self._heard > PATIENCE:
            raise ClusterLost(
                f"the cluster at {self._address} is gone: it has not answered for {PATIENCE:g} s",
                help="what had finished is kept; once the cluster is up again, `zenflow resume` with the run's id does "
                "the rest",
            )

    def close(self) -> None:
        """Look no more."""
        self._over.set()

    def _watch(self) -> None:
        host, _, port = self._address.rpartition(":")
        while not self._over.wait(_EVERY):
            try:
                socket.create_connection((host.strip("[]"), int(port)), timeout=_WITHIN).close()
            except OSError:
                self._silent = True
            else:
                self._heard, self._silent = time.monotonic(), False
