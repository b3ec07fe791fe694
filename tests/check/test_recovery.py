"""A mistake is noted and the pipeline's code goes on: one trace finds all of them, and nothing follows from them."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tests.check.conftest import Check, codes, marked
from zenflow import Artifact, pipeline, step
from zenflow.errors import ArtifactMisuse, ZenFlowError
from zenflow.language.artifact import MISUSES as KNOWN
from zenflow.language.recovery import recovering

STEPS = """
@step
def load(x: int = 1) -> int: return x
@step
def train(x: int) -> float: return 1.0
@step
def both(x: int, y: float) -> float: return y
@step
def split(x: int) -> tuple[int, int]: return x, x
"""
"""Lines 2 to 9 of a flow."""


@step
def number() -> int:
    return 1


MISUSES: dict[str, str] = {
    "__bool__": "bool(x)",
    "__str__": "str(x)",
    "__format__": "f'{x}'",
    "__iter__": "list(x)",
    "__len__": "len(x)",
    "__getitem__": "x[0]",
    "__contains__": "1 in x",
    "__next__": "next(x)",
    "__reversed__": "list(reversed(x))",
    "__eq__": "x == 1",
    "__ne__": "x != 1",
    "__lt__": "x < 1",
    "__le__": "x <= 1",
    "__gt__": "x > 1",
    "__ge__": "x >= 1",
    "__divmod__": "divmod(x, 2)",
    "__rdivmod__": "divmod(2, x)",
    "__pow__": "x ** 2",
    "__rpow__": "2 ** x",
    "__neg__": "-x",
    "__pos__": "+x",
    "__abs__": "abs(x)",
    "__invert__": "~x",
    "__int__": "int(x)",
    "__float__": "float(x)",
    "__complex__": "complex(x)",
    "__index__": "range(3)[x]",
    "__round__": "round(x)",
    "__call__": "x()",
    "__setitem__": "x.__setitem__(0, 1)",
    "__delitem__": "x.__delitem__(0)",
    "__enter__": "x.__enter__()",
    "__exit__": "x.__exit__(None, None, None)",
}
SIGNS = {"add": "+", "sub": "-", "mul": "*", "truediv": "/", "floordiv": "//", "mod": "%", "matmul": "@"}
SIGNS |= {"and": "&", "or": "|", "xor": "^", "lshift": "<<", "rshift": ">>"}
MISUSES |= {f"__{name}__": f"x {sign} 2" for name, sign in SIGNS.items()}
MISUSES |= {f"__r{name}__": f"2 {sign} x" for name, sign in SIGNS.items()}


def test_every_misuse_is_tried_here() -> None:
    assert set(MISUSES) == {name for _, _, _, names in KNOWN for name in names}


@pytest.mark.parametrize("method", MISUSES)
def test_a_misuse_raises_outside_of_a_check_and_is_noted_in_one(method: str) -> None:
    code = next(code for code, _, _, names in KNOWN if method in names)
    used = compile(MISUSES[method], "used", "eval")
    with pytest.raises(ArtifactMisuse) as error:
        eval(used, {"x": number()})
    assert error.value.code == code
    with recovering() as mistakes:
        eval(used, {"x": number()})
    assert [one.code for one in mistakes.errors] == [code]
    with pytest.raises(ArtifactMisuse):
        eval(used, {"x": number()})


CALLED = {"__call__", "__enter__", "__exit__", "__setitem__", "__delitem__"}
"""Written as calls above, for want of an expression: a call that uses a handle is told as such."""


@pytest.mark.parametrize("method", [name for name in MISUSES if name not in CALLED])
def test_a_trace_goes_on_after_a_misuse_and_nothing_follows_from_it(check: Check, method: str) -> None:
    report = check(
        STEPS
        + f"""
@pipeline
def flow() -> Artifact[float]:
    x = load()
    got = {MISUSES[method]}
    train("late")
    return both(got if isinstance(got, Artifact) else load(), train(load()))
"""
    )
    found = codes(report)
    code = next(code for code, _, _, names in KNOWN if method in names)
    assert found == [(code, 15), ("ZF301", 16), ("ZF201", 16)]


LOOPS = {
    "while": ("while x:\n        train(load())", "ZF101"),
    "while not": ("while not x:\n        pass", "ZF101"),
    "while compared": ("while x < 3:\n        x = load(x)", "ZF104"),
    "for": ("for one in x:\n        train('wrong')", "ZF103"),
    "for in while": ("while True:\n        if x: continue\n        break", "ZF101"),
    "comprehension": ("ys = [one for one in x]", "ZF103"),
    "unpacked": ("a, b, c = x", "ZF103"),
    "unpacked rest": ("a, *b, c = x", "ZF103"),
    "iterator": ("it = iter(x)\n    for one in it: pass", "ZF103"),
    "assert": ("assert x, 'no'", "ZF101"),
    "sorted": ("sorted([x, load(2)])", "ZF104"),
    "until": ("n = 0\n    while n != x:\n        n += 1", "ZF104"),
}


@pytest.mark.parametrize("name", LOOPS)
def test_what_a_handle_decides_comes_to_an_end(check: Check, name: str) -> None:
    body, code = LOOPS[name]
    report = check(
        STEPS + f"@pipeline\ndef flow() -> Artifact[float]:\n    x = load()\n    {body}\n    return train('late')\n"
    )
    found = [one for one, _ in codes(report)]
    assert code in found
    assert report.diagnostics[-1].code == "ZF201"
    assert marked(report.diagnostics[-1]) == "'late'"
    assert found.count(code) == 1


def test_several_mistakes_of_one_pipeline_are_found_each_at_its_place(check: Check) -> None:
    report = check(
        STEPS
        + """
@pipeline
def flow() -> Artifact[float]:
    x = load("one")
    if x:
        y = train(x + 1)
    else:
        y = train(x)
    name = f"{x}-{y}"
    a, b, c = x
    for part in load():
        train(part)
    return both(a, x.real)
"""
    )
    assert [(d.code, marked(d)) for d in report.diagnostics] == [
        ("ZF201", '"one"'),
        ("ZF101", "x"),
        ("ZF104", "x + 1"),
        ("ZF102", 'f"{x}-{y}"'),
        ("ZF102", 'f"{x}-{y}"'),
        ("ZF103", "a, b, c"),
        ("ZF103", "load()"),
        ("ZF301", "train(part)"),
        ("ZF104", "x.real"),
    ]


def test_a_mistake_of_an_inner_pipeline_is_at_its_place_there(check: Check) -> None:
    report = check(
        STEPS
        + """
@pipeline
def inner(x: Artifact[int]) -> Artifact[float]:
    return train(x + 1)
@pipeline
def outer() -> tuple[Artifact[float], Artifact[float]]:
    return inner(load()), inner(load(2))
"""
    )
    assert codes(report) == [("ZF104", 14)]


ASKING = (
    "hasattr(x, 'shape')",
    "getattr(x, 'shape', None)",
    "isinstance(x, int)",
    "callable(x)",
    "copy.copy(x)",
    "copy.deepcopy(x)",
    "x is None",
    "repr(x)",
    "hash(x)",
    "{x: 1}[x]",
    "type(x)",
    "id(x)",
    "dir(x)",
)


@pytest.mark.parametrize("asked", ASKING)
def test_code_that_only_asks_what_something_is_is_no_mistake(check: Check, asked: str) -> None:
    report = check(
        STEPS
        + f"""
import copy
@pipeline
def flow() -> Artifact[float]:
    x = load()
    {asked}
    return train(x)
"""
    )
    assert codes(report) == []


def test_copies_are_the_same_handle() -> None:
    x: Any = number()
    with recovering() as mistakes:
        assert copy.copy(x)._ref is x._ref
        assert not hasattr(x, "shape")
        assert getattr(x, "shape", 3) == 3
    assert mistakes.errors == []


def test_code_that_raises_after_a_mistake_is_not_held_against_it(check: Check) -> None:
    report = check(
        STEPS
        + """
@pipeline
def flow() -> Artifact[float]:
    x = load()
    sizes = {1: 2}
    return train(sizes[int(x) + 5])
"""
    )
    assert codes(report) == [("ZF104", 16)]


def test_a_pipeline_raises_as_before_once_a_check_is_over() -> None:
    @pipeline
    def flow() -> Artifact[int]:
        return number() + 1  # type: ignore[operator, return-value]

    with recovering():
        flow()
    with pytest.raises(ZenFlowError, match="takes no arithmetic"):
        flow()
