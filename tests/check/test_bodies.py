"""Bodies as the source shows them: whose they are, what names stand for, what is found in a graph and there alike."""

from __future__ import annotations

import linecache
import re
import sys
import textwrap
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.check.reading import HEAD, codes, live, marked, read, subject
from zenflow.check.bodies.live import body_of
from zenflow.check.bodies.read import read_source
from zenflow.check.bodies.source import Source
from zenflow.check.rules.code import closures_hash
from zenflow.check.rules.nested import called_steps
from zenflow.check.rules.registry import Rule, all_rules

CORPUS = Path(__file__).parent / "corpus"
READ = [rule for rule in all_rules() if rule.read is not None]


def marks(kind: str, folder: str) -> Counter[str]:
    """How often each code is marked in a folder of the corpus."""
    lines = [line for file in (CORPUS / folder).glob("*.py") for line in file.read_text(encoding="utf-8").splitlines()]
    return Counter(code for line in lines for code in re.findall(r"ZF\d+", line.partition(f"# {kind}:")[2]))


@pytest.mark.parametrize("rule", READ, ids=lambda rule: rule.code)
def test_a_rule_that_reads_has_mistakes_and_near_misses_in_the_corpus(rule: Rule) -> None:
    assert marks("E", "bad")[rule.code] >= 2
    assert marks("ok", "good")[rule.code] >= 2


PRELUDE = """
import random
import pandas as pd
import torch
from pathlib import Path

@step
def score(x: float = 1) -> float: ...
@step
def is_good(x: float) -> bool: ...
@step
def deploy(x: float) -> float: ...
@step
def keep(x: float) -> float: ...
@step
def split(x: float) -> list[int]: ...
@step
def scale(x: int) -> int: ...
@step
def save(x: str) -> float: ...
"""


def example(code: str, text: str) -> str:
    """An example of the registry as a whole file: one about artifacts stands in a pipeline."""
    if code.startswith("ZF1") and not text.startswith("@step"):
        inner = textwrap.indent(text.replace("train", "scale"), "    ")
        head = "@pipeline\ndef flow(model: Artifact[float], data: Artifact[float], a: Artifact[float],"
        text = f"{head} b: Artifact[float], old: Artifact[float]):\n{inner}\n"
    return PRELUDE + text


@pytest.mark.parametrize("rule", READ, ids=lambda rule: rule.code)
def test_the_examples_of_a_rule_are_what_they_say(rule: Rule) -> None:
    assert rule.code in codes(example(rule.code, rule.bad))
    assert codes(example(rule.code, rule.good)) == []


# ---------------------------------------------------------------- names

STEPS = {
    "from zenflow import step as s\n": "@s\n",
    "import zenflow\n": "@zenflow.step(cpus=2)\n",
    "import zenflow as zf\n": "@zf.step\n",
    "from zenflow.language.decorator import step\nimport functools\n": "@functools.partial(step, cpus=1)\n",
    "from zenflow import step\nmine = step(cpus=2)\n": "@mine\n",
}


@pytest.mark.parametrize("head", STEPS)
def test_a_step_is_known_under_any_name(head: str) -> None:
    text = f"{STEPS[head]}def f(x: list[int]) -> int:\n    x.append(1)\n    return 1\n"
    assert [d.code for d in read(text, head=head)] == ["ZF401"]


@pytest.mark.parametrize("made", ["g = step(f)", "g = step(cpus=2)(f)"])
def test_a_function_is_made_a_step_later(made: str) -> None:
    text = f"def f(x: list[int]) -> int:\n    x.append(1)\n    return 1\n{made}\n"
    assert codes(text) == ["ZF401"]
    assert codes(text.replace(made, "")) == []


def test_a_step_in_a_class_or_function_is_read() -> None:
    text = """
    class Steps:
        @staticmethod
        @step
        def f(x: list[int]) -> int:
            x.append(1)
            return 1

    def build(random):
        import time as t

        @step
        def g(x: int) -> float:
            return t.time() + random.random()
        return g
    """
    assert codes(text) == ["ZF401", "ZF403"]


def test_steps_that_were_imported_are_known_where_the_namespace_is() -> None:
    text = "@pipeline\ndef flow() -> Artifact[int]:\n    return load() + 1\n"
    assert read(text) == ()
    namespace: dict[str, Any] = {}
    exec(HEAD + "@step\ndef load() -> int: ...\n", namespace)
    found = read(text, namespace)
    assert [d.code for d in found] == ["ZF104"]
    assert marked(text, found[0]) == "load() + 1"


@pytest.mark.parametrize(
    "line",
    [
        "x.append(random.random())",
        "random = helper\n    x.append(random.random())",
        "for random in helpers: x.append(random.random())",
        "x.append([random.random() for random in helpers])",
        "from helpers import random\n    x.append(random.random())",
    ],
)
def test_a_local_name_is_not_the_module(line: str) -> None:
    text = f"import random\n@step\ndef f(n: int) -> list[float]:\n    x = []\n    {line}\n    return x\n"
    assert codes(text) == (["ZF403"] if line.startswith("x.append(random") else [])


def test_steps_of_an_imported_module_are_known_where_the_namespace_is(monkeypatch: pytest.MonkeyPatch) -> None:
    helpers = ModuleType("helpers")
    exec(HEAD + "@step\ndef load() -> int: ...\n", helpers.__dict__)
    monkeypatch.setitem(sys.modules, "helpers", helpers)
    text = """
    import helpers

    @step
    def outer(x: int) -> int:
        from helpers import load as read
        return helpers.load() + read() + read.fn()
    """
    assert read(text) == ()
    found = read(text, {"helpers": helpers})
    assert [marked(text, diagnostic) for diagnostic in found] == ["helpers.load()", "read()"]


# ---------------------------------------------------------------- ZF304


NESTED = """
@step
def scaled(x: int) -> int: ...

def helper(x: int) -> int:
    return scaled(x)

@step
def outer(x: int) -> int:
    return helper(x) + scaled.map(each([x])) + scaled.fn(x)

@step
def clean(x: int) -> int:
    return scaled.fn(x)
"""


def test_calls_in_steps_are_found_in_a_graph_and_in_the_source_alike(tmp_path: Path) -> None:
    file, namespace = live(NESTED, tmp_path)
    found = tuple(called_steps(subject(namespace["outer"], namespace["clean"])))
    assert [d.code for d in found] == ["ZF304", "ZF304"]
    assert set(found) == set(read_source(Source.read(file, namespace))) == set(read_source(Source.read(file)))


def test_a_function_that_is_no_step_or_was_edited_has_no_body(tmp_path: Path) -> None:
    file, namespace = live(NESTED, tmp_path)
    assert body_of(namespace["helper"]) is None
    file.write_text("# all gone\n", encoding="utf-8")
    linecache.checkcache(str(file))
    assert body_of(namespace["outer"].fn) is None
    assert list(called_steps(subject(namespace["outer"]))) == []


# ---------------------------------------------------------------- ZF501


UNHASHED = """
import math
import sys
waiting = (n for n in range(3))

def helper(formula: str) -> int:
    return eval(formula)

@step
def evaluated(formula: str) -> int:
    return helper(formula)

@step
def awaiting(x: int) -> int:
    return x + next(waiting)

@step
def listed(name: str) -> int:
    return getattr(math, name) + vars(sys.modules[name])

@step(version="1")
def vouched(x: int) -> int:
    return eval("x")

@step(cache=False)
def tried(x: int) -> int:
    return eval("x")
"""


def test_code_that_is_not_known_is_found_in_a_graph_and_in_the_source_alike(tmp_path: Path) -> None:
    file, namespace = live(UNHASHED, tmp_path)
    names = ("evaluated", "listed", "vouched", "tried")
    found = tuple(closures_hash(subject(*(namespace[name] for name in names))))
    assert [marked(UNHASHED, diagnostic) for diagnostic in found] == ["eval(formula)", "sys.modules[name]"]
    assert found == tuple(d for d in read_source(Source.read(file, namespace)) if d.code == "ZF501")


def test_a_variable_that_has_no_encoding_is_marked_where_the_step_names_it(tmp_path: Path) -> None:
    _, namespace = live(UNHASHED, tmp_path)
    (found,) = closures_hash(subject(namespace["awaiting"]))
    assert marked(UNHASHED, found) == "waiting"
    assert found.message.startswith("step `awaiting` will not be cached: ")
    assert "uses `flow.waiting`" in found.message


def test_a_name_looked_up_in_a_module_of_ours_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    helpers = ModuleType("helpers")
    helpers.__file__ = "/flows/helpers.py"
    monkeypatch.setitem(sys.modules, "helpers", helpers)
    text = (
        "import helpers\n@step\ndef f(name: str) -> int:\n    return getattr(helpers, name) + getattr(helpers, 'a')\n"
    )
    (found,) = read(text, {"helpers": helpers})
    assert (found.code, marked(text, found)) == ("ZF501", "getattr(helpers, name)")


# ---------------------------------------------------------------- ZF402


def test_what_the_module_itself_fills_is_no_state() -> None:
    text = """
    TABLE = {}

    def register(f):
        TABLE[f.__name__] = f

    @register
    def double(x): ...

    @step
    def f(x: int) -> int:
        return TABLE["double"](x)
    """
    assert codes(text) == []
    program = "\n    if __name__ == '__main__':\n        register(f)\n"
    assert codes(text.replace("    @register\n", "") + program) == ["ZF402"]


# ---------------------------------------------------------------- the walk


def test_nothing_is_imported_or_run() -> None:
    assert codes("import no_such_module\nraise SystemExit\n@step\ndef f(x: list[int]):\n    x.sort()\n") == ["ZF401"]


def test_helpers_that_call_each_other_come_to_an_end() -> None:
    text = """
    def even(x, items):
        items.append(x)
        return x == 0 or odd(x - 1, items)

    def odd(x, items):
        return even(x - 1, items)

    @step
    def f(items: list[int]) -> bool:
        return even(3, items) and f.fn(items)
    """
    found = read(text)
    assert [(d.code, d.notes) for d in found] == [("ZF401", ("reached from step `f`",))]
    assert marked(text, found[0]) == "items.append(x)"


def test_a_line_that_several_steps_get_to_is_one_finding() -> None:
    text = """
    def helper(items):
        items.append(1)

    @step
    def f(items: list[int]) -> None:
        helper(items)

    @step
    def g(items: list[int]) -> None:
        helper(items)
    """
    (found,) = read(text)
    assert found.notes == ("reached from step `f`",)


def test_a_body_that_nests_too_deeply_is_passed_over() -> None:
    deep = "@step\ndef f(x: int) -> int:\n    return " + "+".join(["x"] * 900)
    text = f"{deep}\n@step\ndef g(x: list[int]) -> int:\n    x.sort()\n    return 1\n"
    assert codes(text) == ["ZF401"]


def test_a_span_counts_characters_and_form_feeds_are_no_lines() -> None:
    text = 'é = "\x0c"\n@step\ndef f(x: list[str]) -> int:\n    é = ("é", x.append("é"))\n    return 1\n'
    (found,) = read(text)
    assert found.span is not None
    assert (found.span.line, found.span.column, found.span.end_column) == (5, 15, 28)
