"""The fault matrix on the real lab: rows.py says what breaks, here is what has to be true afterwards."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.faults import afterwards, rows
from tests.faults.rows import ROWS, Row
from tests.faults.runner import FaultyNight
from tests.faults.table import Outcome
from tests.lab import evidence
from tests.lab.conftest import lab_verb
from vitam_operators.nights import MANIFEST

UP_WITHIN_S = 60
MENDED_WITHIN_S = 150
"""A unit that ignores its stop is killed by systemd after 90 s, and can start only then."""


def marked(row: Row) -> Any:
    """Mark the rows that ``make test`` leaves out."""
    name = f"{row.where}: {row.fault}".replace(" ", "-")
    return pytest.param(row, id=name, marks=() if row.quick else pytest.mark.long_faults)


@pytest.mark.parametrize("row", [marked(row) for row in ROWS])
def test_a_fault(
    row: Row,
    platform: Callable[[str, Any], Path],
    note_outcome: Callable[[Outcome], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whatever breaks, the platform runs again, and a failure never looks like success."""
    run = platform(row.platform, dict(row.settings))
    before = evidence.running_units(row.platform)
    night = FaultyNight(row.platform, run, row.at, row.breaks, after=row.after)
    passed, up_after_s = False, 0
    try:
        night.go(monkeypatch, window_s=row.window_s, **row.params)
        if row.outcome == rows.BY_THE_GUARD:
            wait_until(night.until)
        row.mends()
        up_after_s = the_platform_is_up(row, night, before)
        the_verdict_is_true(row, night)
        nothing_is_left_unsaid(row, night)
        assert afterwards.still_unhealthy(row.platform, run, row.balancer) == []
        if row.outcome == rows.BY_THE_GUARD and row.balancer == "off":
            the_next_look_refuses(row, run, monkeypatch)
        passed = True
    finally:
        day = f"{dt.datetime.now(dt.UTC):%Y-%m-%d}"
        note_outcome(Outcome(row.where, row.fault, row.outcome, row.platform, up_after_s, passed, day))
        lab_verb("reset", row.platform)


def wait_until(moment: dt.datetime) -> None:
    """Wait for the window's end."""
    time.sleep(max(0, (moment - dt.datetime.now(dt.UTC)).total_seconds()))


def the_platform_is_up(row: Row, night: FaultyNight, before: dict[str, set[str]]) -> int:
    """Everything that ran runs again; of a night that ended by itself at once, of a dead Airflow within a minute."""
    by_guard = row.outcome == rows.BY_THE_GUARD
    took_s = afterwards.up_within_s(row.platform, before, row.broken, UP_WITHIN_S if by_guard else MENDED_WITHIN_S)
    assert took_s is not None, f"down: {afterwards.missing(row.platform, before)}\n" + "\n".join(night.errors)
    if row.outcome == rows.REFUSED:
        return 0
    since = night.until.timestamp() if by_guard else night.broke_at
    return round(time.time() - since) if since else 0


def the_verdict_is_true(row: Row, night: FaultyNight) -> None:
    """Green only if sealed; and what broke is named."""
    errors = "\n".join(night.errors)
    sealed = night.night is not None and night.night.read(MANIFEST) is not None
    if row.outcome != rows.BY_THE_GUARD:
        assert sealed == (row.outcome in (rows.SEALED, rows.SEALED_BUT_RED)), errors
    assert (night.state == "success") == (row.outcome == rows.SEALED), errors
    assert row.says in errors, errors
    if row.outcome == rows.REFUSED:
        assert night.night is None


def the_next_look_refuses(row: Row, run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A guard has no password: a balancer that it left off must not be taken for one that was off before."""
    look = FaultyNight(row.platform, run, "never", lambda: None).go(monkeypatch, plan_only=True)
    assert look.state == "failed"
    assert "the balancer is off since backup" in "\n".join(look.errors)


def nothing_is_left_unsaid(row: Row, night: FaultyNight) -> None:
    """What the night left on hosts is nothing, or a guard: that of a host that has trouble, or one that has fired."""
    allowed = {f"guard on {host}" for host in row.left}
    found = afterwards.leftovers(row.platform)
    guards = {left for left in found if left.startswith("guard on ")}
    if row.left:
        held = {left for left in found if any(left.endswith(f" on {host}") for host in row.left)}
        assert found == held
        assert guards == allowed
        assert "disarm_restart_guard: " in "\n".join(night.errors)
    elif row.outcome == rows.BY_THE_GUARD and night.night is not None:
        assert found == guards
    else:
        assert found == set()
