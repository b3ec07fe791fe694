"""One connection to Ray per process: joined where there is one, started where there is none, shared by all runs."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from typing import Any

from zenflow.engine.ray.growth import grows
from zenflow.errors import EngineError
from zenflow.graph.options import Options
from zenflow.stacks.nodes import lacking, requested

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

_REACH = (
    "check that the cluster runs (`ray status`) and its address; where it asks for a token, as Ray's do by default, "
    "set RAY_AUTH_MODE=token and RAY_AUTH_TOKEN or RAY_AUTH_TOKEN_PATH"
)


def connect(address: str | None, notice: Callable[[str], None]) -> Any:
    """The `ray` module, connected: to what this process uses already, to `address`, or to a Ray of our own.

    Raises:
        EngineError: Ray can not be reached or started.
    """
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    import ray

    if ray.is_initialized():
        return ray
    logging.getLogger("ray").setLevel(logging.ERROR)  # its own notices; ours say what a user must know
    notice(f"connecting to Ray at {address}" if address else "starting Ray")
    since = time.monotonic()
    try:
        ray.init(
            address=address or "local",
            include_dashboard=None if address else False,
            log_to_driver=False,
            configure_logging=False,
            logging_level=logging.ERROR,
            namespace="zenflow",
        )
    except (ConnectionError, TimeoutError, RuntimeError, ValueError, OSError) as error:
        where = f"reach Ray at {address}" if address else "start Ray here"
        text = str(error).strip().splitlines()
        raise EngineError(
            f"could not {where}: {text[0] if text else type(error).__name__}",
            help=_REACH if address else "run with engine='inline'",
        ) from error
    notice(f"Ray is up ({time.monotonic() - since:.1f} s)")
    return ray


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
