"""The cache as a run sees it: whatever way an answer is found, it is the one that the database would give."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import define
from blake3 import blake3

from tests.engine.running import Runner
from zenflow import Artifact, step
from zenflow.artifacts.content import Content
from zenflow.artifacts.saving import save
from zenflow.artifacts.store import Store
from zenflow.engine.cache import window
from zenflow.engine.cache.keying import Keys
from zenflow.engine.cache.memo import Answer, Memo
from zenflow.engine.evaluation.frames import Frame, Task
from zenflow.engine.evaluation.values import Given, Group, Value
from zenflow.engine.targets import target_of
from zenflow.engine.working.work import PREFIX, Slot
from zenflow.graph.build import graph_of
from zenflow.graph.expression import Call, Constant
from zenflow.keys.frames import frame
from zenflow.keys.key import artifact, explain
from zenflow.language.step import Step
from zenflow.metadata.database import Database
from zenflow.metadata.queries.cache import nearest
from zenflow.metadata.records import CacheEntry
from zenflow.metadata.trust import Trust
from zenflow.stacks.stack import Stack


@step
def add(x: int, y: int) -> int:
    return x + y


@step(cache=False)
def fresh(x: int, y: int) -> int:
    return x + y


@step
def total(xs: list[int], y: int) -> int:
    return sum(xs) + y


@define
class World:
    """A cache to look into, with the means to fill it."""

    database: Database
    store: Store

    def memo(self) -> Memo:
        return Memo(self.database, self.store, Keys(), Trust(self.database, self.store))

    def content(self, value: object) -> Content:
        return save(value, int, self.store)

    def task(self, target: Artifact[int], **given: object) -> Task:
        """The call that an artifact stands for, with integers in place of what its inputs come to."""
        taken = target_of(target)
        graph = graph_of(taken.refs, taken.traces, form=taken.form)
        name = graph.name_of(next(iter(graph.outputs.values())))
        node = graph.nodes[name]
        assert isinstance(node, Call)
        arguments: list[tuple[str, Given]] = []
        for parameter, argument in node.arguments:
            if parameter in given:
                arguments.append((parameter, Value(self.content(given[parameter]), int)))
            else:
                assert isinstance(argument, Constant)
                arguments.append((parameter, argument))
        return Task(Frame(graph, "", {}, None, 0, {}, frozenset(), 0), name, node, node.step, tuple(arguments))

    def calls(self, count: int, of: Step[..., int] = add) -> list[Task]:
        return [self.task(of(i, 0)) for i in range(count)]

    def remember(self, tasks: list[Task], *, created: float = 1.0) -> list[CacheEntry]:
        keys = Keys()
        entries = []
        for i, task in enumerate(tasks):
            key = keys.keyed(task).identity
            assert key is not None
            content = self.content(1000 + i)
            path, outputs = task.spec.function.path, (content.digest,)
            entries.append(CacheEntry(key.digest, path, "r1", task.name, outputs, created + i, key.components))
            self.database.commit([content, entries[-1]])
        return entries


@pytest.fixture
def world(stack: Stack) -> Iterator[World]:
    with stack.database() as database:
        yield World(database, stack.store())


def told(answers: list[Answer]) -> list[tuple[str, tuple[str, ...]]]:
    return [(answer.reason, tuple(content.digest for content in answer.contents)) for answer in answers]


@pytest.mark.parametrize("limit", [window.LIMIT, 5])
def test_calls_asked_for_one_by_one_and_together_have_the_same_answers(
    world: World, limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(window, "LIMIT", limit)
    tasks = world.calls(30)
    entries = world.remember(tasks[::2])
    one_by_one, together = world.memo(), world.memo()
    answers = told([one_by_one.look([task])[0] for task in tasks])
    assert answers == told(together.look(tasks)) == told(together.look(tasks))
    assert answers[::2] == [("from run r1", entry.outputs) for entry in entries]
    assert {reason for reason, _ in answers[1::2]} == {"argument `x` changed"}


def test_an_equal_function_of_another_name_shares_what_is_remembered(world: World) -> None:
    world.remember(world.calls(10))

    def named(x: int, y: int) -> int:
        return x + y

    named.__qualname__ = named.__name__ = "plus"
    tasks = world.calls(10, step(named))
    memo = world.memo()
    assert {memo.look([task])[0].reason for task in tasks} == {"from run r1"}


def test_what_another_driver_remembers_is_seen_after_a_moment(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    memo, tasks = world.memo(), world.calls(6)
    assert {memo.look([task])[0].reason for task in tasks} == {"first run of this step"}
    world.remember(tasks)
    monkeypatch.setattr(window, "FRESH", 0.0)
    assert {memo.look([task])[0].reason for task in tasks} == {"from run r1"}


def test_what_this_run_makes_is_remembered_before_it_is_committed(world: World) -> None:
    memo, (task, other) = world.memo(), world.calls(2)
    key = memo.look([task])[0].keyed.key
    assert key is not None
    content = world.content(7)
    entry = CacheEntry(key.digest, task.spec.function.path, "r9", task.name, (content.digest,), 1.0, key.components)
    memo.made(entry, [content])
    assert told(memo.look([task, other])) == [
        (f"the same call as `{task.name}`", (content.digest,)),
        ("first run of this step", ()),
    ]


def test_a_small_content_whose_bytes_are_gone_is_a_miss(world: World) -> None:
    (task,) = world.calls(1)
    world.remember([task])
    gone = "UPDATE artifacts SET small = NULL"
    world.database.write(lambda connection: connection.exec_driver_sql(gone))
    assert (
        world.memo().look([task])[0].reason == "recomputed: the stored bytes of `add` from run r1 are gone or damaged"
    )


def test_remembered_keys_are_all_of_a_step_or_none(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    entries = world.remember(world.calls(4))
    prefixes = frozenset(bytes.fromhex(entry.key)[:PREFIX] for entry in entries)
    assert world.memo().remembered(add.spec) == prefixes
    assert world.memo().remembered(add.spec, (int,)) == prefixes
    assert world.memo().remembered(total.spec) == frozenset()
    monkeypatch.setattr(window, "LIMIT", 3)
    assert world.memo().remembered(add.spec) == prefixes
    monkeypatch.setattr(window, "KEYS", 3)
    assert world.memo().remembered(add.spec) is None


def test_a_step_that_opted_out_has_an_identity_and_is_never_remembered(world: World) -> None:
    task = world.task(fresh(1, 2))
    world.remember([task])
    (answer,) = world.memo().look([task])
    assert (answer.entry, answer.keyed.key, answer.reason) == (None, None, "the step has cache=False")
    assert answer.keyed.identity is not None
    same, other = world.task(fresh(1, 2)), world.task(fresh(2, 2))
    assert answer.keyed.identity == Keys().keyed(same).identity != Keys().keyed(other).identity
    assert world.memo().remembered(fresh.spec) == frozenset()


def test_a_file_that_is_not_there_leaves_a_step_that_opted_out_without_identity(world: World, tmp_path: Path) -> None:
    @step(effect=True)
    def read(path: Path) -> int:
        return len(path.read_text())

    (answer,) = world.memo().look([world.task(read(tmp_path / "gone"))])
    assert (answer.error, answer.keyed.identity) == (None, None)
    assert answer.reason == "it acts on the world, so it always runs"


def test_a_recipe_gives_the_key_once_the_inputs_are_made(world: World) -> None:
    made = Value(world.content(5), int)
    memo, keys = world.memo(), Keys()
    task = world.task(add(add(1, 1), 2), x=5)
    recipe = memo.recipe(task.spec, task.hints, {"x": Slot(0), "y": dict(task.arguments)["y"]})
    assert recipe is not None
    filled = b"".join(frame(artifact(made.content.digest)) if isinstance(p, int) else p for p in recipe)
    key = keys.keyed(task).key
    assert key is not None
    assert blake3(filled).hexdigest() == key.digest
    group = Group(list, (made, Constant.of(3)))
    assert memo.recipe(total.spec, (int,), {"xs": group, "y": Constant.of(1)}) is not None
    assert memo.recipe(total.spec, (int,), {"xs": Slot(0), "y": Constant.of(object())}) is None


def test_reasons_are_those_of_the_nearest_earlier_call(world: World) -> None:
    calls = [(x, y) for x in range(4) for y in range(3)]
    world.remember([world.task(add(x, y)) for x, y in calls])
    memo = world.memo()
    for task in [world.task(add(x, y)) for x, y in ((0, 9), (9, 0), (9, 9), (8, 8), (1, 7))]:
        (answer,) = memo.look([task])
        assert answer.keyed.key is not None
        earlier = [entry.components for entry in reversed(nearest(world.database, task.spec.function.path))]
        assert answer.reason == explain(answer.keyed.key, earlier)


def test_a_chain_runs_once_and_is_cached_after(inline: Runner) -> None:
    value: Artifact[int] = add(0, 1)
    for i in range(40):
        value = add(value, i)
    first, again = inline.run(value), inline.run(value)
    assert first.output == again.output
    assert {found.status for found in first.steps.values()} == {"ran"}
    assert {found.status for found in again.steps.values()} == {"cached"}
