"""Nights in which the clocks change: eleven or thirteen hours long, and up at eight by the clock on the wall."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine

from tests.dags.half import HalfNight
from vitam_operators.errors import WindowError

OPENED = ["check_host", "check_cluster", "plan_night", "open_backup"]
SPRING, AUTUMN = ("2026-03-28 19:00", "2026-03-29 06:00"), ("2026-10-24 18:00", "2026-10-25 07:00")
A_MINUTE = dt.timedelta(minutes=1)
both = pytest.mark.parametrize(("twenty", "eight"), [SPRING, AUTUMN], ids=["spring", "autumn"])


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


@both
def test_the_night_is_sealed_within_its_own_hours(nights, twenty, eight):
    """From twenty to eight in Paris, whatever lies in between."""
    with time_machine.travel(utc(twenty) + A_MINUTE):
        night = nights("tiny").run(until=None)
    assert (night.state, night.different) == ("success", set())
    assert night.records.opened["window"]["end"] == utc(eight).isoformat()
    assert night.records.read("manifest") is not None


@both
def test_the_guards_fire_at_eight_and_nothing_stops_in_the_hour_before(nights, twenty, eight):
    """Reckoned from twenty hours with a day's length, the platform would come up an hour late in spring."""
    with time_machine.travel(utc(twenty) + A_MINUTE):
        night = nights("tiny")
        night.clean()
        half = HalfNight(night)
        half.params["until"] = None
        half.until(*OPENED)
        assert {answer["fires_at"] for answer in half.run("arm_restart_guard")} == {utc(eight).isoformat()}
    given_up = utc(eight) - dt.timedelta(hours=1)
    with time_machine.travel(given_up - A_MINUTE):
        half.run("stop_ingest_external")
    with time_machine.travel(given_up + A_MINUTE), pytest.raises(WindowError, match=f"to {given_up:%Y-%m-%d %H:%M:%S}"):
        half.run("stop_ingest_internal")
