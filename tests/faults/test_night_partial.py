"""
Nights of files alone against the rule of retention, on a real host: they push no whole backup out.

Nothing younger than a day is pruned; these nights follow each other within minutes, so a day is none here.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.faults.runner import FaultyNight
from tests.faults.table import PARTIAL_NIGHTS, Outcome
from tests.lab import evidence
from vitam_operators import prune

PLATFORM = "solo3"
SETTINGS = {"copy": {"keep": {"last": 1, "daily": 0, "weekly": 0, "monthly": 0, "min_verified": 1}}}


@pytest.mark.long_faults
def test_nights_of_files_push_no_whole_backup_out(
    platform: Callable[[str, Any], Path],
    note_outcome: Callable[[Outcome], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One is kept of each kind: the newest of those of files, and the whole one with its copies on the host."""
    monkeypatch.setattr(prune, "YOUNG", dt.timedelta(0))
    run = platform(PLATFORM, SETTINGS)
    evidence.on(PLATFORM, "rm -rf /vitam/backup/*")
    before = evidence.running_units(PLATFORM)
    labels, passed = [], False
    try:
        for copies in ("everything", "files", "files"):
            night = FaultyNight(PLATFORM, run, "never", lambda: None).go(monkeypatch, copies=copies)
            assert night.state == "success", "\n".join(night.errors)
            assert night.night is not None
            labels.append(night.night.label)
        whole, _, newest_of_files = labels
        assert evidence.on(PLATFORM, "ls /vitam/backup").split() == [whole, newest_of_files]
        assert "mongo-data-shard0.tar.zst" in evidence.on(PLATFORM, f"ls /vitam/backup/{whole}")
        assert evidence.running_units(PLATFORM) == before
        passed = True
    finally:
        note_outcome(dataclasses.replace(PARTIAL_NIGHTS, passed=passed, seen=f"{dt.datetime.now(dt.UTC):%Y-%m-%d}"))
