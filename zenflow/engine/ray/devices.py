"""Which devices a step sees: those that it asked for, and none where it asked for none."""

from __future__ import annotations

import os

_HIDES_ALL = "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO"
"""Where this is set Ray does it itself. In a cluster that somebody else started it is not."""

_LEAVES_THEM = "RAY_EXPERIMENTAL_NOSET_CUDA_VISIBLE_DEVICES"
"""Whoever sets this wants no such thing."""


def see_own_devices() -> None:
    """Hide what this worker was not given: a CPU step that finds GPUs takes memory of one that somebody else has."""
    if os.environ.get(_HIDES_ALL) == "1" or os.environ.get(_LEAVES_THEM, "0") not in ("", "0"):
        return
    import ray

    if not ray.get_runtime_context().get_accelerator_ids()["GPU"]:
        os.environ["CUDA_VISIBLE_DEVICES"] = ""
