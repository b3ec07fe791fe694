"""`plan`: what a run would do, and why, without running anything.

The same evaluation as a run's, with the cache alone to answer: a call that is not in it ends the line, and what
depends on it can not be known before it runs (its upstream may come to equal bytes, and then it is cached after all).
"""

from __future__ import annotations

from collections import deque
from typing import Any, Literal

from attrs import frozen

from zenflow.engine.cache.costs import Costs
from zenflow.engine.cache.keying import Keys
from zenflow.engine.cache.memo import Answer, Memo
from zenflow.engine.evaluation.codec import codec
from zenflow.engine.evaluation.evaluation import Codec, Evaluation
from zenflow.engine.evaluation.frames import Frame, Task
from zenflow.engine.evaluation.values import Value
from zenflow.engine.explain import Explanation, explained
from zenflow.engine.targets import target_of
from zenflow.graph.bodies import Work
from zenflow.graph.build import Graph, graph_of
from zenflow.metadata.queries import costs
from zenflow.metadata.trust import Trust
from zenflow.stacks.stack import Stack

Action = Literal["cached", "run", "depends", "skipped"]


@frozen
class PlanItem:
    """What would become of a step, or of an element of a map, and why.

    `cached`: answered from the cache. `run`: not in it. `depends`: known when what it waits for has run. `skipped`:
    the branch that needs it is not taken.
    """

    name: str
    node: str
    action: Action
    reason: str
    element: int | None = None
    key: str | None = None


@frozen
class Plan:
    """What a run would do, in the order of the graph, and how it would be run."""

    items: tuple[PlanItem, ...]
    how: Explanation

    @property
    def cached(self) -> bool:
        """Whether nothing would run."""
        return all(item.action in ("cached", "skipped") for item in self.items)


def plan(target: Any, stack: Stack) -> Plan:
    """What running a target on a stack would do. Nothing is run and nothing recorded.

    Raises:
        CheckFailed: The graph has mistakes.
    """
    from zenflow.check.check import require_clean

    taken = target_of(target)
    graph = graph_of(taken.refs, taken.traces, form=taken.form)
    require_clean(graph, allow_pickle=stack.allow_pickle)
    with stack.database() as database:
        store = stack.store()
        known = Costs(lambda functions: costs(database, functions))
        trust = Trust(database, store, allow_pickle=stack.allow_pickle)
        memo = Memo(database, store, Keys(allow_pickle=stack.allow_pickle), trust)
        return _Planner(graph, memo, trust).plan(codec(store, lambda content, allow_pickle: None), known)


class _Planner:
    def __init__(self, graph: Graph, memo: Memo, trust: Trust) -> None:
        self._trust = trust
        self._graph = graph
        self._memo = memo
        self._items: dict[str, list[PlanItem]] = {}
        self._missed: set[str] = set()

    def plan(self, using: Codec, known: Costs) -> Plan:
        def completed(frame: Frame, name: str, values: tuple[Value, ...]) -> None: ...

        evaluation = Evaluation(self._graph, using, completed)
        waiting: deque[Task] = evaluation.ready
        while waiting:
            tasks = list(waiting)
            waiting.clear()
            for answer in self._memo.look(tasks):
                self._add(answer, evaluation)
        self._rest(evaluation)
        items = tuple(item for name in self._graph.nodes for item in self._items.get(name, ()))
        open_nodes = [
            name
            for name in self._graph.nodes
            if any(item.action in ("run", "depends") for item in self._items.get(name, ()))
        ]
        return Plan(items, explained(self._graph, open_nodes, known))

    def _add(self, answer: Answer, evaluation: Evaluation) -> None:
        task = answer.task
        root = task.frame.title(task.name).partition("[")[0] if task.frame.prefix else task.name
        key = answer.keyed.key.digest if answer.keyed.key else None
        node = task.frame.title(task.name)
        if answer.entry is not None:
            item = PlanItem(task.title, node, "cached", answer.reason, task.element, key)
            allows = self._trust.allows(task.spec.options.output)
            values = tuple(
                Value(content, hint, allow_pickle=allows and self._trust.opens(content))
                for content, hint in zip(answer.contents, task.hints, strict=True)
            )
            evaluation.task_done(task, values)
        else:
            reason = answer.reason if answer.error is None else answer.error.message
            item = PlanItem(task.title, node, "run", reason, task.element, key)
            self._missed.add(root)
        self._items.setdefault(root, []).append(item)

    def _rest(self, evaluation: Evaluation) -> None:
        """The nodes that no task was made of: they wait for what will run, or nothing needs them."""
        demanded = evaluation.root.states
        for name, node in self._graph.nodes.items():
            if name in self._items or not isinstance(node, Work):
                continue
            if name in demanded:
                waits = [source for source in self._graph.sources[name] if demanded[source].values is None]
                if not waits:
                    continue  # a map without elements
                reason = "waits for " + ", ".join(f"`{source}`" for source in waits)
                self._items[name] = [PlanItem(name, name, "depends", reason)]
            else:
                self._items[name] = [PlanItem(name, name, *self._undemanded(evaluation))]

    def _undemanded(self, evaluation: Evaluation) -> tuple[Action, str]:
        open_branches = [
            name
            for name, state in evaluation.root.states.items()
            if state.values is None and state.branch is None and any(True for _ in self._graph.nodes[name].lazy())
        ]
        if open_branches:
            return "depends", f"runs if `{open_branches[0]}` takes its branch"
        return "skipped", "no branch that is taken needs it"
