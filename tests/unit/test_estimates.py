"""Whether the night fits into its window, from how long the last ones took."""

from __future__ import annotations

import datetime as dt

import pytest

from vitam_operators import estimates
from vitam_operators.nights import Night
from vitam_operators.window import Window

HELD_AT = dt.datetime(2026, 11, 23, 23, 2, tzinfo=dt.UTC)
WHOLE = {"held", "restart", "manifest"}


def night(tmp_path, name: str, seconds: float, without: str = "") -> Night:
    """A night whose restart began so many seconds after the securing."""
    made = Night(tmp_path / name)
    records = {
        "held": {"asked_at": HELD_AT.isoformat(), "resumed_at": "2026-11-24T06:00:00+00:00"},
        "restart": {"began_at": (HELD_AT + dt.timedelta(seconds=seconds)).isoformat(), "by": "end_copies"},
        "manifest": {"state": "sealed"},
    }
    for record in WHOLE - {without}:
        made.write(record, records[record])
    return made


@pytest.mark.parametrize(("without", "seconds"), [("", 5400.0), *((record, None) for record in sorted(WHOLE))])
def test_how_long_a_night_was_cold(tmp_path, without, seconds):
    """A night that was given up says nothing of how long one takes that is not."""
    assert estimates.cold_s(night(tmp_path, "L", 5400, without)) == seconds


@pytest.mark.parametrize("record", sorted(WHOLE))
def test_a_broken_record_says_nothing(tmp_path, record):
    """Kind of fault: an old night's torn record keeps tonight from being planned."""
    made = night(tmp_path, "L", 5400)
    (tmp_path / "L" / f"{record}.json").write_text("{", encoding="utf-8")
    assert estimates.cold_s(made) is None


@pytest.mark.parametrize(
    ("newest_first", "longest"),
    [
        ([], None),
        ([None], None),
        ([100], 100),
        ([100, 300, 200], 300),
        ([None, 100, None, None, None, None, 300], 300),
        ([1, 2, 3, 4, 5, 999], 5),
        ([1, 2, None, 3, 4, None, 5, 999], 5),
    ],
)
def test_the_longest_of_the_last_five_that_were_sealed(tmp_path, newest_first, longest):
    """The platform grows: what a night took a year ago is too little, and one that was slow once is forgotten."""
    made = (
        night(tmp_path, str(number), seconds or 0, "" if seconds else "manifest")
        for number, seconds in enumerate(newest_first)
    )
    assert estimates.longest_cold_s(made) == longest


BEGINS = dt.datetime(2026, 11, 23, 23, 0, tzinfo=dt.UTC)
WINDOW = Window(dt.datetime(2026, 11, 23, 19, 0, tzinfo=dt.UTC), dt.datetime(2026, 11, 24, 7, 0, tzinfo=dt.UTC), 3600)


@pytest.mark.parametrize(
    ("begins", "longest_s", "words"),
    [
        (BEGINS, None, None),
        (BEGINS, 7 * 3600 - 1, None),
        (BEGINS, 7 * 3600, None),
        (BEGINS, 7 * 3600 + 1, "took up to 25201 s in the last nights, and 25200 s are left from 23:00 to 06:00 UTC"),
        (WINDOW.give_up_at + dt.timedelta(hours=1), 60, "took up to 60 s in the last nights, and 0 s are left"),
        (WINDOW.give_up_at, None, None),
    ],
)
def test_a_window_that_looks_too_short(begins, longest_s, words):
    """Only a warning: the reserve for the restart is kept whatever happens, and tonight may be quicker."""
    found = estimates.warning(WINDOW, begins, longest_s)
    assert found is None if words is None else words in str(found)
