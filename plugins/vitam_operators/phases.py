"""How long each phase of a night took: from the first start of a step to the last end."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

BEGAN, ENDED = "began_at", "ended_at"
"""Keys of what each step tells of itself: moments, ISO 8601."""


def phase(began: Iterable[str | None], ended: Iterable[str | None]) -> dict[str, Any] | None:
    """
    Return ``{"began_at", "ended_at", "duration_s"}`` of a phase, ``None`` when no step of it has ended.

    :param began: when its steps began; ``None`` for one that did not
    :param ended: when they ended; ``None`` for one that failed, was skipped or is still on
    """
    starts, ends = [moment for moment in began if moment], [moment for moment in ended if moment]
    if not starts or not ends:
        return None
    first, last = (dt.datetime.fromisoformat(moment) for moment in (min(starts), max(ends)))
    return {BEGAN: first.isoformat(), ENDED: last.isoformat(), "duration_s": (last - first).total_seconds()}
