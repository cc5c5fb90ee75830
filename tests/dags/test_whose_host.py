"""
Steps that are cleared late: another run has the hosts by now, or the night is over and somebody maintains them.

The kind of fault: a step acts for its own run without asking whose the platform is now.
"""

from __future__ import annotations

import pytest

from tests.dags.half import HalfNight
from tests.dags.test_guards import foreign_guard
from vitam_operators import guard
from vitam_operators import nights as records
from vitam_operators.errors import GuardHeldError, NightConcludedError, UnguardedError

SHARD0 = {"cluster": "mongo-data", "replica_set": "shard0"}
ELASTIC = {"cluster": "elasticsearch-data"}
PLAN = f"{guard.HOME}/plan.json"


def taken_by_another_run(night):
    """Let another run have all hosts."""
    for host in night.fake.hosts:
        foreign_guard(night, host)


@pytest.mark.parametrize(
    ("before", "step", "target"),
    [
        ("", "stop_balancer", {"cluster": "mongo-data"}),
        ("", "flush_elasticsearch", ELASTIC),
        ("", "hold_scheduling", {}),
        ("stop_balancer", "start_balancer", {"cluster": "mongo-data"}),
        ("flush_elasticsearch", "await_elasticsearch", ELASTIC),
    ],
)
def test_what_is_switched_for_a_whole_cluster_asks_whose_its_hosts_are(half, before, step, target):
    """A balancer that goes on moves chunks while the other run copies or compares; nothing of it is on one host."""
    half.until("arm_restart_guard", *filter(None, [before]))
    taken_by_another_run(half)
    with pytest.raises((GuardHeldError, UnguardedError), match="restart guard is that of"):
        half.run(step, **target)
    assert half.fake.changes == []


def test_a_balancer_goes_on_where_a_host_of_its_cluster_cannot_be_asked(half):
    """Nobody can say whose it is; the others are this run's, and the platform has to come up."""
    half.until("arm_restart_guard", "stop_balancer")
    half.fake.hosts["data-3"].unreachable = True
    half.run("start_balancer", cluster="mongo-data")
    assert half.fake.clusters["mongo-data"].mode == "full"


def test_a_copy_is_not_begun_and_not_ended_on_a_host_of_another_run(cold):
    """Its name is that of a backup, and what it leaves unfinished is removed: the other run may be at work there."""
    taken_by_another_run(cold)
    with pytest.raises(GuardHeldError):
        cold.run("copy_shard", **SHARD0)
    cold.records.write("copy.mongo-data-shard0", {"began_at": records.now_text(), "host": "data-1"})
    with pytest.raises(GuardHeldError):
        cold.run("end_copies")
    assert cold.fake.changes == []


# --- what must start all the same ------------------------------------------------------------------------------------


def test_a_start_goes_on_where_the_guards_plan_was_torn(cold):
    """A power cut left half a plan: nothing says that the host is another run's, and no guard can fire by it."""
    cold.until("end_copies")
    cold.fake.hosts["data-1"].guard.texts[PLAN] = '{"backup": "2026'
    cold.run("start_shard_primary", **SHARD0)
    assert cold.fake.unit("mongod@data-1").active in ("active", "activating")


def test_a_start_goes_on_where_the_guard_has_fired_or_is_gone(cold):
    """It fired and left the unit down, or the host was installed anew: the host is nobody else's."""
    cold.until("end_copies")
    cold.fake.hosts["data-1"].guard.fired(left_down=["vitam-mongod.service"])
    cold.fake.hosts["worker-1"].guard.texts.pop(PLAN)
    cold.until("start_shard_primary", "start_worker")
    assert cold.fake.unit("mongod@data-1").active in ("active", "activating")
    assert cold.fake.unit("worker@worker-1").active in ("active", "activating")


# --- a night that is over --------------------------------------------------------------------------------------------


@pytest.fixture
def over(cold):
    """Give a night that has ended well; its records say so."""
    cold.until(*cold.starts)
    cold.records.write(records.CONCLUSION, {"state": "sealed", "platform_up": True})
    cold.fake.changes.clear()
    return cold


def test_a_step_of_a_night_that_is_over_finds_all_as_it_is(over):
    """With verify_copy Airflow clears all the starts: where everything runs they are green, and change nothing."""
    over.until(*over.starts)
    assert [change for change in over.fake.changes if change[1] != "remove"] == []


@pytest.mark.parametrize(
    ("down", "step", "target"),
    [
        ("mongod@data-1", "start_shard_primary", SHARD0),
        ("mongos@data-1", "start_router", {"cluster": "mongo-data", "host": "data-1"}),
        ("metadata@app", "start_metadata", {}),
    ],
)
def test_a_night_that_is_over_starts_no_unit_under_somebodys_maintenance(over, down, step, target):
    """An operator has stopped it since, by hand; a colleague clears a red step of yesterday."""
    over.fake.unit(down).end(0)
    with pytest.raises(NightConcludedError, match=r"is down or off, and .* has ended with everything up") as refused:
        over.run(step, **target)
    assert "systemctl start" in refused.value.hint
    assert [change for change in over.fake.changes if change[1] == "start"] == []


def test_a_night_that_is_over_switches_nothing_on_under_somebodys_maintenance(over):
    """Balancer, timers and allocation: what is off since is somebody's."""
    over.fake.clusters["mongo-data"].mode = "off"
    over.fake.elastics["elasticsearch-data"].allocation = "primaries"
    over.fake.hosts["app"].units["vitam-traceability-audit.timer"].end(0)
    for step, target in (("start_balancer", {"cluster": "mongo-data"}), ("resume_scheduling", {})):
        with pytest.raises(NightConcludedError):
            over.run(step, **target)
    over.run("await_elasticsearch", **ELASTIC)
    assert over.fake.elastics["elasticsearch-data"].allocation == "primaries"
    assert over.fake.changes == []


def test_a_scheduler_that_was_resumed_is_not_resumed_again(nights):
    """Its pause is no state that a night asks for: an operator's pause would end with a step of yesterday."""
    night = nights("quartz")
    night.run()
    assert night.state == "success"
    night.fake.changes.clear()
    _of(night).run("resume_scheduling")
    assert night.fake.changes == []


@pytest.mark.parametrize("verdict", ['{"platform_up": true', "", "[]", '{"platform_up": false}'])
def test_a_night_without_a_verdict_starts_what_is_down(over, verdict):
    """It ended with something down, or its verdict was torn: to start it is what its steps are cleared for."""
    (over.records.directory / "conclusion.json").write_text(verdict, encoding="utf-8")
    over.fake.unit("metadata@app").end(0)
    over.run("start_metadata")
    assert ("app", "start", "vitam-metadata.service") in over.fake.changes


def test_a_night_that_is_over_and_still_guarded_starts_what_is_down(cold):
    """Its guard could not be disarmed: the host is this run's until it is."""
    cold.until(*(step for step in cold.starts if step != "disarm_restart_guard"))
    cold.records.write(records.CONCLUSION, {"state": "sealed", "platform_up": True})
    cold.fake.unit("metadata@app").end(0)
    cold.run("start_metadata")
    assert ("app", "start", "vitam-metadata.service") in cold.fake.changes


def _of(night):
    """Return the night as one whose single steps are run again."""
    return HalfNight(night).go_on()


def test_a_step_asks_airflow_once_which_run_it_is(cold, monkeypatch):
    """Each answer is a request to Airflow's API, of every instance of every step: a large platform has hundreds."""
    asked: list[tuple[str, ...]] = []
    own = cold.instances.of

    def of(task_id, index):
        ti = own(task_id, index)
        pull = ti.xcom_pull
        ti.xcom_pull = lambda *, task_ids, **key: asked.append(tuple(task_ids)) or pull(task_ids=task_ids, **key)
        return ti

    monkeypatch.setattr(cold.instances, "of", of)
    cold.run("copy_shard", **SHARD0)
    assert asked == [("open_backup",)]
