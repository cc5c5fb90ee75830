"""Nothing was written while the platform was stopped: proved from every oplog afterwards, or nothing is sealed."""

from __future__ import annotations

import datetime as dt

import pytest
from airflow.sdk.exceptions import AirflowSkipException
from bson import Timestamp

from vitam_operators import nights as records
from vitam_operators.errors import NotProvedError, PrimaryError, WrittenMeanwhileError
from vitam_operators.sensors import primary
from vitam_operators.sensors.primary import PrimaryElectedSensor

SHARD1 = {"cluster": "mongo-data", "replica_set": "shard1"}


def shard1(night):
    """A shard of the data."""
    return night.fake.replica_set("mongo-data", "shard1")


def write_once_its_primary_stops(replica_set, *namespaces, forget=False):
    """Have somebody write to the member that is elected meanwhile."""
    unit = next(member.unit for member in replica_set.members if member.host == replica_set.primary)
    own = unit.on_stop

    def stopped():
        own()
        for namespace in namespaces:
            replica_set.write(namespace)
        if forget:
            del replica_set.oplog[:-1]

    unit.on_stop = stopped


def test_a_write_meanwhile_is_found_and_nothing_is_sealed(nights):
    """The shard that was written to and those that were not are of two moments: no backup, whatever else went well."""
    night = nights("small")
    write_once_its_primary_stops(shard1(night), "config.transactions", "metadata.Unit")
    night.run(securing="none_running")
    assert (night.state, night.different) == ("failed", set())
    assert sorted(night.states["prove_nothing_written"]) == ["failed"] + ["success"] * 4
    assert set(night.states["verify_copy"]) == {"success"}
    assert night.records.read(records.MANIFEST) is None
    found = night.records.read(records.CONCLUSION)
    assert found["platform_up"]
    assert "nobody proved that nothing was written to mongo-data-shard1 while it was copied" in found["findings"]


def test_what_was_written_is_named(cold):
    """Who wrote is found by the namespace and the hour."""
    moment = dt.datetime(2026, 11, 24, 1, 2, 3)
    shard1(cold).write("metadata.Unit", wall=moment)
    shard1(cold).write("admin.$cmd", "c", o={"applyOps": [{"ns": "logbook.LogbookOperation"}]}, wall=moment)
    cold.until(*cold.starts)
    with pytest.raises(WrittenMeanwhileError) as refused:
        cold.run("prove_nothing_written", **SHARD1)
    assert refused.value.message == (
        "mongo-data-shard1 was written to while it was stopped for the backup: metadata.Unit at 01:02:03 UTC, "
        "logbook.LogbookOperation at 01:02:03 UTC"
    )
    assert cold.records.read("unchanged.mongo-data-shard1") is None


def test_the_clusters_own_writes_are_none(nights):
    """A mongod keeps its books all night; a night that is red for that is red every night."""
    night = nights("small")
    write_once_its_primary_stops(shard1(night), "config.transactions", "config.system.sessions", "local.x")
    config_set = night.fake.replica_set("mongo-data", "configsvr")
    write_once_its_primary_stops(config_set, "config.lockpings", "config.mongos", "config.settings")
    night.run(securing="none_running")
    assert (night.state, night.different) == ("success", set())
    assert len(night.records.read(records.MANIFEST)["unchanged"]) == 5


@pytest.mark.parametrize("after_s", [-1, 60])
def test_vitams_own_writes_before_and_afterwards_are_none(cold, after_s):
    """The front was open until the evening, and is again once all runs."""
    cold.until(*cold.starts)
    replica_set = shard1(cold)
    quiet = cold.records.read("quiet.mongo-data")["sets"]["mongo-data-shard1"]["optime"]
    at = Timestamp(quiet[0] - 1, 1) if after_s < 0 else Timestamp(replica_set.optime.time + after_s, 1)
    replica_set.oplog.append({"ts": at, "op": "i", "ns": "metadata.Unit", "o": {}})
    assert cold.run("prove_nothing_written", **SHARD1)["since"] == cold.records.read("quiet.mongo-data")["at"]


@pytest.mark.parametrize("ahead_s", [-7200, 7200])
def test_the_clock_of_the_cluster_is_not_ours(nights, ahead_s):
    """
    Kind: green without its happening. Optimes are compared with optimes: the clocks may differ by hours.

    A cluster that is ahead of Airflow had an empty time between the look and the restart, and nothing was found in it.
    """
    night = nights("tiny")
    replica_set = night.fake.replica_set("mongo-data", "shard0")
    for entry in replica_set.oplog:
        entry["ts"] = Timestamp(entry["ts"].time + ahead_s, entry["ts"].inc)
    write_once_its_primary_stops(replica_set, "metadata.Unit")
    night.run()
    assert (night.state, night.different) == ("failed", set())
    assert sorted(night.states["prove_nothing_written"]) == ["failed", "success"]
    assert night.records.read(records.MANIFEST) is None


def test_an_oplog_without_an_entry_of_that_time_proves_nothing(cold):
    """Kind: green without its happening. A set that was started again has at least the entry of its election."""
    cold.until(*cold.starts)
    marked = cold.records.read("quiet.mongo-data")["sets"]["mongo-data-shard1"]["optime"]
    cold.records.write("resumed.mongo-data-shard1", {"optime": marked})
    with pytest.raises(NotProvedError, match=r"mongo-data-shard1: the oplog of data-\d has no entry after"):
        cold.run("prove_nothing_written", **SHARD1)
    assert cold.records.read("unchanged.mongo-data-shard1") is None


def test_a_blink_costs_no_proof(cold, monkeypatch):
    """Kind: a good night that is not sealed. All that Vitam writes after its start would count as written meanwhile."""
    own, asked = PrimaryElectedSensor._optime, []

    async def optime(step):
        asked.append(step.part.name)
        if asked.count(step.part.name) == 1:
            raise PrimaryError("a blink", hint="")
        return await own(step)

    monkeypatch.setattr(PrimaryElectedSensor, "_optime", optime)
    monkeypatch.setattr(primary, "ASKED_AGAIN_AFTER_S", (0, 0))
    cold.until(*cold.starts)
    shard1(cold).write("metadata.Unit")
    assert cold.run("prove_nothing_written", **SHARD1)["since"]


def test_without_the_optime_of_the_restart_the_oplog_is_read_to_its_end(cold):
    """Nobody could ask the set before Vitam started: what Vitam writes then cannot be told from what should not be."""
    cold.until(*cold.starts)
    (cold.records.directory / "resumed.mongo-data-shard1.json").unlink()
    assert cold.run("prove_nothing_written", **SHARD1)["since"]
    shard1(cold).write("metadata.Unit")
    with pytest.raises(WrittenMeanwhileError, match=r"metadata\.Unit"):
        cold.run("prove_nothing_written", **SHARD1)


def test_how_far_a_set_was_is_noted_once(cold):
    """Who clears the group start at noon notes no later moment: Vitam writes by then."""
    cold.until(*cold.starts)
    noted = cold.records.read("resumed.mongo-data-shard1")
    shard1(cold).write("metadata.Unit")
    cold.run("await_primary_elected", **SHARD1)
    assert cold.records.read("resumed.mongo-data-shard1") == noted


def test_an_oplog_that_is_too_short_proves_nothing(nights):
    """It holds the last minutes only: what was written before them nobody knows."""
    night = nights("small")
    write_once_its_primary_stops(shard1(night), "config.transactions", "config.transactions", forget=True)
    night.run(securing="none_running")
    assert (night.state, night.different) == ("failed", set())
    assert sorted(night.states["prove_nothing_written"]) == ["failed"] + ["success"] * 4
    assert night.records.read(records.MANIFEST) is None


def test_an_oplog_that_is_too_short_is_named(cold):
    """With the command that makes it longer."""
    shard1(cold).write("config.transactions")
    del shard1(cold).oplog[:-1]
    cold.until(*cold.starts)
    with pytest.raises(
        NotProvedError, match=r"mongo-data-shard1: the oplog of data-\d begins after the look"
    ) as refused:
        cold.run("prove_nothing_written", **SHARD1)
    assert "replSetResizeOplog" in refused.value.hint


def test_what_was_never_quiet_has_nothing_to_prove(half):
    """Skipped, not red: the step that failed is."""
    with pytest.raises(AirflowSkipException, match=r"mongo-data-shard1 was not copied"):
        half.run("prove_nothing_written", **SHARD1)
