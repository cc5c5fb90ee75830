"""The nights as Airflow's scheduler sees them."""

from __future__ import annotations

import datetime as dt

import pendulum
import pytest
import time_machine
from airflow.sdk import DAG
from airflow.serialization.decoders import decode_timetable
from airflow.serialization.encoders import encode_timetable
from airflow.timetables.base import DataInterval, TimeRestriction

from vitam_operators.config import WindowConfig
from vitam_operators.timetables import NightWindowTimetable

ANYTIME = TimeRestriction(earliest=None, latest=None, catchup=False)
EVERY_NIGHT = NightWindowTimetable()


def utc(text: str) -> pendulum.DateTime:
    return pendulum.instance(dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)).in_timezone("UTC")


def interval(start: str, end: str) -> DataInterval:
    return DataInterval(utc(start), utc(end))


def next_night(timetable, now, *, last=None, restriction=ANYTIME):
    with time_machine.travel(utc(now), tick=False):
        info = timetable.next_dagrun_info(last_automated_data_interval=last, restriction=restriction)
    return info and info.data_interval


def test_a_run_starts_with_the_window_and_its_interval_is_the_window():
    """20:00 in Paris in summer is 18:00 UTC; unlike with Airflow's own intervals, the run does not wait for the end."""
    with time_machine.travel(utc("2026-07-01 12:00"), tick=False):
        info = EVERY_NIGHT.next_dagrun_info(last_automated_data_interval=None, restriction=ANYTIME)
    assert info.run_after == info.logical_date == utc("2026-07-01 18:00")
    assert info.data_interval == interval("2026-07-01 18:00", "2026-07-02 06:00")
    assert info.run_after.timezone_name == info.data_interval.end.timezone_name == "UTC"


@pytest.mark.parametrize(
    ("now", "start", "end", "hours"),
    [
        ("2026-03-28 12:00", "2026-03-28 19:00", "2026-03-29 06:00", 11),
        ("2026-10-24 12:00", "2026-10-24 18:00", "2026-10-25 07:00", 13),
    ],
)
def test_the_nights_of_the_clock_changes_are_11_and_13_hours_long(now, start, end, hours):
    """The platform is up again at 08:00 on the wall, not twelve hours after the start."""
    night = next_night(EVERY_NIGHT, now)
    assert night == interval(start, end)
    assert (night.end - night.start).total_hours() == hours


@pytest.mark.parametrize(
    ("now", "start"),
    [
        ("2026-11-23 18:59:59", "2026-11-23 19:00"),
        ("2026-11-23 19:00:00", "2026-11-23 19:00"),
        ("2026-11-23 19:00:01", "2026-11-23 19:00"),
        ("2026-11-23 19:30:00", "2026-11-23 19:00"),
        ("2026-11-23 19:30:01", "2026-11-24 19:00"),
        ("2026-11-24 03:00:00", "2026-11-24 19:00"),
    ],
)
def test_a_night_may_begin_late_within_the_grace_only(now, start):
    """
    Airflow asks again at each parse: just after 20:00 the answer must still be tonight, or nothing runs at all.

    After half an hour the night is left out: a late start would stop the platform in the middle of the night.
    """
    assert next_night(EVERY_NIGHT, now).start == utc(start)


def test_the_night_that_ran_is_not_offered_a_second_time_within_the_grace():
    """The scheduler asks for the next run right after it created tonight's."""
    last = interval("2026-11-23 19:00", "2026-11-24 07:00")
    assert next_night(EVERY_NIGHT, "2026-11-23 19:00:05", last=last).start == utc("2026-11-24 19:00")


@pytest.mark.parametrize("catchup", [False, True])
def test_missed_nights_are_never_made_up_for(catchup):
    """Airflow was down for ten months, or someone sets catchup: not one of the missed nights runs by day."""
    restriction = TimeRestriction(earliest=utc("2026-01-01 00:00"), latest=None, catchup=catchup)
    last = interval("2026-01-20 19:00", "2026-01-21 07:00")
    for before in (None, last):
        assert next_night(EVERY_NIGHT, "2026-11-23 10:00", last=before, restriction=restriction) == interval(
            "2026-11-23 19:00", "2026-11-24 07:00"
        )


def test_a_later_start_written_tonight_begins_no_second_night_inside_the_first():
    """At 22:00, with tonight's run under way, somebody moves the start to 23:00: it holds from tomorrow on."""
    last = interval("2026-11-23 19:00", "2026-11-24 07:00")
    moved = NightWindowTimetable("23:00", "08:00")
    assert next_night(moved, "2026-11-23 21:00", last=last).start == utc("2026-11-24 22:00")


def test_windows_may_touch():
    """A window may begin in the minute in which the last one ends."""
    last = interval("2026-11-23 07:00", "2026-11-23 19:00")
    assert next_night(EVERY_NIGHT, "2026-11-23 18:00", last=last).start == utc("2026-11-23 19:00")


def test_weekdays_and_black_out_dates_are_those_of_the_local_day_on_which_a_night_begins():
    """00:30 in Paris on Saturday is Friday in UTC; the Saturday's night begins there and nowhere else."""
    rule = {"weekdays": ["saturday"], "blackout_dates": ["2026-11-28"]}
    timetable = NightWindowTimetable("00:30", "05:00", **rule)
    assert next_night(timetable, "2026-11-23 10:00") == interval("2026-12-04 23:30", "2026-12-05 04:00")


def test_working_days_from_friday_on():
    """From Friday's night the next one is Monday's, and Christmas Eve is left out."""
    timetable = NightWindowTimetable(
        weekdays=["monday", "tuesday", "wednesday", "thursday", "friday"], blackout_dates=["2026-12-24"]
    )
    last = interval("2026-12-18 19:00", "2026-12-19 07:00")
    begins = []
    for _ in range(5):
        last = next_night(timetable, "2026-12-19 10:00", last=last)
        begins.append(last.start.format("ddd DD"))
    assert begins == ["Mon 21", "Tue 22", "Wed 23", "Fri 25", "Mon 28"]


def test_start_date_and_end_date_of_the_dag_hold():
    """A start date to come is waited for; after the end date there is no night any more."""
    later = TimeRestriction(earliest=utc("2027-01-01 00:00"), latest=None, catchup=False)
    assert next_night(EVERY_NIGHT, "2026-11-23 10:00", restriction=later).start == utc("2027-01-01 19:00")
    over = TimeRestriction(earliest=None, latest=utc("2026-11-23 18:59"), catchup=False)
    assert next_night(EVERY_NIGHT, "2026-11-23 10:00", restriction=over) is None


def test_when_no_night_is_left_there_is_no_next_run():
    """Each Monday of more than two years is blacked out."""
    mondays = [(dt.date(2026, 11, 23) + dt.timedelta(weeks=week)).isoformat() for week in range(130)]
    timetable = NightWindowTimetable(weekdays=["monday"], blackout_dates=mondays)
    assert next_night(timetable, "2026-11-23 10:00") is None


@pytest.mark.parametrize(
    ("triggered", "end"),
    [
        ("2026-11-23 13:00", "2026-11-24 07:00"),
        ("2026-11-24 03:00", "2026-11-24 07:00"),
        ("2026-11-24 07:00", "2026-11-25 07:00"),
        ("2026-03-28 23:00", "2026-03-29 06:00"),
    ],
)
def test_a_run_by_hand_may_use_the_time_until_the_next_window_end(triggered, end):
    """By day too: whoever triggers it knows that the platform goes down."""
    assert EVERY_NIGHT.infer_manual_data_interval(run_after=utc(triggered)) == interval(triggered, end)


def test_it_survives_airflows_serialization(monkeypatch):
    """The scheduler and the web server only have what the DAG processor stored."""
    name = "vitam_operators.timetables.NightWindowTimetable"
    monkeypatch.setattr("airflow.plugins_manager.get_timetables_plugins", lambda: {name: NightWindowTimetable})
    rule = WindowConfig(
        start=dt.time(21, 15),
        end=dt.time(5, 0, 30),
        timezone="America/Cayenne",
        weekdays=("sunday", "monday"),
        blackout_dates=(dt.date(2026, 12, 24),),
        late_start_s=60,
    )
    timetable = NightWindowTimetable.from_config(rule)
    stored = encode_timetable(timetable)
    assert stored["__type"] == name
    read = decode_timetable(stored)
    assert (
        read.serialize()
        == timetable.serialize()
        == {
            "start": "21:15:00",
            "end": "05:00:30",
            "timezone": "America/Cayenne",
            "weekdays": ["sunday", "monday"],
            "blackout_dates": ["2026-12-24"],
            "late_start_s": 60,
        }
    )
    assert (read.description, read.summary) == (timetable.description, timetable.summary)
    assert next_night(read, "2026-11-23 10:00") == next_night(timetable, "2026-11-23 10:00")


def test_the_ui_says_it_in_words():
    """The list of DAGs shows the summary, and the description beside it."""
    assert EVERY_NIGHT.summary == "20:00-08:00 Europe/Paris"
    assert EVERY_NIGHT.description == "Each night from 20:00 to 08:00 (Europe/Paris)"


def test_a_run_that_never_ends_leaves_room_for_the_next_night_and_no_more():
    """With one at a time the next window passes in silence; more than two would only queue for the same hosts."""
    with pytest.raises(ValueError, match="max_active_runs <= 2"):
        DAG("three_at_a_time", schedule=EVERY_NIGHT, start_date=utc("2026-01-01 00:00"), max_active_runs=3)
    dag = DAG("two_at_a_time", schedule=EVERY_NIGHT, start_date=utc("2026-01-01 00:00"), max_active_runs=2)
    assert dag.timetable is EVERY_NIGHT
