"""The code closure changes with what a function does and reaches, and with nothing else."""

from __future__ import annotations

import linecache
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.keys.conftest import ClosureOf
from zenflow.keys.closure import closure

FLOW = """
    import helpers
    LIMIT = 3
    def f(x: int, y: int = 1) -> int:
        return helpers.clean(x) + LIMIT + y
"""
HELPERS = """
    def clean(x):
        return scale(x) * 2
    def scale(x):
        return x + 1
    def unused(x):
        return x
"""


def test_parts_name_everything_reached_and_nothing_else(closure_of: ClosureOf) -> None:
    found = closure_of({"flow": FLOW, "helpers": HELPERS})
    assert set(found.parts) == {"flow.f", "flow.LIMIT", "flow.f default y", "helpers.clean", "helpers.scale"}
    assert found.problems == ()
    assert found.sources["helpers.scale"] == "def scale(x):\n    return x + 1\n"


def test_changed_helper_of_a_helper_in_another_module_changes_the_digest(closure_of: ClosureOf) -> None:
    before = closure_of({"flow": FLOW, "helpers": HELPERS})
    after = closure_of({"flow": FLOW, "helpers": HELPERS.replace("x + 1", "x + 2")})
    assert before.digest != after.digest
    assert {name for name in before.parts if before.parts[name] != after.parts[name]} == {"helpers.scale"}


def test_changed_function_nobody_calls_keeps_the_digest(closure_of: ClosureOf) -> None:
    changed = HELPERS.replace("def unused(x):\n        return x", "def unused(x):\n        return -x")
    assert changed != HELPERS
    before, after = closure_of({"flow": FLOW, "helpers": HELPERS}), closure_of({"flow": FLOW, "helpers": changed})
    assert before == after


def test_layout_comments_docstrings_and_positions_keep_the_digest(closure_of: ClosureOf) -> None:
    moved = '''
    """A module."""
    def unused(x):
        return x


    def scale(
        x,
    ):
        """Adds one."""
        return (x  # the value
            + 1)

    def clean(x):
        # type: (int) -> int
        "Documentation only."
        y: int
        return scale( x )*2
    '''.replace("        y: int\n", "")
    flow = FLOW.replace("def f(x: int, y: int = 1) -> int:", "# zenflow\n    def f(x: int,\n          y: int=1)->int:")
    assert flow != FLOW
    before, after = closure_of({"flow": FLOW, "helpers": HELPERS}), closure_of({"flow": flow, "helpers": moved})
    assert before.digest == after.digest
    assert before.parts == after.parts


@pytest.mark.parametrize(
    ("old", "new", "part"),
    [
        ("LIMIT = 3", "LIMIT = 4", "flow.LIMIT"),
        ("y: int = 1", "y: int = 2", "flow.f default y"),
        ("+ y", "- y", "flow.f"),
        ("x: int", "x: float", "flow.f"),
    ],
)
def test_changed_code_constant_or_default_changes_the_digest(
    closure_of: ClosureOf, old: str, new: str, part: str
) -> None:
    before = closure_of({"flow": FLOW, "helpers": HELPERS})
    after = closure_of({"flow": FLOW.replace(old, new), "helpers": HELPERS})
    assert before.digest != after.digest
    assert before.parts[part] != after.parts[part]


@pytest.mark.parametrize(
    "flow",
    [
        "import pkg.sub.helpers\ndef f(x): return pkg.sub.helpers.clean(x)",
        "import pkg.sub.helpers as h\ndef f(x): return h.clean(x)",
        "from pkg.sub import helpers\ndef f(x): return helpers.clean(x)",
        "from pkg.sub.helpers import clean as c\ndef f(x): return c(x)",
        "from pkg.sub.helpers import *\ndef f(x): return clean(x)",
        "def f(x):\n    from pkg.sub.helpers import clean\n    return clean(x)",
        "def f(x):\n    import pkg.sub.helpers\n    return pkg.sub.helpers.clean(x)",
        "def f(x):\n    import pkg.sub.helpers as m\n    return m.clean(x)",
        """
        def f(x):
            if x is None:
                from pkg.sub import helpers
                return helpers.clean(x)
            return x
        """,
        "import pkg.sub.helpers as m\ndef f(x): return getattr(m, 'clean')(x)",
        "import pkg.sub.helpers as m\ndef f(x): return [m.clean(i) for i in x]",
        "import pkg.sub.helpers as m\ndef f(x): return (lambda y: m.clean(y))(x)",
        "import pkg.sub.helpers as m\ng = m.clean\ndef f(x): return g(x)",
        "import pkg.sub.helpers as m\nTABLE = {'c': [m.clean]}\ndef f(x): return TABLE['c'][0](x)",
        "import functools, pkg.sub.helpers as m\ng = functools.partial(m.clean)\ndef f(x): return g(x)",
        "import functools, pkg.sub.helpers as m\ng = functools.lru_cache(m.clean)\ndef f(x): return g(x)",
        "import pkg.sub.helpers as m\ndef f(x, g=m.clean): return g(x)",
        """
        import pkg.sub.helpers as m
        def make(g):
            def inner(x): return g(x)
            return inner
        f = make(m.clean)
        """,
        """
        import pkg.sub.helpers as m
        def make():
            h = m
            def inner(x): return h.clean(x)
            return inner
        f = make()
        """,
        "import functools, pkg.sub.helpers as m\n@functools.wraps(m.clean)\ndef f(x): return x",
        """
        from pkg.sub.helpers import clean
        class C:
            @property
            def p(self): return clean(1)
        def f(x): return C().p
        """,
        """
        from pkg.sub.helpers import clean
        class B:
            def m(self): return clean(1)
        class C(B): ...
        def f(x): return C()
        """,
        "from pkg.sub.helpers import clean\nclass C:\n    def m(self): return clean(1)\ndef f(x: C): return x.m()",
        """
        from __future__ import annotations
        from pkg.sub.helpers import clean
        class C:
            def m(self): return clean(1)
        def f(x: list[C | None]): return x
        """,
        "from pkg.sub.helpers import clean\nclass C:\n    def m(self): return clean(1)\ndef f(x: 'C'): return x.m()",
        "from pkg.sub.helpers import clean\nclass C:\n    def m(self): return clean(1)\ndef f(x) -> C: return x()",
        "from pkg.sub.helpers import clean\nclass C:\n    go = staticmethod(clean)\ndef f(x): return C.go(x)",
        "from pkg.sub.helpers import clean\nclass C: ...\nC.go = lambda self: clean(1)\ndef f(x): return C().go()",
        "from stepping import g\ndef f(x): return g.fn(x)",
        "from deco import twice\n@twice\ndef f(x): return x",
    ],
)
def test_helper_is_reached_however_it_is_named(closure_of: ClosureOf, flow: str) -> None:
    rest = {
        "pkg.__init__": "",
        "pkg.sub.__init__": "",
        "stepping": """
            from pkg.sub.helpers import clean
            class Step:
                def __init__(self, fn): self.fn = fn
            Step.__module__ = "zenflow.language.step"
            g = Step(clean)
        """,
        "deco": """
            import functools
            from pkg.sub.helpers import clean
            def twice(fn):
                @functools.wraps(fn)
                def wrapper(x): return clean(fn(x))
                return wrapper
        """,
    }
    before = closure_of({"flow": flow, "pkg.sub.helpers": HELPERS, **rest})
    after = closure_of({"flow": flow, "pkg.sub.helpers": HELPERS.replace("x + 1", "x + 2"), **rest})
    assert before.problems == ()
    assert before.digest != after.digest
    assert before.parts["pkg.sub.helpers.scale"] != after.parts["pkg.sub.helpers.scale"]


def test_relative_local_import_is_followed(closure_of: ClosureOf) -> None:
    files = {
        "pkg.__init__": "",
        "pkg.flow": "def f(x):\n    from .helpers import clean\n    return clean(x)",
        "pkg.helpers": HELPERS,
    }
    assert "pkg.helpers.scale" in closure_of(files, module="pkg.flow").parts


@pytest.mark.parametrize(
    "flow",
    [
        "from zenflow import step\n@step{0}\ndef f(x: int) -> int:\n    return x",
        "import zenflow as zf\n@zf.step{0}\ndef f(x: int) -> int:\n    return x",
        "from zenflow import step\nquick = step{0}\n@quick\ndef f(x: int) -> int:\n    return x",
        """
        from zenflow import step as s
        def make():
            @s{0}
            def g(x: int) -> int:
                return x
            return g
        f = make()
        """,
    ],
)
def test_options_of_our_decorators_keep_the_digest(closure_of: ClosureOf, flow: str) -> None:
    before, after = closure_of({"flow": flow.format("(cpus=1)")}), closure_of({"flow": flow.format("(retries=2)")})
    assert before.problems == ()
    assert before.digest == after.digest


def test_options_of_other_decorators_change_the_digest(closure_of: ClosureOf) -> None:
    flow = "import functools\n@functools.lru_cache({0})\ndef f(x): return x"
    assert closure_of({"flow": flow.format(1)}).digest != closure_of({"flow": flow.format(2)}).digest


def test_mutual_recursion_ends_and_counts(closure_of: ClosureOf) -> None:
    flow = """
        def f(n): return n == 0 or odd(n - 1)
        def odd(n): return n != 0 and f(n - 1)
    """
    before, after = closure_of({"flow": flow}), closure_of({"flow": flow.replace("n != 0", "n > 0")})
    assert set(before.parts) == {"flow.f", "flow.odd"}
    assert before.digest != after.digest


def test_the_name_of_a_function_does_not_matter(closure_of: ClosureOf) -> None:
    flow = "def f(x): return x + 1\ndef g(x): return x + 1"
    assert closure_of({"flow": flow}).digest == closure_of({"flow": flow}, "g").digest


def test_swapping_two_closures_of_one_factory_changes_the_digest(closure_of: ClosureOf) -> None:
    flow = """
        def make(n):
            def add(x): return x + n
            return add
        a, b = make({0}), make({1})
        def f(x): return a(x) * 2 - b(x)
    """
    assert closure_of({"flow": flow.format(1, 2)}).digest != closure_of({"flow": flow.format(2, 1)}).digest


def test_two_lambdas_in_a_line_are_told_apart(closure_of: ClosureOf) -> None:
    flow = "f, g = (lambda x: x + 1), (lambda x: x + 2)"
    assert closure_of({"flow": flow}).digest != closure_of({"flow": flow}, "g").digest
    assert closure_of({"flow": flow}).digest == closure_of({"flow": "f = lambda x: x + 1"}).digest


def test_aliased_stdlib_function_counts(closure_of: ClosureOf) -> None:
    flow = "from json import {0} as g\ndef f(x): return g(x)"
    assert closure_of({"flow": flow.format("loads")}).digest != closure_of({"flow": flow.format("dumps")}).digest


CLASSES = """
    from dataclasses import dataclass
    class Base:
        factor = 2
        def scale(self, x): return x * self.factor
    @dataclass
    class Model(Base):
        depth: int = 3
        @classmethod
        def make(cls): return cls()
    def f(x): return Model.make().scale(x)
"""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("x * self.factor", "x + self.factor"),
        ("factor = 2", "factor = 3"),
        ("depth: int = 3", "depth: int = 4"),
        ("return cls()", "return cls(1)"),
        ("@dataclass\n", "@dataclass(frozen=True)\n"),
        ("(Base)", "(Base, object)"),
    ],
)
def test_changed_class_changes_the_digest(closure_of: ClosureOf, old: str, new: str) -> None:
    assert old in CLASSES
    assert closure_of({"flow": CLASSES}).digest != closure_of({"flow": CLASSES.replace(old, new)}).digest


def test_documented_class_keeps_the_digest(closure_of: ClosureOf) -> None:
    documented = CLASSES.replace("class Base:", 'class Base:\n        """A base."""\n')
    assert closure_of({"flow": CLASSES}).digest == closure_of({"flow": documented}).digest


def test_mutable_global_counts_by_its_value(closure_of: ClosureOf) -> None:
    flow = "TABLE = {{'a': {0}}}\ndef f(x): return TABLE[x]"
    before, after = closure_of({"flow": flow.format(1)}), closure_of({"flow": flow.format(2)})
    assert before.problems == ()
    assert before.parts["flow.TABLE"] != after.parts["flow.TABLE"]
    assert before.digest != after.digest


def test_file_edited_after_its_import_does_not_change_what_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "edited_flow.py").write_text("def f(x): return x + 1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    import edited_flow  # type: ignore[import-not-found]

    first = closure(edited_flow.f)
    (tmp_path / "edited_flow.py").write_text("# A longer file\ndef f(x): return x + 2\n")
    stale = closure(edited_flow.f)
    assert set(stale.parts) == {"edited_flow.f (bytecode)"}
    (tmp_path / "edited_flow.py").write_text("# Longer, but the same function\n\ndef f(x): return x + 1\n")
    assert closure(edited_flow.f) == first
    del sys.modules["edited_flow"]


def test_function_without_source_is_known_by_its_bytecode() -> None:
    def made(source: str) -> object:
        namespace: dict[str, object] = {"__name__": "made"}
        exec(source, namespace)
        return namespace["f"]

    found = closure(made("def g(x): return x\ndef f(x): return g(x)"))
    assert set(found.parts) == {"made.f (bytecode)", "made.g (bytecode)"}
    assert found.problems == ()
    assert found.digest != closure(made("def g(x): return -x\ndef f(x): return g(x)")).digest
    assert "exec" in closure(made("def f(x): exec(x)")).problems[0]


def test_notebook_cells_have_source() -> None:
    cell = "<ipython-input-7>"
    source = "def helper(x):\n    return x  # a comment\ndef f(x):\n    return helper(x)\n"
    linecache.cache[cell] = (len(source), None, source.splitlines(keepends=True), cell)
    namespace: dict[str, object] = {"__name__": "notebook"}
    exec(compile(source, cell, "exec"), namespace)
    found = closure(namespace["f"])
    assert set(found.parts) == {"notebook.f", "notebook.helper"}
    namespace["helper"] = lambda x: x + 1
    assert closure(namespace["f"]).digest != found.digest


def test_dataclass_is_its_source_not_what_is_generated_from_it(closure_of: ClosureOf) -> None:
    flow = "from dataclasses import dataclass\n@dataclass\nclass C:\n    x: int = 1\ndef f(c: C) -> C: return c"
    assert set(closure_of({"flow": flow}).parts) == {"flow.f", "flow.C", "flow.C.x"}


def test_script_and_module_in_two_processes_agree(tmp_path: Path) -> None:
    (tmp_path / "flow.py").write_text(
        "from zenflow.keys.closure import closure\n"
        "import math\n"
        "class C:\n    def m(self, x):\n        return x in {'a', 'b', 'c'}\n"
        "NAMES = {'p', 'q', 'r', C}\n"
        "def g(x):\n    return C().m(x) and x in NAMES and math.pi\n"
        "def f(x: C):\n    return g(x)\n"
        "found = closure(f)\n"
        "print(found.digest.hex(), dict(found.parts), found.problems)\n"
    )
    root = str(Path(__file__).parents[2])
    ways = (["flow.py"], ["-c", "import flow"], ["-m", "flow"])
    outputs = {
        subprocess.run(
            [sys.executable, "-B", *way],
            env={**os.environ, "PYTHONHASHSEED": str(seed), "PYTHONPATH": f"{root}{os.pathsep}{tmp_path}"},
            cwd=tmp_path,
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed, way in enumerate(ways)
    }
    assert len(outputs) == 1
    assert "'flow.C'" in outputs.pop()
