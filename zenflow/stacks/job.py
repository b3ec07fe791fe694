"""A run's driver as a job of a cluster.

It is `zenflow run` itself, in the unpacked package, told by a variable whose job it is.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Mapping, Sequence

VARIABLE = "ZENFLOW_SUBMISSION"
"""Where the driver of a job finds the job's id."""

COMMIT = "ZENFLOW_COMMIT"
"""Where it finds the git commit that its package was made of, with a `+` where the tree had other changes."""


def own_job(environ: Mapping[str, str] | None = None) -> tuple[str, int] | None:
    """The run and attempt whose job this process drives; None where it is no job's driver.

    >>> own_job({"ZENFLOW_SUBMISSION": "zf-kq3mz8w2ha-2"})
    ('kq3mz8w2ha', 2)
    """
    match = re.fullmatch(r"zf-(.+)-(\d+)", (os.environ if environ is None else environ).get(VARIABLE, ""))
    return (match[1], int(match[2])) if match else None


def shipped_commit(environ: Mapping[str, str] | None = None) -> tuple[str, bool] | None:
    """The git commit that this job's package was made of, and whether the tree was dirty; None where that is not said.

    >>> shipped_commit({"ZENFLOW_COMMIT": "4bd175a+"})
    ('4bd175a', True)
    """
    text = (os.environ if environ is None else environ).get(COMMIT, "")
    return (text.rstrip("+"), text.endswith("+")) if text else None


def entrypoint(
    job: str, command: Sequence[str], folder: str = ".", paths: Sequence[str] = (), commit: str | None = None
) -> str:
    """The command of a job's driver, for a shell.

    Args:
        job: The job's id.
        command: What follows `zenflow`.
        folder: Where in the package it is called.
        paths: Folders of the package that modules are imported from, besides that one.
        commit: The git commit that the package is made of, with a `+` where the tree had other changes.

    >>> entrypoint("zf-a-1", ["run", "flow.py"], "sub")
    'export ZENFLOW_SUBMISSION=zf-a-1 && cd sub && exec python -m zenflow run flow.py'
    """
    search = "".join(f'"$PWD"/{shlex.quote(path)}:' for path in paths)
    told = f"{VARIABLE}={job}" + (f" {COMMIT}={commit}" if commit else "")
    variables = told + (f' PYTHONPATH={search}"$PYTHONPATH"' if paths else "")
    move = "" if folder in ("", ".") else f" && cd {shlex.quote(folder)}"
    return f"export {variables}{move} && exec {shlex.join(['python', '-m', 'zenflow', *command])}"
