"""The remote functions as Ray has them: each is exported once to the workers of a cluster, whatever runs."""

from __future__ import annotations

from functools import cache
from typing import Any

from zenflow.engine.ray.ranks import run_rank
from zenflow.engine.ray.remote import run_segment
from zenflow.graph.options import Options


def remote_function(options: Options) -> Any:
    """The remote function for a kind of steps."""
    return _exported(gang=options.workers > 1, fresh=options.fresh_process)


@cache
def _exported(*, gang: bool, fresh: bool) -> Any:
    import ray

    once: dict[str, Any] = {"max_calls": 1} if fresh else {}
    return ray.remote(num_returns=2, max_retries=0, **once)(run_rank if gang else run_segment)
