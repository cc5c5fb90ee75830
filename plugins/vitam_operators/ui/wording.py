"""Words of the page: states, moments, ages; the filters of its templates."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from vitam_operators.catalogue import DAMAGED, DRILLED, INCOMPLETE, OPEN, PRUNED, PRUNING, SEALED, VERIFIED, Backup
from vitam_operators.ui.reading import NightRead
from vitam_operators.words import duration_words, size_words

NOT_NOTED = "not noted"
A_DAY_S = 24 * 3600
STATES = {
    OPEN: ("never ended", "bad"),
    INCOMPLETE: ("incomplete, not sealed", "bad"),
    SEALED: ("sealed, not read back", "warn"),
    VERIFIED: ("verified: each copy was read back", "good"),
    DRILLED: ("proved by a restore drill", "good"),
    DAMAGED: ("damaged", "bad"),
    PRUNING: ("being pruned", "none"),
    PRUNED: ("pruned, records kept", "none"),
}
"""What each state of the catalogue means to people, and its tone: ``good``, ``warn``, ``bad`` or ``none``."""


def state_words(state: str) -> str:
    """Say a state of the catalogue."""
    return STATES[state][0]


def state_tone(state: str) -> str:
    """Return the tone of a state of the catalogue."""
    return STATES[state][1]


def backup_words(backup: Backup) -> str:
    """Say the state of a backup, and what it holds if that is not everything."""
    return state_words(backup.state) if backup.whole else f"{backup.holds}; {state_words(backup.state)}"


def night_words(night: NightRead) -> str:
    """Say the state of a night's backup, or that the night is not over."""
    return "in progress" if night.running else backup_words(night.backup)


def night_tone(night: NightRead) -> str:
    """Return the tone of a night."""
    tone = state_tone(night.backup.state)
    return "busy" if night.running else "none" if tone == "good" and not night.backup.whole else tone


def age_words(seconds: float) -> str:
    """Say an age: ``9 min 20 s``, ``12 h 05 min``, ``3 days``."""
    days = int(seconds // A_DAY_S)
    return f"{days} days" if days > 1 else duration_words(max(0, seconds))


def size(value: float | None) -> str:
    """Say a size, or that none was noted."""
    return NOT_NOTED if value is None else size_words(value)


def duration(value: float | None) -> str:
    """Say a duration, or that none was noted."""
    return NOT_NOTED if value is None else duration_words(value)


def count(value: int | None) -> str:
    """Say a number, its thousands apart, or that none was noted."""
    return NOT_NOTED if value is None else f"{value:,}".replace(",", "\u202f")


def filters(timezone: str) -> dict[str, Callable[..., Any]]:
    """Return the filters of the templates; moments are told in a platform's time zone."""
    zone = ZoneInfo(timezone)

    def at(value: dt.datetime | None, pattern: str = "%a %d %b %Y, %H:%M") -> str:
        return value.astimezone(zone).strftime(pattern) if value else NOT_NOTED

    return {
        **{"at": at, "clock": lambda value: at(value, "%H:%M:%S"), "night": lambda value: at(value, "%a %d %b")},
        **{"day": lambda value: at(value, "%d/%m"), "age": age_words, "size": size, "duration": duration},
        **{"count": count, "state": backup_words, "tone": state_tone},
        **{"night_state": night_words, "night_tone": night_tone},
    }
