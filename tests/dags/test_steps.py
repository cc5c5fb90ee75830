"""
Second tries: each step may run again at any moment, in a night that was left half done.

After a kill Airflow runs a task again, whatever its retries; a person clears tasks. Steps are run one by one here, on
a platform on which the steps before them did their work.
"""

from __future__ import annotations

import datetime as dt

import pytest

from tests.dags.half import HalfNight
from vitam_operators.errors import (
    BalancerError,
    GivenUpError,
    NightClosedError,
    PrimaryError,
    WindowError,
)

SHARD0 = {"cluster": "mongo-data", "replica_set": "shard0"}


def test_open_backup_twice_is_the_same_backup(half):
    """The second try must not write down a half-stopped platform as what ran before."""
    before = half.records.opened
    half.fake.unit("worker@worker-1").end(143)
    half.until("check_host", "plan_night", "open_backup")
    assert half.records.opened == before
    assert half.records.opened["attempt"] == 1


def test_open_backup_after_a_restart_is_a_new_attempt(half):
    """A run that is cleared after its restart begins anew; parts of two moments never share a directory."""
    first = half.records.label
    half.until("end_copies", "check_host", "check_cluster", "plan_night", "open_backup")
    assert half.records.label == f"{first}-2"
    assert half.records.opened["attempt"] == 2


@pytest.mark.parametrize("step", ["stop_worker", "arm_restart_guard", "stop_balancer"])
def test_a_step_that_is_cleared_alone_after_the_restart_refuses(half, step):
    """Airflow clears its setup with it; the plan of before is no base for another night."""
    first = half.records.label
    half.until("end_copies", "open_backup")
    assert half.records.label == first
    with pytest.raises(NightClosedError, match=f"the restart after backup {first} began at"):
        half.run(step)


def test_stop_primary_again_finds_the_one_it_stopped(half):
    """Another member has been elected since; stopping that one too would leave the shard without a majority."""
    half.run("arm_restart_guard")
    first = half.run("stop_shard_primary", **SHARD0)
    assert half.fake.replica_set("mongo-data", "shard0").primary == "data-2"
    assert half.run("stop_shard_primary", **SHARD0) == first
    assert [change for change in half.fake.changes if change[1] == "stop"] == [
        ("data-1", "stop", "vitam-mongod.service")
    ]


def test_stop_primary_of_a_member_that_somebody_started_again(half):
    """Then nothing is stopped any more, and the primary of now is the one to stop."""
    half.run("arm_restart_guard")
    half.run("stop_shard_primary", **SHARD0)
    half.fake.unit("mongod@data-1").run()
    assert half.run("stop_shard_primary", **SHARD0)["host"] == "data-2"


def test_stop_primary_without_a_primary(half):
    """Copying any member would be copying one that may be behind."""
    for host in ("data-1", "data-2"):
        half.fake.unit(f"mongod@{host}").end(0)
    with pytest.raises(PrimaryError, match=r"shard0 has 0 primaries, exactly 1 is needed") as refused:
        half.run("stop_shard_primary", **SHARD0)
    assert "wait for the election to end" in refused.value.hint
    assert not half.fake.changes


def test_stop_primary_with_two_primaries(half):
    """One of them holds writes that will be rolled back, and nobody knows which."""
    half.fake.replica_set("mongo-data", "shard0").stray_primary = "data-3"
    with pytest.raises(PrimaryError, match=r"2 primaries.*data-1: primary of shard0.*data-3: primary of shard0"):
        half.run("stop_shard_primary", **SHARD0)
    assert not half.fake.changes


def test_a_delayed_member_is_never_stopped_for_a_copy(half):
    """It holds the data of an hour ago."""
    half.fake.replica_set("mongo-data", "shard0").members[0].delay_s = 3600
    with pytest.raises(PrimaryError, match=r"does not have 10.3.0.11:27019 as a member that holds current data"):
        half.run("stop_shard_primary", **SHARD0)


@pytest.mark.parametrize("step", ["stop_worker", "stop_shard_primary", "stop_balancer", "hold_scheduling"])
def test_nothing_stops_outside_the_window(half, step):
    """Clearing last week's run at noon would stop the platform at noon."""
    window = {**half.records.opened["window"], "end": dt.datetime.now(dt.UTC).isoformat()}
    half.rewrite_open(window=window)
    with pytest.raises(WindowError, match=r"nothing may be stopped or copied outside"):
        half.run(step)
    assert not half.fake.changes


@pytest.mark.parametrize("step", ["stop_worker", "stop_shard_primary", "stop_balancer", "copy_files", "copy_shard"])
def test_nothing_stops_or_copies_once_the_restart_has_begun(half, step):
    """A step that was cleared too late would stop what has just been started."""
    half.until("end_copies")
    with pytest.raises(NightClosedError, match=r"the restart after backup .* began"):
        half.run(step)
    assert not half.fake.changes


def test_nothing_stops_in_a_night_that_was_never_opened(nights):
    """Nobody wrote down what ran: nothing could be started again."""
    night = nights("small")
    night.clean()
    with pytest.raises(NightClosedError, match=r"this run opened no backup"):
        HalfNight(night).run("stop_worker")
    assert not night.fake.changes


def test_a_service_that_does_not_stop_is_given_up_in_time(half):
    """The night does not wait for it past its give-up time, and kills nothing."""
    half.run("arm_restart_guard")
    half.fake.changes.clear()
    half.fake.unit("worker@worker-1").ignores_stop = True
    soon = (dt.datetime.now(dt.UTC) + dt.timedelta(seconds=3601)).isoformat()
    half.rewrite_open(window={**half.records.opened["window"], "end": soon})
    with pytest.raises(
        GivenUpError, match=r"given up at .* was still waiting: vitam-worker.service on worker-1 is deact"
    ):
        half.run("stop_worker", host="worker-1")
    assert [verb for _, verb, _ in half.fake.changes] == ["stop"]


def test_starts_twice_start_once(cold):
    """Clearing the group start by hand is the way to start the platform again: it must be harmless."""
    cold.until(*cold.starts)
    before = list(cold.fake.changes)
    cold.until(*cold.starts)
    assert [change for change in cold.fake.changes[len(before) :] if change[1] != "remove"] == []


def test_a_balancer_that_somebody_switched_on_is_told(half):
    """It was off before; to switch it off again without asking could be wrong."""
    half.rewrite_open(clusters={"mongo-data": {"balancer": "off"}, "mongo-offer": {"balancer": "full"}})
    with pytest.raises(BalancerError, match="the balancer was off before the night, now it is full"):
        half.run("start_balancer", cluster="mongo-data")


def test_the_balancer_is_waited_for(half):
    """Off is not idle: a round or a migration that goes on changes what the shards hold."""
    cluster = half.fake.clusters["mongo-data"]
    cluster.rounds_left, cluster.migrations_left = 3, 5
    half.until("stop_balancer", "await_balancer_idle")
    assert (cluster.rounds_left, cluster.migrations_left) == (0, 0)
