"""Where segments run: in this process, on Ray, or on both.

With an engine asked for, there. Without: what history knows to be short, and asks for nothing, runs in this process,
because starting Ray takes longer than many a pipeline; everything else on Ray, which starts in the background while
what is short already runs. The results and records are the same, which is what makes the choice free.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable

from zenflow.engine.cache.costs import Costs
from zenflow.engine.working.executor import Executor
from zenflow.graph.expression import StepSpec

SHORT = 0.5
"""Seconds that a step may take, by history, to be run in this process unasked."""

BACKLOG = 2.0
"""Seconds of short work from which on Ray is worth its start."""


class Lanes:
    """The executors of one run. `start` connects to Ray, and may take seconds."""

    def __init__(self, engine: str | None, here: Executor, start: Callable[[], Executor], costs: Costs) -> None:
        self._engine = engine
        self._here = here
        self._start = start
        self._costs = costs
        self._ray: Executor | None = None
        self._starting = False
        self._up = threading.Event()
        self._trouble: BaseException | None = None
        self._outlook: Callable[[], Iterable[StepSpec]] | None = None
        self._used: set[str] = set()

    def look_out(self, open_steps: Callable[[], Iterable[StepSpec]]) -> None:
        """Where to ask, once something must run, for the steps that the rest of the run may need."""
        self._outlook = open_steps

    def fits_here(self, spec: StepSpec) -> bool:
        """Whether a step may run in this process."""
        if self._engine is not None:
            return self._engine == "inline"
        cost = self._costs.of(spec)
        return cost is not None and cost.seconds <= SHORT and not spec.options.demanding

    def is_here(self, executor: Executor) -> bool:
        """Whether an executor is this process."""
        return executor is self._here

    def lane(self, spec: StepSpec, *, away: bool) -> Executor | None:
        """Where a step runs now; None where that is not there yet, or busy."""
        if self._ray is None and self.fits_here(spec):
            return None if away else self._here
        return self.ray()

    def ray(self) -> Executor | None:
        """Ray, started if it is not; None while it starts.

        Raises:
            EngineError: It could not be started.
        """
        if self._trouble is not None:
            raise self._trouble
        if self._ray is None and not self._starting:
            self._starting = True
            if self._engine is None:
                threading.Thread(target=self._started_aside, name="zenflow-ray", daemon=True).start()
            else:
                self._started()
                return self.ray()
        return self._ray

    def consider(self, backlog: float) -> None:
        """Start Ray in the background if the rest of the run will need it, or much short work (in seconds) waits."""
        if self._engine is not None or self._starting:
            return
        if self._outlook is not None:
            outlook, self._outlook = self._outlook, None
            if not all(map(self.fits_here, outlook())):
                self.ray()
                return
        if backlog > BACKLOG:
            self.ray()

    @property
    def starting(self) -> bool:
        """Whether Ray is about to be there."""
        return self._starting and not self._up.is_set()

    def await_ray(self, seconds: float) -> None:
        """Wait at most so long for Ray to be there."""
        self._up.wait(seconds)

    def executors(self) -> list[Executor]:
        """Those that are there."""
        return [self._here] if self._ray is None else [self._here, self._ray]

    def used(self, executor: Executor) -> None:
        """A step was run there."""
        self._used.add(executor.name)

    @property
    def names(self) -> str | None:
        """The executors that ran something, for the record."""
        return "+".join(sorted(self._used)) or None

    def close(self) -> None:
        """Let go of both. A Ray that is starting is waited for: a process can not end well in the middle of that."""
        if self._starting:
            self._up.wait()
        for executor in self.executors():
            executor.close()

    def _started(self) -> None:
        try:
            self._ray = self._start()
        except BaseException as error:  # raised again in the driver's thread, where somebody hears it
            self._trouble = error
        finally:
            self._up.set()

    def _started_aside(self) -> None:
        """Start Ray in a thread that never ends: its processes ask the kernel to be ended with the *thread* that made
        them (PR_SET_PDEATHSIG), and they serve later runs of this process too."""
        self._started()
        if self._ray is not None:
            threading.Event().wait()
