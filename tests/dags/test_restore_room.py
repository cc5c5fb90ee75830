"""
The room for a restore, hours after its look.

Kind of fault: what was looked at before a person was asked, and is another thing by the time of the answer. Extracting
would fill the disk under a mongod that runs.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from tests.dags.test_restore import make, restore  # noqa: F401 - fixtures
from vitam_operators.config_copies import RestoreConfig
from vitam_operators.operators.restore_approvals import approvals_in
from vitam_operators.operators.restore_plans import OpenRestoreOperator
from vitam_operators.operators.restores import PLAN
from vitam_operators.restores import room
from vitam_operators.window import Window


def meanwhile(monkeypatch: pytest.MonkeyPatch, happens: Any) -> None:
    """Let something happen between the look and the opening of a restore."""
    own = OpenRestoreOperator.act

    async def act(step, context):
        happens(context)
        return await own(step, context)

    monkeypatch.setattr(OpenRestoreOperator, "act", act)


def test_the_disk_is_full_by_the_time_of_the_approval(restore, monkeypatch):  # noqa: F811
    def full(_: Any) -> None:
        for host in restore.fake.hosts.values():
            host.free_bytes = 1000

    meanwhile(monkeypatch, full)
    restore.run()
    assert restore.state == "failed"
    assert set(restore.states["extract_copy"]) == {"failed"}
    assert [change for change in restore.changes if change.startswith("stop vitam-mongo")] == []
    assert restore.different == set()


def test_a_database_that_has_grown_keeps_its_reserve(restore, monkeypatch):  # noqa: F811
    """The copy alone would fit: a tenth of what runs beside it has to stay free, too."""
    host = restore.fake.hosts["data"]
    brought = room.needed_bytes(restore.fake.platform, 1_000, 0)
    assert room.needed_bytes(restore.fake.platform, 1_000, 50_000) == brought + 5_000
    needed = []
    own = room.needed_bytes

    def noting(platform, brought_bytes, live_bytes):
        needed.append(own(platform, brought_bytes, live_bytes))
        return needed[-1]

    monkeypatch.setattr(room, "needed_bytes", noting)
    meanwhile(monkeypatch, lambda _: setattr(host, "free_bytes", max(needed) - 1))
    restore.run()
    assert "failed" in restore.states["extract_copy"]
    assert restore.different == set()
    assert RestoreConfig().reserve_percent == 10


def test_it_is_approved_when_nothing_of_the_window_is_left(restore, monkeypatch):  # noqa: F811
    """The platform would be stopped for a restore that is given up at once."""

    def late(context: Any) -> None:
        now, known = dt.datetime.now(dt.UTC), approvals_in(restore.dag.get_task("open_restore"), context)
        window = Window(now - dt.timedelta(hours=9), now + dt.timedelta(minutes=70), 3600)
        known.write(PLAN, {**known.read(PLAN), "window": window.record()})

    meanwhile(monkeypatch, late)
    restore.run()
    assert restore.state == "failed"
    assert restore.states["open_restore"] == ["failed"]
    assert restore.changes == []
