"""Hosts that boot while a night is on: what ran before runs again, and a night is green only if all of it is true."""

from __future__ import annotations

import pytest

from vitam_operators import nights as records
from vitam_operators.errors import LookFailedError
from vitam_operators.operators.base import NightOperator
from vitam_operators.operators.copies import EndCopiesOperator
from vitam_operators.operators.guard import ArmRestartGuardOperator

MOMENTS = [
    *("stop_worker", "stop_config_primary", "copy_shard", "copy_files"),
    *("start_config_primary", "start_storage", "disarm_restart_guard", "seal_backup"),
]


def once(monkeypatch, kind, method, happens, *, of=None):
    """Let something happen right before the first call of a step's method."""
    own, done = getattr(kind, method), []

    def called(step, *words):
        if of in (None, step.task_id) and not done:
            done.append(step.task_id)
            happens()
        return own(step, *words)

    monkeypatch.setattr(kind, method, called)


@pytest.mark.parametrize("host", ["app", "data"])
@pytest.mark.parametrize("task", MOMENTS)
def test_a_night_tells_the_truth_whenever_a_host_boots(nights, monkeypatch, task, host):
    """
    Kind: green with something down. No unit of Vitam starts at a boot; the guard of a host lives through it.

    Whatever is down at the end is guarded until it is disarmed, and the run is red; what is sealed is whole.
    """
    night = nights("tiny")
    once(monkeypatch, NightOperator, "execute", night.fake.hosts[host].reboot, of=task)
    night.run()
    down = {name for name in night.different if "@" in name}
    assert not down or night.state == "failed"
    guarded = {name for name, fake in night.fake.hosts.items() if fake.guard.armed}
    assert {name.partition("@")[2] for name in down} <= guarded or task == "seal_backup"
    if night.state == "success":
        assert night.records.read(records.MANIFEST)["parts"].keys() == set(night.records.opened["parts"])


def test_a_host_that_boots_with_its_snapshot(nights, monkeypatch):
    """The data of that moment are on its disk: they are shipped, and all runs again."""
    night = nights("small")
    hosts = [night.fake.hosts[name] for name in ("data-1", "data-4")]
    once(monkeypatch, EndCopiesOperator, "act", lambda: [host.reboot() for host in hosts])
    night.run(securing="none_running")
    assert (night.state, night.different) == ("success", set())
    assert night.records.read(records.MANIFEST)["methods"]["data-4"] == {"mongo-data-shard1": "reflink"}


def test_a_service_that_crashed_before_its_stop(nights, monkeypatch):
    """It ended with 1 after the look, which is not what a stop leaves. Nothing is sealed, it is started again."""
    night = nights("tiny")
    own = ArmRestartGuardOperator.act

    async def act(step, context):
        armed = await own(step, context)
        night.fake.unit("storage@app").end(1)
        return armed

    monkeypatch.setattr(ArmRestartGuardOperator, "act", act)
    night.run()
    assert (night.state, night.different, night.records.read(records.MANIFEST)) == ("failed", set(), None)
    assert "success" not in night.states["copy_shard"]


@pytest.mark.parametrize("load", ["masked", "not-found", "bad-setting"])
def test_a_unit_that_systemd_would_not_start_again(look, monkeypatch, load):
    """Found by the look: a unit that was masked while it ran is stopped once, and never comes back."""
    unit = look.fake.unit("storage@app")
    own = type(unit).show

    def show(one):
        return own(one).replace("LoadState=loaded", f"LoadState={load}") if one is unit else own(one)

    monkeypatch.setattr(type(unit), "show", show)
    with pytest.raises(LookFailedError, match=rf"app: vitam-storage\.service is {load}"):
        look.run("check_host", host="app")
