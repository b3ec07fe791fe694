"""What is committed is what queries give back."""

import itertools
import math
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.metadata import strategies as made
from zenflow.artifacts.content import Content, content_digest
from zenflow.metadata import queries
from zenflow.metadata.database import Database
from zenflow.metadata.records import (
    Alias,
    Attempt,
    CacheEntry,
    Code,
    Cost,
    ErrorRecord,
    Execution,
    LogLine,
    Metric,
    RunCode,
    RunRecord,
    Version,
)

laws = settings(max_examples=50)
numbers = itertools.count()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def kept(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    url = f"sqlite:///{tmp_path_factory.mktemp('kept')}/zenflow.db"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql").new_schema()
    with Database.open(url) as database:
        yield database


@laws
@given(made.runs)
def test_a_run_comes_back(kept: Database, run: RunRecord) -> None:
    kept.commit([run])
    if run.status == "running":
        run = attrs.evolve(run, status="interrupted")  # nobody drives it
    assert queries.run(kept, run.id) == run
    assert attrs.evolve(run, graph=b"") in queries.runs(kept, None)
    assert all(run.id in {found.id for found in queries.runs(kept, None, tag=tag)} for tag in run.tags)


@laws
@given(made.executions)
def test_an_execution_comes_back(kept: Database, execution: Execution) -> None:
    kept.commit([execution])
    assert queries.execution(kept, execution.run, execution.step) == execution
    assert execution in queries.executions(kept, execution.run)
    assert all(execution in queries.consumers(kept, digest) for digest in execution.inputs.values())
    if execution.status == "ran":
        assert all(execution in queries.producers(kept, digest) for digest in execution.outputs)


@laws
@given(made.attempts)
def test_an_attempt_comes_back(kept: Database, attempt: Attempt) -> None:
    kept.commit([attempt])
    assert attempt in queries.attempts(kept, attempt.run, attempt.step)


@laws
@given(made.lines)
def test_a_line_of_any_text_comes_back_or_its_escape_does(kept: Database, line: LogLine) -> None:
    kept.commit([line])
    stored = line.text.encode("utf-8", "backslashreplace").decode()
    assert attrs.evolve(line, text=stored) in queries.logs(kept, line.run, line.step, line.attempt)


@laws
@given(made.metrics)
def test_a_metric_comes_back(kept: Database, metric: Metric) -> None:
    kept.commit([metric])
    found = queries.metrics(kept, metric.run, metric.step, metric.attempt, name=metric.name)
    (same,) = [value for value in found if value.number == metric.number]
    assert attrs.evolve(same, value=0.0) == attrs.evolve(metric, value=0.0)
    assert same.value == metric.value or (metric.value != metric.value and math.isnan(float(same.value)))


@laws
@given(st.lists(made.contents(), max_size=4))
def test_contents_come_back_with_their_small_blobs(kept: Database, contents: list[Content]) -> None:
    kept.commit(contents)
    found = queries.contents(kept, [content.digest for content in contents])
    for content in contents:
        same = found[content.digest]
        assert same.blobs == content.blobs
        assert same.small == content.small


@given(made.contents())
@laws
def test_a_description_comes_back(kept: Database, content: Content) -> None:
    form = f"described/{next(numbers)}"  # the first description of one would stay
    content = attrs.evolve(content, format=form, digest=content_digest(form, content.blobs))
    kept.commit([content])
    same = queries.contents(kept, [content.digest])[content.digest]
    assert (same.description, same.type, same.size) == (content.description, content.type, content.size)


@laws
@given(made.entries)
def test_a_cache_entry_comes_back(kept: Database, entry: CacheEntry) -> None:
    kept.commit([entry])
    assert queries.cached(kept, [entry.key, "another"]) == {entry.key: entry}
    assert entry in queries.nearest(kept, entry.function, limit=1000)


@laws
@given(made.costs)
def test_a_cost_comes_back(kept: Database, cost: Cost) -> None:
    kept.commit([cost])
    assert queries.costs(kept, [cost.function, "another"]) == {cost.function: cost}


@laws
@given(made.codes, made.texts, made.texts)
def test_the_code_of_a_step_comes_back(kept: Database, code: Code, run: str, node: str) -> None:
    code, run = attrs.evolve(code, digest=f"{code.digest} {next(numbers)}"), f"{run} {next(numbers)}"
    kept.commit([RunCode(run, node, code.name, code.digest), code])
    assert queries.code(kept, run, node, "another") == [code]


@laws
@given(made.aliases)
def test_an_alias_comes_back(kept: Database, alias: Alias) -> None:
    kept.commit([alias])
    assert alias in queries.aliases(kept, alias.name)


@laws
@given(st.builds(Version, made.texts, st.integers(1, 5), made.texts, made.texts, made.texts, made.numbers))
def test_a_version_comes_back_or_the_first_with_its_number(kept: Database, version: Version) -> None:
    (registered,) = kept.commit([version])
    assert registered in queries.versions(kept, version.name)
    assert (registered.name, registered.version) == (version.name, version.version)


def test_an_error_with_undecodable_text_is_kept_readable(database: Database) -> None:
    error = ErrorRecord("FileNotFoundError", "no file \udc80", "flow.py:3", pickled=b"\x80\x00")
    database.commit([Attempt("r1", "load", 1, "failed", error=error)])
    (attempt,) = queries.attempts(database, "r1", "load")
    assert attempt.error == attrs.evolve(error, message="no file \\udc80")


def test_the_file_is_where_the_url_says(tmp_path: Path) -> None:
    with Database.open(f"sqlite:///{tmp_path}/a/b/zenflow.db"):
        assert {path.name for path in (tmp_path / "a" / "b").iterdir()} >= {"zenflow.db", "zenflow.db.lock"}
