"""The platform is up by the window's end. The kind of fault: a promise that is measured and judged by nobody."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine

from tests.dags.test_messages import subjects, told  # noqa: F401
from vitam_operators import nights as records
from vitam_operators.conclusions import late_s
from vitam_operators.errors import StepFailedError
from vitam_operators.operators.copies import EndCopiesOperator
from vitam_operators.operators.verdict import ConcludeNightOperator

EVENING = dt.datetime(2026, 11, 24, 19, 1, tzinfo=dt.UTC)


def test_up_an_hour_after_the_windows_end(told, monkeypatch):  # noqa: F811
    """A mongod that recovers, services that start slowly: sealed, up, and people have waited since eight."""
    own = EndCopiesOperator.act
    with time_machine.travel(EVENING) as clock:
        told.run_after = EVENING

        async def act(step, context):
            clock.shift(dt.timedelta(hours=3))
            return await own(step, context)

        monkeypatch.setattr(EndCopiesOperator, "act", act)
        told.run()
    summary = told.records.read(records.CONCLUSION)
    assert (told.state, told.red, summary["state"], summary["platform_up"]) == (
        "failed",
        {"conclude_night"},
        "sealed",
        True,
    )
    (finding,) = summary["findings"]
    assert finding.startswith("the platform was up 1 h 00 min after the window's end (2026-11-24 21:01 UTC)")
    assert subjects(told)[0].endswith(" - platform is UP, 1 h 00 min after the window's end")


@pytest.fixture
def half_up(cold):
    """Give a night whose platform is up again, in time."""
    cold.until(*cold.starts)
    assert late_s(cold.records) == 0
    return cold


def test_a_start_that_is_cleared_the_day_after_was_in_time(half_up):
    """It looks, finds the unit at work since the night, and notes no other moment for that."""
    with time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(days=1)):
        half_up.until("await_primary_elected", "start_storage")
        assert late_s(half_up.records) == 0


def test_a_unit_that_has_to_be_started_again_the_day_after_was_late(half_up):
    """It had not stayed up."""
    half_up.fake.unit("storage@app").end(1)
    with time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(days=1)):
        half_up.run("start_storage")
        assert late_s(half_up.records) > 3600


def test_a_night_that_was_only_late_says_what_to_do(half_up, monkeypatch):
    """No task is red that could be read."""
    monkeypatch.setattr("vitam_operators.operators.verdict.late_words", lambda night: ["late"])
    monkeypatch.setattr("vitam_operators.operators.verdict.not_sealed", lambda night: [])
    monkeypatch.setattr(ConcludeNightOperator, "_silent", lambda *_: [])
    with pytest.raises(StepFailedError, match=r"raise window\.restart_reserve_s"):
        half_up.run("conclude_night")
