"""From jobs to what a worker is asked to do: works, and the works that may follow them in the same segment.

What follows is a guess in the sense of a branch predictor: its task does not exist before its input does. The guess is
right unless the cache answers the task after all, and then it is dropped; purity makes dropping free.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any

from attrs import define, frozen

from zenflow.engine.cache.memo import Memo
from zenflow.engine.driving.job import Job
from zenflow.engine.driving.sought import ALWAYS_PLAIN, Seeker
from zenflow.engine.evaluation.evaluation import Evaluation
from zenflow.engine.evaluation.frames import Frame
from zenflow.engine.evaluation.values import Given, Value
from zenflow.engine.working.executor import Executor
from zenflow.engine.working.work import Build, Made, Operation, Part, Plain, Slot, Stored, Work
from zenflow.graph.expression import Call, Constant, Ref, StepSpec, unnamed
from zenflow.graph.function import Shape

_MAX_PARTS = 1_000
"""A joined list travels as its live elements up to so many; a longer one is read from the store."""


@frozen(eq=False)
class Assigned:
    """A work, with the live handles of its inputs (None where there is none)."""

    work: Work
    lives: Sequence[Any]


@frozen(eq=False)
class Ahead:
    """A work that was handed out before its task was ready."""

    frame: Frame
    name: str
    spec: StepSpec
    assigned: Assigned


@frozen(eq=False)
class _Maker:
    """The node that the work before stands for, and the number of that work."""

    name: str
    work: int
    hints: tuple[Any, ...]
    spec: StepSpec


@define(eq=False)
class _Inputs:
    """The inputs of a work while it is put together, and what the one before it makes."""

    stored: list[Stored | Made]
    lives: list[Any]
    far: Callable[[], bool]
    maker: _Maker | None = None


class Assigner:
    """Makes the works of one run; what calls of one step have in common is made once."""

    def __init__(
        self,
        evaluation: Evaluation,
        memo: Memo,
        numbers: Callable[[], int],
        seeker: Seeker,
        *,
        allow_pickle: bool = False,
    ) -> None:
        """`allow_pickle`: what has no materializer is pickled."""
        self._allow_pickle = allow_pickle
        self._evaluation = evaluation
        self._memo = memo
        self._numbers = numbers
        self._seeker = seeker
        self._operations: dict[Hashable, Operation] = {}

    def assign(self, job: Job, executor: Executor) -> Assigned:
        """The work of a job's next attempt, for an executor."""
        task = job.task
        inputs = _Inputs([], [], executor.far)
        arguments = tuple([(name, self._argument(task.spec, name, given, inputs)) for name, given in task.arguments])
        operation = self._operation(task.spec, task.node.outputs)
        work = Work(job.work, task.title, operation, arguments, tuple(inputs.stored))
        return Assigned(work, inputs.lives)

    def ahead(self, job: Job, executor: Executor) -> Iterator[Ahead]:
        """The works that may follow a job in its segment, as far as their other inputs are known."""
        frame = job.task.frame
        maker = _Maker(job.task.name, job.work, job.task.hints, job.task.spec)
        while job.task.element is None and (name := frame.graph.schedule.following.get(maker.name)) is not None:
            state = frame.states.get(name)
            node = frame.graph.nodes[name]
            if state is None or state.waiting != 1 or not isinstance(node, Call):
                return
            ahead = self._following(frame, name, node, maker, executor)
            if ahead is None:
                return
            yield ahead
            maker = _Maker(name, ahead.assigned.work.id, node.outputs.hints, node.step)

    def _following(self, frame: Frame, name: str, node: Call, maker: _Maker, executor: Executor) -> Ahead | None:
        inputs = _Inputs([], [], executor.far, maker)
        given = {key: self._given(frame, argument, inputs) for key, argument in node.arguments}
        recipe: tuple[bytes | int, ...] | None = None
        if node.step.options.reusable:
            remembered = self._memo.remembered(node.step, node.outputs.hints)
            recipe = self._memo.recipe(node.step, node.outputs.hints, given)
            if remembered is None or recipe is None:
                return None  # whether the cache has it would have to be asked first
        arguments = tuple(
            [
                (key, part if isinstance(part, Slot) else self._argument(node.step, key, part, inputs))
                for key, part in given.items()
            ]
        )
        operation = self._operation(node.step, node.outputs)
        work = Work(self._numbers(), frame.title(name), operation, arguments, tuple(inputs.stored), recipe)
        return Ahead(frame, name, node.step, Assigned(work, inputs.lives))

    def _argument(self, spec: StepSpec, name: str, given: Given, inputs: _Inputs) -> Part:
        if isinstance(given, Value):
            return _slot(given, inputs)
        if isinstance(given, Constant):
            if type(given.value) in ALWAYS_PLAIN:
                return Plain(given.value)
            return self._seeker.part(given.value, spec.function.hints.get(name), far=inputs.far)
        return Build(given.kind, tuple([self._argument(spec, name, i, inputs) for i in given.items]), given.keys)

    def _given(self, frame: Frame, argument: Any, inputs: _Inputs) -> Given | Slot:
        """An argument that is known, or the place of the input that the work before makes."""
        maker = inputs.maker
        if maker is not None and isinstance(argument, Ref) and frame.graph.name_of(argument) == maker.name:
            index = unnamed(argument).index or 0
            pickled = self._allow_pickle or maker.spec.options.output is not None
            inputs.stored.append(Made(maker.work, index, maker.hints[index], pickled))
            inputs.lives.append(None)
            return Slot(len(inputs.stored) - 1)
        return self._evaluation.given(frame, argument)

    def _operation(self, spec: StepSpec, outputs: Shape) -> Operation:
        key: Hashable = (id(spec), outputs.kind, outputs.hints)
        try:
            known = self._operations.get(key)
        except TypeError:  # a hint with an unhashable annotation
            key = (id(spec), id(outputs))
            known = self._operations.get(key)
        if known is None:
            known = self._operations[key] = self._made(spec, outputs)
        return known

    def _made(self, spec: StepSpec, outputs: Shape) -> Operation:
        options = spec.options
        return Operation(
            function=spec.function.fn,
            outputs=outputs,
            materializer=options.output,
            allow_pickle=self._allow_pickle,
            retry_on=options.retry_on,
            timeout=options.timeout,
            remembered=self._memo.remembered(spec, outputs.hints) or frozenset(),
        )


def _slot(given: Value, inputs: _Inputs) -> Part:
    parts = given.parts or ()
    if given.live is None and any(part.live is not None for part in parts) and len(parts) <= _MAX_PARTS:
        return Build(list, tuple([_slot(part, inputs) for part in parts]))
    inputs.stored.append(_stored(given))
    inputs.lives.append(given.live)
    return Slot(len(inputs.stored) - 1)


def _stored(value: Value) -> Stored:
    return Stored(value.content, value.hint, value.allow_pickle)
