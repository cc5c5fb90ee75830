"""Units that a run of ours found running and did not get up again: nobody has chosen that they are down."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from vitam_operators.nights import CONCLUSION, OPEN, Night, Record
from vitam_operators.systemd import UnitState

LEFT_DOWN, STOPPED_BY, UNSEEN = "left_down", "stopped_by", "unseen"
"""Keys of how a run ended: the names of what was down, the other runs that had it stopped, and what was not seen."""
DOWN_BEFORE, ACCEPTED = "down_before", "accepted"
"""
Keys of what a run was opened with: by host the units that did not run, each with the moment at which it last became
active if it was stopped in order since; and the names that a person accepts as they are.
"""
REPORT = "report"
"""Where a restore notes how it ended."""
RUNS_BACK = 30
"""How many runs back a unit is looked for; those of this release decide at once."""


@dataclass(frozen=True)
class DownUnit:
    """
    A unit that did not run at the look.

    :param host: its host
    :param unit: its name
    :param active_since: when it last became active, ISO 8601; ``None`` when it did not end by a stop, or systemd does
        not know
    """

    host: str
    unit: str
    active_since: str | None

    @property
    def name(self) -> str:
        """How it is named in records, in findings and in the trigger form: ``vitam-storage.service@app``."""
        return f"{self.unit}@{self.host}"


def seen_down(states: Mapping[str, UnitState], needed: Iterable[str]) -> dict[str, str | None]:
    """Return the units that a host has and that do not run, as :data:`DOWN_BEFORE` has them."""
    down = {unit: states[unit] for unit in needed if states[unit].exists and not states[unit].running}
    return {unit: _stopped_since(state) for unit, state in down.items()}


def _stopped_since(state: UnitState) -> str | None:
    return state.active_since.isoformat() if state.active_since and state.ended_by_stop else None


def names(host: str, down: Iterable[str]) -> list[str]:
    """Return how units of a host are named, see :attr:`DownUnit.name`."""
    return [f"{unit}@{host}" for unit in down]


def warnings(down: Iterable[str]) -> Iterator[str]:
    """Say of each unit that does not run that a night leaves it so."""
    for unit in down:
        yield f"{unit} does not run, and will not be started by this night"


def down_units(down_before: Mapping[str, Mapping[str, str | None]]) -> list[DownUnit]:
    """Return the units that did not run at the look, from the plan's :data:`DOWN_BEFORE`."""
    return [DownUnit(host, unit, since) for host, units in down_before.items() for unit, since in units.items()]


def findings(
    down: Iterable[DownUnit],
    newest_first: Iterable[Night],
    reports: Iterable[Mapping[str, Any] | None],
    accepted: Iterable[str],
    backup: str,
) -> Iterator[str]:
    """
    Name the units that are down since a run of ours, until a person accepts that or the unit runs again.

    :param newest_first: records of earlier nights and restores
    :param reports: what the hosts' restart guards did, see :func:`vitam_operators.guard.report_of`
    :param accepted: names that a person accepts as they are
    :param backup: id of this run's backup: it starts by itself what an attempt of its own left down
    """
    waiting = {unit.name: unit for unit in down if unit.name not in set(accepted)}
    fired = {(report["backup"], report["host"]): report for report in reports if report}
    for night in islice(newest_first, RUNS_BACK):
        if not waiting:
            return
        opened = night.read(OPEN) or {}
        for name, unit in list(waiting.items()):
            ran = unit.unit in opened.get("units_before", {}).get(unit.host, [])
            if not ran and unit.unit not in opened.get(DOWN_BEFORE, {}).get(unit.host, {}):
                continue
            del waiting[name]
            own = night.label.partition("-")[0] == backup
            if ran and not own and _left_down(night, unit, fired.get((night.label, unit.host))):
                yield (
                    f"{unit.host}: {unit.unit} is down since backup {night.label} (run {opened['run_id']}), which "
                    f"found it running and did not get it up again: start it (journalctl -u {unit.unit}); if it is "
                    f"to stay down, trigger a run with {name} in the field 'Accepted'"
                )


def _left_down(night: Night, unit: DownUnit, report: Mapping[str, Any] | None) -> bool:
    """Tell whether a run left a unit down that it found running; what is not known counts as left down."""
    if report is not None:
        return unit.unit in report.get(LEFT_DOWN, []) and not _ran_after(unit, str(report["ended_at"]))
    end = _end(night)
    if end.get("platform_up"):
        return False
    if LEFT_DOWN in end:
        left = unit.name in end[LEFT_DOWN] or unit.host in end.get(UNSEEN, [])
        return left and not _ran_after(unit, end["at"])
    started = night.read(f"start.{unit.unit}@{unit.host}") or {}
    return "healthy_at" not in started and not _ran_after(unit, _over(night, end))


def _end(night: Night) -> Record:
    """Return how a night, or a restore, ended; an empty record when nobody noted it."""
    conclusion = night.read(CONCLUSION)
    if conclusion is not None:
        return {"at": conclusion.get("concluded_at"), **conclusion}
    return night.read(REPORT) or {}


def _over(night: Night, end: Record) -> str | None:
    window = (night.read(OPEN) or {}).get("window", {})
    moment: str | None = end.get("at") or window.get("end")
    return moment


def _ran_after(unit: DownUnit, moment: str | None) -> bool:
    """Tell whether a unit became active after a moment: then somebody got it up, and down again."""
    if unit.active_since is None or not moment:
        return False
    return dt.datetime.fromisoformat(unit.active_since) > dt.datetime.fromisoformat(moment)
