"""Groups of pods: one for each kind of resources, as large as its steps need, as many as its gangs need."""

from __future__ import annotations

import pytest

from zenflow.errors import UsageError
from zenflow.graph.options import Options
from zenflow.stacks.kubernetes.sizing import GIB, Group, Replicas, groups, replicas


def named(*asked: Options, cpus: int = 1) -> dict[str, Group]:
    return {group.name: group for group in groups([(f"s{i}", one) for i, one in enumerate(asked)], cpus=cpus)}


def test_kinds_of_resources_have_groups_of_their_own() -> None:
    asked = [
        Options(),
        Options(memory=32 * GIB),
        Options(gpus=0.5),
        Options(gpus=1, accelerator="H100"),
        Options(resources={"licence": 1}),
    ]
    assert list(named(*asked)) == ["cpu", "memory", "cpu-licence", "gpu", "gpu-h100"]


def test_a_pipeline_of_plain_steps_has_one_group() -> None:
    assert named(Options(), Options(cpus=2.5), Options(memory=GIB))["cpu"].cpus == 3
    assert list(named()) == ["cpu"]


def test_what_a_step_asks_for_is_there_beside_rays_own() -> None:
    (group,) = named(Options(memory=7 * GIB)).values()
    assert group.memory == pytest.approx(10.5 * GIB)


def test_a_share_of_a_gpu_takes_a_pod_with_a_whole_one() -> None:
    assert named(Options(gpus=0.25))["gpu"].gpus == 1
    assert named(Options(accelerator="H100"))["gpu-h100"].gpus == 1


def test_a_gang_has_all_its_pods_at_once() -> None:
    assert named(Options(workers=5))["cpu"].at_once == 5
    assert named(Options(workers=5), cpus=2)["cpu"].at_once == 3
    assert replicas(named(Options(workers=5))["cpu"]) == Replicas(5, 5, 5)


def test_pods_for_tpus_are_refused() -> None:
    with pytest.raises(UsageError, match="TPU"):
        named(Options(resources={"TPU": 4}))


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        ((None, None, None), Replicas(4, 4, 4)),
        ((6, None, None), Replicas(6, 6, 6)),
        ((None, 0, 8), Replicas(4, 0, 8)),
        ((1, None, 4), Replicas(1, 1, 4)),
        ((0, None, 4), Replicas(0, 0, 4)),
    ],
)
def test_replicas_are_what_is_wished_for_and_needed(
    wish: tuple[int | None, int | None, int | None], expected: Replicas
) -> None:
    assert replicas(Group("gpu", 1, GIB, at_once=4, gang=("train", 4)), *wish) == expected


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        ((2, None, None), "--workers 2 has room for fewer"),
        ((None, None, 3), "--max-workers 3 has room for fewer"),
        ((None, 5, 4), "--min-workers 5 is more than --max-workers 4"),
        ((9, None, 8), "--workers 9 contradicts --max-workers 8"),
        ((1, 2, 8), "--workers 1 contradicts --min-workers 2"),
        ((0, None, None), "leaves nothing to run on"),
        ((None, None, 0), "leaves nothing to run on"),
    ],
)
def test_wishes_that_can_not_be_are_refused(wish: tuple[int | None, int | None, int | None], message: str) -> None:
    with pytest.raises(UsageError) as raised:
        replicas(Group("gpu", 1, GIB, at_once=4, gang=("train", 4)), *wish)
    assert message in raised.value.message
