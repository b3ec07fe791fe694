"""Manifests: every one is taken by the API's schema, and its pods can run every step of the pipeline."""

from __future__ import annotations

import json
import shlex
import subprocess
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.stacks.kubernetes.schema import mistakes
from zenflow.errors import UsageError
from zenflow.graph.options import Options
from zenflow.stacks.kubernetes.manifest import Job, rayjob, require_working_dir
from zenflow.stacks.kubernetes.names import label_of
from zenflow.stacks.kubernetes.sizing import Group, Replicas, groups, replicas
from zenflow.stacks.kubernetes.variables import StackTexts
from zenflow.stacks.nodes import fitting, requested

STACK = StackTexts("team", "s3://bucket/zenflow", "postgresql+psycopg://${env:DB_USER}@db/zenflow")
LABELS = {"H100": ("nvidia.com/gpu.product", "NVIDIA-H100-PCIe"), "AMD-Instinct-MI300X": ("gpu", "mi300x")}

amounts = st.none() | st.integers(0, 64) | st.floats(0, 1)
options = st.builds(
    Options,
    cpus=amounts,
    gpus=st.none() | st.integers(0, 8) | st.floats(0, 1),
    memory=st.none() | st.integers(1, 2**42),
    accelerator=st.none() | st.sampled_from(sorted(LABELS)),
    resources=st.dictionaries(st.sampled_from(["licence", "disk", "a.b/c"]), st.integers(0, 4) | st.floats(0.1, 2)),
    workers=st.integers(1, 20),
)
steps = st.lists(options, max_size=8).map(lambda found: [(f"step_{i}", one) for i, one in enumerate(found)])
words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


def job(**changed: Any) -> Job:
    plain = Group("cpu", 1, 2**32), Replicas(1, 1, 1)
    given: dict[str, Any] = {
        "name": "training",
        "command": ["python", "-m", "zenflow", "run", "flow.py"],
        "image": "flows:1",
        "stack": STACK,
        "ray_version": "2.60.0",
        "groups": [plain],
        "secret": "zenflow",
        "labels": LABELS,
    }
    return Job(**{**given, **changed})


@given(
    steps=steps,
    cpus=st.integers(1, 64),
    extra=st.integers(0, 5),
    grows=st.integers(0, 5),
    changed=st.fixed_dictionaries(
        {},
        optional={
            "namespace": st.sampled_from(["ml", "team-a"]),
            "queue": st.just("team-queue"),
            "deadline": st.integers(1, 2**31 - 1),
            "ttl": st.integers(0, 2**31 - 1),
            "retries": st.integers(0, 5),
            "working_dir": st.just("s3://bucket/code.zip"),
            "name": words.map(label_of),
            "head_cpus": st.integers(1, 64),
            "command": st.lists(words, min_size=1),
        },
    ),
    installer=st.sampled_from(["uv", "pip"]),
    requirements=st.lists(st.sampled_from(["scikit-learn==1.9.0", "a; python_version < '3.12'"])),
    variables=st.dictionaries(
        st.sampled_from(["AWS_REGION", "TOKEN", "DB_USER"]), words.map(lambda t: t.replace("${", ""))
    ),
)
def test_every_manifest_is_taken_by_the_schema(
    steps: list[tuple[str, Options]],
    cpus: int,
    extra: int,
    grows: int,
    changed: dict[str, Any],
    installer: Any,
    requirements: list[str],
    variables: dict[str, str],
) -> None:
    found = groups(steps, cpus=cpus)
    most = max(group.at_once for group in found) + extra
    sized = [(group, replicas(group, most, None, most + grows if grows else None)) for group in found]
    assume("queue" not in changed or (not grows and len(found) <= 6))
    stack = StackTexts(
        "team", STACK.artifacts, STACK.metadata, True, tuple(variables.items()), tuple(requirements), installer
    )
    document = rayjob(job(groups=sized, stack=stack, **changed))
    assert mistakes(document) == []
    assert json.loads(json.dumps(document)) == document
    assert document == rayjob(job(groups=sized, stack=stack, **changed))


@given(steps=steps, cpus=st.integers(1, 64))
def test_every_step_has_room_by_what_rays_own_autoscaler_reads(steps: list[tuple[str, Options]], cpus: int) -> None:
    found = groups(steps, cpus=cpus)
    document = rayjob(job(groups=[(group, replicas(group)) for group in found]))
    nodes = _as_ray_reads(document)
    for _, asked in steps:
        assert fitting(requested(asked), nodes) >= asked.workers


def _as_ray_reads(document: Any) -> list[dict[str, float]]:
    """The workers' nodes, as Ray's autoscaler for KubeRay derives them from the cluster's specification."""
    from ray.autoscaler._private.kuberay import autoscaling_config as kuberay

    cluster = document["spec"]["rayClusterSpec"]
    types = kuberay._generate_available_node_types_from_ray_cr_spec(cluster)
    assert types.pop("headgroup")["resources"]["CPU"] == 0
    return [types[one["groupName"]]["resources"] for one in cluster["workerGroupSpecs"] for _ in range(one["replicas"])]


@given(st.lists(words, min_size=1))
def test_the_command_reaches_the_driver_as_it_is(command: list[str]) -> None:
    import ray.dashboard.modules.job.cli as ray_cli

    entrypoint = rayjob(job(command=command))["spec"]["entrypoint"]
    # KubeRay puts it into a line of a shell, after `ray job submit … --`.
    once = subprocess.run(
        ["/bin/sh", "-c", f"for word in {entrypoint.strip()} ; do printf '%s\\0' \"$word\"; done"],
        capture_output=True,
        check=True,
    )
    submitted = once.stdout.decode().split("\0")[:-1]
    assert submitted == command
    parsed = ray_cli.submit.make_context("submit", ["--no-wait", "--", *submitted])
    assert shlex.split(shlex.join(parsed.params["entrypoint"])) == command


def test_a_field_with_a_typo_fails_these_tests() -> None:
    document = rayjob(job())
    document["spec"]["activeDeadlineSecond"] = 3
    document["spec"]["rayClusterSpec"]["headGroupSpec"]["template"]["spec"]["nodeSelectors"] = {}
    assert len(mistakes(document)) == 2


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"secret": None}, "refers to `${env:DB_USER}`, which the cluster has to know"),
        ({"labels": {}, "groups": [(Group("gpu", 1, 1, 1, "H100"), Replicas(1, 1, 1))]}, "the accelerator H100"),
        ({"queue": "q", "groups": [(Group("cpu", 1, 1), Replicas(1, 1, 2))]}, "would grow from 1 to 2 pods"),
        ({"queue": "q", "groups": [(Group(f"g{i}", 1, 1), Replicas(1, 1, 1)) for i in range(7)]}, "needs 7 groups"),
        ({"groups": [(Group("cpu", 1, 1, resources={'a"b': 1}), Replicas(1, 1, 1))]}, "can not give the resource"),
        ({"stack": StackTexts("s", ".zenflow/store", STACK.metadata)}, "which pods can not reach"),
        ({"stack": StackTexts("s", "file:///store", STACK.metadata)}, "which pods can not reach"),
        ({"stack": StackTexts("s", STACK.artifacts, "sqlite:///zenflow.db")}, "a file of this machine"),
        ({"stack": StackTexts("s", "s3://${file:bucket}", STACK.metadata)}, "a file that pods do not have"),
        ({"stack": StackTexts("s", "s3://b", "postgresql://db", requirements=("a$b",))}, "does not leave as it is"),
        ({"stack": StackTexts("s", "s3://b", "postgresql://db", variables=(("a-b", ""),))}, "no variable `a-b`"),
    ],
)
def test_what_the_cluster_could_not_use_is_refused(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as raised:
        rayjob(job(**changed))
    assert message in raised.value.message
    assert raised.value.help


@pytest.mark.parametrize("uri", ["code.zip", "/code.zip", "s3://bucket/code", "ftp://host/code.zip", "s3://b/$x.zip"])
def test_a_working_directory_that_ray_can_not_fetch_is_refused(uri: str) -> None:
    with pytest.raises(UsageError):
        require_working_dir(uri)
