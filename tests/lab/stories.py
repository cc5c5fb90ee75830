"""What has to be true after every night, whichever way it began."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from lab.night_watch import NightWatch
from lab.topology import load_platform
from tests.lab import evidence
from vitam_operators.hooks.records import nights_of
from vitam_operators.nights import MANIFEST, Night
from vitam_operators.platforms import platform_at


def window_far_away() -> dict[str, str]:
    """Return a window that does not begin while this story is told."""
    start = dt.datetime.now(ZoneInfo("Europe/Paris")) + dt.timedelta(hours=6)
    return {"start": f"{start:%H:%M}", "end": f"{start + dt.timedelta(hours=12):%H:%M}"}


class Told:
    """What a night printed, and the documents as they were once all services were down."""

    def __init__(self, platform: str, run: Path) -> None:
        self.platform, self.run = platform, run
        self.lines: list[str] = []
        self.documents: dict[str, evidence.Counts] = {}

    def __call__(self, line: str) -> None:
        """Hear a step that ended; the last service being down is the moment to count."""
        self.lines.append(line)
        if "  stop_offer " in line:
            self.documents = evidence.documents(self.platform, self.run)


def night_of(run: Path, run_id: str) -> Night:
    """Return the records of a run."""
    nights = nights_of(platform_at(str(run / "platform.yaml"))).newest_first()
    return next(night for night in nights if night.opened["run_id"] == run_id)


def failures(watch: NightWatch, run_id: str) -> str:
    """Return the words of what failed, for the message of an assertion."""
    failed = [step for step in watch.steps(run_id) if step["state"] == "failed"]
    return "\n".join(f"{step['task_id']}: {watch.log_of(run_id, step)[-1500:]}" for step in failed)


def platform_is_as_before(platform: str, run: Path, units_before: dict[str, set[str]]) -> None:
    """Every unit that ran runs, none other does; each set has one primary, each balancer is as it was."""
    lab = load_platform(platform)
    assert evidence.running_units(platform) == units_before
    assert {name: len(hosts) for name, hosts in evidence.primaries(lab, run).items()} == {
        f"{cluster.name}-{name}": 1 for cluster in lab.clusters.values() for name in cluster.sets
    }
    assert evidence.balancer_modes(lab, run) == {name: "full" for name in lab.clusters}


def copies_hold_what_was_there(platform: str, night: Night, documents: dict[str, evidence.Counts]) -> None:
    """Each database copy opens with a mongod, and holds exactly the documents that were counted when all was quiet."""
    manifest: dict[str, Any] = night.read(MANIFEST) or {}
    copies = {name: part for name, part in manifest["parts"].items() if part["kind"] != "files"}
    assert set(copies) == set(documents)
    for name, part in copies.items():
        assert evidence.count_in_copy(platform, part) == documents[name], name
        assert sum(documents[name].values()) > 0, name


def files_extract(night: Night) -> None:
    """Each copy of files extracts and holds files."""
    manifest: dict[str, Any] = night.read(MANIFEST) or {}
    for part in (part for part in manifest["parts"].values() if part["kind"] == "files"):
        listed = evidence.on(part["host"], f"tar --list --zstd --file {part['archive']}").split()
        assert len(listed) == part["files"] > 1
