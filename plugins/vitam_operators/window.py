"""
The night's window: when it begins, when it ends, when everything has to be given up.

Wall-clock times are taken in the platform's time zone on the day itself, so that the night of a change of hour
is 11 or 13 hours long. Moments are always aware and in UTC.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from vitam_operators.config import WindowConfig
from vitam_operators.config_types import ALL_DAYS
from vitam_operators.errors import WindowError

ONE_DAY = dt.timedelta(days=1)
A_LONG_TIME_DAYS = 800
DATES_SHOWN = 5


@dataclass(frozen=True)
class Window:
    """
    One night.

    :param start: moment at which the platform may be stopped
    :param end: moment at which everything runs again
    :param restart_reserve_s: seconds kept for the restart
    """

    start: dt.datetime
    end: dt.datetime
    restart_reserve_s: int

    @classmethod
    def of_record(cls, record: Mapping[str, Any]) -> Window:
        """Return the window that :meth:`record` wrote down."""
        start, end = (dt.datetime.fromisoformat(record[moment]) for moment in ("start", "end"))
        return cls(start, end, int(record["restart_reserve_s"]))

    def record(self) -> dict[str, Any]:
        """Return the window as plans and records have it, its moments in ISO 8601."""
        return {
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
            "give_up_at": self.give_up_at.isoformat(),
            "restart_reserve_s": self.restart_reserve_s,
        }

    @property
    def give_up_at(self) -> dt.datetime:
        """The moment after which nothing is waited for or copied any more: the restart needs the rest."""
        return self.end - dt.timedelta(seconds=self.restart_reserve_s)

    def require_open(self, now: dt.datetime) -> None:
        """
        Check that a step that stops or copies may run now.

        :raises WindowError: before the window's start or after its give-up time
        """
        if not self.start <= now < self.give_up_at:
            raise WindowError(
                f"it is {now:%Y-%m-%d %H:%M:%S} UTC, and nothing may be stopped or copied outside "
                f"{self.start:%Y-%m-%d %H:%M:%S} to {self.give_up_at:%Y-%m-%d %H:%M:%S} UTC (the window's end "
                f"{self.end:%H:%M:%S} less {self.restart_reserve_s} s for the restart)",
                hint="trigger a new run of vitam_backup; its field 'until' moves the end of the window",
            )

    def require_time(self, now: dt.datetime, least_s: int) -> None:
        """
        Check that what is begun now can come to something.

        :param least_s: seconds that have to be left until the night is given up
        :raises WindowError: fewer are left
        """
        left_s = (self.give_up_at - now).total_seconds()
        if left_s < least_s:
            raise WindowError(
                f"it is {now:%Y-%m-%d %H:%M:%S} UTC, and the night is given up at {self.give_up_at:%Y-%m-%d %H:%M:%S} "
                f"UTC: {max(0, left_s):.0f} s are left, at least {least_s} s (window.least_s) have to be: the platform "
                "would be stopped for nothing",
                hint="trigger a new run with a later 'until', or leave it to the next night",
            )


def at_local_time(day: dt.date, time: dt.time, timezone: str) -> dt.datetime:
    """Return the moment at which the clocks of a time zone show ``time`` on ``day``, in UTC."""
    return dt.datetime.combine(day, time, tzinfo=ZoneInfo(timezone)).astimezone(dt.UTC)


def next_at_local_time(moment: dt.datetime, time: dt.time, timezone: str) -> dt.datetime:
    """Return the first moment after ``moment`` at which the clocks show ``time``."""
    day = moment.astimezone(ZoneInfo(timezone)).date()
    found = at_local_time(day, time, timezone)
    return found if found > moment else at_local_time(day + ONE_DAY, time, timezone)


def window_beginning(start: dt.datetime, rule: WindowConfig) -> Window:
    """Return the window that begins at ``start`` and ends at the rule's next end."""
    return Window(start, next_at_local_time(start, rule.end, rule.timezone), rule.restart_reserve_s)


def next_window(after: dt.datetime, rule: WindowConfig) -> Window | None:
    """
    Return the first window that begins at ``after`` or later, on a chosen weekday that is not blacked out.

    :return: ``None`` when black-out dates leave no night within two years
    """
    day = after.astimezone(ZoneInfo(rule.timezone)).date()
    for _ in range(A_LONG_TIME_DAYS):
        start = at_local_time(day, rule.start, rule.timezone)
        if start >= after and ALL_DAYS[day.weekday()] in rule.weekdays and day not in rule.blackout_dates:
            return window_beginning(start, rule)
        day += ONE_DAY
    return None


def manual_window(now: dt.datetime, until: dt.datetime | None, rule: WindowConfig) -> Window:
    """
    Return the window of a run triggered by hand: from now to ``until``, or to the rule's next end.

    :raises WindowError: ``until`` is over, leaves nothing once the restart's reserve is taken off, or is too far
    """
    window = Window(now, until, rule.restart_reserve_s) if until else window_beginning(now, rule)
    if until and (until - now).total_seconds() > rule.longest_s:
        raise WindowError(
            f"until is {until.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S} UTC, more than {rule.longest_s} s "
            f"(window.longest_s) after {now:%Y-%m-%d %H:%M:%S} UTC: Vitam could be down, and no guard start it, until "
            "then",
            hint="choose an earlier 'until', or raise window.longest_s in the platform file",
        )
    if window.give_up_at <= now:
        raise WindowError(
            f"the window ends at {window.end:%Y-%m-%d %H:%M:%S} UTC, and {rule.restart_reserve_s} s before that the "
            f"restart begins: nothing is left from {now:%Y-%m-%d %H:%M:%S} UTC on",
            hint="choose a later 'until', or lower window.restart_reserve_s in the platform file",
        )
    return window


def in_words(rule: WindowConfig) -> str:
    """Say when nights are, as in "Each night from 20:00 to 08:00 (Europe/Paris), Monday to Friday"."""
    words = f"Each night from {_clock(rule.start)} to {_clock(rule.end)} ({rule.timezone})"
    if set(rule.weekdays) != set(ALL_DAYS):
        words += f", {_days_in_words(rule)}"
    if rule.blackout_dates:
        words += f", not on {_dates_in_words(rule)}"
    return words


def in_short(rule: WindowConfig) -> str:
    """Say it in a few words, as in "20:00-08:00 Europe/Paris"."""
    return f"{_clock(rule.start)}-{_clock(rule.end)} {rule.timezone}"


def _clock(time: dt.time) -> str:
    return time.isoformat(timespec="seconds" if time.second else "minutes")


def _days_in_words(rule: WindowConfig) -> str:
    chosen = [day for day in ALL_DAYS if day in rule.weekdays]
    first = ALL_DAYS.index(chosen[0])
    if len(chosen) > 2 and tuple(chosen) == ALL_DAYS[first : first + len(chosen)]:
        return f"{chosen[0].title()} to {chosen[-1].title()}"
    return _enumerated([day.title() for day in chosen])


def _dates_in_words(rule: WindowConfig) -> str:
    dates = [date.isoformat() for date in sorted(set(rule.blackout_dates))]
    more = len(dates) - DATES_SHOWN
    if more > 1:
        dates = [*dates[:DATES_SHOWN], f"{more} other dates"]
    return _enumerated(dates)


def _enumerated(words: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))
