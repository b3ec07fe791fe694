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


def own_job(environ: Mapping[str, str] | None = None) -> tuple[str, int] | None:
    """The run and attempt whose job this process drives; None where it is no job's driver.

    >>> own_job({"ZENFLOW_SUBMISSION": "zf-kq3mz8w2ha-2"})
    ('kq3mz8w2ha', 2)
    """
    match = re.fullmatch(r"zf-(.+)-(\d+)", (os.environ if environ is None else environ).get(VARIABLE, ""))
    return (match[1], int(match[2])) if match else None


def entrypoint(job: str, command: Sequence[str], folder: str = ".", paths: Sequence[str] = ()) -> str:
    """The command of a job's driver, for a shell.

    Args:
        job: The job's id.
        command: What follows `zenflow`.
        folder: Where in the package it is called.
        paths: Folders of the package that modules are imported from, besides that one.

    >>> entrypoint("zf-a-1", ["run", "flow.py"], "sub")
    'export ZENFLOW_SUBMISSION=zf-a-1 && cd sub && exec python -m zenflow run flow.py'
    """
    search = "".join(f'"$PWD"/{shlex.quote(path)}:' for path in paths)
    variables = f"{VARIABLE}={job}" + (f' PYTHONPATH={search}"$PYTHONPATH"' if paths else "")
    move = "" if folder in ("", ".") else f" && cd {shlex.quote(folder)}"
    return f"export {variables}{move} && exec {shlex.join(['python', '-m', 'zenflow', *command])}"
