"""The end of a run that somebody asks for: Ctrl-C once and twice, SIGTERM, `zenflow cancel` from another process."""

from __future__ import annotations

import signal

import pytest
from sqlalchemy import select

from tests.cli.ended import Ended
from tests.engine.running import until
from tests.faults.drivers import kept
from tests.faults.projects import Project, ended
from zenflow.engine.driving.deputy import BEAT
from zenflow.metadata.schema import drivers

BEATS = select(drivers.c.beat)

engines = pytest.mark.parametrize("engine", ["inline", "ray"])

KEPT = {"load": "ran", "notify": "ran", "draw": "ran", "gate": "cancelled", "last": "skipped"}


def check_cancelled(flow: Project, told: Ended, how: str) -> None:
    assert told.code == 130, told.err
    assert f"{how}; what had finished is kept: zenflow show" in told.err
    run = flow.latest()
    assert run.status == "cancelled"
    assert run.record.finished is not None
    assert flow.statuses() == KEPT


@engines
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_interrupted_ends_and_keeps_what_had_finished(flow: Project, engine: str, number: int) -> None:
    driver = flow.run(engine)
    driver.send_signal(number)
    check_cancelled(flow, ended(driver), "interrupted")
    assert [attempt.status for attempt in flow.latest().steps["gate"].tries] == ["cancelled"]


@engines
def test_a_run_is_cancelled_from_another_process(flow: Project, engine: str) -> None:
    driver = flow.run(engine)
    cancelled = flow("cancel", "@latest")
    assert cancelled.code == 0, cancelled.err
    assert "is cancelled; what had finished is kept" in cancelled.err
    check_cancelled(flow, ended(driver), "cancelled by another process")


@engines
def test_a_step_that_ignores_the_interruption_does_not_keep_the_run(flow: Project, engine: str) -> None:
    driver = flow.run(engine, "never")
    driver.send_signal(signal.SIGINT)
    if engine == "inline":  # no process of its own to end: it is asked again and again, and waited for
        until(lambda: flow.marks().count("no") > 2, "more than one interruption")
        flow.open()
    told = ended(driver)
    assert told.code == 130, told.err
    assert flow.latest().status == "cancelled"
    assert flow.statuses()["load"] == "ran"
    assert flow.statuses()["last"] in ("cancelled", "skipped")
    assert "last" not in flow.marks()


@engines
def test_interrupted_twice_it_is_out_at_once(flow: Project, engine: str) -> None:
    driver = flow.run(engine, "never")
    until(lambda: flow.statuses().get("load") == "ran", "the record of what ran")
    driver.send_signal(signal.SIGINT)
    if engine == "inline":
        until(lambda: "no" in flow.marks(), "the first interruption")
    driver.send_signal(signal.SIGINT)
    assert ended(driver).code == 130
    assert flow.latest().status in ("interrupted", "cancelled")
    assert flow.statuses()["load"] == "ran"
    flow.open()
    assert flow("resume", "@latest").out == "3\n"


def test_a_run_stays_alive_while_a_long_step_runs_in_its_process(flow: Project) -> None:
    driver = flow.run("inline")
    with kept(flow.folder).database() as database:
        first = database.read(BEATS)[0].beat
        until(lambda: database.read(BEATS)[0].beat > first + 2 * BEAT, "more heartbeats")
    flow.open()
    assert ended(driver).code == 0


def test_a_run_that_is_over_is_not_cancelled(flow: Project) -> None:
    flow.open()
    assert ended(flow.run("inline")).code == 0
    refused = flow("cancel", "@latest")
    assert refused.code == 2
    assert "has ended: it is ok" in refused.err


def test_a_run_whose_driver_is_gone_is_not_cancelled_but_resumed(flow: Project) -> None:
    driver = flow.run("inline")
    driver.kill()
    driver.wait()
    refused = flow("cancel", "@latest")
    assert refused.code == 2
    assert "the process that drove it is gone" in refused.err
    assert "zenflow resume" in refused.err
