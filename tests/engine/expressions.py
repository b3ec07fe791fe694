"""Random expressions of steps, each with two meanings: what plain Python makes of it, and the pipeline it builds.

An expression is an operator and its operands. `plainly` calls the plain functions; `built` calls the steps. The laws
say that running what is built gives what is plain.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

from attrs import frozen
from hypothesis import strategies as st

from zenflow import Artifact, each, loop, pipeline, step, when

_LIMIT = 1_000_003  # keeps numbers small whatever is multiplied


class Summary(NamedTuple):
    smallest: int
    text: str


@step
def add(a: int, b: int) -> int:
    return (a + b) % _LIMIT


@step
def multiply(a: int, *, by: int = 3) -> int:
    return (a * by) % _LIMIT


@step
def is_even(a: int) -> bool:
    return a % 2 == 0


@step
def text_of(a: int) -> str:
    return f"<{a}>"


@step
def length(text: str) -> int:
    return len(text)


@step
def total(values: list[int]) -> int:
    return sum(values) % _LIMIT


@step
def count_down(n: int) -> list[int]:
    return list(range(n % 4, 0, -1))


@step
def halves(values: list[int]) -> tuple[list[int], int]:
    middle = len(values) // 2
    return values[:middle], len(values) - middle


@step
def summary(values: list[int]) -> Summary:
    return Summary(min(values, default=-1), ",".join(map(str, values)))


@step
def weigh(weights: dict[str, int]) -> int:
    return sum(len(name) * weight for name, weight in weights.items()) % _LIMIT


@pipeline
def affine(x: Artifact[int], factor: int) -> Artifact[int]:
    return add(multiply(x, by=factor), 1)


@pipeline
def twice_affine(x: Artifact[int], factor: int) -> Artifact[int]:
    inner = affine(x, factor)
    return when(is_even(inner), lambda: affine(inner, factor + 1), lambda: multiply(inner))


@pipeline
def summed(values: Artifact[list[int]], factor: int) -> tuple[Artifact[int], Artifact[str]]:
    smallest, text = summary(affine.map(each(values), factor))
    return smallest, text


@pipeline
def climbed(x: Artifact[int], factor: int) -> Artifact[int]:
    start = multiply(x)
    return loop(
        lambda value: add(twice_affine(value, factor), start),
        x,
        until=lambda value: is_even(add(value, total(affine.map(each(count_down(value)), factor)))),
        limit=4,
    )


def plain_climbed(x: int, factor: int) -> int:
    start, value = multiply.fn(x), x
    for _ in range(4):
        value = add.fn(plain_twice_affine(value, factor), start)
        counted = total.fn([plain_affine(n, factor) for n in count_down.fn(value)])
        if is_even.fn(add.fn(value, counted)):
            break
    return value


def plain_affine(x: int, factor: int) -> int:
    return add.fn(multiply.fn(x, by=factor), 1)


def plain_twice_affine(x: int, factor: int) -> int:
    inner = plain_affine(x, factor)
    return plain_affine(inner, factor + 1) if is_even.fn(inner) else multiply.fn(inner)


def plain_summed(values: list[int], factor: int) -> Summary:
    return summary.fn([plain_affine(value, factor) for value in values])


Meaning = Callable[..., Any]


@frozen(repr=False)
class Expression:
    """An operator with its operands; a constant has its value for the only one."""

    operator: str
    operands: tuple[Any, ...]

    def __repr__(self) -> str:
        if self.operator == "constant":
            return repr(self.operands[0])
        return f"({self.operator}: {', '.join(map(repr, self.operands))})"

    def plainly(self) -> Any:
        if self.operator == "constant":
            return self.operands[0]
        if self.operator == "when":
            predicate, then, otherwise = self.operands
            return then.plainly() if predicate.plainly() else otherwise.plainly()
        return OPERATORS[self.operator][0](*(_plainly(operand) for operand in self.operands))

    def built(self) -> Any:
        if self.operator == "constant":
            return self.operands[0]
        if self.operator == "when":
            predicate, then, otherwise = self.operands
            return when(predicate.built(), then.built, otherwise.built)
        return OPERATORS[self.operator][1](*(_built(operand) for operand in self.operands))


def _plainly(operand: Any) -> Any:
    return operand.plainly() if isinstance(operand, Expression) else operand


def _built(operand: Any) -> Any:
    return operand.built() if isinstance(operand, Expression) else operand


OPERATORS: dict[str, tuple[Meaning, Meaning]] = {
    "add": (add.fn, add),
    "multiply": (multiply.fn, multiply),
    "multiply by": (lambda a, b: multiply.fn(a, by=b), lambda a, b: multiply(a, by=b)),
    "is even": (is_even.fn, is_even),
    "text of": (text_of.fn, text_of),
    "length": (length.fn, length),
    "total": (total.fn, total),
    "total of display": (lambda *items: total.fn([*items]), lambda *items: total([*items])),
    "weigh display": (lambda a, b: weigh.fn({"a": a, "bc": b}), lambda a, b: weigh({"a": a, "bc": b})),
    "count down": (count_down.fn, count_down),
    "first half": (lambda xs: halves.fn(xs)[0], lambda xs: halves(xs)[0]),
    "second size": (lambda xs: halves.fn(xs)[1], lambda xs: halves(xs)[1]),
    "smallest": (lambda xs: summary.fn(xs).smallest, lambda xs: summary(xs).smallest),
    "printed": (lambda xs: summary.fn(xs).text, lambda xs: summary(xs).text),
    "map": (lambda xs, b: [add.fn(x, b) for x in xs], lambda xs, b: add.map(each(xs), b)),
    "map display": (
        lambda a, b, c: [add.fn(x, y) for x, y in zip([a, b], [1, c], strict=True)],
        lambda a, b, c: add.map(each([a, b]), each([1, c])),
    ),
    "map pairs": (lambda xs: [add.fn(x, x) for x in xs], lambda xs: add.map(each(xs), each(xs))),
    "map tuple step": (
        lambda xs: [halves.fn(count_down.fn(x))[1] for x in xs],
        lambda xs: halves.map(each(count_down.map(each(xs))))[1],
    ),
    "map pipeline": (
        lambda xs, k: [plain_twice_affine(x, k) for x in xs],
        lambda xs, k: twice_affine.map(each(xs), k),
    ),
    "map factors": (
        lambda x, ks: [plain_affine(x, k) for k in ks],
        lambda x, ks: affine.map(x, each(ks)),
    ),
    "map nested": (
        lambda xs, k: [plain_summed(count_down.fn(x), k).smallest for x in xs],
        lambda xs, k: summed.map(each(count_down.map(each(xs))), k)[0],
    ),
    "pipeline": (plain_twice_affine, twice_affine),
    "loop": (plain_climbed, climbed),
    "map loops": (
        lambda xs, k: [plain_climbed(x, k) for x in xs],
        lambda xs, k: climbed.map(each(xs), k),
    ),
    "composition": (lambda x: total.fn(count_down.fn(multiply.fn(x))), multiply >> count_down >> total),
}

Strategy = st.SearchStrategy[Expression]

_DEPTH = 3
_factors = st.integers(0, 9)


def _applied(operator: str, *operands: st.SearchStrategy[Any]) -> Strategy:
    return st.tuples(*operands).map(lambda given: Expression(operator, given))


def _constant(value: object) -> Expression:
    return Expression("constant", (value,))


@cache
def numbers(depth: int) -> Strategy:
    """Expressions of an int, at most so many operators deep."""
    constants = st.integers(-50, 50).map(_constant)
    return constants if depth == 0 else constants | computed_numbers(depth)


@cache
def lists(depth: int) -> Strategy:
    """Expressions of a list of ints."""
    constants = st.lists(st.integers(-9, 9), max_size=3).map(_constant)
    return constants if depth == 0 else constants | computed_lists(depth)


@cache
def texts(depth: int) -> Strategy:
    """Expressions of a str."""
    inner = depth - 1
    plain = _applied("text of", numbers(inner)) | _applied("printed", lists(inner))
    return plain if inner == 0 else plain | _applied("when", booleans(inner), texts(inner), texts(inner))


def booleans(depth: int) -> Strategy:
    """Expressions of a bool."""
    return _applied("is even", numbers(depth - 1))


@cache
def computed_numbers(depth: int) -> Strategy:
    """Expressions of an int that are an artifact."""
    number, values = numbers(depth - 1), lists(depth - 1)
    simple = [
        _applied("add", number, number),
        _applied("multiply", number),
        _applied("multiply by", number, number),
        _applied("total", values),
        _applied("second size", values),
        _applied("smallest", values),
        _applied("pipeline", number, _factors),
        _applied("loop", number, _factors),
        _applied("composition", number),
    ]
    if depth == 1:
        return st.one_of(simple)
    computed = computed_numbers(depth - 1)
    return st.one_of(
        *simple,
        _applied("length", texts(depth - 1)),
        _applied("total of display", number, computed, number),
        _applied("weigh display", number, computed),
        _applied("when", booleans(depth - 1), number, number),
    )


@cache
def computed_lists(depth: int) -> Strategy:
    """Expressions of a list of ints that are an artifact."""
    number, values = numbers(depth - 1), lists(depth - 1)
    simple = [
        _applied("count down", number),
        _applied("first half", values),
        _applied("map", values, number),
        _applied("map display", number, number, number),
        _applied("map pairs", values),
        _applied("map tuple step", values),
        _applied("map pipeline", values, _factors),
        _applied("map factors", number, st.lists(_factors, max_size=3)),
        _applied("map nested", values, _factors),
        _applied("map loops", values, _factors),
    ]
    if depth == 1:
        return st.one_of(simple)
    return st.one_of(*simple, _applied("when", booleans(depth - 1), computed_lists(depth - 1), values))


expressions = computed_numbers(_DEPTH) | computed_lists(_DEPTH) | texts(_DEPTH) | booleans(_DEPTH)


def batches(size: int) -> st.SearchStrategy[list[Expression]]:
    """Several expressions at once, so that a run's fixed cost is shared."""
    return st.lists(expressions, min_size=size, max_size=size)
