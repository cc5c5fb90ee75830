"""
A year of nights in zones that change their clocks by an hour, by half an hour, or never.

Each night once, none left out, and as long as its clock times say, but for the change itself (apache/airflow#38098).
"""

from __future__ import annotations

import datetime as dt
import itertools

import pytest
from airflow.timetables.base import TimeRestriction
from pendulum import instance

from vitam_operators.timetables import NightWindowTimetable

ZONES = [
    *("Europe/Paris", "America/Guadeloupe", "Pacific/Noumea", "Africa/Cairo"),
    *("Asia/Beirut", "Australia/Lord_Howe", "America/St_Johns", "UTC"),
]
WINDOWS = [
    *(("20:00", "08:00"), ("02:30", "06:00"), ("00:00", "05:00")),
    *(("23:45", "02:15"), ("01:00", "03:00"), ("00:30", "23:30")),
]
AN_HOUR_S = 3600
FIRST, LAST = dt.datetime(2026, 1, 1, tzinfo=dt.UTC), dt.datetime(2027, 1, 1, tzinfo=dt.UTC)


def nights_of(start, end, zone, monkeypatch):
    """Yield the nights as Airflow asks for them: the next one once the last one was made."""
    timetable, last, now = NightWindowTimetable(start, end, zone), None, FIRST
    monkeypatch.setattr("pendulum.now", lambda *_: instance(now))
    anytime = TimeRestriction(None, None, True)
    while now < LAST:
        info = timetable.next_dagrun_info(last_automated_data_interval=last, restriction=anytime)
        last, now = info.data_interval, info.run_after
        yield last.start.in_timezone(zone), last.end.in_timezone(zone)


def clock_length_s(start, end):
    begins, ends = (dt.datetime.strptime(text, "%H:%M") for text in (start, end))
    return (ends - begins).seconds


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(("start", "end"), WINDOWS)
def test_every_night_once_and_none_too_long(start, end, zone, monkeypatch):
    """A window may begin or end in an hour that is not there, or that is there twice."""
    nights = list(nights_of(start, end, zone, monkeypatch))
    days = [begin.date().toordinal() for begin, _ in nights]
    assert {later - day for day, later in itertools.pairwise(days)} == {1}
    usual_s = clock_length_s(start, end)
    wrong = [(a, b) for a, b in nights if b <= a or abs((b - a).total_seconds() - usual_s) > AN_HOUR_S]
    assert wrong == []
