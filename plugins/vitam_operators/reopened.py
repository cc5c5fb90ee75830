"""What a run was opened with, put together anew where that record is lost: what ran before is said elsewhere, too."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

from vitam_operators import happened, nights
from vitam_operators.config import Platform
from vitam_operators.host_units import units_of
from vitam_operators.nights import Night, Record, moment_of
from vitam_operators.run_ids import RUN, owner_of
from vitam_operators.window import Window

STOP = "stop."


def reopened(platform: Platform, night: Night, plan: Record, guards: Mapping[str, Record]) -> Record | None:
    """
    Return what a run was opened with: its plan, and of each host what any witness says that it ran.

    Witnesses are the plan, the restart guard of the host, and the records of what the run has stopped. Without the plan
    nothing is to be copied any more, all that ran is started.

    :param night: the run's attempt
    :param plan: what Airflow still has of it, or nothing
    :param guards: the plan of each host's restart guard, if it is this run's
    :return: ``None`` when nothing says when the window ends
    """
    moment, number = moment_of(night.label) or (dt.datetime.now(dt.UTC), 1)
    window = plan.get("window") or _window(platform, moment, guards)
    if window is None:
        return None
    own: Record = {
        "attempt": number,
        "label": night.label,
        "opened_at": moment.isoformat(),
        "reopened_at": nights.now_text(),
    }
    own[happened.ASKED_FOR] = True
    before = {host.name: _in_order(platform, host.name, night, plan, guards) for host in platform.hosts}
    known = plan or _without_plan(platform, night, guards)
    return {**known, "window": window, "units_before": before, **own}


def _window(platform: Platform, start: dt.datetime, guards: Mapping[str, Record]) -> Record | None:
    """Return the window by the moment at which the guards fire."""
    ends = [dt.datetime.fromisoformat(guard["fires_at"]) for guard in guards.values()]
    return Window(start, min(ends), platform.window.restart_reserve_s).record() if ends else None


def _in_order(platform: Platform, host: str, night: Night, plan: Record, guards: Mapping[str, Record]) -> list[str]:
    """Return the units that ran on a host, in the order in which they start."""
    guard = guards.get(host, {})
    ran = {*plan.get("units_before", {}).get(host, ()), *guard.get("databases", ())}
    ran |= {service["unit"] for service in guard.get("services", ())}
    ran |= {unit for unit, where in _stopped(night) if where == host}
    order = units_of(platform, host)
    return [*(unit for unit in order if unit in ran), *sorted(ran - set(order))]


def _stopped(night: Night) -> Iterator[tuple[str, str]]:
    """Yield each unit that the run has stopped, with its host; of a lost record its name says both."""
    lost = (name.removeprefix(STOP) for name in night.unreadable() if name.startswith(STOP))
    for name, record in (*night.all("stop").items(), *((name, {}) for name in lost)):
        if "unit" in record:
            yield record["unit"], record["host"]
        elif "@" in name:
            unit, _, host = name.rpartition("@")
            yield unit, host


def _without_plan(platform: Platform, night: Night, guards: Mapping[str, Record]) -> dict[str, Any]:
    found = {cluster.name: night.read(f"balancer.{cluster.name}") or {} for cluster in platform.mongodb}
    return {
        "backup": night.label[:16],
        "run_id": next(iter(guards.values()))["run_id"],
        RUN: owner_of(next(iter(guards.values()))),
        "platform": platform.name,
        "parts": [],
        "methods": {},
        "warnings": [],
        "clusters": {name: {"balancer": record.get("mode_found", "full")} for name, record in found.items()},
    }
