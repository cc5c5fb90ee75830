"""
A night that nobody triggers, on `allinone` (one host, sets of one member), and the drill that its seal begins.

The night, the copies and the drills are as they are on any platform: mongod, systemd, sudo and ssh are real.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from lab.night_watch import DAG_ID, DRILL_ID, NightWatch
from lab.topology import load_platform
from tests.lab import evidence, stories
from vitam_operators.nights import MANIFEST, Night

PLATFORM = "allinone"
ZONE = "Europe/Paris"
LENGTH = dt.timedelta(minutes=30)


def window_that_begins_soon() -> dict[str, str | int]:
    """Return a window whose start is the first whole minute at least 75 s away: Airflow is up by then."""
    start = (dt.datetime.now(ZoneInfo(ZONE)) + dt.timedelta(seconds=135)).replace(second=0, microsecond=0)
    end = start + LENGTH
    return {
        "start": f"{start:%H:%M}",
        "end": f"{end:%H:%M}",
        "timezone": ZONE,
        "restart_reserve_s": 240,
        "late_start_s": 600,
    }


@dataclass
class Sealed:
    """A backup that a night has just sealed, its run, and the drills that are watched."""

    run: Path
    before: dict[str, set[str]]
    documents: dict[str, evidence.Counts]
    known_at: dt.datetime
    night_run: dict[str, Any]
    night: Night
    drills: NightWatch
    drill_run: dict[str, Any]

    @property
    def left(self) -> str:
        """What of a drill is still on the hosts."""
        script = "ls -A /vitam/drill 2> /dev/null; systemctl list-units --all --plain --no-legend 'vitam-drill-*'"
        return "".join(evidence.on(host, f"{{ {script}; }} || true") for host in load_platform(PLATFORM).hosts)

    def drill(self, run_id: str) -> str:
        """Watch a drill to its end; return its state."""
        return self.drills.watch(run_id, print, within_s=900)


@pytest.fixture(scope="module")
def sealed(platform_up: Callable[..., Path], airflow: Callable[[Path], NightWatch]) -> Sealed:
    """Have a scheduled night on the platform, and the drill that it begins."""
    platform_up(PLATFORM)
    before = evidence.running_units(PLATFORM)
    run = platform_up(PLATFORM, window=window_that_begins_soon(), drill={"when": "each_backup"})
    watch, told = airflow(run), stories.Told(PLATFORM, run)
    drills = NightWatch(watch.stack, DRILL_ID)
    watch.await_dag()
    drills.await_dag()
    known_at = dt.datetime.now(dt.UTC)
    run_id = first_run(watch, within_s=600)["dag_run_id"]
    assert watch.watch(run_id, told) == "success", stories.failures(watch, run_id)
    night_run = watch.get(f"/dags/{DAG_ID}/dagRuns/{run_id}")
    drill_run = first_run(drills, within_s=120)
    night = stories.night_of(run, run_id)
    found = Sealed(run, before, told.documents, known_at, night_run, night, drills, drill_run)
    assert found.drill(drill_run["dag_run_id"]) == "success", stories.failures(drills, drill_run["dag_run_id"])
    return found


def first_run(watch: NightWatch, within_s: float) -> dict[str, Any]:
    """Wait until a DAG has a run."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        for run in watch.get(f"/dags/{watch.dag_id}/dagRuns")["dag_runs"]:
            return dict(run)
        time.sleep(1)
    raise AssertionError(f"{watch.dag_id} was not started within {within_s} s")


def moment(text: str) -> dt.datetime:
    """Read a moment as the API writes it."""
    return dt.datetime.fromisoformat(text)


def test_the_scheduler_starts_the_night(sealed: Sealed) -> None:
    """The window begins, the scheduler starts the run by itself, and the night is over before the window is."""
    run = sealed.night_run
    assert run["run_type"] == "scheduled"
    could_start_at = max(sealed.known_at, moment(run["data_interval_start"]))
    assert moment(run["start_date"]) - could_start_at < dt.timedelta(seconds=60)
    assert moment(run["data_interval_end"]) - moment(run["data_interval_start"]) == LENGTH
    assert moment(run["end_date"]) < moment(run["data_interval_end"])

    stories.platform_is_as_before(PLATFORM, sealed.run, sealed.before)
    stories.copies_hold_what_was_there(PLATFORM, sealed.night, sealed.documents)
    stories.files_extract(sealed.night)


def test_a_backup_that_is_sealed_is_drilled_by_itself(sealed: Sealed) -> None:
    """Nobody triggers it: the copies open, hold what was counted when all was quiet, and nothing is left of it."""
    assert sealed.drill_run["run_type"] == "asset_triggered"
    record = sealed.night.read("drill") or {}
    assert (record["state"], record["findings"]) == ("passed", [])
    for part, documents in sealed.documents.items():
        found = (sealed.night.read(f"drill.{part}") or {})["collections"]
        assert {name: found[name] for name in documents} == documents, part
    assert sealed.left == ""
    stories.platform_is_as_before(PLATFORM, sealed.run, sealed.before)


def test_a_copy_that_was_damaged_since_is_found(sealed: Sealed) -> None:
    """One bit on the disk that holds the backup: triggered by hand, the drill names the copy, and sweeps up."""
    name, part = next((n, p) for n, p in (sealed.night.read(MANIFEST) or {})["parts"].items() if p["kind"] == "shard")
    flip = "import sys; f=open(sys.argv[1],'r+b'); f.seek(4000); b=f.read(1); f.seek(4000); f.write(bytes([b[0]^1]))"
    evidence.on(part["host"], f'python3 -c "{flip}" {part["archive"]}')
    body = {"logical_date": None, "conf": {"backup": sealed.night.label}}
    run_id = sealed.drills.post(f"/dags/{DRILL_ID}/dagRuns", body)["dag_run_id"]
    assert sealed.drill(run_id) == "failed"
    record = sealed.night.read("drill") or {}
    assert record["state"] == "failed"
    (finding,) = record["findings"]
    assert finding.startswith(f"{name}: the copy could not be extracted")
    assert sealed.left == ""
    stories.platform_is_as_before(PLATFORM, sealed.run, sealed.before)
