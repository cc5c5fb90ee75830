"""
What a night does not stop and is down all the same: the arbiter of a host that was booted meanwhile.

The kind of fault: what ran before and is nobody's to start again, in a run that is green.
"""

from __future__ import annotations

ARBITER, HOST = "vitam-mongod.service", "worker-1"


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
        except Exception:
            failed.append(step)
    assert {"start_shard_primary", "disarm_restart_guard"} <= set(failed)
    assert cold.fake.hosts[HOST].guard.armed


def test_an_arbiter_is_neither_stopped_nor_copied(nights):
    """It is started, no more than that."""
    night = nights("small").run(securing="none_running")
    changes = [verb for where, verb, what in night.fake.changes if where == HOST and "mongod" in what]
    assert (night.state, changes) == ("success", [])
