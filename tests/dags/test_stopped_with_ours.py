"""
What a night does not stop and is down all the same: the arbiter of a host that was booted meanwhile, and what systemd
stops with ours (an exporter that is bound to a mongod).

The kind of fault: what ran before and is nobody's to start again, in a run that is green.
"""

from __future__ import annotations

import pytest

from tests.conftest import TESTS
from tests.dags.half import HalfNight
from tests.dags.night import NightRun, be_quick, load_dag
from tests.fakes.platform import FakePlatform
from tests.fakes.units import FakeUnit
from vitam_operators.errors import LookFailedError, VitamBackupError
from vitam_operators.platforms import platform_at

SIDECAR, GROUP = "mongodb-exporter-proxy.service", "monitoring.target"
ELASTIC = "vitam-elasticsearch-data.service"
ARBITER, HOST = "vitam-mongod.service", "worker-1"
MONGOD, EXPORTER = "vitam-mongod.service", "mongodb-exporter.service"


def with_exporter(fake):
    """Have an exporter on data-1 that is bound to the mongod there."""
    made = FakeUnit(EXPORTER)
    made.run()
    fake.hosts["data-1"].units[EXPORTER] = made
    fake.hosts["data-1"].units[MONGOD].bound_by = (EXPORTER,)
    return made


def with_chain(fake):
    """Have a unit that is bound to the exporter by way of a target, and the exporter bound to it in its turn."""
    units = fake.hosts["data-1"].units
    units[EXPORTER].bound_by = (GROUP,)
    units[GROUP] = FakeUnit(GROUP, bound_by=(SIDECAR,))
    units[SIDECAR] = made = FakeUnit(SIDECAR, bound_by=(EXPORTER, MONGOD))
    made.run()
    return made


@pytest.fixture
def named(tmp_path, monkeypatch, swallowed):
    """Give a night, opened, on the small platform, whose platform file names the exporter and what is bound to it."""
    text = (TESTS / "data" / "platforms" / "small.yaml").read_text(encoding="utf-8")
    before = "{name: data-1, "
    assert before in text
    file = tmp_path / "platform.yaml"
    text = text.replace(before, f"{before}bound_units: [{EXPORTER}, {SIDECAR}], ").replace(
        "/RECORDS", str(tmp_path / "records")
    )
    file.write_text(text, encoding="utf-8")
    monkeypatch.setenv("VITAM_BACKUP_PLATFORM", str(file))
    fake = FakePlatform(platform_at(str(file)))
    with_exporter(fake)
    with_chain(fake)
    fake.install(monkeypatch)
    be_quick(monkeypatch)
    half = HalfNight(NightRun(load_dag(file), fake))
    yield half.until("check_host", "check_cluster", "plan_night", "open_backup")
    assert fake.mistakes == []


def test_what_is_stopped_with_ours_is_started_with_ours(named):
    """Nobody looks at a monitoring that is down: it says nothing."""
    kinds = ("arm_", "stop_", "hold_", "await_balancer_idle", "await_nobody_writes")
    named.until(*(task for task in named.steps if task.startswith(kinds)))
    units = [named.fake.hosts["data-1"].units[name] for name in (EXPORTER, SIDECAR)]
    for unit in units:
        unit.look()
    assert [unit.active for unit in units] == ["inactive", "inactive"]
    named.until(*named.starts)
    assert named.different == set()
    assert [unit.active for unit in units] == ["active", "active"]


def test_the_guard_starts_it_too(named):
    """Airflow died meanwhile; it comes behind what it is bound to."""
    named.run("arm_restart_guard")
    plan = named.fake.hosts["data-1"].guard.plan
    assert [entry["unit"] for entry in plan["services"][-2:]] == [EXPORTER, SIDECAR]
    assert MONGOD in plan["databases"]


def test_what_nobody_would_start_again_is_found_by_day(look):
    """The account may start what its sudoers file names, and that is made from the platform file."""
    with_exporter(look.fake)
    with pytest.raises(LookFailedError, match=f"data-1: systemd stops {EXPORTER} with .* name it under bound_units"):
        look.run("check_host", host="data-1")


def test_what_is_bound_to_a_bound_unit_is_found_by_day(look):
    """Also by way of a target, of a unit that does not run itself, and in a circle."""
    with_exporter(look.fake).end(0)
    with_chain(look.fake)
    with pytest.raises(
        LookFailedError, match=f"data-1: systemd stops {SIDECAR} with .* name it under bound_units"
    ) as e:
        look.run("check_host", host="data-1")
    assert EXPORTER not in e.value.message


def test_what_is_bound_to_another_of_ours_waits_for_that_one(named):
    """systemd starts with a unit what that is bound to: an exporter must not pull a service up before its time."""
    host = named.fake.hosts["data-1"]
    kinds = ("arm_", "stop_", "hold_", "await_balancer_idle", "await_nobody_writes")
    named.until(*(task for task in named.steps if task.startswith(kinds)))
    host.units[MONGOD].bound_by, host.units[ELASTIC].bound_by = (ELASTIC,), (EXPORTER,)
    named.run("start_shard_primary", cluster="mongo-data", replica_set="shard0")
    named.until(*named.starts)
    started = [what for where, verb, what in named.fake.changes if (where, verb) == ("data-1", "start")]
    assert [unit for unit in started if unit in (MONGOD, ELASTIC, EXPORTER)] == [MONGOD, ELASTIC, EXPORTER]


def test_what_is_bound_and_does_not_run_is_nobodys_business(look):
    """It was down before, and stays so."""
    with_exporter(look.fake).end(0)
    look.run("check_host", host="data-1")


def test_the_arbiter_of_a_host_that_was_booted_runs_again(cold):
    """The set has lost its tie-breaker, and from the next night on the look refuses."""
    cold.fake.hosts[HOST].reboot()
    assert not cold.fake.hosts[HOST].units[ARBITER].running
    cold.until(*cold.starts)
    assert cold.different == set()


def test_its_guard_starts_it_as_well(half):
    """Airflow died meanwhile."""
    half.run("arm_restart_guard")
    assert half.fake.hosts[HOST].guard.plan["databases"] == [ARBITER]


def test_its_guard_stays_as_long_as_it_is_down(cold):
    """Its start has failed: the host tries again by itself, and the run is not green."""
    cold.fake.hosts[HOST].reboot()
    cold.fake.hosts[HOST].units[ARBITER].dies_at_start = True
    failed = []
    for step in cold.starts:
        try:
            cold.run(step)
        except VitamBackupError:
            failed.append(step)
    assert {"start_shard_primary", "disarm_restart_guard"} <= set(failed)
    assert cold.fake.hosts[HOST].guard.armed


def test_an_arbiter_is_neither_stopped_nor_copied(nights):
    """It is started, no more than that."""
    night = nights("small").run(securing="none_running")
    changes = [verb for where, verb, what in night.fake.changes if where == HOST and "mongod" in what]
    assert (night.state, changes) == ("success", [])


def test_a_night_that_is_over_starts_nothing_with_ours(named):
    """A step of yesterday was cleared, and somebody has stopped the exporter since: a start under his hands."""
    named.records.write("conclusion", {"platform_up": True})
    unit = named.fake.hosts["data-1"].units[EXPORTER]
    unit.end(0)
    named.run("start_shard_primary", cluster="mongo-data", replica_set="shard0")
    assert unit.active == "inactive"
