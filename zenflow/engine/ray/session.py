"""One connection to Ray per process: joined where there is one, started where there is none, shared by all runs."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from attrs import frozen

from zenflow.engine.ray.attaching import REACH, attached
from zenflow.engine.ray.growth import grows
from zenflow.errors import EngineError
from zenflow.graph.environments import INSTALLERS
from zenflow.graph.options import Options
from zenflow.stacks.nodes import lacking, requested
from zenflow.stacks.stack import Stack

_QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",  # never phones home
    "RAY_worker_niceness": "0",  # workers would run at nice 15
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",  # under `uv run` Ray would upload the current folder
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "1",  # a step without GPUs sees none
    "RAY_DEDUP_LOGS_SKIP_REGEX": ".",  # what its nodes say: a lost worker is told by the run, in its own words
    "RAY_IGNORE_UNHANDLED_ERRORS": "1",  # every error is an outcome here
    "RAY_TQDM_PATCH_PRINT": "0",
}


_FRESH = "ZENFLOW_FRESH_PROCESS"
"""Workers with this in their environment take no other work, and end after one piece of it: so each is new."""

_LOCAL = (None, "local")
_PARTING_SECONDS = 5.0


@frozen(eq=False)
class Connection:
    """A connection to Ray: its module, the project that its workers have a copy of, the installer of the stack's
    packages there, and the address of a cluster that is not this process's own."""

    ray: Any
    root: Path | None = None
    installer: str | None = None
    address: str | None = None


_made: Connection | None = None
"""The connection that this module made; a Ray that somebody else initialised has nothing of ours."""


def connect(stack: Stack, notice: Callable[[str], None]) -> Connection:
    """The `ray` module, connected: to what this process uses already, to the stack's cluster, or to a Ray of our own.

    A cluster is shipped the project, and installs the stack's packages.

    Raises:
        EngineError: Ray can not be reached or started.
        UsageError: The project can not be shipped.
    """
    global _made  # noqa: PLW0603 one connection a process, as Ray has it
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    import ray

    if ray.is_initialized():
        return _made or Connection(ray)
    logging.getLogger("ray").setLevel(logging.ERROR)  # its own notices; ours say what a user must know
    since = time.monotonic()
    if stack.ray in _LOCAL:
        notice("starting Ray")
        environment = stack.env.for_ray()
        _init("start Ray here", "run with engine='inline'", address="local", runtime_env=environment)
        _made = Connection(ray, None, _installer(environment))
    else:
        place = attached(stack, notice)
        _init(f"reach Ray at {place.address}", REACH, address=place.address, runtime_env=place.environment)
        address = place.address if ":" in place.address else str(ray.get_runtime_context().gcs_address)
        _made = Connection(ray, place.root, _installer(place.environment), address)
    notice(f"Ray is up ({time.monotonic() - since:.1f} s)")
    return _made


def give_up(connection: Connection) -> None:
    """Part from a cluster that is gone, so that a later run can attach anew.

    Ray may wait for the cluster in that too, so it is not waited for beyond a moment.
    """
    global _made  # noqa: PLW0603 see `connect`
    _made = None
    parting = threading.Thread(target=connection.ray.shutdown, name="zenflow-parting", daemon=True)
    parting.start()
    parting.join(_PARTING_SECONDS)


def _init(what: str, fix: str, *, address: str, runtime_env: dict[str, Any]) -> None:
    import ray

    try:
        ray.init(
            address=address,
            include_dashboard=False if address == "local" else None,
            log_to_driver=False,
            configure_logging=False,
            logging_level=logging.ERROR,
            namespace="zenflow",
            runtime_env=runtime_env or None,
        )
    except Exception as error:  # a node that does not come up in time is told by an exception of no class
        text = str(error).strip().splitlines()
        raise EngineError(f"could not {what}: {text[0] if text else type(error).__name__}", help=fix) from error


def _installer(environment: Mapping[str, Any]) -> str | None:
    return next((name for name in INSTALLERS if name in environment), None)


def one_installer(options: Options, of_stack: str | None) -> None:
    """Refuse a step whose packages are installed otherwise than the stack's: Ray merges the two, and takes one alone.

    Raises:
        EngineError: They differ.
    """
    other = next((name for name in INSTALLERS if name in options.env and of_stack not in (None, name)), None)
    if other is not None:
        raise EngineError(
            f"the step asks for packages by {other}, and its stack's are installed by {of_stack}",
            help=f"write `{of_stack}` in the step's `env`, or installer = \"{other}\" in the stack's",
        )


def misfit(ray: Any, options: Options) -> str | None:
    """Why the cluster can never run a step with these options; None where it can.

    Ray itself waits for such a node for ever.
    """
    problem = unmet(ray, options)
    return None if problem is None or grows(ray) else problem


def unmet(ray: Any, options: Options) -> str | None:
    """Why the nodes that are there now can never run a step with these options; None where they can."""
    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    return lacking(requested(options), nodes, options.workers)


def ray_options(options: Options) -> dict[str, Any]:
    """A step's options as Ray takes them."""
    asked: dict[str, Any] = {"num_cpus": 1 if options.cpus is None else options.cpus}
    if options.gpus:
        asked["num_gpus"] = options.gpus
    if options.memory:
        asked["memory"] = options.memory
    if options.accelerator:
        asked["accelerator_type"] = options.accelerator
    if options.resources:
        asked["resources"] = dict(options.resources)
    if options.env:
        asked["runtime_env"] = dict(options.env)
    if options.fresh_process:
        variables = {**asked.get("runtime_env", {}).get("env_vars", {}), _FRESH: "1"}
        asked["runtime_env"] = {**options.env, "env_vars": variables}
    return asked
