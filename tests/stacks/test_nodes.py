"""What a node can give, and what a step asks of one."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zenflow.graph.options import Options
from zenflow.stacks import nodes
from zenflow.stacks.nodes import GROWING, lacking, requested, this_machine

NAMES = st.sampled_from(["CPU", "GPU", "memory", "accelerator_type:H100", "licence"])
AMOUNTS = st.dictionaries(NAMES, st.floats(0, 100))


def test_a_step_asks_for_a_cpu_and_for_what_its_options_say() -> None:
    assert requested(Options()) == {"CPU": 1.0}
    asked = Options(cpus=0, gpus=0.5, memory=2**30, accelerator="H100", resources={"licence": 2, "none": 0})
    assert requested(asked) == {"GPU": 0.5, "memory": 2.0**30, "accelerator_type:H100": 0.001, "licence": 2}


def test_one_node_has_to_give_all_of_it() -> None:
    two = [{"CPU": 8.0}, {"CPU": 1.0, "GPU": 1.0}]
    assert lacking({"CPU": 8.0}, two) is None
    assert lacking({"CPU": 1.0, "GPU": 1.0}, two) is None
    assert lacking({"CPU": 2.0, "GPU": 1.0}, two) == (
        "it asks for CPU 2, GPU 1 on one node; the most any node here has is CPU 8, GPU 1"
    )
    assert lacking({"CPU": 1.0}, []) == "it asks for CPU 1 on one node; the most any node here has is CPU 0"
    assert "memory 4.0 GiB on one node; the most any node here has is memory 2.0 GiB" in str(
        lacking({"memory": 4.0 * 2**30}, [{"memory": 2.0 * 2**30}])
    )


@given(AMOUNTS, st.lists(AMOUNTS, max_size=3), AMOUNTS)
def test_more_nodes_never_lack_more(
    wanted: dict[str, float], some: list[dict[str, float]], one: dict[str, float]
) -> None:
    if lacking(wanted, some) is None and some:
        assert lacking(wanted, [*some, one]) is None
    assert lacking(wanted, [*some, wanted]) is None


def test_models_of_accelerators_that_are_not_known_may_be_any() -> None:
    wanted = {"GPU": 1.0, "accelerator_type:H100": 0.001}
    assert lacking(wanted, [{"GPU": 1.0, "accelerator_type:": float("inf")}]) is None
    assert lacking(wanted, [{"GPU": 1.0, "accelerator_type:A100": 1.0}]) is not None


@pytest.mark.parametrize(
    ("cards", "visible", "there"),
    [(0, None, 0), (2, None, 2), (2, "", 0), (2, "0", 1), (2, "0,1,2", 2), (2, "-1", 0), (2, " 1 ,", 1), (0, "0", 0)],
)
def test_this_machine_has_the_cards_that_are_to_be_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cards: int, visible: str | None, there: int
) -> None:
    for number in range(cards):
        (tmp_path / "gpus" / str(number)).mkdir(parents=True)
    monkeypatch.setattr(nodes, "_NVIDIA", tmp_path / "gpus")
    monkeypatch.setattr(nodes, "_OTHER_ACCELERATORS", ())
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    here = this_machine()
    assert here["GPU"] == there
    assert here["CPU"] >= 1
    assert here["memory"] > 2**20
    assert (lacking({"GPU": 1.0, "accelerator_type:H100": 0.001}, [here]) is None) == (there > 0)


def test_accelerators_that_can_not_be_counted_are_endless(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nodes, "_NVIDIA", tmp_path / "none")
    monkeypatch.setattr(nodes, "_OTHER_ACCELERATORS", (tmp_path,))
    assert lacking({"GPU": 64.0, "accelerator_type:MI300": 0.001}, [this_machine()]) is None


def test_all_workers_have_to_fit_at_once() -> None:
    two = [{"CPU": 8.0, "GPU": 2.0}, {"CPU": 1.0, "GPU": 4.0}, {"CPU": 64.0}]
    wanted = {"CPU": 1.0, "GPU": 1.0}
    assert lacking(wanted, two, 3) is None
    assert lacking(wanted, two, 4) == (
        "each of 4 workers asks for CPU 1, GPU 1 at once; the nodes here have room for 3"
    )
    assert lacking({"GPU": 0.1}, [{"GPU": 1.0}], 10) is None
    assert "it asks for GPU 8 on one node" in str(lacking({"GPU": 8.0}, two, 2))


def test_what_a_growing_cluster_may_start_has_anything() -> None:
    assert lacking({"CPU": 1.0, "GPU": 8.0, "accelerator_type:H100": 0.001, "licence": 1.0}, [GROWING], 100) is None
