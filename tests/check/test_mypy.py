"""mypy as one judge of a check: its lines, its messages under our codes, files that end its run left out."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.check.running import write
from zenflow.check.diagnostics import Diagnostic
from zenflow.check.facts import OpenEdge
from zenflow.check.mypy.build import Typed, type_check
from zenflow.check.mypy.findings import CODES, finding
from zenflow.check.mypy.messages import Message, parsed
from zenflow.check.mypy.settle import module_of, refused
from zenflow.graph.site import Span


def cache() -> Path:
    """What the whole session shares."""
    return Path(os.environ["MYPY_CACHE_DIR"]) / "zenflow"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("a.py:3:5:3:9: error: No  [misc]", Message("a.py", Span("a.py", 3, 5, 3, 10), "No", "misc")),
        ("a.py:3: error: No", Message("a.py", Span("a.py", 3, 1, 3, 1), "No")),
        ("a.py: error: Cannot decode file", Message("a.py", Span("a.py", 1, 1, 1, 1), "Cannot decode file")),
        ("/a é:1.py:3:5:3:9: error: x: y  [a-b]", Message("/a é:1.py", Span("/a é:1.py", 3, 5, 3, 10), "x: y", "a-b")),
        ("a\nb.py:3:5:3:9: error: No  [misc]", Message("a\nb.py", Span("a\nb.py", 3, 5, 3, 10), "No", "misc")),
        ("a.py:3:5:3:9: error: Use x[a]  [misc]", Message("a.py", Span("a.py", 3, 5, 3, 10), "Use x[a]", "misc")),
    ],
)  # fmt: skip
def test_a_line_is_taken_apart(line: str, expected: Message) -> None:
    assert parsed([line]) == [expected]


def test_notes_belong_to_the_error_of_their_line() -> None:
    lines = [
        "a.py:1: note: stray",
        "a.py:3: error: No",
        "a.py:3: note: one",
        "a.py:3: note:   two",
        "a.py:4: note: other",
        "",
    ]
    assert [message.notes for message in parsed(lines)] == [("one", "two")]


ARTIFACT = '"Artifact[dict[str, int]]"'
TOLD = {
    (f'Argument 1 to "train" has incompatible type {ARTIFACT}; expected "Artifact[list[int]]"', "arg-type"): "ZF201",
    (f'Argument "x" to "train" has incompatible type {ARTIFACT}; expected "int | Artifact[int]"', "arg-type"): "ZF201",
    (f'Argument 1 to "len" has incompatible type {ARTIFACT}; expected "Sized"', "arg-type"): "ZF105",
    (f'Incompatible return value type (got {ARTIFACT}, expected "Artifact[int]")', "return-value"): "ZF204",
    (f'{ARTIFACT} has no attribute "__iter__" (not iterable)', "attr-defined"): "ZF103",
    (f'{ARTIFACT} has no attribute "shape"', "attr-defined"): "ZF104",
    (f"Value of type {ARTIFACT} is not indexable", "index"): "ZF103",
    (f'Unsupported operand types for + ({ARTIFACT} and "int")', "operator"): "ZF104",
    (f"Unsupported left operand type for + ({ARTIFACT})", "operator"): "ZF104",
    ('Argument 1 to "f" has incompatible type "str"; expected "int"', "arg-type"): "mypy:arg-type",
    ('"int" has no attribute "shape"', "attr-defined"): "mypy:attr-defined",
    ("Something new", ""): "mypy:error",
}


@pytest.mark.parametrize(("text", "code"), TOLD)
def test_messages_about_handles_are_told_under_our_codes(text: str, code: str) -> None:
    told = finding(Message("a.py", Span("a.py", 1, 1, 1, 2), text, code, ("a note",)))
    assert told.code == TOLD[text, code]
    assert told.notes == ("a note",)
    if told.code.startswith("ZF"):
        assert told.code in CODES
        assert "Artifact[dict" not in told.message or told.code == "ZF204"
        assert told.help


def test_files_that_end_mypys_run_are_left_out_and_the_others_checked(project: Path) -> None:
    """Also where a good file imports a bad one: mypy follows imports."""
    write(project, {
        "broken.py": "def f(:\n",
        "bytes.py": b"x = '\xff'\n",
        "good.py": "import broken, bytes\nx: int = 'a'\n",
        "a/flow.py": "x: int = 'a'\n",
        "b/flow.py": "x: int = 'b'\n",
    })  # fmt: skip
    files = [Typed(str(project / name)) for name in ("broken.py", "bytes.py", "good.py", "a/flow.py", "b/flow.py")]
    checked = type_check(files, cache())
    assert checked.problem is None
    told = sorted(m.file for m in checked.messages if m.code == "assignment")
    assert told == [str(project / name) for name in ("a/flow.py", "b/flow.py", "good.py")]
    assert {Path(file).name for file in checked.unparsed} == {"broken.py", "bytes.py"}


def test_names_that_are_no_modules_are_checked_or_left_out(project: Path) -> None:
    names = ("a b.py", "my-flow.py", "2flow.py", "été.py", "a.b.py", "class.py", "new\nline.py", "statistics.py")
    write(project, dict.fromkeys(names, "x: int = 'a'\n"))
    checked = type_check([Typed(str(project / name)) for name in names], cache())
    assert checked.problem is None
    assert {"été.py", "class.py"} <= {Path(m.file).name for m in checked.messages}


TYPES = """\
from typing import Callable, Generic, Iterable, Protocol, TypeVar

T = TypeVar("T")

class Areal(Protocol):
    def area(self, scale: int) -> float: ...

class Square:
    def area(self, scale: int) -> float: return 1.0

class Circle:
    def area(self, scale: str) -> float: return 1.0

class Box(Generic[T]):
    item: T

class Own:
    def __getitem__(self, index: int) -> str: return ""
"""


@pytest.mark.usefixtures("project")
def test_edges_that_hints_leave_open_are_settled_one_by_one(project: Path) -> None:
    write(project, {"kinds.py": TYPES})
    pairs = {
        ("kinds.Square", "kinds.Areal"): False,
        ("kinds.Circle", "kinds.Areal"): True,
        ("kinds.Box[bool]", "kinds.Box[int]"): True,
        ("kinds.Box[int]", "kinds.Box[int]"): False,
        ("list[kinds.Circle]", "typing.Iterable[kinds.Areal]"): True,
        ("typing.Callable[[int], int]", "typing.Callable[[bool], int]"): False,
        ("kinds.Nowhere", "kinds.Areal"): False,  # what mypy does not know it does not refuse
        ("nowhere.Thing", "kinds.Areal"): False,
    }
    edges = [
        OpenEdge(
            source,
            target,
            ("kinds", "nowhere", "typing"),
            Diagnostic("ZF201", f"{source} to {target}", notes=("open",)),
        )
        for source, target in pairs
    ]
    no = refused(edges, [Typed(str(project / "kinds.py"))], cache())
    assert no is not None
    assert [(edge.source, edge.target) for edge in no] == [pair for pair, wrong in pairs.items() if wrong]
    assert all(told.notes[0] == "open" for told in no.values())
    assert any("def area(self, scale: str) -> float" in note for note in no[edges[1]].notes)


def test_no_open_edges_are_settled_without_mypy() -> None:
    assert refused([], [], Path("nowhere")) == {}
    assert module_of([]) == ("\n", {})
