"""The page's answers: is the last backup good, how long was Vitam down, does the next one fit, was a restore proved."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from vitam_operators import nights as records
from vitam_operators.catalogue import Backup, Reader, entries, last_good
from vitam_operators.config import Platform, WindowConfig
from vitam_operators.nights import Nights
from vitam_operators.ui.reading import NightRead, night_of
from vitam_operators.ui.room import Room, growth_bytes, room
from vitam_operators.window import next_window

NIGHTS_SHOWN = 30
A_YEAR_OF_NIGHTS = 366


@dataclass(frozen=True)
class Overview:
    """
    What the records of a platform say at one moment.

    :param backups: all of the catalogue, the newest first
    :param nights: the last thirty of them, read as a whole
    :param missed: windows that have ended since the last good backup's without another
    :param usual_down_s: median of the nights before the last one that ended
    """

    platform: Platform
    now: dt.datetime
    backups: tuple[Backup, ...]
    nights: tuple[NightRead, ...]
    missed: int
    room: Room | None
    growth_bytes: int
    usual_down_s: float | None

    @property
    def running(self) -> NightRead | None:
        """The night in progress."""
        return next((night for night in self.nights if night.running), None)

    @property
    def ended(self) -> NightRead | None:
        """The last night that is over."""
        return next((night for night in self.nights if not night.running), None)

    @property
    def ended_whole(self) -> NightRead | None:
        """The last night that is over and that copied, or was to copy, every part."""
        return next((night for night in self.nights if not night.running and night.backup.whole), None)

    @property
    def good(self) -> Backup | None:
        """The last backup that a restore may begin with and that lacks nothing."""
        busy = {night.backup.label for night in self.nights if night.running}
        return last_good(backup for backup in self.backups if backup.label not in busy)

    @property
    def good_night(self) -> NightRead | None:
        """The night of the last good backup, when it is one of those that are shown."""
        return next((night for night in self.nights if self.good and night.backup.label == self.good.label), None)

    @property
    def drilled(self) -> NightRead | None:
        """The night of a whole backup whose drill passed last."""
        known = [night for night in self.nights if night.drilled_at and night.backup.whole]
        return max(known, key=lambda night: night.drilled_at or self.now, default=None)

    def age_s(self, backup: Backup) -> float:
        """Return how old a backup's data are, in seconds: since it was opened."""
        return (self.now - backup.opened_at).total_seconds()


def overview_of(platform: Platform, nights: Nights, now: dt.datetime) -> Overview:
    """
    Read all backups of a platform, and the last thirty nights as a whole.

    :raises OSError: the records cannot be listed
    """
    backups = tuple(entries(nights))
    shown = tuple(night_of(nights, backup, now) for backup in backups[:NIGHTS_SHOWN])
    gone = [Reader(nights.named(b.label).directory).read(records.PRUNED) for b in backups if b.state == "pruned"]
    busy = {night.backup.label for night in shown if night.running}
    done = [night for night in shown if not night.running]
    whole = [night for night in done if night.backup.whole]
    good = last_good(backup for backup in backups if backup.label not in busy)
    return Overview(
        platform,
        now,
        backups,
        shown,
        missed=missed_since(good.night_at, now, platform.window) if good else 0,
        room=room(done, whole, gone, platform.copies.room_factor) if platform.copies.engine == "tar" else None,
        growth_bytes=growth_bytes(whole),
        usual_down_s=usual_down_s(whole),
    )


def missed_since(night_at: dt.datetime, now: dt.datetime, rule: WindowConfig) -> int:
    """Return how many windows began after a night's and have ended, weekdays and black-out dates observed."""
    after, missed = night_at + dt.timedelta(seconds=1), 0
    while missed < A_YEAR_OF_NIGHTS:
        window = next_window(after, rule)
        if window is None or window.end > now:
            return missed
        missed, after = missed + 1, window.start + dt.timedelta(seconds=1)
    return missed


def usual_down_s(done: Sequence[NightRead]) -> float | None:
    """Return the median of how long Vitam was down in the whole nights before the last one, in seconds."""
    known = [night.down_s for night in done[1:] if night.down_s and not night.failed]
    return median(known) if known else None
