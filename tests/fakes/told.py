"""Nights of earlier days, written by the package's own functions with the clock moved: records of the real shape."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass, field, replace
from typing import Any

import time_machine

import vitam_operators
from vitam_operators import manifest
from vitam_operators import nights as records
from vitam_operators.config import Platform
from vitam_operators.left_out import left_out
from vitam_operators.nights import Night, Nights, Record
from vitam_operators.parts import DATABASES, MongoPart, all_parts
from vitam_operators.phases import phase
from vitam_operators.procedure import BACK, DRAIN, FRONT
from vitam_operators.wholeness import PLATFORM_PARTS
from vitam_operators.window import next_window, window_beginning

GIB = 1024**3
SIZES = {"shard": 48 * GIB, "config": 210 * 1024**2, "files": 3 * 1024**2}


@dataclass
class ToldNight:
    """
    A night as it goes by; each verb moves its clock on.

    :param start: when its window begins
    :param growth: what its parts are the multiple of
    :param slow: what its steps take the multiple of
    :param until: when its window ends, where it was triggered by hand
    """

    platform: Platform
    nights: Nights
    start: dt.datetime
    growth: float = 1.0
    slow: float = 1.0
    until: dt.datetime | None = None
    note: str = ""
    free_bytes: int = 900 * GIB
    now: dt.datetime = field(init=False)
    night: Night = field(init=False)

    def __post_init__(self) -> None:
        self.now = self.start + dt.timedelta(seconds=20)

    @property
    def label(self) -> str:
        return self.night.label

    def later(self, seconds: float) -> ToldNight:
        self.now += dt.timedelta(seconds=seconds * self.slow)
        return self

    def write(self, name: str, record: Record) -> None:
        self.night.write(name, record)

    def text(self) -> str:
        return self.now.isoformat(timespec="seconds")

    def open(self) -> ToldNight:
        platform, window = self.platform, window_beginning(self.start, self.platform.window)
        window = replace(window, end=self.until or window.end)
        identifier = records.backup_id(self.start)
        plan = {
            "backup": identifier,
            "run_id": f"scheduled__{self.start.isoformat()}",
            "platform": platform.name,
            "vitam_version": platform.vitam_version,
            "window": window.record(),
            "securing": platform.securing.wait_for,
            "note": self.note,
            "copies": "everything",
            "parts": [part.name for part in all_parts(platform)],
            PLATFORM_PARTS: [part.name for part in all_parts(platform)],
            "units_before": {
                host.name: [f"vitam-{service}.service" for service in host.services] for host in platform.hosts
            },
            "clusters": {c.name: {"balancer": "full", "version": "6.0.5", "fcv": "6.0"} for c in platform.mongodb},
            "sizes": self.sizes(),
            "free_bytes": {host.name: self.free_bytes for host in platform.hosts},
            "versions": {},
            "methods": {},
            "tools": {host.name: {"tar": "1.34", "zstd": "1.5.4"} for host in platform.hosts},
            "warnings": [],
            "prune": [],
        }
        self.night = self.nights.open(identifier, {**plan, "opened_at": self.text()})
        self.later(8)
        return self

    def sizes(self) -> dict[str, dict[str, int]]:
        found: dict[str, dict[str, int]] = {}
        for part in all_parts(self.platform):
            found.setdefault(self.host(part), {})[part.name] = self.size(part)
        return found

    def host(self, part: Any) -> str:
        return part.replica_set.data_hosts[0] if isinstance(part, MongoPart) else part.host

    def size(self, part: Any) -> int:
        share = 1 + int(hashlib.sha256(part.name.encode()).hexdigest()[:2], 16) / 1024
        return int(SIZES[part.kind] * share * self.growth)

    def stop(self, phase: str, seconds: float = 4) -> ToldNight:
        for service in self.platform.stop_order(phase):
            for host in self.platform.hosts_of(service.name):
                self.stopped(f"{service.unit}@{host}", {}, seconds)
        return self

    def stopped(self, name: str, more: Record, seconds: float) -> None:
        asked = {"asked_at": self.text(), **more}
        self.write(f"stop.{name}", asked)
        self.later(seconds)
        self.write(f"stop.{name}", {**asked, "seen_stopped_at": self.text(), "state": "inactive (dead)"})

    def until_cold(self) -> ToldNight:
        self.stop(FRONT)
        self.write("securing", {"asked_at": self.text()})
        self.later(4 * 3600 + 900).stop(DRAIN, 9)
        self.write(records.HELD, {"asked_at": self.text()})
        self.stop(BACK)
        for part in self.sets():
            more = {"host": self.host(part), "unit": part.daemon.unit, "lock_changed_s": int(self.now.timestamp())}
            self.stopped(part.name, more, 6)
        for part in self.sets():
            self.write(f"counts.{part.name}", {"counts": self.counts(part), "counted_at": self.text()})
        for cluster in self.platform.mongodb:
            self.write(f"quiet.{cluster.name}", {"at": self.text()})
        return self

    def counts(self, part: MongoPart) -> dict[str, int]:
        if part.kind == "config":
            return {"config.chunks": 12}
        return {"metadata.Unit": int(820_000 * self.growth), "logbook.LogbookOperation": int(41_000 * self.growth)}

    def sets(self) -> list[MongoPart]:
        return [part for part in all_parts(self.platform) if part.kind in DATABASES]

    def copy(self, *, only: int | None = None, minutes: float = 22) -> ToldNight:
        began, parts = self.text(), sorted(all_parts(self.platform), key=self.size)
        for part in parts:
            self.write(f"copy.{part.name}", {"began_at": began, "host": self.host(part)})
        self.later(minutes * 60)
        for part in parts[:only]:
            self.write(f"part.{part.name}", self.part(part, began))
        return self

    def part(self, part: Any, began: str) -> Record:
        seconds = (self.now - dt.datetime.fromisoformat(began)).total_seconds()
        return {
            "kind": part.kind,
            "host": self.host(part),
            "engine": "tar",
            "archive": f"{self.platform.copies.directory}/{self.label}/{part.name}.tar.zst",
            "size_bytes": self.size(part),
            "sha256": self.sha256(part),
            "files": 412,
            "began_at": began,
            "ended_at": self.text(),
            "duration_s": seconds * self.size(part) / SIZES["shard"] / 1.3,
        }

    def sha256(self, part: Any) -> str:
        return hashlib.sha256(f"{self.label} {part.name}".encode()).hexdigest()

    def restart(self, *, begun_only: bool = False) -> ToldNight:
        self.night.write_once(records.RESTART, {"began_at": self.text(), "by": "end_copies"})
        units = list(self.night.all("stop"))
        for unit in units[: len(units) // 2 if begun_only else None]:
            self.later(5)
            self.write(f"start.{unit}", {"healthy_at": self.text()})
        return self

    def prove(self) -> ToldNight:
        self.later(240)
        for part in self.sets():
            self.write(f"unchanged.{part.name}", {"proved_at": self.text(), "since": self.text()})
        for part in all_parts(self.platform):
            self.write(f"proof.{part.name}", {"read_back_at": self.text(), "sha256": self.sha256(part)})
        return self

    def seal(self) -> ToldNight:
        with time_machine.travel(self.now, tick=False):
            content = manifest.build(
                self.night,
                tool_version=vitam_operators.__version__,
                phases=self.phases(),
                not_in_backup=list(left_out(self.platform, self.night.opened["parts"], {}, ())),
                same_base=manifest.same_base(self.night, ()),
            )
        self.write(records.MANIFEST, content)
        return self

    def phases(self) -> Record:
        """Return a phase as the graph's groups tell it; the others are no different."""
        copies = self.night.all("part").values()
        told = phase([part["began_at"] for part in copies], [part["ended_at"] for part in copies])
        return {"copy": told} if told else {}

    def conclude(self, *findings: str, up: bool = True) -> ToldNight:
        stops = [dt.datetime.fromisoformat(stop["asked_at"]) for stop in self.night.all("stop").values()]
        healthy = [dt.datetime.fromisoformat(start["healthy_at"]) for start in self.night.all("start").values()]
        self.later(12)
        sealed = self.night.read(records.MANIFEST) is not None
        self.write(
            records.CONCLUSION,
            {
                "backup": self.label,
                "state": "sealed" if sealed else "incomplete",
                "platform_up": up,
                "concluded_at": self.text(),
                "size_bytes": sum(part["size_bytes"] for part in self.night.all("part").values()),
                "down_s": (max(healthy) - min(stops)).total_seconds() if stops and healthy else 0.0,
                "findings": list(findings),
            },
        )
        return self

    def good(self, minutes: float = 22) -> ToldNight:
        return self.open().until_cold().copy(minutes=minutes).restart().prove().seal().conclude()

    def drilled(self, at: dt.datetime) -> ToldNight:
        drill = {"state": "passed", "at": at.isoformat(), "run_id": "drill", "sets": {}, "findings": []}
        self.write(records.DRILL, {**drill, "duration_s": 2520.0})
        return self


def starts(platform: Platform, now: dt.datetime, number: int) -> list[dt.datetime]:
    """Return when the last windows that are over began, the oldest first."""
    begins, after = [], now - dt.timedelta(days=number + 20)
    while (window := next_window(after, platform.window)) and window.end <= now:
        begins.append(window.start)
        after = window.start + dt.timedelta(seconds=1)
    return begins[-number:]
