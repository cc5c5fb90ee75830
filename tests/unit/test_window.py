"""The night's window: its arithmetic on the wall clock, its end, its words."""

from __future__ import annotations

import datetime as dt

import pytest

from vitam_operators.config import WindowConfig
from vitam_operators.errors import WindowError
from vitam_operators.window import (
    Window,
    at_local_time,
    in_short,
    in_words,
    manual_window,
    next_at_local_time,
    next_window,
)

PARIS = "Europe/Paris"


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("day", "time", "moment"),
    [
        ("2026-01-10", "20:00", "2026-01-10 19:00"),
        ("2026-07-10", "20:00", "2026-07-10 18:00"),
        ("2026-03-29", "02:30", "2026-03-29 01:30"),
        ("2026-10-25", "02:30", "2026-10-25 00:30"),
    ],
    ids=["winter", "summer", "an hour that does not exist: half past three", "an hour that comes twice: the first"],
)
def test_wall_clock_to_moment(day, time, moment):
    """Times are those of the wall, also in the two nights in which the clocks change."""
    assert at_local_time(dt.date.fromisoformat(day), dt.time.fromisoformat(time), PARIS) == utc(moment)


@pytest.mark.parametrize(
    ("after", "moment"),
    [
        ("2026-11-23 06:59", "2026-11-23 07:00"),
        ("2026-11-23 07:00", "2026-11-24 07:00"),
        ("2026-11-22 23:30", "2026-11-23 07:00"),
    ],
    ids=["today", "strictly after", "already tomorrow in Paris"],
)
def test_the_next_eight_o_clock(after, moment):
    """The end of a window is always after its start."""
    assert next_at_local_time(utc(after), dt.time(8), PARIS) == utc(moment)


def test_a_window_within_one_day():
    """A window need not cross midnight."""
    window = next_window(utc("2026-11-23 10:00"), WindowConfig(start=dt.time(1), end=dt.time(5)))
    assert window is not None
    assert (window.start, window.end) == (utc("2026-11-24 00:00"), utc("2026-11-24 04:00"))


def test_a_night_begins_at_the_moment_asked_for_or_later():
    """The moment of the start itself is still in time."""
    rule = WindowConfig()
    for after, start in (("2026-11-23 19:00", "2026-11-23 19:00"), ("2026-11-23 19:00:01", "2026-11-24 19:00")):
        window = next_window(utc(after), rule)
        assert window is not None
        assert window.start == utc(start)


def test_no_night_left():
    """Black-out dates on every chosen day for years end the search instead of looping for ever."""
    sundays = tuple(dt.date(2026, 11, 29) + dt.timedelta(weeks=week) for week in range(130))
    rule = WindowConfig(weekdays=("sunday",), blackout_dates=sundays)
    assert next_window(utc("2026-11-23 10:00"), rule) is None


NIGHT = Window(utc("2026-11-23 19:00"), utc("2026-11-24 07:00"), restart_reserve_s=3600)


@pytest.mark.parametrize("now", ["2026-11-23 19:00:00", "2026-11-24 05:59:59"])
def test_inside_the_window_steps_may_run(now):
    """From the first second to the last before the restart."""
    NIGHT.require_open(utc(now))


@pytest.mark.parametrize("now", ["2026-11-23 18:59:59", "2026-11-24 06:00:00", "2026-11-30 12:00:00"])
def test_outside_the_window_nothing_is_stopped(now):
    """Whoever clears a stop of last week at noon must not take the platform down."""
    with pytest.raises(WindowError) as error:
        NIGHT.require_open(utc(now))
    assert error.value.message == (
        f"it is {now} UTC, and nothing may be stopped or copied outside 2026-11-23 19:00:00 to 2026-11-24 06:00:00 UTC "
        "(the window's end 07:00:00 less 3600 s for the restart)"
    )
    assert error.value.hint == "trigger a new run of vitam_backup; its field 'until' moves the end of the window"


def test_a_run_by_hand_ends_at_until_or_with_the_next_window():
    """Its window begins when it is triggered, whatever the hour."""
    now, rule = utc("2026-11-23 13:00"), WindowConfig()
    assert manual_window(now, None, rule) == Window(now, utc("2026-11-24 07:00"), 3600)
    assert manual_window(now, utc("2026-11-23 15:00"), rule) == Window(now, utc("2026-11-23 15:00"), 3600)


def test_a_window_is_read_back_from_its_record():
    """What was written down when the night opened is its window, whatever the platform file says later."""
    window = Window(utc("2026-11-23 19:00"), utc("2026-11-24 07:00"), 1800)
    assert Window.of_record(window.record()) == window
    assert window.record()["give_up_at"] == "2026-11-24T06:30:00+00:00"


@pytest.mark.parametrize("until", ["2026-11-23 12:00", "2026-11-23 14:00"])
def test_a_run_by_hand_needs_some_time(until):
    """An end that is over, or leaves nothing but the restart, is refused before anything stops."""
    with pytest.raises(WindowError, match="nothing is left from 2026-11-23 13:00:00 UTC on") as error:
        manual_window(utc("2026-11-23 13:00"), utc(until), WindowConfig())
    assert "later 'until'" in error.value.hint


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({}, "Each night from 20:00 to 08:00 (Europe/Paris)"),
        (
            {"weekdays": ("friday", "monday", "tuesday", "wednesday", "thursday"), "blackout_dates": ("2026-12-24",)},
            "Each night from 20:00 to 08:00 (Europe/Paris), Monday to Friday, not on 2026-12-24",
        ),
        (
            {"start": "01:00:30", "end": "05:00", "weekdays": ("wednesday", "monday"), "timezone": "Indian/Reunion"},
            "Each night from 01:00:30 to 05:00 (Indian/Reunion), Monday and Wednesday",
        ),
        ({"weekdays": ("sunday",)}, "Each night from 20:00 to 08:00 (Europe/Paris), Sunday"),
        (
            {"weekdays": ("saturday", "sunday", "monday")},
            "Each night from 20:00 to 08:00 (Europe/Paris), Monday, Saturday and Sunday",
        ),
        (
            {"blackout_dates": ("2026-12-31", "2026-12-24", "2026-12-24")},
            "Each night from 20:00 to 08:00 (Europe/Paris), not on 2026-12-24 and 2026-12-31",
        ),
        (
            {"blackout_dates": tuple(f"2026-12-{day}" for day in range(10, 20))},
            "Each night from 20:00 to 08:00 (Europe/Paris), not on 2026-12-10, 2026-12-11, 2026-12-12, 2026-12-13, "
            "2026-12-14 and 5 other dates",
        ),
    ],
)
def test_in_words(rule, words):
    """The UI and the check of a platform file say the window as a person would."""
    assert in_words(WindowConfig.model_validate(rule)) == words


def test_in_short():
    """A list of DAGs has room for a few words."""
    assert in_short(WindowConfig()) == "20:00-08:00 Europe/Paris"


@pytest.mark.parametrize("now", ["2026-11-24 05:30:01", "2026-11-24 06:00:00", "2026-11-24 07:30:00"])
def test_what_is_begun_too_late_is_not_begun(now):
    """Kind: a night that cannot come to anything. What is left is said, never less than nothing."""
    NIGHT.require_time(utc("2026-11-24 05:30:00"), 1800)
    with pytest.raises(WindowError, match=r"(1799|0) s are left, at least 1800 s \(window\.least_s\)"):
        NIGHT.require_time(utc(now), 1800)


def test_until_may_be_as_far_as_the_platform_file_says():
    """Kind: a slip of the day or the year in a form. A platform that takes longer may say so."""
    now, rule = utc("2026-11-23 13:00"), WindowConfig()
    assert manual_window(now, utc("2026-11-24 13:00"), rule).end == utc("2026-11-24 13:00")
    with pytest.raises(WindowError, match=r"window\.longest_s"):
        manual_window(now, utc("2027-11-23 13:00"), rule)
    assert manual_window(now, utc("2026-11-26 13:00"), WindowConfig(longest_s=3 * 86_400)).end
