"""The command line, a file per group of verbs. It knows every room, and nothing knows it.

Data goes to stdout and all else to stderr. Starting costs what Typer costs: whatever a verb needs is imported in it.
"""

from __future__ import annotations

from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line (that of this process if none is given); gives the exit code.

    0 is success, 1 findings or a failed run, 2 usage or configuration, 130 an interruption.
    """
    from zenflow.cli.app import main

    return main(argv)
