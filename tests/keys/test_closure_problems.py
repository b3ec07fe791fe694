"""What keeps a closure from being complete is said, and ordinary code does not."""

from __future__ import annotations

import pytest

from tests.keys.conftest import ClosureOf

HELPERS = "def clean(x):\n    return x\n"


@pytest.mark.parametrize(
    ("flow", "said"),
    [
        ("def f(x): return eval(x)", "eval"),
        ("def f(x):\n    exec(x)", "exec"),
        ("import builtins\ndef f(x): return builtins.eval(x)", "eval"),
        ("import helpers\ndef f(x): return getattr(helpers, x)()", "helpers"),
        ("import helpers\ndef f(x): return vars(helpers)[x]()", "helpers"),
        ("import importlib\ndef f(x): return importlib.import_module(x)", "import_module"),
        ("import sys\ndef f(x): return sys.modules[x]", "sys.modules"),
        ("def f(x): return globals()[x]", "globals"),
        ("def f(x): return nowhere(x)", "nowhere"),
        ("import helpers\ndef f(x): return helpers.nothing(x)", "helpers.nothing"),
        ("import socket\nS = socket.socket()\nS.close()\ndef f(x): return S", "flow.S"),
        ("import helpers\ndef g(x): return eval(x)\ndef f(x): return g(x)", "flow.g"),
        ("def f(x):\n    import broken\n    return broken.y", "broken"),
    ],
)
def test_what_can_not_be_resolved_is_a_problem_that_says_where(closure_of: ClosureOf, flow: str, said: str) -> None:
    found = closure_of({"flow": flow, "helpers": HELPERS, "broken": "raise OSError('no')"})
    assert len(found.problems) == 1
    assert said in found.problems[0]
    assert "line" in found.problems[0]


@pytest.mark.parametrize(
    "flow",
    [
        "import math\ndef f(x): return getattr(math, x)",
        "def f(x): return x.eval('1')",
        "import logging\nlog = logging.getLogger(__name__)\ndef f(x): log.info(x)",
        "MISSING = object()\ndef f(x=MISSING): return x is MISSING",
        "from threading import Lock\nlock = Lock()\ndef f(x):\n    with lock: return x",
        "model = open\nimport socket\nsock = socket.socket()\nsock.close()\ndef f(x):\n    sock = x\n    return sock",
        """
        def f(x):
            try:
                import not_installed
            except ImportError:
                return x
            return not_installed.g(x)
        """,
        "from typing import TypeVar\nT = TypeVar('T')\ndef f(x: list[T]) -> T: return x[0]",
        """
        import re, enum, pathlib
        class E(enum.Enum):
            A = 1
        R = re.compile('a')
        P = pathlib.Path('a')
        def f(x): return E.A, R, P
        """,
        "class C:\n    x = 1\n    y = x\ndef f(x): return C.y",
        "from collections import namedtuple\nP = namedtuple('P', 'x y')\ndef f(x): return P(1, 2)",
        "from contextlib import contextmanager\n@contextmanager\ndef g(): yield 1\ndef f(x):\n    with g(): return x",
        """
        from functools import singledispatch
        @singledispatch
        def f(x): return x
        @f.register
        def _(x: int): return 1
        """,
        """
        from functools import cached_property
        class C:
            @cached_property
            def p(self): return 1
        def f(x): return C().p
        """,
        "async def f(x): return __name__",
        "def f(x):\n    class L:\n        y = x\n        def m(self): return super().__init__()\n    return L",
        "import ctypes, typing\nif typing.TYPE_CHECKING:\n    import gone\ndef f(x: 'gone.T') -> 'gone.U': return x",
    ],
)
def test_ordinary_code_is_no_problem(closure_of: ClosureOf, flow: str) -> None:
    assert closure_of({"flow": flow}).problems == ()
