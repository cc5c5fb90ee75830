"""Units in a restart loop, before a night and after it. The kind of fault: a moment taken for a state."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from vitam_operators import nights as records
from vitam_operators.errors import LookFailedError, NotHealthyError, NotProvedError
from vitam_operators.operators import second_look

WAITING = {"active": "activating", "sub": "auto-restart", "pid": 0, "result": "exit-code", "exit_status": 1}


@pytest.mark.parametrize("counts", [True, False])
@pytest.mark.parametrize("loop", [WAITING, {"loops": True}], ids=["waiting", "up_for_a_moment"])
def test_a_loop_at_the_look_is_a_finding(look, loop, counts):
    """A night would stop everything, could not prove that unit's stop, and start all again: each night for nothing."""
    unit = look.fake.unit("metadata@app")
    unit.restarts = 3 if counts else None
    for name, value in loop.items():
        setattr(unit, name, value)
    unit.looks_to_start = unit._looks_left = 10**6 if loop is WAITING else 0
    with pytest.raises(LookFailedError, match=r"app: vitam-metadata\.service does not stay up: systemd restarts it"):
        look.run("check_host", host="app")
    assert look.fake.changes == []


@pytest.mark.parametrize("counts", [True, False])
def test_a_unit_that_was_restarted_and_stands_still_is_fit(look, counts):
    """That it once ended is for its operators; it is copied well."""
    look.fake.unit("metadata@app").restarts = 1 if counts else None
    assert "vitam-metadata.service" in look.run("check_host", host="app")["running"]


def test_a_loop_at_the_verdict_is_down(cold):
    """It was healthy for the second in which its start was looked at."""
    cold.until(*cold.starts)
    cold.fake.unit("metadata@app").loops = True
    with pytest.raises(NotProvedError, match=r"vitam-metadata\.service on app does not stay up: systemd restarts it"):
        cold.run("conclude_night")
    assert cold.records.read(records.CONCLUSION)["left_down"] == ["vitam-metadata.service@app"]


def test_a_restart_that_is_over_at_the_verdict_is_up(cold):
    """Once within the last minutes, and it stands still now: the platform is up."""
    cold.until(*cold.starts)
    cold.fake.unit("metadata@app").restarts = 1
    with pytest.raises(NotProvedError):
        cold.run("conclude_night")
    assert cold.records.read(records.CONCLUSION)["platform_up"]


def test_a_guard_that_came_while_it_looked_twice_is_left_alone(cold, monkeypatch):
    """Kind of fault: what was asked before a wait is acted on behind it. Another run has armed meanwhile."""
    cold.until(*(step for step in cold.starts if step != "disarm_restart_guard"))
    armed = cold.fake.hosts["app"].guard

    async def meanwhile(_seconds):
        armed.belongs_to("another__run")

    monkeypatch.setattr(second_look, "asyncio", SimpleNamespace(sleep=meanwhile))
    cold.run("disarm_restart_guard", host="app")
    assert armed.armed
    assert armed.plan["run_id"] == "another__run"


@pytest.mark.parametrize("counts", [True, False])
def test_a_guard_stays_where_a_unit_loops(cold, counts):
    """A guard that was disarmed at the one moment at which the unit was up tries nothing at the window's end."""
    cold.until(*(step for step in cold.starts if step != "disarm_restart_guard"))
    unit, host = cold.fake.unit("metadata@app"), {"host": "app"}
    unit.loops, unit.restarts = True, 3 if counts else None
    with pytest.raises(
        NotHealthyError, match=r"vitam-metadata\.service ran before .* does not stay up: systemd .* the guard stays and"
    ):
        cold.run("disarm_restart_guard", **host)
    assert cold.fake.hosts["app"].guard.armed
    unit.loops = False
    cold.run("disarm_restart_guard", **host)
    assert not cold.fake.hosts["app"].guard.there
