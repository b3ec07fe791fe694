"""A stack in a folder of the test's own, and both engines."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.running import Runner
from zenflow.stacks.stack import Stack, stack_in


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    return stack_in(tmp_path / "kept")


@pytest.fixture
def inline(stack: Stack) -> Runner:
    return Runner(stack, "inline")


@pytest.fixture
def on_ray(stack: Stack, local_ray: None) -> Runner:
    return Runner(stack, "ray")


@pytest.fixture(params=["inline", "ray"])
def either(request: pytest.FixtureRequest, stack: Stack) -> Runner:
    """Both engines, one after the other: what must hold on each."""
    if request.param == "ray":
        request.getfixturevalue("local_ray")
    return Runner(stack, request.param)
