"""Steps on GPUs: which devices they see, which process they run in, what is refused.

No GPU is needed: Ray believes what it is told of the machine. Each program has a Ray of its own, in its own process.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.engine.running import until

ROOT = Path(__file__).parents[2]

PROGRAM = """
from __future__ import annotations

import json, os, sys, time
from pathlib import Path

import ray

from zenflow import Gang, each, run, step
from zenflow.errors import StepFailed
from zenflow.stacks.stack import stack_in

def sight() -> list[str]:
    return [str(os.getpid()), os.environ.get("CUDA_VISIBLE_DEVICES", "all")]

def together(folder: str, me: int, all: int) -> None:
    (Path(folder) / str(me)).touch()
    while len(list(Path(folder).iterdir())) < all:
        time.sleep(0.01)

@step(gpus=1, cpus=0, cache=False)
def on_gpu(x: int) -> list[str]:
    return sight()

@step(cpus=0, cache=False)
def on_cpu(x: int) -> list[str]:
    return sight()

@step(gpus=1, cpus=0, fresh_process=True, cache=False)
def fresh(x: int) -> list[str]:
    return sight()

@step(gpus=1, cpus=0, cache=False)
def own(folder: str, x: int) -> list[str]:
    together(folder, x, 4)
    return sight()

@step(gpus=0.5, cpus=0, cache=False)
def shared(folder: str, x: int) -> list[str]:
    together(folder, x, 8)
    return sight()

@step(gpus=2, cpus=0, cache=False)
def both(x: int) -> list[str]:
    return sight()

@step(gpus=1, cpus=0, workers=3, cache=False)
def ranks(folder: str, gang: Gang) -> list[str]:
    (Path(folder) / f"{gang.rank}.{os.environ['CUDA_VISIBLE_DEVICES']}").touch()
    together(folder, 99, gang.size + 1)
    return sorted(path.name.split(".")[1] for path in Path(folder).iterdir() if "." in path.name)

@step(gpus=1, cpus=0, accelerator="H100", cache=False)
def on_h100(x: int) -> list[str]:
    return sight()

def refused(target: object) -> str:
    try:
        run(target, stack=stack, engine="ray")
    except StepFailed as error:
        return str(error)
    return "it ran"

def folder(name: str) -> str:
    (here / name).mkdir()
    return str(here / name)

here = Path(sys.argv[1])
stack = stack_in(here / "kept")
kinds = {"accelerator_type:H100": 1}
ray.init("local", num_cpus=4, num_gpus=4, resources=kinds, include_dashboard=False, log_to_driver=False)

def output(target: object) -> object:
    return run(target, stack=stack, engine="ray").output

seen = {
    "gpu": [output(on_gpu(x)) for x in range(3)],
    "cpu": [output(on_cpu(x)) for x in range(3)],
    "fresh": [output(fresh(x)) for x in range(3)],
    "own": output(own.map(folder("own"), each(range(4)))),
    "shared": output(shared.map(folder("shared"), each(range(8)))),
    "both": output(both(1)),
    "ranks": output(ranks(folder("ranks"))),
    "h100": output(on_h100(1)),
    "cpu after": output(on_cpu(4)),
    "refused": [
        refused(on_gpu.with_options(gpus=8)(9)),
        refused(on_gpu.with_options(accelerator="A100")(9)),
        refused(ranks.with_options(workers=5)("nowhere")),
    ],
}
print(json.dumps(seen))
"""


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What steps saw of four GPUs."""
    folder = tmp_path_factory.mktemp("gpus")
    (folder / "gpus.py").write_text(PROGRAM)
    command = [sys.executable, "gpus.py", str(folder)]
    done = subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def environment() -> dict[str, str]:
    """That of a program which knows nothing of what we set for Ray."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("RAY_", "CUDA_"))}
    return {**kept, "RAY_USAGE_STATS_ENABLED": "0", "RAY_AUTH_MODE": "disabled", "PYTHONPATH": str(ROOT)}


def devices(sights: list[list[str]]) -> list[str]:
    return sorted(device for _, device in sights)


def pids(sights: list[list[str]]) -> set[str]:
    return {pid for pid, _ in sights}


def test_a_step_on_a_gpu_sees_one_device_and_the_next_runs_in_the_same_process(seen: Any) -> None:
    assert all(device in {"0", "1", "2", "3"} for device in devices(seen["gpu"]))
    assert len(pids(seen["gpu"])) == 1


def test_a_step_that_asks_for_no_gpu_sees_none(seen: Any) -> None:
    assert devices(seen["cpu"]) == ["", "", ""]
    assert seen["cpu after"][1] == ""


def test_a_fresh_process_is_one_that_nothing_else_ran_in(seen: Any) -> None:
    assert len(pids(seen["fresh"])) == 3
    assert not pids(seen["fresh"]) & (pids(seen["gpu"]) | pids(seen["cpu"]) | pids(seen["own"]))
    assert all(device in {"0", "1", "2", "3"} for device in devices(seen["fresh"]))


def test_steps_at_the_same_time_have_devices_of_their_own(seen: Any) -> None:
    assert devices(seen["own"]) == ["0", "1", "2", "3"]


def test_halves_of_a_device_are_shared_by_two(seen: Any) -> None:
    assert devices(seen["shared"]) == ["0", "0", "1", "1", "2", "2", "3", "3"]


def test_two_devices_are_two(seen: Any) -> None:
    assert len(set(seen["both"][1].split(","))) == 2


def test_ranks_have_devices_of_their_own(seen: Any) -> None:
    assert len(set(seen["ranks"])) == 3


def test_a_kind_of_accelerator_is_found_by_name(seen: Any) -> None:
    assert seen["h100"][1] in {"0", "1", "2", "3"}


def test_what_no_node_has_is_refused(seen: Any) -> None:
    eight, other, five = seen["refused"]
    assert "ZF504" in eight
    assert "it asks for GPU 8 on one node; the most any node here has is GPU 4" in eight
    assert "accelerator_type:A100" in other
    assert "each of 5 workers asks for GPU 1 at once; the nodes here have room for 4" in five


# --- a cluster that starts nodes when somebody asks for them

GROWING = """
import json, sys
from zenflow import step
from zenflow.engine.ray.executor import RayExecutor
from zenflow.engine.ray.nodes import nodes_at
from zenflow.engine.ray.session import misfit, unmet
from zenflow.graph.options import Options
from zenflow.stacks.nodes import lacking
from zenflow.stacks.stack import Stack

import ray
executor = RayExecutor(Stack("growing", "store", "sqlite:///zenflow.db", sys.argv[1]), lambda text: None)
asked = Options(gpus=1)
print(json.dumps([unmet(ray, asked), misfit(ray, asked), lacking({"GPU": 1.0}, nodes_at(sys.argv[1]))]))
executor.close()
"""
CONFIGURATION: dict[str, Any] = {
    "cluster_name": "growing",
    "max_workers": 2,
    "provider": {
        "type": "fake_multinode",
        "use_node_id_as_ip": True,
        "disable_node_updaters": True,
        "disable_launch_config_check": True,
    },
    "available_node_types": {
        "ray.head.default": {"resources": {"CPU": 1}, "node_config": {}, "max_workers": 0},
        "gpu": {"resources": {"CPU": 4, "GPU": 1}, "node_config": {}, "min_workers": 0, "max_workers": 2},
    },
    "head_node_type": "ray.head.default",
    "upscaling_speed": 1.0,
    "idle_timeout_minutes": 1,
    **{name: {} for name in ("auth", "docker", "file_mounts")},
    **{f"{name}_commands": [] for name in ("initialization", "setup", "head_setup", "worker_setup")},
    **{f"{name}_start_ray_commands": [] for name in ("head", "worker")},
    **{name: [] for name in ("cluster_synced_files", "rsync_exclude", "rsync_filter")},
    "file_mounts_sync_continuously": False,
}


@pytest.fixture
def growing_cluster(tmp_path: Path) -> Iterator[str]:
    """The address of a cluster with an autoscaler."""
    configuration = tmp_path / "cluster.json"
    configuration.write_text(json.dumps(CONFIGURATION))
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [str(Path(sys.executable).parent / "ray"), "start", "--head", "--block", "--num-cpus=1"]
    command += [f"--port={port}", "--include-dashboard=false", f"--autoscaling-config={configuration}"]
    settings = {"AUTOSCALER_UPDATE_INTERVAL_S": "1", "RAY_FAKE_CLUSTER": "1"}
    log = tmp_path / "head.log"
    with log.open("w") as output:
        head = subprocess.Popen(command, env=environment() | settings, stdout=output, stderr=output)
    try:
        until(lambda: "Ray runtime started" in log.read_text() or head.poll() is not None, "the start of the head")
        assert head.poll() is None, log.read_text()
        yield f"127.0.0.1:{port}"
    finally:
        head.send_signal(signal.SIGTERM)
        head.wait()


def test_what_a_node_that_is_yet_to_start_may_have_is_not_refused(growing_cluster: str) -> None:
    @cache
    def asked() -> list[str | None]:
        command = [sys.executable, "-c", GROWING, growing_cluster]
        done = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        answer: list[str | None] = json.loads(done.stdout.splitlines()[-1])
        return answer

    unmet, misfit, lacking = asked()
    assert unmet == "it asks for CPU 1, GPU 1 on one node; the most any node here has is CPU 1, GPU 0"
    assert misfit is None
    assert lacking is None
