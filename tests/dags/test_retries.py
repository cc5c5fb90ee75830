"""
When a failed step is tried again, by the policy that Airflow asks.

The kind of fault: a night that is lost to something that passes, and one that is lost to waiting for what does not.
"""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace

import pytest
from airflow.sdk import RetryAction

from tests.faults.runner import delay_of
from vitam_operators.errors import (
    CommandFailedError,
    HostUnreachableError,
    MongoUnreachableError,
    StillStoppingError,
    VitamBackupError,
    WindowError,
)
from vitam_operators.operators import retries
from vitam_operators.operators.retries import MOST_RETRIES, RETRIES, RETRY_POLICY, is_final

AWAY = HostUnreachableError("no answer", hint="wait", away="app")
STOP, START = "stop_logbook", "start_logbook"


class Clock(dt.datetime):
    """A clock that stands where it is put."""

    at = dt.datetime(2026, 11, 24, tzinfo=dt.UTC)

    @classmethod
    def now(cls, tz=None):
        return cls.at


@pytest.fixture
def clock(monkeypatch):
    """Time passes when a test says so; it begins now."""
    Clock.at = dt.datetime.now(dt.UTC)
    monkeypatch.setattr(retries.dt, "datetime", Clock)
    return Clock


def step(half, task_id):
    """Return a step and the context that Airflow would evaluate it with."""
    task = half.dag.get_task(task_id)
    operator = task.unmap(task.expand_input.value[0]) if task.is_mapped else task
    run = SimpleNamespace(run_id="manual__steps", dag_id="d", run_after=half.run_after, run_type="manual")
    return operator, {"task": operator, "dag_run": run, "ti": half.instances.of(task_id, 0)}


def delays(half, task_id, error, clock=None, most=40):
    """Return the seconds after which a step is tried again, one for each try that fails with an error."""
    operator, context = step(half, task_id)
    found = []
    while len(found) < most:
        delay = delay_of(operator, error, len(found) + 1, context)
        if delay is None:
            break
        found.append(delay.total_seconds())
        if clock:
            clock.at += delay
    return found


@pytest.mark.parametrize("task_id", [STOP, START, "arm_restart_guard", "copy_shard", "disarm_restart_guard"])
def test_what_is_only_away_is_asked_until_its_time_is_over(half, clock, task_id):
    """One minute without ssh during a stop has cost the night: four tries were over after 41 s."""
    found = delays(half, task_id, AWAY, clock)
    assert found[:5] == [10, 20, 40, 60, 60]
    assert 900 - 60 < sum(found) <= 900
    assert len(found) <= MOST_RETRIES


def test_a_long_absence_is_within_what_airflow_allows(half, clock, monkeypatch):
    """A policy cannot go on after the step's own number of retries."""
    operator, _ = step(half, STOP)
    timeouts = operator.platform.timeouts.model_copy(update={"host_away_s": 6000})
    platform = operator.platform.model_copy(update={"timeouts": timeouts})
    monkeypatch.setattr(type(operator), "platform", platform)
    half.rewrite_open(window=later(half, hours=4))
    found = delays(half, STOP, AWAY, clock)
    assert 6000 - 400 < sum(found) <= 6000
    assert len(found) < MOST_RETRIES == operator.retries


def test_each_step_behind_it_does_not_wait_for_the_same_absence(half, clock):
    """A host is dead: each of its services in turn would hold all other hosts for a quarter of an hour."""
    delays(half, START, AWAY, clock)
    clock.at += dt.timedelta(seconds=60)
    assert delays(half, "start_metadata", AWAY, clock) == [10] * RETRIES
    assert sum(delays(half, "start_worker", HostUnreachableError("x", hint="y", away="worker-1"), clock)) > 800


def test_another_absence_is_another_one(half, clock):
    """The host came back, and was booted again an hour later."""
    delays(half, STOP, AWAY, clock)
    clock.at += dt.timedelta(hours=1)
    half.rewrite_open(window=later(half, hours=2))
    assert sum(delays(half, STOP, AWAY, clock)) > 800


def later(half, *, hours):
    """Return the night's window with its end so much later."""
    window = half.records.opened["window"]
    moved = {
        key: (dt.datetime.fromisoformat(window[key]) + dt.timedelta(hours=hours)).isoformat()
        for key in ("end", "give_up_at")
        if key in window
    }
    return {**window, **moved}


def test_a_stop_does_not_wait_beyond_the_give_up_time(half, clock):
    """What comes then is the restart, not another try."""
    give_up_at = retries.window_of(half.records).give_up_at
    clock.at = give_up_at - dt.timedelta(seconds=100)
    found = delays(half, STOP, AWAY, clock)
    assert found[:3] == [10, 20, 40]
    assert sum(found) < 100 + 60
    clock.at = give_up_at - dt.timedelta(seconds=5)
    assert delays(half, "stop_metadata", HostUnreachableError("x", hint="y", away="other"), clock) == [10] * RETRIES


def test_a_start_is_tried_whatever_the_time(half, clock):
    """After the window's end as before: the usual tries are everybody's, only the long wait is not."""
    window = retries.window_of(half.records)
    clock.at = window.end + dt.timedelta(hours=5)
    assert delays(half, START, AWAY, clock) == [10] * RETRIES
    assert delays(half, START, CommandFailedError("x", hint="y"), clock) == [10] * RETRIES


def test_with_the_end_of_the_window_near_a_start_lets_others_go_first(half, clock):
    """Everything behind it in the order, on hosts that are there, waits as long as it does."""
    window = retries.window_of(half.records)
    clock.at = window.give_up_at
    assert sum(delays(half, START, AWAY, clock)) > 800, "an hour is left, half of it may be spent on one host"
    clock.at = window.end - dt.timedelta(seconds=5)
    assert delays(half, "start_metadata", HostUnreachableError("x", hint="y", away="other"), clock) == [10] * RETRIES


def test_what_may_pass_is_tried_as_often_as_ever(half):
    """A busy host; and what nobody has thought of."""
    for error in (CommandFailedError("x", hint="y"), KeyError("x"), TimeoutError()):
        assert delays(half, STOP, error) == [10] * RETRIES


@pytest.mark.parametrize("error", [StillStoppingError("after 3600 s", hint="x"), WindowError("over", hint="x")])
def test_what_needs_a_person_is_not_tried_again(half, error):
    """A stop that hangs takes its hour, and would take it four times."""
    assert delays(half, STOP, error) == []


def test_before_a_night_is_open_nobody_waits_a_quarter_of_an_hour(look):
    """A person who asks for the plan at noon wants to hear that the host is off."""
    assert delays(look, "check_host", AWAY) == [10] * RETRIES


def test_mongodb_that_is_away_is_waited_for_and_one_that_refuses_is_not(half, clock):
    """The same kind: its host is booted, or its port is not open yet. An account that is wrong stays wrong."""
    assert sum(delays(half, "stop_balancer", MongoUnreachableError("x", hint="y", away="10.1.0.2:27017"), clock)) > 800
    assert delays(half, "stop_balancer", MongoUnreachableError("x", hint="y")) == [10] * RETRIES


def test_a_step_that_was_cleared_counts_anew(half):
    """Airflow goes on counting tries, and allows so many more."""
    operator, context = step(half, STOP)
    error = CommandFailedError("x", hint="y")
    evaluated = [RETRY_POLICY.evaluate(error, 7 + n, 6 + operator.retries, context).action for n in range(5)]
    assert evaluated == [*[RetryAction.DEFAULT] * RETRIES, RetryAction.FAIL, RetryAction.FAIL]


def test_people_are_told_when_it_was_the_last_try(half):
    """Who tells asks the same rule: retries that end early would else end in silence."""
    _, context = step(half, STOP)

    def final(error: VitamBackupError, number: int) -> bool:
        context["ti"].try_number, context["ti"].max_tries = number, MOST_RETRIES
        return is_final(error, context)

    assert [final(CommandFailedError("x", hint="y"), n) for n in (1, RETRIES, RETRIES + 1)] == [False, False, True]
    assert final(StillStoppingError("x", hint="y"), 1)
