"""Evaluation by demand: from what is known, what can run now.

Nodes are demanded from the outputs backwards; a node whose arguments are all known either completes here (a
literal, a decided branch, a joined map, a loop that ended) or becomes a task. The evaluation runs nothing: driver and
planner both walk it, the one running what is ready, the other only asking the cache. It is iterative throughout.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import GenericAlias
from typing import Any

from attrs import frozen

from zenflow.artifacts.content import Content
from zenflow.engine.evaluation.demand import Demand, demand_of
from zenflow.engine.evaluation.frames import Frame, Iteration, NodeState, Rows, Task
from zenflow.engine.evaluation.values import Given, Group, Value
from zenflow.errors import EngineError, ZenFlowError
from zenflow.graph.bodies import Body, Loop, Outside
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
    Node,
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
    `adopt` makes sure that what another store has (by its URL) is here too. `elements`, `join` and `adopt` are told
    whether a pickle in the contents may be opened; `pickles` tells whether there is one.
    """

    lift: Callable[[object, Any], Content]
    elements: Callable[[Content, Any, bool], Sequence[Content]]
    join: Callable[[Sequence[Content], Any, bool], Content]
    decide: Callable[[Content], object]
    adopt: Callable[[Content, str, bool], None]
    pickles: Callable[[Sequence[Content]], bool]


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
        self._demands: dict[Graph, Demand] = {}
        self._lifted: dict[bytes, Value] = {}
        self._starts: dict[type[Node], Callable[[Frame, str, Any], None]] = {
            Call: self._start_call,
            Map: self._start_map,
            Loop: self._start_loop,
            When: self._start_when,
            Literal: self._start_literal,
            Input: self._start_input,
            Parameter: self._start_parameter,
            Outside: self._start_outside,
        }
        self.root = self._enter(graph, "", {})
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

    def _enter(
        self,
        graph: Graph,
        prefix: str,
        parameters: Mapping[bytes, Value],
        outer: tuple[Frame, str] | None = None,
        row: int = 0,
    ) -> Frame:
        demand = self._demands.get(graph)
        if demand is None:
            demand = self._demands[graph] = demand_of(graph, map(graph.name_of, graph.outputs.values()))
        targets = demand.targets
        frame = Frame(graph, prefix, parameters, outer, row, demand.states(), targets, len(targets))
        self._unblocked.extend([(frame, name) for name in demand.ready])
        return frame

    def _demand(self, frame: Frame, target: str) -> None:
        """Give every node that the target needs, and that nothing needed so far, a state."""
        new, stack = [], [target]
        while stack:
            name = stack.pop()
            if name not in frame.states:
                frame.states[name] = NodeState()
                new.append(name)
                stack.extend(frame.graph.sources[name])
        for name in new:
            if self._wait(frame, name, frame.graph.sources[name]) == 0:
                self._unblocked.append((frame, name))

    @staticmethod
    def _wait(frame: Frame, name: str, sources: Sequence[str]) -> int:
        """Make a node wait for those of its sources that are not complete; gives their number."""
        waiting = 0
        for source in sources:
            state = frame.states[source]
            state.open_consumers += 1
            if state.values is None:
                state.consumers = (*state.consumers, name)
                waiting += 1
        frame.states[name].waiting = waiting
        return waiting

    # ------------------------------------------------------------ progress

    def _advance(self) -> None:
        while self._unblocked:
            frame, name = self._unblocked.popleft()
            node = frame.graph.nodes[name]
            try:
                start = self._starts.get(type(node))
                if start is None:
                    raise EngineError(f"`{frame.title(name)}` is a {type(node).__name__} that nothing can evaluate")
                start(frame, name, node)
            except ZenFlowError as error:
                self.failures.append((frame, name, error))

    def _complete(self, frame: Frame, name: str, values: tuple[Value, ...]) -> None:
        states = frame.states
        state = states[name]
        state.values = values
        self._completed(frame, name, values)
        for consumer in state.consumers:
            waiting = states[consumer]
            waiting.waiting -= 1
            if waiting.waiting == 0:
                self._unblocked.append((frame, consumer))
        state.consumers = ()
        self._unblocked.extend(state.watchers)
        state.watchers = ()
        self._release(frame, frame.graph.sources[name])
        if name in frame.targets:
            frame.open_outputs -= 1
            if frame.open_outputs == 0:
                self._finish(frame)

    def _release(self, frame: Frame, sources: Iterable[str]) -> None:
        """Let go of sources; one without open consumers drops its live copies, if they are its own."""
        for source in sources:
            state = frame.states[source]
            state.open_consumers -= 1
            if state.open_consumers == 0 and not isinstance(frame.graph.nodes[source], (Parameter, Outside)):
                for value in state.values or ():
                    value.drop()

    def _finish(self, frame: Frame) -> None:
        if frame.outer is None:
            self.done = True
            return
        outer, name = frame.outer
        values = tuple([self._value(frame, ref) for ref in frame.graph.outputs.values()])
        iteration = outer.states[name].iteration
        if iteration is None:
            self._row_done(outer, name, frame.row, values)
        else:
            iteration.results = values
            self._unblocked.append((outer, name))

    def _row_done(self, frame: Frame, name: str, row: int, values: tuple[Value, ...]) -> None:
        rows = frame.states[name].rows
        assert rows is not None
        rows.values[row] = values
        rows.missing -= 1
        if rows.missing == 0:
            self._unblocked.append((frame, name))

    # ------------------------------------------------------------ kinds of nodes

    def _start_call(self, frame: Frame, name: str, node: Call) -> None:
        arguments = tuple([(key, self.given(frame, argument)) for key, argument in node.arguments])
        self.ready.append(Task(frame, name, node, node.step, arguments))

    def _start_literal(self, frame: Frame, name: str, node: Literal) -> None:
        value = self._lifted.get(node.identity)
        if value is None:
            value = self._lifted[node.identity] = Value(self._codec.lift(node.value, node.hint), node.hint)
        self._complete(frame, name, (value,))

    def _start_input(self, frame: Frame, name: str, node: Input) -> None:
        found = node.resolution
        assert found is not None
        if found.untrusted is not None:
            raise found.untrusted
        content = found.contents[0]
        self._codec.adopt(content, found.store, found.allow_pickle)
        self._complete(frame, name, (Value(content, node.hint, allow_pickle=found.allow_pickle),))

    def _start_parameter(self, frame: Frame, name: str, node: Parameter) -> None:
        value = frame.parameters.get(node.identity)
        if value is None:
            raise EngineError(
                f"`{frame.title(name)}` is used outside of the map or loop that gives it a value",
                help="let the body return what is needed outside of it",
            )
        self._complete(frame, name, (value,))

    def _start_outside(self, frame: Frame, name: str, node: Outside) -> None:
        """A captured node: it is evaluated in the frame around, perhaps only now that a branch asks for it."""
        assert frame.outer is not None
        outer = frame.outer[0]
        source = outer.graph.name_of(node.source)
        if source not in outer.states:
            self._demand(outer, source)
        state = outer.states[source]
        if state.values is None:
            state.watchers = (*state.watchers, (frame, name))
        else:
            self._complete(frame, name, state.values)

    def _start_when(self, frame: Frame, name: str, node: When) -> None:
        state = frame.states[name]
        first = state.branch is None
        if first:
            state.branch = "then" if self._decide(frame, name, self._value(frame, node.predicate)) else "otherwise"
        branch = node.then if state.branch == "then" else node.otherwise
        targets = dict.fromkeys(map(frame.graph.name_of, branch))
        if first:
            for target in targets:
                self._demand(frame, target)
            if self._wait(frame, name, tuple(targets)) > 0:
                return
        self._complete(frame, name, tuple([self._value(frame, ref) for ref in branch]))

    def _decide(self, frame: Frame, name: str, value: Value) -> bool:
        decided = self._codec.decide(value.content)
        if not isinstance(decided, bool):
            raise EngineError(f"what decides `{frame.title(name)}` is {decided!r}, not a bool", help="return a bool")
        return decided

    def _start_loop(self, frame: Frame, name: str, node: Loop) -> None:
        """Enter the first iteration; after each, decide whether to enter another one."""
        state = frame.states[name]
        iteration = state.iteration
        if iteration is None:
            iteration = state.iteration = Iteration(0, self._value(frame, node.init))
        else:
            value, stop = iteration.results
            if self._decide(frame, name, stop) or iteration.number + 1 == node.limit:
                self._complete(frame, name, (value,))
                return
            if iteration.number > 0 and iteration.value is not value:  # the first one is not the loop's own
                iteration.value.drop()
            iteration = state.iteration = Iteration(iteration.number + 1, value)
        [(_, parameter)] = node.body.parameters
        prefix = f"{frame.title(name)}[{iteration.number}]/"
        self._enter(frame.graph.bodies[name][0], prefix, {parameter.identity: iteration.value}, (frame, name))

    def _start_map(self, frame: Frame, name: str, node: Map) -> None:
        rows = frame.states[name].rows
        if rows is None:
            rows = self._start_rows(frame, name, node)
        if rows.missing == 0:
            self._join(frame, name, node, rows)

    def _start_rows(self, frame: Frame, name: str, node: Map) -> Rows:
        columns = {key: self._elements(frame, a) for key, a in node.arguments if isinstance(a, Elements)}
        lengths = {key: len(column) for key, column in columns.items()}
        if len(set(lengths.values())) > 1:
            printed = ", ".join(f"`{key}` has {n}" for key, n in lengths.items())
            raise EngineError(
                f"`{frame.title(name)}` maps over lists of different lengths: {printed}",
                help="map over lists of one length",
            )
        width = next(iter(lengths.values()))
        rows = frame.states[name].rows = Rows([None] * width, width)
        shared = {key: self.given(frame, a) for key, a in node.arguments if key not in columns}
        for i in range(width):
            row = {key: columns[key][i] if key in columns else shared[key] for key, _ in node.arguments}
            if isinstance(node.body, StepSpec):
                self.ready.append(Task(frame, name, node, node.body, tuple(row.items()), element=i))
            else:
                self._enter_body(frame, name, node.body, i, row)
        return rows

    def _enter_body(self, frame: Frame, name: str, bodies: tuple[Body, ...], i: int, row: dict[str, Given]) -> None:
        index = i if len(bodies) > 1 else 0
        parameters = {
            parameter.identity: self._as_value(row[key], parameter.hint) for key, parameter in bodies[index].parameters
        }
        self._enter(frame.graph.bodies[name][index], f"{frame.title(name)}[{i}]/", parameters, (frame, name), i)

    def _join(self, frame: Frame, name: str, node: Map, rows: Rows) -> None:
        joined = []
        for index, hint in enumerate(node.outputs.hints):
            parts = tuple([row[index] for row in rows.values if row is not None])
            # One that may not be opened is not to be made good by the company it is in.
            pickled = any(part.allow_pickle for part in parts) and not self._codec.pickles(
                [part.content for part in parts if not part.allow_pickle]
            )
            content = self._codec.join([part.content for part in parts], hint, pickled)
            joined.append(Value(content, GenericAlias(list, (hint,)), parts=parts, allow_pickle=pickled))
        rows.values = []
        self._complete(frame, name, tuple(joined))

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
        opened = value.allow_pickle
        return [Value(c, hint, allow_pickle=opened) for c in self._codec.elements(value.content, hint, opened)]

    def _as_value(self, given: Given, hint: Any) -> Value:
        if isinstance(given, Value):
            return given
        if isinstance(given, Constant):
            return Value(self._codec.lift(given.value, hint), hint)
        raise EngineError("a mapped pipeline takes one artifact for an element, and got a display of them")
