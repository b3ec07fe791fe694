"""Attaching to a cluster that is there: found, asked before Ray is, given the project.

`ray.init` waits for a minute and more for what will never answer, and tells little of why. So the port is tried first,
then the control store behind it, each with a deadline, and what is wrong is told apart: the name, the connection, the
token, something else at that port, no node of the cluster on this machine.

The project is uploaded under its digest, once. Given the path of a zip, Ray would upload it for each driver.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from attrs import frozen

from zenflow.engine.ray.functions import own_copy
from zenflow.engine.ray.vigil import outlive_the_cluster
from zenflow.errors import EngineError
from zenflow.stacks.deadline import answer_within
from zenflow.stacks.dialling import dial
from zenflow.stacks.home import project_root
from zenflow.stacks.job import own_job
from zenflow.stacks.packaging.package import Package, package
from zenflow.stacks.stack import Stack

_ANSWER_SECONDS = 4.0
_UPLOAD_SECONDS = 300.0
_PINNED_SECONDS = 600
"""How long the cluster keeps a package that no driver uses yet."""

_OF_A_JOB = "RAY_JOB_CONFIG_JSON_ENV_VAR"
"""Ray sets it for the driver of a job, whoever submitted that: a RayJob of KubeRay, or `ray job submit`."""

REACH = (
    "check that the cluster runs (`ray status`) and its address; where it asks for a token, as Ray's do by default, "
    "set the stack's `token`, or RAY_AUTH_MODE=token and RAY_AUTH_TOKEN or RAY_AUTH_TOKEN_PATH"
)


@frozen
class Place:
    """A cluster to attach to: its address, the runtime environment of what runs there, the project's root here."""

    address: str
    environment: dict[str, Any]
    root: Path | None


def attached(stack: Stack, notice: Callable[[str], None]) -> Place:
    """The stack's cluster, which answers and has the project.

    In the driver of a job it is the cluster that the job is on; it has the project and the packages already.

    Raises:
        EngineError: It can not be attached to.
        UsageError: The project can not be shipped.
    """
    wanted = str(stack.ray)
    if (stack.has_jobs and own_job() is not None) or (wanted == "auto" and _OF_A_JOB in os.environ):
        return Place(os.environ.get("RAY_ADDRESS") or "auto", {}, own_copy())
    if stack.has_jobs:
        raise EngineError(
            f"stack `{stack.name}` drives its runs on its cluster, {wanted}, and this driver is here",
            help=f"`zenflow submit TARGET --stack {stack.name}` (or `zenflow run`) hands the run to the cluster; "
            "only what is cached or short runs here",
        )
    outlive_the_cluster()
    if stack.token is not None:
        _identify(stack.token)
    address = _found() if wanted == "auto" else wanted
    notice(f"connecting to Ray at {address}")
    dial(address)
    store = _asked(address)
    root = project_root(Path.cwd())
    made = package(root)
    for path, why in made.left_out.items():
        notice(f"not shipped: {path}: {why}")
    _send(store, made, notice)
    return Place(address, {**stack.env.for_ray(), "working_dir": made.uri}, root)


def _identify(token: str) -> None:
    """Have this process's Ray show a token; Ray has read its variables when it was imported, and reads them again."""
    os.environ["RAY_AUTH_MODE"], os.environ["RAY_AUTH_TOKEN"] = "token", token
    raylet = import_module("ray._raylet")
    raylet.Config.initialize("")
    raylet.AuthenticationTokenLoader.instance().reset_cache()


def _found() -> str:
    """The address of the cluster that this machine is a node of."""
    from ray._private.services import get_ray_address_from_environment

    try:
        return str(get_ray_address_from_environment("auto", None))
    except ConnectionError as error:
        raise EngineError(
            "no Ray runs on this machine, and the stack says `auto`",
            help='start one (`ray start --head`), or name its address: ray = "host:6379"',
        ) from error


def _asked(address: str) -> Any:
    """A client of the cluster's control store, which has answered, and has a node on this machine."""
    from ray.exceptions import AuthenticationError

    raylet, services = import_module("ray._raylet"), import_module("ray._private.services")

    def ask() -> tuple[Any, set[str]]:
        client = raylet.GcsClient(address=address)
        found = client.get_all_node_info(timeout=_ANSWER_SECONDS).values()
        return client, {node.node_id.hex() for node in found if node.state == 0}

    try:
        # The client tries for 40 seconds, whatever is asked of it.
        client, nodes = answer_within(_ANSWER_SECONDS, ask)
    except AuthenticationError as error:
        given = os.environ.get("RAY_AUTH_TOKEN") or os.environ.get("RAY_AUTH_TOKEN_PATH")
        what = "refuses the token that it was given" if given else "asks for a token, and was given none"
        raise EngineError(
            f"the cluster at {address} {what}",
            help="set the stack's `token`, for example to ${env:RAY_AUTH_TOKEN}, to that of the cluster",
        ) from error
    except Exception as error:  # Ray's errors here have no class in common
        raise EngineError(
            f"what listens at {address} does not answer as a Ray cluster does, within {_ANSWER_SECONDS:g} s",
            help="give the port of Ray's control store (6379 unless chosen otherwise), not that of its dashboard",
        ) from error
    if nodes.isdisjoint(_hex(node) for node in services.find_node_ids()):
        raise EngineError(
            f"this machine is no node of the cluster at {address}, and a driver has to be on one",
            help=f"`ray start --address={address}` makes it one; or name the cluster's Jobs server as the stack's "
            "`ray` (http://head:8265), and its runs are driven there",
        )
    return client


def _hex(node: Any) -> str:
    return node if isinstance(node, str) else node.hex()


def _send(store: Any, made: Package, notice: Callable[[str], None]) -> None:
    """Let the cluster have a package that it has not."""
    name = made.uri.encode()
    store.pin_runtime_env_uri(made.uri, _PINNED_SECONDS)
    if store.internal_kv_exists(name, None, timeout=_ANSWER_SECONDS):
        return
    notice(f"sending the project: {made.extent}")
    store.internal_kv_put(name, made.data(), True, None, timeout=_UPLOAD_SECONDS)
