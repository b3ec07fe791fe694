"""Dropped work, unused parameters and names: what is a mistake, and what only looks like one."""

from __future__ import annotations

from pathlib import Path

from tests.check.conftest import Check, codes
from zenflow import each
from zenflow.check.check import check_graph
from zenflow.check.project.loading import load_file
from zenflow.graph.build import graph_of
from zenflow.language.results import references

STEPS = """
import functools
@step
def load(n: int = 0) -> int: ...
@step
def split(n: int) -> tuple[int, int]: ...
@step
def good(n: int) -> bool: ...
@step(effect=True)
def deploy(n: int) -> str: ...
@pipeline
def release(n: Artifact[int]) -> tuple[Artifact[int], Artifact[str]]:
    return load(n), deploy(n)
"""
LINES = len(STEPS.splitlines()) + 1


def found(check: Check, body: str) -> list[tuple[str, int]]:
    """The findings of a flow below the steps, lines counted from its first."""
    return [(code, line - LINES) for code, line in codes(check(STEPS + body))]


def test_an_effect_in_a_mapped_pipeline_counts_as_kept_where_the_map_returns_it(check: Check) -> None:
    kept = """@pipeline
def flow() -> tuple[Artifact[list[int]], Artifact[list[str]]]:
    return release.map(each([1, 2]))
"""
    assert found(check, kept) == []
    dropped = """@pipeline
def part(n: Artifact[int]) -> Artifact[int]:
    deploy(n)
    return load(n)
@pipeline
def flow() -> Artifact[list[int]]:
    release.map(each([3]))
    return part.map(each([1, 2]))
"""
    assert found(check, dropped) == [("ZF301", 3), ("ZF301", 7)]


def test_an_effect_that_a_pipeline_two_levels_up_drops_is_said_once(check: Check) -> None:
    body = """@pipeline
def middle() -> tuple[Artifact[int], Artifact[str]]:
    return release(load(1))
@pipeline
def flow() -> Artifact[int]:
    number, _ = middle()
    return number
"""
    assert found(check, body) == [("ZF301", 0)]


def test_an_effect_in_a_branch_is_kept_and_one_beside_the_branch_is_not(check: Check) -> None:
    body = """@pipeline
def flow() -> Artifact[str]:
    def taken() -> Artifact[str]:
        deploy(2)
        return deploy(1)
    return when(good(1), taken, lambda: deploy(3))
"""
    assert found(check, body) == [("ZF301", 4)]


def test_what_only_lost_work_uses_is_lost_with_it_and_said_once(check: Check) -> None:
    body = """@pipeline
def chain(n: Artifact[int]) -> Artifact[int]:
    return load(load(n))
@pipeline
def flow() -> Artifact[int]:
    low, high = split(load(5))
    chain(load(low))
    load(chain(high)).named("lost")
    return load(1)
"""
    assert found(check, body) == [("ZF301", 7), ("ZF301", 8)]


def test_a_pipeline_that_gives_back_its_input_and_an_equal_call_are_no_dropped_work(check: Check) -> None:
    body = """@pipeline
def same(n: Artifact[int]) -> Artifact[int]:
    return n
@pipeline
def flow() -> Artifact[int]:
    first, again = load(7), load(7)
    return same(first)
"""
    assert found(check, body) == []


def test_part_of_a_tuple_is_use_of_its_step(check: Check) -> None:
    assert found(check, "@pipeline\ndef flow() -> Artifact[int]:\n    low, _ = split(1)\n    return low\n") == []


def test_a_parameter_is_used_wherever_the_code_may_read_it(check: Check) -> None:
    body = """def logged(fn):
    @functools.wraps(fn)
    def inner(*args, **kwargs):
        return fn(*args, **kwargs)
    return inner
@pipeline
@logged
def wrapped(n: int = 1) -> Artifact[int]:
    return load(n)
@pipeline
def flow(a: int = 1, b: int = 2, c: int = 3, d: int = 4, e: str = "e", f: int = 6, g: int = 7) -> Artifact[int]:
    def nested() -> int:
        return (lambda: a)() + sum(b for _ in [1]) + [c for _ in range(1)][0]
    class Local:
        value = d
    assert f"{e!r:>{f}}"
    if g:
        pass
    return load(nested() + Local.value)
@pipeline
def some(*args: int, **kwargs: int) -> Artifact[int]:
    return load(sum(args, *kwargs.values()))
@pipeline
def all_of_them(a: int = 1) -> Artifact[int]:
    return load(len(locals()))
"""
    assert found(check, body) == []


def test_a_parameter_is_not_used_by_an_attribute_or_keyword_of_its_name_nor_by_being_set(check: Check) -> None:
    body = """@pipeline
def flow(n: int = 1, real: int = 2, m: int = 3) -> Artifact[int]:
    m = 4
    return load(n=(1).real)
"""
    assert found(check, body) == [("ZF302", 2)] * 3


def test_variants_of_one_step_and_steps_of_one_name_in_different_scopes_may_share_it(check: Check) -> None:
    body = """def other() -> object:
    @step
    def load(n: int = 0) -> int: ...
    return load
@pipeline
def inner(n: Artifact[int]) -> Artifact[int]:
    return other()(n)
@pipeline
def flow() -> tuple[Artifact[int], ...]:
    again = load.with_options(retries=2)
    return load(1), again(2), inner(load(3)), inner.map(each([4, 5]))
"""
    assert found(check, body) == []


def test_two_steps_of_one_name_in_one_scope_do_not(check: Check) -> None:
    body = """def other() -> object:
    @step
    def load(n: int = 0) -> int: ...
    return load
@pipeline
def flow() -> tuple[Artifact[int], ...]:
    return load(1), other()(2), other().with_options(name="other")(3)
"""
    assert found(check, body) == [("ZF303", 7)]


def test_one_name_for_two_artifacts_is_right_in_two_branches_alone(check: Check) -> None:
    body = """@pipeline
def flow() -> tuple[Artifact[int], ...]:
    one = when(good(1), lambda: load(1).named("a"), lambda: load(2).named("a"))
    two = when(good(1), lambda: load(3).named("b"), lambda: load(4))
    same = load(9).named("c"), load(9).named("c")
    return one, two, *same, load(5).named("b")
"""
    assert found(check, body) == [("ZF303", 6)]


def test_a_call_that_does_not_fit_uses_what_it_was_given(check: Check) -> None:
    body = """@pipeline
def flow(n: Artifact[int] = 1) -> Artifact[int]:
    return load(load(n), 3, other=split(2)[0])
"""
    assert found(check, body) == [("ZF206", 3)]


def test_mapped_pipelines_outside_of_any_pipeline_are_checked_too(check: Check) -> None:
    body = """@pipeline
def part(n: Artifact[str]) -> Artifact[int]:
    load(5)
    return load(n)
"""
    assert found(check, body) == [("ZF301", 3), ("ZF201", 4)]
    part = load_file(Path("flow.py")).part
    outside = check_graph(graph_of(references(part.map(each(["x"])))))
    assert [d.code for d in outside] == ["ZF301", "ZF201"]
