"""Trying out a stack: which probes it has, and how what they found is printed. `doctor` and `stack check` do it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from zenflow.stacks.nodes import Amounts
    from zenflow.stacks.probes.probe import Finding, Probe
    from zenflow.stacks.stack import Stack

Within = Annotated[
    float,
    typer.Option(
        "--within",
        metavar="SECONDS",
        min=1,
        help="The time for all of it; an environment that is made first needs more.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]

_SLOW = 6.0
"""Seconds from which on it is told how long a probe took."""


def stack_probes(stack: Stack, within: float) -> Sequence[Probe]:
    """All probes of a stack: its store and database from here, and its cluster."""
    from zenflow.stacks.probes.database import database_probes
    from zenflow.stacks.probes.store import store_probes
    from zenflow.stacks.probes.surroundings import reach_probes

    kept = [*store_probes(stack.artifacts, stack.env.variables), *database_probes(stack.metadata)]
    return [*kept, *reach_probes(stack), *_cluster_probes(stack, within)]


def _cluster_probes(stack: Stack, within: float) -> Sequence[Probe]:

    if stack.ray is None:
        return ()
    if stack.has_jobs:
        from zenflow.stacks.probes.cluster import cluster_probes

        return cluster_probes(stack, within)
    from zenflow.engine.ray.nodes import nodes_at
    from zenflow.stacks.probes.attaching import attach_probes

    address = stack.ray
    return attach_probes(stack, lambda: nodes_at(address, stack.token, within - 1))


def nodes_of(stack: Stack) -> Sequence[Amounts]:
    """What the nodes of a stack have.

    Raises:
        ClusterError: Its cluster does not answer.
    """
    from zenflow.stacks.jobs_server import JobsServer

    if stack.ray is None:
        from zenflow.stacks.nodes import this_machine

        return [this_machine()]
    if stack.has_jobs:
        from zenflow.stacks.probes.nodes import cluster_nodes

        return cluster_nodes(JobsServer.of(stack))
    from zenflow.engine.ray.nodes import nodes_at

    return nodes_at(stack.ray, stack.token)


def told(stack: Stack, probes: Iterable[Probe], within: float, json: bool) -> None:
    """Run probes and print what came of them.

    Raises:
        Refused: One failed; the exit code is 1.
    """
    from zenflow.cli.documents import print_json
    from zenflow.cli.errors import FINDINGS, Refused
    from zenflow.cli.terminal import say
    from zenflow.stacks.probes.probe import examine

    found = []
    for finding in examine(probes, within):
        found.append(finding)
        if not json:
            _print(finding)
    failed = [finding for finding in found if finding.status == "failed"]
    if json:
        print_json({"stack": stack.name, "ok": not failed, "probes": [_document(finding) for finding in found]})
    elif failed:
        say(f"{len(failed)} of {len(found)} failed")
    else:
        say("all is well")
    if failed:
        raise Refused(FINDINGS)


def _print(finding: Finding) -> None:
    from zenflow.cli.terminal import coloured, data, status_word

    padding = " " * (len("skipped") - len(finding.status))
    slow = f" (slow: {finding.seconds:.1f} s)" if finding.seconds >= _SLOW and finding.status == "ok" else ""
    data(f"{status_word(finding.status)}{padding}  {finding.probe}: {finding.said}{slow}")
    if finding.help and finding.status == "failed":
        data(coloured(f"         help: {finding.help}", "yellow"))


def _document(finding: Finding) -> dict[str, Any]:
    from attrs import asdict

    return asdict(finding, filter=lambda attribute, _: attribute.name != "error")
