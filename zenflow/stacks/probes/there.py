"""What a probe job does where it runs: a stack is read as a run's driver would read it there, and tried out."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from zenflow.errors import ZenFlowError
from zenflow.stacks.job import VARIABLE
from zenflow.stacks.probes.database import database_probes
from zenflow.stacks.probes.probe import Probe, examine
from zenflow.stacks.probes.store import store_probes
from zenflow.stacks.stack import resolve_stack

_DRIVER = "zf-check-0"
"""What this process passes for, the driver of a job: to one that is not, the stack's variables need not be known."""


def findings(configuration: str, limit: float) -> list[dict[str, Any]]:
    """What came of the probes of the stack that is the default one of a `zenflow.toml` of this text."""
    with tempfile.TemporaryDirectory(prefix="zenflow-") as folder:
        Path(folder, "zenflow.toml").write_text(configuration)
        os.environ[VARIABLE] = _DRIVER
        os.chdir(folder)
        try:
            stack = resolve_stack(None)
        except ZenFlowError as error:
            return [{"probe": "stack", "status": "failed", "said": error.message, "help": error.help}]
        finally:
            os.chdir("/")
    os.environ.update(stack.env.variables)
    resolved = Probe("stack", lambda: "its references are there")
    probes = (resolved, *store_probes(stack.artifacts, stack.env.variables), *database_probes(stack.metadata))
    return [
        {"probe": found.probe, "status": found.status, "said": found.said, "help": found.help}
        for found in examine(probes, limit)
    ]
