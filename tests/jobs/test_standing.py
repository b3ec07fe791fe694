"""How a submission stands by what is recorded and what the cluster says, and the records themselves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import evolve

from tests.metadata import made, releases
from zenflow.errors import MetadataError, Superseded
from zenflow.history.jobs import Heard, standing
from zenflow.metadata import queries, submissions
from zenflow.metadata.database import Database
from zenflow.metadata.records import RunRecord, Submission
from zenflow.stacks.job import entrypoint, own_job
from zenflow.stacks.jobs_server import Job, JobStatus

SENT = evolve(releases.SUBMISSION, run="r1", attempt=1, outcome=None, problem=None)
UNSENT = evolve(SENT, handed=None)
BEGUN = evolve(SENT, begun=3.0)
CANCELLED = evolve(SENT, outcome="cancelled", problem="it was cancelled before it began")
RUNNING, FAILED = made.run("r1", "running"), made.run("r1", "failed")


def heard(status: JobStatus) -> Heard:
    return {SENT.job: Job(SENT.job, status)}


@pytest.mark.parametrize(
    ("submission", "run", "said", "state"),
    [
        (SENT, None, heard("PENDING"), "pending"),
        (SENT, None, heard("RUNNING"), "starting"),
        (SENT, None, heard("FAILED"), "failed"),
        (SENT, None, heard("STOPPED"), "cancelled"),
        (SENT, None, None, "pending"),
        (SENT, None, {}, "lost"),
        (UNSENT, None, {}, "lost"),
        (evolve(UNSENT, created=999.0), None, {}, "pending"),
        (UNSENT, None, heard("RUNNING"), "starting"),
        (BEGUN, RUNNING, None, "running"),
        (BEGUN, FAILED, heard("RUNNING"), "failed"),
        (BEGUN, None, heard("RUNNING"), "starting"),
        (BEGUN, None, heard("FAILED"), "failed"),
        (evolve(SENT, attempt=2), FAILED, {}, "lost"),
        (CANCELLED, None, heard("RUNNING"), "cancelled"),
    ],
)
def test_how_a_submission_stands(submission: Submission, run: RunRecord | None, said: Heard, state: str) -> None:
    assert standing(submission, run, said, now=1000.0).state == state


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database.open(f"sqlite:///{tmp_path}/zenflow.db") as opened:
        yield opened


def test_a_submission_is_recorded_once_and_marked_by_each_who_does_the_next_thing(database: Database) -> None:
    submissions.record(database, UNSENT)
    submissions.record(database, evolve(UNSENT, package="zenflow-cd.zip"))
    submissions.record(database, UNSENT)
    assert queries.submission(database, "r1") == UNSENT
    submissions.handed(database, UNSENT)
    with pytest.raises(MetadataError):
        submissions.record(database, UNSENT)
    submissions.begin(database, "r1", 1)
    found = queries.submission(database, "r1")
    assert found is not None
    assert found.handed is not None
    assert found.begun is not None
    assert not submissions.end(database, UNSENT, "failed", "too late")
    assert queries.submission(database, "r1") == found


def test_what_was_given_up_or_replaced_does_not_begin(database: Database) -> None:
    submissions.record(database, UNSENT)
    assert submissions.end(database, UNSENT, "cancelled", "it was cancelled")
    assert not submissions.end(database, UNSENT, "failed", "the first word stays")
    for note in (False, True):
        with pytest.raises(Superseded, match="given up before it began"):
            submissions.begin(database, "r1", 1, note=note)
    submissions.record(database, evolve(UNSENT, attempt=2))
    with pytest.raises(Superseded, match="submitted again since, as attempt 2"):
        submissions.begin(database, "r1", 1)
    submissions.begin(database, "r1", 2, note=False)
    assert [one.attempt for one in queries.submissions(database)] == [2]
    submissions.withdraw(database, evolve(UNSENT, attempt=2))
    assert queries.submission(database, "r1") == evolve(UNSENT, outcome="cancelled", problem="it was cancelled")


def test_a_run_that_has_not_begun_is_found_too(database: Database) -> None:
    database.commit([made.run("r0", started=0.5)])
    assert queries.find_begun(database, "@latest") == "r0"
    submissions.record(database, UNSENT)
    assert queries.find_begun(database, "r1") == queries.find_begun(database, "@latest") == "r1"
    assert (queries.has_ended(database, "r0"), queries.has_ended(database, "r1")) == (True, False)
    with pytest.raises(MetadataError, match="run r1 was submitted, and has not begun"):
        queries.find_run(database, "r1")
    submissions.end(database, UNSENT, "failed", "no module `x`")
    with pytest.raises(MetadataError, match="run r1 was submitted, and its job ended before it began"):
        queries.find_run(database, "r1")
    with pytest.raises(MetadataError, match="there is no run `x`"):
        queries.find_begun(database, "x")


def test_a_job_s_driver_knows_whose_it_is() -> None:
    assert own_job({}) is None
    assert own_job({"ZENFLOW_SUBMISSION": SENT.job}) == ("r1", 1)
    command = entrypoint(SENT.job, ["run", "flow.py", "--", "--name", "a b"], "sub dir", ["src"], "4bd175a+")
    assert command == (
        'export ZENFLOW_SUBMISSION=zf-r1-1 ZENFLOW_COMMIT=4bd175a+ PYTHONPATH="$PWD"/src:"$PYTHONPATH" && '
        "cd 'sub dir' && "
        "exec python -m zenflow run flow.py -- --name 'a b'"
    )
