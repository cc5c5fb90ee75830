"""
The page's numbers for a monitoring, as OpenMetrics 1.0 text.

Written by hand: it is nine gauges, and Prometheus's own library would want a registry of its own for each answer.
"""

from __future__ import annotations

from collections.abc import Iterator

from vitam_operators.catalogue import DAMAGED, DRILLED, INCOMPLETE, OPEN, PRUNED, PRUNING, SEALED, VERIFIED
from vitam_operators.ui.overview import Overview

CONTENT_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8"
STATES = (OPEN, INCOMPLETE, SEALED, VERIFIED, DRILLED, DAMAGED, PRUNING, PRUNED)
Samples = list[tuple[dict[str, str], float]]


def metrics(overview: Overview) -> str:
    """Return the metrics; a family of which nothing is known yet has no sample."""
    return "".join(_lines(overview))


def _lines(overview: Overview) -> Iterator[str]:
    platform = {"platform": overview.platform.name}
    for name, unit, words, samples in _families(overview):
        family = f"vitam_backup_{name}{'_' + unit if unit else ''}"
        yield f"# HELP {family} {words}\n# TYPE {family} gauge\n# UNIT {family} {unit}\n"
        for labels, value in samples:
            yield f"{family}{{{_labels(platform | labels)}}} {value:.15g}\n"
    yield "# EOF\n"


def _families(overview: Overview) -> Iterator[tuple[str, str, str, Samples]]:
    good, ended, running = overview.good, overview.ended, overview.running
    age: Samples = [({}, overview.age_s(good))] if good else []
    opened: Samples = [({}, good.opened_at.timestamp())] if good else []
    yield "last_success_timestamp", "seconds", "When the last whole backup that can be restored was opened.", opened
    yield "age", "seconds", "Age of the last whole backup that can be restored.", age
    size = good.size_bytes if good else None
    yield "size", "bytes", "Size of the last whole backup that can be restored.", _one(size)
    yield "missed_nights", "", "Windows that have ended since without another good whole backup.", _one(overview.missed)
    phases = ended.times.phases if ended else ()
    seconds: Samples = [({"phase": phase.name}, phase.seconds(overview.now)) for phase in phases if phase.ended_at]
    yield "phase_duration", "seconds", "Duration of each phase of the last night that is over.", seconds
    yield (
        "down",
        "seconds",
        "How long Vitam was down in the last night that is over.",
        _one(ended.down_s if ended else None),
    )
    yield "running", "", "Whether a night is in progress.", _one(float(running is not None))
    room = overview.room
    left: Samples = [({"host": room.host}, room.free_bytes)] if room else []
    needed: Samples = [({"host": room.host}, room.needed_bytes)] if room else []
    yield "free", "bytes", "Free space on the host that will be full first, as far as noted.", left
    yield "needed", "bytes", "Space that the next night needs on that host.", needed
    drilled = overview.drilled.drilled_at if overview.drilled else None
    yield (
        "last_drill_timestamp",
        "seconds",
        "When a restore drill passed last.",
        _one(drilled.timestamp() if drilled else None),
    )
    state = overview.ended_whole.backup.state if overview.ended_whole else None
    states: Samples = [({"state": name}, float(name == state)) for name in STATES] if state else []
    yield "state", "", "State of the backup of the last whole night that is over: 1 for the one that holds.", states


def _one(value: float | None) -> Samples:
    return [] if value is None else [({}, float(value))]


def _labels(labels: dict[str, str]) -> str:
    return ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
