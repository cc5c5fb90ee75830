"""The phases of a night, from the moments that its records hold."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from vitam_operators import nights as records
from vitam_operators.catalogue import Reader
from vitam_operators.procedure import BACK, DRAIN, FRONT, SERVICES

COPY, START, AFTER = "copy", "start", "after"
WORDS = {
    FRONT: "ingest and access stop",
    DRAIN: "workflows drain, logbooks are secured",
    BACK: "back-end and databases stop",
    COPY: "copies are made",
    START: "everything starts again",
    AFTER: "platform up: copies are read back, sealed",
}
PHASE_OF_UNIT = {service.unit: service.phase for service in SERVICES.values()}


@dataclass(frozen=True)
class Phase:
    """
    One phase of a night.

    :param name: ``front``, ``drain``, ``back``, ``copy``, ``start`` or ``after``
    :param ended_at: ``None`` while it goes on, or when nobody noted its end
    """

    name: str
    began_at: dt.datetime
    ended_at: dt.datetime | None

    @property
    def words(self) -> str:
        """What happens in it."""
        return WORDS[self.name]

    def seconds(self, now: dt.datetime) -> float:
        """Return how long it took, or has taken until ``now``."""
        return max(0.0, ((self.ended_at or now) - self.began_at).total_seconds())


@dataclass(frozen=True)
class Times:
    """
    What a night's records say of its course.

    :param stopped_at: when the first stop was asked for
    :param up_at: when the last unit was healthy again; ``None`` as long as the start is not over
    :param ended_at: when the night was concluded, or else sealed
    """

    phases: tuple[Phase, ...]
    stopped_at: dt.datetime | None
    up_at: dt.datetime | None
    ended_at: dt.datetime | None

    def down_s(self, now: dt.datetime) -> float | None:
        """Return the seconds from the first stop to the last unit that was healthy again; ``None``: nothing stopped."""
        return ((self.up_at or now) - self.stopped_at).total_seconds() if self.stopped_at else None


def moment(text: Any) -> dt.datetime | None:
    """Return a moment of a record in UTC, ``None`` when it has none."""
    try:
        return dt.datetime.fromisoformat(text).astimezone(dt.UTC)
    except (TypeError, ValueError):
        return None


def phase_of(stop: str) -> str:
    """Return the phase to which a record of a stop belongs: a service's own, for all else that of the back-end."""
    return PHASE_OF_UNIT.get(stop.partition("@")[0], BACK)


def times_of(reader: Reader) -> Times:
    """
    Read the course of a night; it is as long as what was noted of it.

    The phases follow each other without a gap. Those of a manifest are the graph's groups, some side by side.
    """
    manifest, conclusion = reader.read(records.MANIFEST), reader.read(records.CONCLUSION)
    stops = manifest.get("stops") or dict(reader.all("stop"))
    starts = manifest.get("starts") or dict(reader.all("start"))
    ended_at = moment(conclusion.get("concluded_at")) or moment(manifest.get("sealed_at"))
    started = bool(conclusion or manifest) or any(True for kind in ("proof", "unchanged") for _ in reader.all(kind))
    restart_at = moment(reader.read(records.RESTART).get("began_at"))
    began = {
        FRONT: _first(stops, FRONT),
        DRAIN: moment(reader.read("securing").get("asked_at")) or _first(stops, DRAIN),
        BACK: _first(stops, BACK),
        COPY: _copied_from(reader, manifest.get("parts"), restart_at),
        START: restart_at,
        AFTER: max(_moments(starts.values(), "healthy_at"), default=None) if started else None,
    }
    phases = tuple(_in_order(began, ended_at))
    return Times(phases, min(_moments(stops.values(), "asked_at"), default=None), began[AFTER], ended_at)


def _in_order(began: dict[str, dt.datetime | None], ended_at: dt.datetime | None) -> Iterator[Phase]:
    """Return the phases one after the other: each lasts until the next one begins."""
    known = [(name, at) for name, at in began.items() if at is not None]
    for index, (name, at) in enumerate(known):
        yield Phase(name, at, known[index + 1][1] if index + 1 < len(known) else ended_at)


def _first(stops: dict[str, Any], phase: str) -> dt.datetime | None:
    return min(_moments((stop for name, stop in stops.items() if phase_of(name) == phase), "asked_at"), default=None)


def _copied_from(reader: Reader, parts: dict[str, Any] | None, restart_at: dt.datetime | None) -> dt.datetime | None:
    """Return when the first copy or snapshot of what is cold began; what is shipped later does not count."""
    kinds = ("snapshot",) if parts else ("snapshot", "part", "copy")
    known = [*(parts or {}).values(), *(record for kind in kinds for _, record in reader.all(kind))]
    return min((at for at in _moments(known, "began_at") if restart_at is None or at <= restart_at), default=None)


def _moments(found: Iterable[Any], key: str) -> list[dt.datetime]:
    moments = (moment(record.get(key)) for record in found if isinstance(record, dict))
    return [at for at in moments if at is not None]
