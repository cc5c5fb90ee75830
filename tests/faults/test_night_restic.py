"""A night whose copies restic makes, on a real host: its sudo rules, its secrets, its repositories."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.faults import afterwards
from tests.faults.runner import FaultyNight
from tests.lab import evidence
from vitam_operators.nights import MANIFEST

PLATFORM = "solo3"
PASSWORD = "hush-of-the-lab-repository"
SETTINGS = {"engine": "restic", "restic": {"repository": "/vitam/restic", "password_conn_id": "lab_restic"}}
WHOEVER_SAW = (
    f"journalctl --no-pager | grep -c {PASSWORD} || true; grep -rl {PASSWORD} /run /etc /var/lib /vitam || true"
)


@pytest.mark.long_faults
def test_a_night_of_restic(platform: Callable[[str, dict[str, Any]], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Sealed by a snapshot for each part; the password went to the jobs, and is nowhere else."""
    run = platform(PLATFORM, {"copy": SETTINGS})
    monkeypatch.setenv("AIRFLOW_CONN_LAB_RESTIC", json.dumps({"conn_type": "generic", "password": PASSWORD}))
    evidence.on(PLATFORM, "rm -rf /vitam/restic")
    before = evidence.running_units(PLATFORM)
    night = FaultyNight(PLATFORM, run, "never", lambda: None).go(monkeypatch)
    assert night.state == "success", "\n".join(night.errors)
    assert evidence.running_units(PLATFORM) == before
    assert afterwards.leftovers(PLATFORM) == set()
    assert evidence.on(PLATFORM, WHOEVER_SAW).split() == ["0"]
    assert night.night is not None
    for name, part in (night.night.read(MANIFEST) or {})["parts"].items():
        said = evidence.on(part["host"], f"RESTIC_PASSWORD={PASSWORD} restic -r /vitam/restic/{name} snapshots --json")
        assert [snapshot["id"] for snapshot in json.loads(said)] == [part["sha256"]]
