"""`zenflow doctor`: whether everything that runs rely on works, tried out."""

from __future__ import annotations

from typing import Annotated

import typer

from zenflow.cli.stack_option import StackName, chosen_stack


def doctor(
    stack_name: StackName = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Try out the stack: its store, its database, its cluster, and what is installed. Leaves nothing behind."""
    from zenflow.cli.documents import print_json
    from zenflow.cli.errors import FINDINGS, Refused
    from zenflow.cli.terminal import coloured, data, say, status_word
    from zenflow.stacks.probes.database import database_probes
    from zenflow.stacks.probes.probe import examine
    from zenflow.stacks.probes.store import store_probes
    from zenflow.stacks.probes.surroundings import installed_probes, reach_probes

    stack = chosen_stack(stack_name)
    probes = [
        *installed_probes(),
        *store_probes(stack.artifacts, stack.env.variables),
        *database_probes(stack.metadata),
        *reach_probes(stack),
    ]
    found = []
    for finding in examine(probes):
        found.append(finding)
        if not json:
            padding = " " * (len("skipped") - len(finding.status))
            data(f"{status_word(finding.status)}{padding}  {finding.probe}: {finding.said}")
            if finding.help and finding.status == "failed":
                data(coloured(f"         help: {finding.help}", "yellow"))
    failed = [finding for finding in found if finding.status == "failed"]
    if json:
        print_json({"stack": stack.name, "ok": not failed, "probes": [_document(finding) for finding in found]})
    elif failed:
        say(f"{len(failed)} of {len(found)} failed")
    else:
        say("all is well")
    if failed:
        raise Refused(FINDINGS)


def _document(finding: object) -> dict[str, object]:
    from attrs import asdict

    return asdict(finding)  # type: ignore[arg-type]  # a Finding, whose module is loaded by then
