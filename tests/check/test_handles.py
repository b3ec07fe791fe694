"""Misused artifacts as the source shows them: where a trace finds them and in its words, and what may be right."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.check.reading import codes, live
from zenflow.check.bodies.read import read_source
from zenflow.check.bodies.source import Source
from zenflow.check.rules.misuse import diagnostic_of
from zenflow.errors import ZenFlowError

MISUSES = (
    *("if x: pass", "while x: pass", "assert x, 'm'", "y = not x", "y = 1 if not x else 2", "y = x or 1"),
    *("y = [i for i in range(3) if x]", "y = bool(x)", "y = any([x])", "if (y := x): pass", "if True and x: pass"),
    *("y = f'a{x:>3}'", "y = '%s' % x", "y = '%r %s' % (x, x)", "y = 'a{}'.format(x)", "y = str(x)", "print('é', x)"),
    *("for i in x: pass", "a, b = x", "a, *b = x", "y = [*x]", "print(*x)", "y = x[0]", "y = len(x)", "y = 1 in x"),
    *("y = {i: 1 for i in x}", "for i, j in [x]: pass", "y = sorted(x)", "with x: pass", "y = sum(x)"),
    *("y = x < 1", "y = 0 < 1 < x", "y = x in [1]", "y = max(x, 1)", "y = x == None"),
    *("y = 1 + x", "x += 1", "y = -x", "y = int(x)", "y = range(x)", "y = 'é' + x", "y = x ** 2"),
    *("y = x.mean", "y = x.mean.real(1)", "y = x(1)", "y = x.named('é') < 1", "y = (\n        x\n        + 1\n    )"),
)
FLOW = """
@step
def numbers(a: int = 1) -> list[int]: ...

@pipeline
def flow() -> Artifact[list[int]]:
    x = numbers()
    {}
    return numbers(2)
"""


@pytest.mark.parametrize("misuse", [*MISUSES, "match x:\n        case 1: pass", "match 1:\n        case _ if x: pass"])
def test_what_a_trace_and_the_source_show_is_one_finding(misuse: str, tmp_path: Path) -> None:
    file, namespace = live(FLOW.format(misuse), tmp_path)
    with pytest.raises(ZenFlowError) as raised:
        namespace["flow"]()
    assert read_source(Source.read(file)) == (diagnostic_of(raised.value),)


@pytest.mark.parametrize(
    "use",
    [
        *("y = x is None", "y = repr(x)", "y = f'{x!r}'", "y = '%r' % (x,)", "y = x.named('a')", "y = hash(x)"),
        *("y = numbers.map(each(x))", "y = isinstance(x, Artifact) and x > 1", "x = 1\n    y = x + 1", "del x"),
        *("x = unknown(x)\n    y = x + 1", "y = [x][0] if True else x", "for x in range(3): y = x + 1", "y = {**{}}"),
        *("try:\n        x = 1\n    except ValueError: pass\n    y = x + 1", "y = [x + 1 for x in range(3)]"),
        *(
            "y = (lambda x: x + 1)(2)",
            "def inner(x): return x + 1",
            "items = [x]\n    items.append(1)\n    y = items[0]",
        ),
        *("while True:\n        if unknown(): break\n        x = 1\n    y = x", "import math as x\n    y = x.pi + 1"),
        *(
            "y = 1\n    if unknown(): y = x\n    z = y + 1",
            "match x:\n        case Artifact(): pass\n        case 1: pass",
        ),
    ],
)
def test_what_may_be_right_is_left_alone(use: str) -> None:
    assert codes(FLOW.format(use)) == []


HELPED = """
@step
def numbers(a: int = 1) -> list[int]: ...

def helper({}):
    return 1 + x

@pipeline
def flow() -> Artifact[list[int]]:
    return helper(numbers())
"""


@pytest.mark.parametrize("parameters", ["x", "x: Artifact[float]", "x: 'float | Artifact[float]'", "x: float, y=1"])
def test_a_helper_that_may_take_artifacts_is_looked_into(parameters: str) -> None:
    assert codes(HELPED.format(parameters)) == ["ZF104"]


@pytest.mark.parametrize("parameters", ["x: float", "x: list[float], *, y: int = 1"])
def test_a_helper_that_takes_values_is_not_to_blame(parameters: str) -> None:
    """That it is given an artifact is what is wrong: ZF105."""
    assert codes(HELPED.format(parameters)) == []
