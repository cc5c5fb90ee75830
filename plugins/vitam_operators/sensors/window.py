"""Waiting for the clock: a platform that has to stay down until its window ends."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from vitam_operators.operators.base import WaitingOperator, window_of
from vitam_operators.triggers.base import Report, Wait


@dataclass
class MomentReached(Wait):
    """
    Wait for a moment.

    :param moment: ISO 8601
    """

    moment: str

    async def look(self) -> Report:
        """Done when it has come."""
        moment = dt.datetime.fromisoformat(self.moment)
        return Report(dt.datetime.now(dt.UTC) >= moment, f"the restart begins at {moment:%H:%M:%S} UTC")


class RestartTimeSensor(WaitingOperator):
    """
    Keep the platform down until the restart is due: the window's end, less the time kept for the restart.

    Only platforms with ``window.hold_until_window_end`` have this step. A night that failed does not wait.
    """

    gives_up = False

    def limit_s(self) -> int:
        """Return a day, which no window is longer than."""
        return 24 * 3600

    async def begin(self, context: Any) -> Wait:
        """Wait for the night's give-up time."""
        return MomentReached(self.platform_file, window_of(self.cold_night(context)).give_up_at.isoformat())
