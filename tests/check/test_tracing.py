"""What a trace makes of a pipeline: past mistakes, with made-up records, without the data."""

from __future__ import annotations

from tests.check.conftest import Check, codes

RECORDS = """
import datetime
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, TypedDict, TypeVar
import attrs
import msgspec
T = TypeVar("T")
@step
def number(x: int = 1) -> int:
    return x
"""


def test_a_pipeline_of_a_record_is_traced_with_a_made_up_one(check: Check) -> None:
    report = check(
        RECORDS
        + """
@dataclass(frozen=True)
class Split:
    share: float
    day: datetime.date
@dataclass(kw_only=True)
class Config:
    split: Split
    depths: list[int] = field(default_factory=list)
@attrs.frozen
class Model:
    depth: int
class Pair(NamedTuple):
    left: int
    right: str = ""
class Options(TypedDict):
    depth: int
class Message(msgspec.Struct):
    text: str
@pipeline
def flow(config: Config, model: Model, pair: Pair, options: Options, message: Message) -> Artifact[int]:
    del message
    number(config.split.day.year)
    return number(model.depth + pair.left + options["depth"])
"""
    )
    assert codes(report) == [("ZF301", 34)]
    assert report.untraced == ()


def test_a_record_that_refuses_what_is_made_up_leaves_its_pipeline_untraced(check: Check) -> None:
    report = check(
        RECORDS
        + """
@dataclass
class Even:
    number: int
    def __post_init__(self) -> None:
        raise ValueError("no")
@pipeline
def flow(even: Even) -> Artifact[int]:
    return number(even.number)
"""
    )
    assert codes(report) == []
    assert [text.partition(":flow ")[2] for text in report.untraced] == ["needs values for `even`"]


def test_a_mistake_leaves_no_second_one_behind(check: Check) -> None:
    report = check(
        RECORDS
        + """
@pipeline
def compared() -> Artifact[int]:
    large = number() > 3
    return when(large, lambda: number(2), lambda: number(3))
@pipeline
def attributes() -> Artifact[int]:
    total = number().real.sum(axis=0) + 1
    return number(total)
@pipeline
def named() -> Artifact[int]:
    return number(x="a").named("two words")
"""
    )
    assert codes(report) == [("ZF104", 15), ("ZF104", 19), ("ZF206", 23), ("ZF201", 23)]


def test_code_that_raises_after_a_mistake_is_told_not_to_be_looked_at_further(check: Check) -> None:
    report = check(
        RECORDS
        + """
@pipeline
def flow() -> Artifact[int]:
    with open(number()) as file:
        lines = list(file)
    return number(len(lines))
"""
    )
    assert codes(report) == [("ZF104", 15)]
    assert "raises TypeError at line 15 after a mistake that is told" in report.untraced[0]


def test_a_path_that_is_only_a_default_need_not_be_there(check: Check) -> None:
    report = check("""
        from pathlib import Path
        @step
        def load(path: Path) -> int: ...
        @pipeline
        def by_default(path: Path = Path("data/train.csv")) -> Artifact[int]:
            return load(path)
        @pipeline
        def in_the_code() -> Artifact[int]:
            return load(Path("data/tran.csv"))
        """)
    assert codes(report) == [("ZF407", 11)]


def test_a_generic_named_tuple_is_handed_out_by_its_fields(check: Check) -> None:
    report = check(
        RECORDS
        + """
class Box(NamedTuple, Generic[T]):
    item: T
    count: int
@step
def boxed(x: int) -> Box[str]: ...
@step
def text(x: str) -> str: ...
@pipeline
def flow() -> Artifact[str]:
    item, count = boxed(1)
    text(count)
    return text(boxed(2).item)
"""
    )
    assert sorted(codes(report)) == [("ZF201", 23), ("ZF301", 23)]


def test_what_can_not_be_a_pipeline_says_why(check: Check) -> None:
    report = check("""
        @pipeline
        async def waiting() -> Artifact[int]: ...
        """)
    (found,) = report.diagnostics
    assert (found.code, "it is async" in found.message) == ("ZF203", True)


def test_a_finding_of_a_whole_file_names_it(check: Check) -> None:
    (found,) = check("x = 1\n", "my.flow.py").diagnostics
    assert found.span is not None
    assert (found.code, found.span.file.endswith("my.flow.py"), found.span.line) == ("ZF001", True, 0)
