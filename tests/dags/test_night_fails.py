"""
Nights in which one task fails: whichever it is, the platform runs afterwards as before, and the run is red.

Where a unit stays down because its own start failed, the restart guard of its host stays armed: it tries again.

A task can fail before it did anything, or after it did everything: of the second kind is a stop that worked and whose
answer was lost. Both are run for each task of the graph.
"""

from __future__ import annotations

import pytest

from tests.conftest import TESTS
from tests.dags.night import AFTER, BEFORE, load_dag
from vitam_operators.versions import OTHER_TIMERS, SECURING_TIMERS

TASKS = sorted(load_dag(TESTS / "data" / "platforms" / "tiny.yaml").task_ids)
LOOKS = {"check_host", "check_cluster", "plan_night"}

LEFT_DOWN = {
    "start_shard_primary": {"vitam-mongod.service@data", "primary of mongo-data shard0"},
    "start_config_primary": {
        "vitam-mongoc.service@data",
        "primary of mongo-data configsvr",
        "primary of mongo-data shard0",  # a mongod of a shard that starts waits for its config set
        "balancer of mongo-data",
    },
    "start_router": set(),  # a night stops none
    "start_balancer": {"balancer of mongo-data"},
    "start_elasticsearch": {"vitam-elasticsearch-data.service@data"},
    "resume_scheduling": {f"{timer}.timer@app" for timer in (*SECURING_TIMERS, *OTHER_TIMERS)},
}
"""What stays down when the step that starts it fails before it does anything; a service stays down with its own."""


def left_down(task: str) -> set[str]:
    """Return what cannot run after a night in which a task did nothing."""
    service = task.removeprefix("start_").replace("_", "-")
    own = {f"vitam-{service}.service@app"} if task.startswith("start_") else set()
    return LEFT_DOWN.get(task, own)


def left_guarded(task: str) -> set[str]:
    """Return the hosts whose guard stays armed: a unit of theirs is down, or nobody disarmed it."""
    if task == "disarm_restart_guard":
        return {"app", "data"}
    return {name.partition("@")[2] for name in left_down(task) if "@" in name}


@pytest.fixture
def copying(dags) -> set[str]:
    """The tasks that have to end well before anything is copied."""
    copies = [dags("tiny").get_task(name) for name in ("copy_shard", "copy_config", "copy_files")]
    return {name for copy in copies for name in copy.get_flat_relative_ids(upstream=True)}


@pytest.mark.parametrize("task", TASKS)
def test_the_platform_is_up_again_whichever_task_fails(nights, copying, task):
    """The unit whose own start fails is the only one that may stay down; nothing behind it waits for it."""
    night = nights("tiny", **{task: BEFORE}).run()
    assert night.different == left_down(task) | {f"guard of {host}" for host in left_guarded(task)}
    assert {name for name, host in night.fake.hosts.items() if host.guard.armed} == left_guarded(task)
    assert night.state == "failed"
    assert night.states[task] == ["failed"] * len(night.states[task])
    if task in copying:
        assert not [change for change in night.changes if change.startswith("run")]


@pytest.mark.parametrize("task", TASKS)
def test_the_platform_is_up_again_when_a_task_fails_at_its_end(nights, task):
    """What a task did before it failed is undone as if it had said so."""
    night = nights("tiny", **{task: AFTER}).run()
    assert night.different == set()
    assert night.state == "failed"


@pytest.mark.parametrize("when", [BEFORE, AFTER])
def test_without_a_guard_nothing_stops(nights, when):
    """Nobody would start the platform again if Airflow died: no host is touched before all have theirs."""
    night = nights("tiny", arm_restart_guard=when).run()
    assert {change.split()[0] for change in night.changes} <= {"arm", "disarm"}


@pytest.mark.parametrize("task", sorted(LOOKS))
def test_a_look_that_fails_stops_nothing(nights, task):
    """What is found before the night begins costs nobody a night."""
    night = nights("tiny", **{task: AFTER}).run()
    assert night.changes == []
    assert "success" not in night.states["open_backup"]


ONE_OF_EACH_KIND = {
    "check_host": AFTER,
    "open_backup": AFTER,
    "stop_shard_primary": AFTER,
    "copy_shard": BEFORE,
    "start_storage": BEFORE,
    "disarm_restart_guard": BEFORE,
    "prune_backups": BEFORE,
}


@pytest.mark.parametrize(("task", "when"), ONE_OF_EACH_KIND.items())
def test_airflow_runs_a_failing_night_as_these_tests_do(airflow_database, nights, task, when):
    """The quick way to run a night is only worth something as long as Airflow's own scheduler decides the same."""
    quick = nights("tiny", **{task: when}).run()
    real = nights("tiny", **{task: when}).run(airflow=True)
    assert real.states == quick.states
    assert (real.state, real.different) == (quick.state, quick.different)
    assert sorted(real.changes) == sorted(quick.changes)
