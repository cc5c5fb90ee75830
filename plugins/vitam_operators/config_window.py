"""The part of the platform file that says when a night is, and how long it may be."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from pydantic import AfterValidator, Field

from vitam_operators.config_types import ALL_DAYS, LocalTime, Seconds, Strict, Weekday, known_timezone


class WindowConfig(Strict):
    """When the platform may be down, in local time."""

    start: LocalTime = Field(default=dt.time(20), description="local time at which the night begins")
    end: LocalTime = Field(default=dt.time(8), description="local time at which everything runs again")
    timezone: Annotated[str, AfterValidator(known_timezone)] = Field(
        default="Europe/Paris", description="time zone of start, end, weekdays and blackout_dates"
    )
    weekdays: tuple[Weekday, ...] = Field(default=ALL_DAYS, min_length=1, description="days on which a night may begin")
    blackout_dates: tuple[dt.date, ...] = Field(default=(), description="dates on which no night begins")
    restart_reserve_s: Seconds = Field(
        default=3600, description="seconds before the window's end at which waits and copies are given up"
    )
    late_start_s: Seconds = Field(
        default=1800, description="seconds after the window's start during which a night may still be begun"
    )
    least_s: Seconds = Field(
        default=1800, description="seconds left until the night is given up with which a run may still be begun"
    )
    longest_s: Seconds = Field(default=86_400, description="seconds for which the form's 'until' may keep Vitam down")
    hold_until_window_end: bool = Field(
        default=False,
        description="start the platform at the window's end less restart_reserve_s, not as soon as copies are over",
    )
