"""Calls that are given up at a deadline."""

from __future__ import annotations

import threading

import pytest

from zenflow.stacks.deadline import answer_within


def test_a_question_that_is_not_answered_is_given_up() -> None:
    never = threading.Event()
    with pytest.raises(TimeoutError):
        answer_within(0.05, never.wait)
    never.set()


def test_what_is_answered_or_raised_in_time_is_the_callers() -> None:
    assert answer_within(30, lambda: "at once") == "at once"
    with pytest.raises(ZeroDivisionError):
        answer_within(30, lambda: 1 // 0)
