"""What happened, as values: the driver commits these, queries give them back.

Times are seconds since the epoch. A record is immutable; committing one with the key of an earlier one
replaces it (a step that was `running` becomes `ran`; a cache entry whose blobs were lost is made anew),
except contents, code and versions, where the first stays.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from attrs import field, frozen

from zenflow.artifacts.content import Content

RunStatus = Literal["running", "ok", "failed", "cancelled", "interrupted"]
"""`interrupted`: it is recorded as running, and its driver is gone (`zenflow.metadata.drivers`)."""

StepStatus = Literal["pending", "running", "ran", "cached", "failed", "skipped", "cancelled", "interrupted"]
"""`interrupted`: it was pending or running when the driver of its run went."""


@frozen
class ErrorRecord:
    """A failure as a value: the exception's type and message, and the traceback of the user's frames only."""

    type: str
    message: str
    traceback: str
    pickled: bytes | None = field(default=None, repr=False)


@frozen
class Environment:
    """What reproducing a run needs besides its code and parameters.

    `environments` are the digests of what was asked of the processes that ran its steps: the stack's under `""`, those
    of steps by their names.
    """

    command: tuple[str, ...] = ()
    directory: str = ""
    git_commit: str | None = None
    git_dirty: bool | None = None
    python: str = ""
    platform: str = ""
    packages: Mapping[str, str] = field(factory=dict)
    host: str = ""
    user: str = ""
    pid: int = 0
    environments: Mapping[str, str] = field(factory=dict)


@frozen
class RunRecord:
    """One run. Key: `id`. `graph` is the graph's JSON; `params` the parameters, printed."""

    id: str
    status: RunStatus
    started: float
    finished: float | None = None
    name: str | None = None
    pipeline: str | None = None
    target: str | None = None
    engine: str | None = None
    stack: str = "local"
    params: Mapping[str, str] = field(factory=dict)
    tags: tuple[str, ...] = ()
    graph: bytes = field(default=b"", repr=False)
    outputs: Mapping[str, str] = field(factory=dict)
    environment: Environment = field(factory=Environment, repr=False)
    error: ErrorRecord | None = None


@frozen
class Execution:
    """One step of one run, or one element of a map. Key: `run`, `step` (`train`, `train[3]`).

    `node` is the graph node (`train`), `element` the position in its map. `source_run` and `source_step` name the
    execution that produced the outputs of a cached step. `inputs` and `outputs` are artifact digests; an
    input's name is its parameter (`models[0]` in a display). `timings` are seconds by phase, `usage` is
    `peak_memory`, `bytes_in` and `bytes_out`, in bytes. `host` and `pid` are where the last attempt ran.
    """

    run: str
    step: str
    node: str
    status: StepStatus
    function: str = ""
    element: int | None = None
    key: str | None = None
    cache_reason: str = ""
    attempts: int = 0
    started: float | None = None
    finished: float | None = None
    inputs: Mapping[str, str] = field(factory=dict)
    outputs: tuple[str, ...] = ()
    source_run: str | None = None
    source_step: str | None = None
    timings: Mapping[str, float] = field(factory=dict)
    error: ErrorRecord | None = None
    usage: Mapping[str, int] = field(factory=dict)
    host: str = ""
    pid: int = 0


@frozen
class Attempt:
    """One try at an execution. Key: `run`, `step`, `number` (from 1).

    A step that needed one attempt alone may have no record of it: its execution says it all.
    """

    run: str
    step: str
    number: int
    status: StepStatus
    started: float | None = None
    finished: float | None = None
    host: str = ""
    pid: int = 0
    error: ErrorRecord | None = None


@frozen
class LogLine:
    """Text a step wrote. `stream` is `stdout`, `stderr` or a logging level name; `number` orders an attempt's lines."""

    run: str
    step: str
    attempt: int
    number: int
    time: float
    stream: str
    text: str


@frozen
class Metric:
    """One value given to `report`; `number` counts the values of a name within an attempt, from 0."""

    run: str
    step: str
    attempt: int
    name: str
    number: int
    value: float | str
    time: float


@frozen
class CacheEntry:
    """A remembered call. Key: `key`. `components` is what the key was made of, by name, for telling what changed.

    As `Components`, what many calls have in common is stored once.
    """

    key: str
    function: str
    run: str
    step: str
    outputs: tuple[str, ...]
    created: float
    components: Mapping[str, str] = field(factory=dict)


@frozen
class Code:
    """The source of one function, class or global that some step reaches. Key: `digest`."""

    digest: str
    name: str
    source: str


def code_name(node: str) -> str:
    """The name that a node's code is filed under: the same for every element of a mapped pipeline.

    >>> code_name("features[3]/scale")
    'features/scale'
    """
    return re.sub(r"\[\d+\]", "", node)


@frozen
class RunCode:
    """That a step's code closure held this piece of code in this run. Key: `run`, `node`, `name`.

    `node` is the step's function (`module:name`), whatever nodes called it. Runs recorded by ZenFlow 0.1 have the name
    of the node there (`code_name`).
    """

    run: str
    node: str
    name: str
    digest: str


@frozen
class Version:
    """A registered version of a name. Key: `name`, `version` (from 1; 0 asks for the next one)."""

    name: str
    version: int
    digest: str
    run: str
    step: str
    created: float


@frozen
class Alias:
    """A movable pointer to one version of a name (`forest@prod`). Key: `name`, `alias`."""

    name: str
    alias: str
    version: int
    created: float


@frozen
class Cost:
    """What one call of a step costs, by its history. Key: `function`.

    `count` calls were measured; `seconds` is a worker's whole time for one, as an exponentially weighted mean, so that
    late calls count more; `peak_memory` and `bytes_out` are in bytes.
    """

    function: str
    count: int
    seconds: float
    peak_memory: int
    bytes_out: int
    updated: float


@frozen
class Submission:
    """A run that was handed to a cluster. Key: `run`, `attempt` (from 1; each resumption is one more).

    `command` is what its driver is told after `zenflow`, in `directory` as its submitter calls it; `package` has the
    code. `handed` is when the cluster took the job, None until that is known; `begun` when its driver claimed the run.
    `outcome` and `problem` tell of a job that ended before that.
    """

    run: str
    attempt: int
    stack: str
    cluster: str
    target: str
    command: tuple[str, ...]
    directory: str
    package: str
    host: str
    user: str
    created: float
    handed: float | None = None
    begun: float | None = None
    outcome: Literal["failed", "cancelled"] | None = None
    problem: str | None = None

    @property
    def job(self) -> str:
        """The id of its job: `zf-<run>-<attempt>`."""
        return f"zf-{self.run}-{self.attempt}"


@frozen
class Signature:
    """Somebody vouches for an artifact that holds a pickle (`zenflow.metadata.trust`). Key: `digest`."""

    digest: str
    hmac: str


Record = (
    RunRecord
    | Execution
    | Attempt
    | LogLine
    | Metric
    | Content
    | CacheEntry
    | Code
    | RunCode
    | Version
    | Alias
    | Cost
    | Signature
)
"""Whatever the driver may commit."""
