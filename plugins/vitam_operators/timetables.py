"""When the nights are, for Airflow's scheduler: :mod:`vitam_operators.window` as a timetable."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

import pendulum
from airflow.timetables.base import DagRunInfo, DataInterval, TimeRestriction, Timetable

from vitam_operators.config import WindowConfig
from vitam_operators.config_types import ALL_DAYS
from vitam_operators.window import Window, in_short, in_words, next_window, window_beginning


class NightWindowTimetable(Timetable):
    """
    One run for each night: it starts with the window, and its data interval is the window.

    Three rules keep the nights apart from each other and from the day:

    - A night that was missed is not made up for, whatever ``catchup`` says: the platform is in use.
    - A night may begin late, by ``late_start_s`` at most. Airflow computes the next run anew at each parse of the DAG
      file; without this grace a parse just after the window's start would move the run to the next day.
    - A night begins after the last night's window is over, not just after its start. Otherwise a start that is moved
      to a later hour in the platform file, while tonight's run is under way, would begin a second night inside it.
      The price: a window that was changed takes effect once the last scheduled window is over.

    It does not look at manual runs: those are kept apart by the guards of the hosts, for which each night looks.

    Airflow may have two runs at a time, not one: a run that never ends (a step that nobody can run, a copy that is
    read back all day) would else hold up each night after it, in silence.

    :param start: local time at which a night begins, as in ``20:00``
    :param end: local time at which everything runs again
    :param timezone: name of the time zone of all these
    :param weekdays: days on which a night may begin, in English
    :param blackout_dates: dates on which no night begins, as in ``2026-12-24``
    :param late_start_s: seconds after its start during which a night may still be begun
    """

    active_runs_limit = 2

    def __init__(
        self,
        start: str = "20:00",
        end: str = "08:00",
        timezone: str = "Europe/Paris",
        *,
        weekdays: Iterable[str] = ALL_DAYS,
        blackout_dates: Iterable[str] = (),
        late_start_s: int = 1800,
    ) -> None:
        self._rule = WindowConfig.model_validate(
            {
                "start": start,
                "end": end,
                "timezone": timezone,
                "weekdays": tuple(weekdays),
                "blackout_dates": tuple(blackout_dates),
                "late_start_s": late_start_s,
            }
        )
        self.description = in_words(self._rule)

    @classmethod
    def from_config(cls, rule: WindowConfig) -> NightWindowTimetable:
        """Return the timetable of a platform file's window."""
        return cls(
            rule.start.isoformat(),
            rule.end.isoformat(),
            rule.timezone,
            weekdays=rule.weekdays,
            blackout_dates=[date.isoformat() for date in rule.blackout_dates],
            late_start_s=rule.late_start_s,
        )

    @property
    def summary(self) -> str:
        """The window, for the list of DAGs."""
        return in_short(self._rule)

    def serialize(self) -> dict[str, Any]:
        """Return the constructor's arguments as JSON can hold them."""
        return {
            "start": self._rule.start.isoformat(),
            "end": self._rule.end.isoformat(),
            "timezone": self._rule.timezone,
            "weekdays": list(self._rule.weekdays),
            "blackout_dates": [date.isoformat() for date in self._rule.blackout_dates],
            "late_start_s": self._rule.late_start_s,
        }

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> NightWindowTimetable:
        """Build the timetable again from :meth:`serialize`."""
        return cls(**data)

    def infer_manual_data_interval(self, *, run_after: pendulum.DateTime) -> DataInterval:
        """Return the time from the trigger to the next window's end: what a run by hand may use by default."""
        return _interval(window_beginning(run_after, self._rule))

    def next_dagrun_info(
        self, *, last_automated_data_interval: DataInterval | None, restriction: TimeRestriction
    ) -> DagRunInfo | None:
        """
        Return the next night, or the present one as long as it may still be begun.

        :return: ``None`` when weekdays, black-out dates and the DAG's end date leave no night
        """
        earliest = [pendulum.now("UTC") - dt.timedelta(seconds=self._rule.late_start_s)]
        if restriction.earliest is not None:
            earliest.append(restriction.earliest)
        if last_automated_data_interval is not None:
            earliest.append(last_automated_data_interval.end)
        window = next_window(max(earliest), self._rule)
        if window is None or (restriction.latest is not None and window.start > restriction.latest):
            return None
        interval = _interval(window)
        return DagRunInfo(run_after=interval.start, data_interval=interval)


def _interval(window: Window) -> DataInterval:
    return DataInterval(_pendulum(window.start), _pendulum(window.end))


def _pendulum(moment: dt.datetime) -> pendulum.DateTime:
    """Airflow's own kind of moment, in UTC, as its database wants it."""
    return pendulum.instance(moment).in_timezone("UTC")
