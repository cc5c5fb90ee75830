"""How long a night will take, from the nights before."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from itertools import islice

from vitam_operators.catalogue import Reader
from vitam_operators.nights import HELD, MANIFEST, OPEN, RESTART, Night
from vitam_operators.wholeness import EVERYTHING, held
from vitam_operators.window import Window

NIGHTS_LOOKED_AT = 5


def cold_s(night: Night) -> float | None:
    """
    Return the seconds from the end of the securing to the restart of a sealed whole night, ``None`` for another.

    A record that cannot be read counts as not written: it must not keep tonight's plan from being made.
    """
    reader = Reader(night.directory)
    secured, restart, manifest = (reader.read(name) for name in (HELD, RESTART, MANIFEST))
    if not (secured and restart and manifest):
        return None
    if held(manifest | reader.read(OPEN), manifest.get("parts", ())) != EVERYTHING:
        return None
    return (
        dt.datetime.fromisoformat(restart["began_at"]) - dt.datetime.fromisoformat(secured["asked_at"])
    ).total_seconds()


def longest_cold_s(newest_first: Iterable[Night]) -> float | None:
    """Return the longest of the last whole nights that were sealed, in seconds; ``None`` when there is none."""
    known = (seconds for seconds in map(cold_s, newest_first) if seconds is not None)
    return max(islice(known, NIGHTS_LOOKED_AT), default=None)


def warning(window: Window, begins: dt.datetime, longest_s: float | None) -> str | None:
    """
    Tell that a window looks too short.

    :param begins: when the back-end may stop at the earliest
    :param longest_s: as :func:`longest_cold_s` says
    """
    left_s = (window.give_up_at - begins).total_seconds()
    if longest_s is None or longest_s <= left_s:
        return None
    return (
        f"the window looks too short: stopping and copying took up to {longest_s:.0f} s in the last nights, and "
        f"{max(0, left_s):.0f} s are left from {begins:%H:%M} to {window.give_up_at:%H:%M} UTC; it may be given up"
    )
