"""Any record a driver may commit."""

from typing import get_args

from attrs import evolve
from hypothesis import strategies as st

from tests.metadata.made import content
from zenflow.artifacts.content import Content
from zenflow.metadata import records
from zenflow.metadata.components import Components, Shared
from zenflow.metadata.records import (
    Alias,
    Attempt,
    CacheEntry,
    Code,
    Cost,
    Environment,
    ErrorRecord,
    Execution,
    LogLine,
    Metric,
    RunCode,
    RunRecord,
)

texts = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("\0\ufdd001"), max_size=8)
maybe_texts = st.none() | texts
counts = st.integers(0, 2**31 - 1)
sizes = st.integers(0, 2**63 - 1)
numbers = st.floats(allow_nan=False)
maybe_numbers = st.none() | numbers
by_name = st.dictionaries(texts, texts, max_size=3)
listed = st.lists(texts, max_size=3).map(tuple)
run_statuses = st.sampled_from(get_args(records.RunStatus))
step_statuses = st.sampled_from(get_args(records.StepStatus))

errors = st.none() | st.builds(ErrorRecord, texts, texts, texts, pickled=st.none() | st.binary(max_size=8))
environments = st.builds(
    Environment,
    command=listed,
    directory=texts,
    git_commit=maybe_texts,
    git_dirty=st.none() | st.booleans(),
    python=texts,
    platform=texts,
    packages=by_name,
    host=texts,
    user=texts,
    pid=counts,
)
runs = st.builds(
    RunRecord,
    id=texts,
    status=run_statuses,
    started=numbers,
    finished=maybe_numbers,
    name=maybe_texts,
    pipeline=maybe_texts,
    target=maybe_texts,
    engine=maybe_texts,
    stack=texts,
    params=by_name,
    tags=listed,
    graph=st.binary(max_size=20),
    outputs=by_name,
    environment=environments,
    error=errors,
)
executions = st.builds(
    Execution,
    run=texts,
    step=texts,
    node=texts,
    status=step_statuses,
    function=texts,
    element=st.none() | counts,
    key=maybe_texts,
    cache_reason=texts,
    attempts=counts,
    started=maybe_numbers,
    finished=maybe_numbers,
    inputs=by_name,
    outputs=listed,
    source_run=st.none(),
    source_step=st.none(),
    timings=st.dictionaries(texts, numbers, max_size=3),
    error=errors,
    usage=st.dictionaries(texts, sizes, max_size=3),
    host=texts,
    pid=counts,
)
attempts = st.builds(
    Attempt,
    run=texts,
    step=texts,
    number=counts,
    status=step_statuses,
    started=maybe_numbers,
    finished=maybe_numbers,
    host=texts,
    pid=counts,
    error=errors,
)
lines = st.builds(
    LogLine, run=texts, step=texts, attempt=counts, number=counts, time=numbers, stream=texts, text=st.text()
)
metrics = st.builds(
    Metric, run=texts, step=texts, attempt=counts, name=texts, number=counts, value=st.floats() | texts, time=numbers
)
descriptions = st.dictionaries(
    texts, st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | numbers | texts | st.lists(texts), max_size=3
)


@st.composite
def contents(draw: st.DrawFn) -> Content:
    made = content(*draw(st.lists(st.binary(max_size=20), max_size=3)))
    return evolve(made, type=draw(texts), description=draw(descriptions))


own = st.dictionaries(texts.map("argument {}".format), texts, max_size=3)
shared = st.builds(Components, st.builds(Shared, by_name), own)
entries = st.builds(
    CacheEntry,
    key=texts,
    function=texts,
    run=texts,
    step=texts,
    outputs=listed,
    created=numbers,
    components=by_name | shared,
)
costs = st.builds(
    Cost, function=texts, count=counts, seconds=numbers, peak_memory=sizes, bytes_out=sizes, updated=numbers
)
codes = st.builds(Code, digest=texts, name=texts, source=texts)
run_codes = st.builds(RunCode, run=texts, node=texts, name=texts, digest=texts)
aliases = st.builds(Alias, name=texts, alias=texts, version=counts, created=numbers)
