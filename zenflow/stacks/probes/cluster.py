"""Probes of a cluster that runs are handed to: it answers, lets us in, works with what is here, and reaches the stores.

What is asked of its Jobs server takes no time; the rest is told by a job of its own (`job`).
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Sequence

from zenflow.errors import ClusterError
from zenflow.stacks.configuration.shipping import shipped
from zenflow.stacks.home import home
from zenflow.stacks.jobs_server import JobsServer, Version
from zenflow.stacks.nodes import GROWING, Amounts, amounts_text
from zenflow.stacks.probes.job import Report, probe_job
from zenflow.stacks.probes.nodes import cluster_nodes
from zenflow.stacks.probes.probe import LIMIT, Probe, examine
from zenflow.stacks.probes.versions import minor, require_equal, versions_here
from zenflow.stacks.stack import Stack

_ANSWERS, _LIKE, _RUNS = "cluster: answers", "cluster: has a Ray like this one's", "cluster: runs a job"
_MARGIN = 0.5

_LOOKING, _MAKING = 60.0, 900.0
"""Seconds for a look at a cluster before a run is handed to it; the longer one where packages are installed first."""


def cluster_probes(stack: Stack, limit: float = LIMIT) -> Sequence[Probe]:
    """The probes of the cluster of a stack whose `ray` is that of a Jobs server.

    Args:
        stack: One that the configuration has under its name, as the cluster is sent what stands there.
        limit: Seconds that they have in all.
    """
    return _Cluster(stack, limit).probes()


def preflight(stack: Stack, tell: Callable[[str], None] = lambda _: None) -> None:
    """Refuse to hand a run to a cluster that could not drive it.

    A probe job takes seconds; so one that went well is remembered as long as the cluster lives, and all that it was
    about is the same.

    Args:
        stack: One that the configuration has under its name, and whose `ray` is that of a Jobs server.
        tell: Told what takes a while.

    Raises:
        ZenFlowError: The first thing that is not well, as `zenflow stack check` tells it.
    """
    makes = bool(stack.env.requirements or stack.env.image)
    limit = _MAKING if makes else _LOOKING
    cluster = _Cluster(stack, limit)
    mark = home() / "preflight" / cluster.fingerprint()
    if mark.exists():
        return
    tell(f"looking at the cluster {stack.ray}")
    if makes:
        tell("it makes the stack's environment first, where it has none yet; that may take minutes")
    for finding in examine(cluster.probes(), limit):
        if finding.status == "failed":
            raise finding.error or ClusterError(f"{finding.probe}: {finding.said}", reason="time", help=finding.help)
    mark.parent.mkdir(parents=True, exist_ok=True)
    mark.touch()


class _Cluster:
    def __init__(self, stack: Stack, limit: float) -> None:
        self._stack = stack
        self._limit = limit
        self._server = JobsServer.of(stack, seconds=min(limit, LIMIT) - _MARGIN)
        self._version: Version | None = None
        self._report: Report | None = None
        self._asking = threading.Lock()

    def probes(self) -> Sequence[Probe]:
        return (
            Probe(_ANSWERS, self._answers),
            Probe(_LIKE, self._ray, needs=_ANSWERS),
            Probe("cluster: has nodes", self._nodes, needs=_ANSWERS),
            Probe(_RUNS, self._runs, needs=_LIKE),
            Probe("cluster: has this Python, Ray and ZenFlow", self._equal, needs=_RUNS),
            Probe("cluster: resolves the stack", lambda: self._there("stack"), needs=_RUNS),
            Probe("cluster: uses the store", lambda: self._there("store"), needs=_RUNS),
            Probe("cluster: uses the database", lambda: self._there("database"), needs=_RUNS),
        )

    def fingerprint(self) -> str:
        """What names all that the probes are about: this life of the cluster, the stack, and the versions here.

        Raises:
            ClusterError: The cluster does not answer.
            UsageError: The configuration is wrong.
        """
        parts = (self._server.version(), self._server.address, shipped(self._stack.name), versions_here())
        return hashlib.sha256(repr(parts).encode()).hexdigest()

    def _answers(self) -> str:
        self._version = self._server.version()
        return f"{self._server.address}, Ray {self._version.ray}"

    def _ray(self) -> str:
        assert self._version is not None
        here, there = versions_here().ray, self._version.ray
        if here is not None and minor(here) != minor(there):
            raise ClusterError(
                f"{self._server.address} is of Ray {there}, and {here} is here",
                reason="version",
                help=f'here: pip install "ray=={there}"',
            )
        return f"{there}, and {here} here"

    def _nodes(self) -> str:
        nodes = cluster_nodes(self._server)
        fixed = [node for node in nodes if node is not GROWING]
        if not nodes:
            raise ClusterError(
                f"{self._server.address} has no node that lives", reason="server", help="look at `ray status` there"
            )
        grows = ", and grows" if len(fixed) < len(nodes) else ""
        return f"{len(fixed)} {'node' if len(fixed) == 1 else 'nodes'}{grows}: {amounts_text(total(fixed))} in all"

    def _runs(self) -> str:
        environment, limit = self._stack.env.for_ray(), self._limit - _MARGIN
        self._report = probe_job(self._server, shipped(self._stack.name), environment, limit)
        return f"{self._report.versions.executable}, after {self._report.seconds:.1f} s"

    def _equal(self) -> str:
        assert self._report is not None
        there = self._report.versions
        require_equal(versions_here(), there, f"the cluster {self._server.address}")
        return f"Python {there.python}, Ray {there.ray}, ZenFlow {there.zenflow}"

    def _there(self, part: str) -> str:
        """What the probe job found of a part of the stack; the first that is not well, if any."""
        assert self._report is not None
        found = [one for one in self._report.findings if one["probe"].partition(":")[0] == part]
        for one in found:
            if one["status"] == "failed":
                raise ClusterError(f"on the cluster, {one['probe']}: {one['said']}", reason="refused", help=one["help"])
        if not found:
            raise ClusterError(
                f"the {part} was not tried out on the cluster",
                reason="version" if self._report.versions.zenflow is None else "refused",
                help="mend what failed above, and check again",
            )
        return "; ".join(one["said"] for one in found[:1])


def total(nodes: Sequence[Amounts]) -> dict[str, float]:
    """What nodes have together, of what is most asked for."""
    names = ("CPU", "GPU", "memory")
    amounts = {name: sum(node.get(name, 0.0) for node in nodes) for name in names}
    return {name: amount for name, amount in amounts.items() if amount or name == "CPU"}
