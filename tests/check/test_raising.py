"""Code that raises while it is imported or traced: one finding, in the user's own source, with how to mend it."""

from __future__ import annotations

from tests.check.conftest import Check, codes, marked


def test_an_error_in_a_library_is_shown_where_the_pipeline_called_it(check: Check) -> None:
    report = check("""
        import json

        @step
        def load(x: int) -> int: return x

        @pipeline
        def flow() -> Artifact[int]:
            return load(json.loads("{"))
    """)
    (found,) = report.diagnostics
    assert "raises JSONDecodeError while it is traced" in found.message
    assert marked(found) == 'json.loads("{")'


def test_a_pipeline_without_an_end_is_shown_where_it_calls_itself(check: Check) -> None:
    report = check("""
        @pipeline
        def flow(n: int = 3) -> Artifact[int]:
            return flow(n)
    """)
    (found,) = report.diagnostics
    assert "raises RecursionError" in found.message
    assert marked(found) == "flow(n)"


def test_an_attribute_of_a_handle_is_a_finding_among_the_others(check: Check) -> None:
    report = check("""
        @step
        def load(x: int) -> int: return x

        @pipeline
        def flow() -> Artifact[int]:
            wrong = load("x")
            return load(wrong.real)
    """)
    assert codes(report) == [("ZF201", 8), ("ZF104", 9)]
    assert marked(report.diagnostics[1]) == "wrong.real"
    assert report.diagnostics[1].help == "read `.real` inside a step, where the value is there"


def test_an_option_that_is_none_is_told_with_those_that_are(check: Check) -> None:
    report = check("""
        @step(memry="1GiB")
        def load(x: int) -> int: return x
    """)
    (found,) = report.diagnostics
    assert found.message == "importing flow.py fails: `memry` is not an option of a step"
    assert found.help.startswith("options are cpus")
    assert found.span is not None
    assert found.span.line == 3


def test_each_inside_of_another_value_is_told_apart_from_a_mapped_parameter(check: Check) -> None:
    report = check("""
        @step
        def add(x: int, *more: int, **named: int) -> int: return x

        @pipeline
        def var_args() -> Artifact[list[int]]:
            return add.map(1, each([1, 2]))

        @pipeline
        def keywords() -> Artifact[list[int]]:
            return add.map(each([1]), late=each([1, 2]))

        @pipeline
        def inside() -> Artifact[list[int]]:
            return add.map([each([1, 2])])
    """)
    assert codes(report) == [("ZF206", 8), ("ZF206", 12), ("ZF206", 16)]
    assert {found.message for found in report.diagnostics} == {
        "`each(...)` stands inside of another value, and marks a whole parameter"
    }
