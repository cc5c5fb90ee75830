"""A drill of a real backup on `allinone`: begun by the night's seal, with mongod, systemd, sudo and ssh as they are."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lab.night_watch import DRILL_ID, NightWatch
from lab.topology import load_platform
from tests.lab import evidence, stories
from vitam_operators.nights import MANIFEST, Night

PLATFORM = "allinone"


@dataclass
class Sealed:
    """A backup that a night has just sealed, and the drills that are watched."""

    night: Night
    run: Path
    drills: NightWatch
    documents: dict[str, evidence.Counts]
    before: dict[str, set[str]]

    @property
    def left(self) -> str:
        """What of a drill is still on the hosts."""
        script = "ls -A /vitam/drill 2> /dev/null; systemctl list-units --all --plain --no-legend 'vitam-drill-*'"
        return "".join(evidence.on(host, f"{{ {script}; }} || true") for host in load_platform(PLATFORM).hosts)

    def drill(self, run_id: str) -> str:
        """Watch a drill to its end; return its state."""
        return self.drills.watch(run_id, print, within_s=600)


@pytest.fixture(scope="module")
def sealed(platform_up: Callable[..., Path], airflow: Callable[[Path], NightWatch]) -> Sealed:
    """Have a night on the platform, of which each backup is drilled."""
    run = platform_up(PLATFORM, window=stories.window_far_away(), drill={"when": "each_backup"})
    before = evidence.running_units(PLATFORM)
    watch, told = airflow(run), stories.Told(PLATFORM, run)
    drills = NightWatch(watch.stack, DRILL_ID)
    drills.await_dag()
    run_id = watch.trigger()
    assert watch.watch(run_id, told) == "success", stories.failures(watch, run_id)
    return Sealed(stories.night_of(run, run_id), run, drills, told.documents, before)


def runs(drills: NightWatch) -> list[dict[str, Any]]:
    """Return the drills that Airflow knows."""
    found: list[dict[str, Any]] = drills.get(f"/dags/{DRILL_ID}/dagRuns")["dag_runs"]
    return found


def await_drill(drills: NightWatch, within_s: float = 120) -> dict[str, Any]:
    """Wait until the seal has begun a drill."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        for run in runs(drills):
            return run
        time.sleep(1)
    raise AssertionError(f"no drill was begun within {within_s} s")


def test_a_backup_that_is_sealed_is_drilled_by_itself(sealed: Sealed) -> None:
    """Nobody triggers it: the copies open, hold what was counted when all was quiet, and nothing is left of it."""
    began = await_drill(sealed.drills)
    assert began["run_type"] == "asset_triggered"
    manifest = sealed.night.read(MANIFEST)
    assert sealed.drill(began["dag_run_id"]) == "success", stories.failures(sealed.drills, began["dag_run_id"])
    record = sealed.night.read("drill") or {}
    assert (record["state"], record["findings"]) == ("passed", [])
    for part, documents in sealed.documents.items():
        found = (sealed.night.read(f"drill.{part}") or {})["collections"]
        assert {name: found[name] for name in documents} == documents, part
    assert sealed.night.read(MANIFEST) == manifest
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
