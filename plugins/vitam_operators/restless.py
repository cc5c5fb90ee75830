"""Units that systemd restarts again and again: up at one look, down at the next, never at work."""

from __future__ import annotations

from collections.abc import Mapping

from vitam_operators.systemd import UnitState

BETWEEN_LOOKS_S = 10
"""Seconds between two looks at units. It is read at each look, and nothing else says how long a look takes."""
AFTER_RESTARTS = 3
"""So many times as long where systemd has restarted a unit since it was last started by somebody."""
AUTO_RESTART = "auto-restart"
"""Sub-state of a unit that has ended and waits for its restart (``systemd/systemd@v252 src/basic/unit-def.c``)."""


def pause_s(states: Mapping[str, UnitState]) -> int:
    """Return how many seconds after a first look the second one is due."""
    return BETWEEN_LOOKS_S * (AFTER_RESTARTS if any(state.restarts for state in states.values()) else 1)


def restless(first: Mapping[str, UnitState], second: Mapping[str, UnitState]) -> dict[str, str]:
    """
    Return the units that ran at the first look and do not stand still, with the reason in words.

    A unit that was restarted once, long ago or a minute ago, and stands still since is none of them.
    """
    found = {unit: _reason(state, second[unit]) for unit, state in first.items() if state.running and unit in second}
    return {unit: reason for unit, reason in found.items() if reason}


def _reason(first: UnitState, second: UnitState) -> str:
    if AUTO_RESTART in (first.sub, second.sub):
        how = f"it waits for a restart ({_counted(second)})"
    elif None not in (first.restarts, second.restarts) and (second.restarts or 0) > (first.restarts or 0):
        how = _counted(second)
    elif None in (first.restarts, second.restarts) and _started_anew(first, second):
        how = f"it was started at {first.started_at:%H:%M:%S} and again at {second.started_at:%H:%M:%S} UTC"
    else:
        return "" if second.running else f"it has just ended: {second.words}"
    return f"systemd restarts it again and again: {how}, exit status {second.exit_status}"


def _started_anew(first: UnitState, second: UnitState) -> bool:
    """Tell by the start of its process; before systemd 235 there is no ``NRestarts``."""
    return None not in (first.started_at, second.started_at) and first.started_at != second.started_at


def _counted(state: UnitState) -> str:
    return "restarts are not counted" if state.restarts is None else f"{state.restarts} restarts"
