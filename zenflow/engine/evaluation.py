"""Evaluation by demand: from what is known, what can run now.

Nodes are demanded from the outputs backwards; a node whose arguments are all known either completes here (a
literal, a decided branch, a joined map) or becomes a task. The evaluation runs nothing: the driver and the planner
both walk it, the one running what is ready, the other only asking the cache. It is iterative throughout.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from types import GenericAlias
from typing import Any

from attrs import frozen

from zenflow.artifacts.content import Content
from zenflow.engine.frames import Frame, NodeState, Task
from zenflow.engine.values import Given, Group, Value
from zenflow.errors import EngineError, ZenFlowError
from zenflow.graph.build import Graph
from zenflow.graph.expression import (
    Argument,
    Call,
    Constant,
    Display,
    Elements,
    Input,
    Literal,
    Map,
    Parameter,
    Ref,
    StepSpec,
    When,
    unnamed,
)
from zenflow.graph.substitution import element_hint


@frozen
class Codec:
    """What evaluation needs of the artifact store, as functions.

    `lift` stores a plain value, `elements` splits a list's content, `join` is its inverse, `decide` loads a predicate,
    `adopt` makes sure that what another store has (by its URL) is here too.
    """

    lift: Callable[[object, Any], Content]
    elements: Callable[[Content, Any], Sequence[Content]]
    join: Callable[[Sequence[Content], Any], Content]
    decide: Callable[[Content], object]
    adopt: Callable[[Content, str], None]


class Evaluation:
    """The state of evaluating a graph.

    `ready` are tasks nobody has taken yet; `completed` is told of every node that came to its values; `failures` are
    nodes that can not be evaluated whatever runs.
    """

    def __init__(self, graph: Graph, codec: Codec, completed: Callable[[Frame, str, tuple[Value, ...]], None]) -> None:
        self.ready: deque[Task] = deque()
        self.failures: list[tuple[Frame, str, ZenFlowError]] = []
        self.done = False
        self._codec = codec
        self._completed = completed
        self._unblocked: deque[tuple[Frame, str]] = deque()
        self.root = self._enter(graph, "", {}, self._finish)
        self._advance()

    def task_done(self, task: Task, values: tuple[Value, ...]) -> None:
        """A task came to its values; what waited for it may be ready now."""
        if task.element is None:
            self._complete(task.frame, task.name, values)
        else:
            self._row_done(task.frame, task.name, task.element, values)
        self._advance()

    def outputs(self) -> dict[str, Value]:
        """The target's values, by name; only when `done`."""
        return {name: self._value(self.root, ref) for name, ref in self.root.graph.outputs.items()}

    # ------------------------------------------------------------ demand

    def _finish(self) -> None:
        self.done = True

    def _enter(
        self,
        graph: Graph,
        prefix: str,
        parameters: dict[bytes, Value],
        finished: Callable[[], None],
        outer: tuple[Frame, str] | None = None,
    ) -> Frame:
        frame = Frame(graph, prefix, parameters, finished, outer)
        targets = list(dict.fromkeys(graph.name_of(ref) for ref in graph.outputs.values()))
        frame.open_outputs = len(targets)
        for name in targets:
            self._demand(frame, name)
            frame.states[name].open_consumers += 1  # the frame's own hold on its outputs
        return frame

    def _demand(self, frame: Frame, target: str) -> None:
        """Give every node that the target needs a state, and count what each waits for."""
        new, stack = [], [target]
        while stack:
            name = stack.pop()
            if name not in frame.states:
                frame.states[name] = NodeState()
                new.append(name)
                stack.extend(self._sources(frame, name))
        for name in new:
            if self._wait(frame, name, self._sources(frame, name)) == 0:
                self._unblocked.append((frame, name))

    def _sources(self, frame: Frame, name: str) -> list[str]:
        return list(dict.fromkeys(frame.graph.name_of(ref) for _, ref in frame.graph.nodes[name].strict()))

    def _wait(self, frame: Frame, name: str, sources: Sequence[str]) -> int:
        """Make a node wait for those of its sources that are not complete; gives their number."""
        open_sources = [source for source in sources if frame.states[source].values is None]
        for source in sources:
            frame.states[source].open_consumers += 1
        for source in open_sources:
            frame.states[source].consumers.append(name)
        frame.states[name].waiting = len(open_sources)
        return len(open_sources)

    # ------------------------------------------------------------ progress

    def _advance(self) -> None:
        while self._unblocked:
            frame, name = self._unblocked.popleft()
            try:
                self._start(frame, name)
            except ZenFlowError as error:
                self.failures.append((frame, name, error))

    def _start(self, frame: Frame, name: str) -> None:
        node = frame.graph.nodes[name]
        if isinstance(node, Call):
            arguments = tuple((key, self.given(frame, argument)) for key, argument in node.arguments)
            self.ready.append(Task(frame, name, node, node.step, arguments))
        elif isinstance(node, Map):
            self._start_map(frame, name, node)
        elif isinstance(node, When):
            self._start_when(frame, name, node)
        elif isinstance(node, Literal):
            self._complete(frame, name, (Value(self._codec.lift(node.value, node.hint), node.hint),))
        elif isinstance(node, Parameter):
            self._complete(frame, name, (frame.parameters[node.identity],))
        elif isinstance(node, Input) and node.resolution is not None:
            resolution = node.resolution
            self._codec.adopt(resolution.contents[0], resolution.store)
            values = (Value(resolution.contents[0], node.hint, allow_pickle=resolution.allow_pickle),)
            self._complete(frame, name, values)
        else:
            raise EngineError(f"`{frame.title(name)}` is a {type(node).__name__} that nothing can evaluate")

    def _start_when(self, frame: Frame, name: str, node: When) -> None:
        state = frame.states[name]
        if state.branch is None:
            taken = self._codec.decide(self._value(frame, node.predicate).content)
            if not isinstance(taken, bool):
                raise EngineError(
                    f"the predicate of `{frame.title(name)}` is {taken!r}, not a bool", help="return a bool"
                )
            state.branch = "then" if taken else "otherwise"
            targets = list(dict.fromkeys(frame.graph.name_of(ref) for ref in self._branch(state, node)))
            for target in targets:
                self._demand(frame, target)
            if self._wait(frame, name, targets) > 0:
                return
        self._complete(frame, name, tuple(self._value(frame, ref) for ref in self._branch(state, node)))

    @staticmethod
    def _branch(state: NodeState, node: When) -> tuple[Ref, ...]:
        return node.then if state.branch == "then" else node.otherwise

    def _start_map(self, frame: Frame, name: str, node: Map) -> None:
        columns = {key: self._elements(frame, a) for key, a in node.arguments if isinstance(a, Elements)}
        lengths = {key: len(column) for key, column in columns.items()}
        if len(set(lengths.values())) > 1:
            printed = ", ".join(f"`{key}` has {n}" for key, n in lengths.items())
            raise EngineError(
                f"`{frame.title(name)}` maps over lists of different lengths: {printed}",
                help="map over lists of one length",
            )
        width = next(iter(lengths.values()))
        state = frame.states[name]
        state.rows = [None] * width
        state.missing_rows = width
        shared = {key: self.given(frame, a) for key, a in node.arguments if key not in columns}
        for i in range(width):
            row = {key: columns[key][i] if key in columns else shared[key] for key, _ in node.arguments}
            if isinstance(node.body, StepSpec):
                self.ready.append(Task(frame, name, node, node.body, tuple(row.items()), element=i))
            else:
                self._enter_body(frame, name, node, i, row)
        if width == 0:
            self._join(frame, name, node)

    def _enter_body(self, frame: Frame, name: str, node: Map, i: int, row: dict[str, Given]) -> None:
        assert not isinstance(node.body, StepSpec)
        bodies, graphs = node.body, frame.graph.bodies[name]
        index = i if len(bodies) > 1 else 0
        parameters = {
            parameter.identity: self._as_value(row[key], parameter.hint) for key, parameter in bodies[index].parameters
        }
        child: list[Frame] = []

        def finished() -> None:
            values = tuple(self._value(child[0], ref) for ref in child[0].graph.outputs.values())
            self._row_done(frame, name, i, values)

        child.append(self._enter(graphs[index], f"{frame.title(name)}[{i}]/", parameters, finished, (frame, name)))

    def _row_done(self, frame: Frame, name: str, i: int, values: tuple[Value, ...]) -> None:
        state = frame.states[name]
        state.rows[i] = values
        state.missing_rows -= 1
        if state.missing_rows == 0:
            node = frame.graph.nodes[name]
            assert isinstance(node, Map)
            self._join(frame, name, node)

    def _join(self, frame: Frame, name: str, node: Map) -> None:
        rows = frame.states[name].rows
        joined = []
        for index, hint in enumerate(node.outputs.hints):
            parts = tuple(row[index] for row in rows if row is not None)
            content = self._codec.join([part.content for part in parts], hint)
            pickled = any(part.allow_pickle for part in parts)
            joined.append(Value(content, GenericAlias(list, (hint,)), parts=parts, allow_pickle=pickled))
        frame.states[name].rows = []
        self._complete(frame, name, tuple(joined))

    def _complete(self, frame: Frame, name: str, values: tuple[Value, ...]) -> None:
        state = frame.states[name]
        state.values = values
        self._completed(frame, name, values)
        for consumer in state.consumers:
            waiting = frame.states[consumer]
            waiting.waiting -= 1
            if waiting.waiting == 0:
                self._unblocked.append((frame, consumer))
        state.consumers.clear()
        self._release(frame, name)
        if any(frame.graph.name_of(ref) == name for ref in frame.graph.outputs.values()):
            frame.open_outputs -= 1
            if frame.open_outputs == 0:
                frame.finished()

    def _release(self, frame: Frame, name: str) -> None:
        """A complete node lets go of its sources; a source without open consumers drops its live copies."""
        node = frame.graph.nodes[name]
        sources = self._sources(frame, name)
        if isinstance(node, When):
            sources += dict.fromkeys(frame.graph.name_of(ref) for ref in self._branch(frame.states[name], node))
        for source in sources:
            state = frame.states[source]
            state.open_consumers -= 1
            shared = isinstance(node, When) or isinstance(frame.graph.nodes[source], Parameter)
            if state.open_consumers == 0 and not shared:
                for value in state.values or ():
                    value.drop()

    # ------------------------------------------------------------ arguments

    def _value(self, frame: Frame, ref: Ref) -> Value:
        target = unnamed(ref)
        values = frame.states[frame.graph.name_of(target)].values
        assert values is not None
        return values[target.index or 0]

    def given(self, frame: Frame, argument: Argument) -> Given:
        """An argument whose sources are complete."""
        if isinstance(argument, Ref):
            return self._value(frame, argument)
        if isinstance(argument, Display):
            return Group(argument.kind, tuple(self.given(frame, item) for item in argument.items), argument.keys)
        assert isinstance(argument, Constant)
        return argument

    def _elements(self, frame: Frame, argument: Elements) -> Sequence[Given]:
        if not isinstance(argument.source, Ref):
            return [self.given(frame, item) for item in argument.source]
        value = self._value(frame, argument.source)
        if value.parts is not None:
            return value.parts
        hint = element_hint(value.hint)
        return [Value(c, hint, allow_pickle=value.allow_pickle) for c in self._codec.elements(value.content, hint)]

    def _as_value(self, given: Given, hint: Any) -> Value:
        if isinstance(given, Value):
            return given
        if isinstance(given, Constant):
            return Value(self._codec.lift(given.value, hint), hint)
        raise EngineError("a mapped pipeline takes one artifact for an element, and got a display of them")
