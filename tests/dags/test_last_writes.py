"""Nobody writes any more: proved on every server before the first primary is stopped, or nothing is copied."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from bson import Timestamp

from tests.fakes.mongo import client_of
from tests.fakes.platform import FakePlatform
from vitam_operators.errors import MongoUnreachableError, PrimaryError, StillWritingError
from vitam_operators.platforms import platform_at
from vitam_operators.triggers.mongo import BalancerIdle, NobodyWrites

DATA = {"cluster": "mongo-data"}
QUIET = "mongo-data: nobody writes, every member is as far as its primary"


@pytest.fixture
def quiet(nights, monkeypatch):
    """A platform to which no service of Vitam is connected."""
    night = nights("small")
    for cluster in night.fake.clusters.values():
        monkeypatch.setattr(cluster, "vitam", list)
    return night


@pytest.fixture
def wait(platform_files):
    """The wait for the data's cluster."""
    return NobodyWrites(str(platform_files("small")), "mongo-data")


@pytest.fixture
def stopped(half):
    """A night in which Vitam is stopped and the balancers are idle; MongoDB still runs."""
    stops = [step for step in half.steps if step.startswith("stop_") and "primary" not in step]
    return half.until("arm_restart_guard", *stops, "await_balancer_idle")


def shard1(night):
    """A shard of the data."""
    return night.fake.replica_set("mongo-data", "shard1")


def build_an_index(night):
    """Somebody began one at noon."""
    shard1(night).clients.append({"type": "op", "desc": "IndexBuilds-0", "msg": "Index Build: draining", "ns": "a.b"})


def lag(night):
    """The other members of shard1 are five seconds behind."""
    shard1(night).lag_s = 5


def leave_uncommitted(night):
    """The last write of shard1 is on its primary alone."""
    shard1(night).committed = Timestamp(1, 1)


def connect(where, account="metadata"):
    """Connect a client to a replica set, or to the routers."""

    def spoil(night):
        cluster = night.fake.clusters["mongo-data"]
        place = cluster if where == "mongos" else night.fake.replica_set("mongo-data", where)
        place.clients.append(client_of(account, "nodejs|mongosh", "mongosh 2.3"))

    return spoil


MONGOSH = "mongosh 2.3 from 10.0.0.7 as metadata is connected"


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (connect("mongos"), f"mongos on data-1: {MONGOSH}"),
        (connect("shard1"), f"mongo-data-shard1: {MONGOSH} to data-4"),
        (connect("configsvr"), f"mongo-data-configsvr: {MONGOSH} to data-1"),
        (build_an_index, "mongo-data-shard1: an index of a.b is being built"),
        (lag, "mongo-data-shard1: 10.3.0.15:27019 is at Timestamp("),
        (leave_uncommitted, "mongo-data-shard1: the last write of the primary (Timestamp("),
    ],
)
async def test_what_speaks_against_a_copy_is_named(quiet, wait, spoil, words):
    """Who is on duty has two minutes to find who it is."""
    assert (await wait.look()).words == QUIET
    spoil(quiet)
    report = await wait.look()
    assert not report.done
    assert words in report.words


async def test_a_balancer_is_idle_once_shards_have_deleted_what_they_gave_away(quiet, wait):
    """A chunk was moved in the evening; its documents stay for a quarter of an hour on the shard that gave it away."""
    idle = BalancerIdle(wait.platform_file, "mongo-data")
    cluster = quiet.fake.clusters["mongo-data"]
    cluster.mode, cluster.rounds_left, cluster.migrations_left = "off", 0, 0
    shard1(quiet).ranges_left = 2
    assert (await idle.look()).words == (
        "mongo-data: mongo-data-shard1: 2 ranges wait for their deletion after a migration"
    )
    shard1(quiet).ranges_left = 0
    assert (await idle.look()).done


async def test_vitam_itself_is_a_client(nights, wait):
    """Each service that has not stopped yet is seen: the proof does not rest on the steps before it."""
    nights("small")
    report = await wait.look()
    for service, address in (("logbook", "10.1.0.2"), ("metadata", "10.1.0.2"), ("offer", "10.1.0.21")):
        assert f"mongos on data-2: mongo-java-driver|sync from {address} as {service} is connected" in report.words


@pytest.mark.parametrize(
    ("unit", "address"),
    [("mongod@data-5", "10.3.0.15:27019"), ("mongod@data-4", "10.3.0.14:27019"), ("mongos@data-2", "10.3.0.12:27017")],
)
async def test_a_server_that_is_away_proves_nothing(quiet, wait, unit, address):
    """A member that cannot be asked may have a client, and may come back with it."""
    quiet.fake.unit(unit).end(0)
    with pytest.raises(MongoUnreachableError, match=f"MongoDB at {address} did not do what it was asked"):
        await wait.look()


async def test_a_set_without_a_primary_proves_nothing(quiet, wait):
    """Nobody can say which member has everything."""
    for host in ("data-4", "data-5"):
        quiet.fake.unit(f"mongod@{host}").end(0)
    with pytest.raises(PrimaryError, match="replica set shard1 has 0 primaries"):
        await wait.look()


async def test_a_member_that_is_behind_on_purpose_is_no_hindrance(quiet, wait):
    """It is never copied, and would have the last write in an hour."""
    shard1(quiet).members[2].delay_s = 3600
    assert (await wait.look()).words == QUIET


async def test_a_monitoring_may_stay(platform_files, tmp_path, monkeypatch):
    """Its account is in the platform file: it only reads, and looks every ten seconds."""
    text = platform_files("tiny").read_text(encoding="utf-8")
    path = tmp_path / "platform.yaml"
    path.write_text(text.replace("  routers: [data]", "  routers: [data]\n  readers: [exporter]"), encoding="utf-8")
    fake = FakePlatform(platform_at(str(path)))
    fake.install(monkeypatch)
    monkeypatch.setattr(fake.clusters["mongo-data"], "vitam", list)
    for where in ("shard0", "configsvr", "mongos"):
        connect(where, "exporter")(SimpleNamespace(fake=fake))
    wait = NobodyWrites(str(path), "mongo-data")
    assert (await wait.look()).done
    connect("mongos", "metadata")(SimpleNamespace(fake=fake))
    assert not (await wait.look()).done


def test_the_proof_notes_where_each_set_was(stopped):
    """The oplog is read from there afterwards; and a second try does not ask servers that are stopped by now."""
    before = shard1(stopped).optime
    stopped.until("await_nobody_writes", "stop_shard_primary", "stop_config_primary")
    quiet = stopped.records.read("quiet.mongo-data")
    assert set(quiet["sets"]) == {"mongo-data-configsvr", "mongo-data-shard0", "mongo-data-shard1"}
    assert quiet["sets"]["mongo-data-shard1"] == {"primary": "data-4", "optime": [before.time, before.inc]}
    assert stopped.run("await_nobody_writes", **DATA) is None
    assert stopped.records.read("quiet.mongo-data") == quiet


def test_one_that_stays_is_told_with_what_to_do(stopped):
    """The night ends here; the hint has both ways out."""
    connect("shard1", "mongodb-exporter")(stopped)
    with pytest.raises(
        StillWritingError, match=r"mongosh 2.3 from 10.0.0.7 as mongodb-exporter is connected to data-4"
    ) as e:
        stopped.run("await_nobody_writes", **DATA)
    assert "stop the client that is named, or name it under readers" in e.value.hint
    assert stopped.records.read("quiet.mongo-data") is None


@pytest.mark.parametrize("where", ["shard0", "mongos"])
def test_a_client_that_stays_costs_the_night_and_nothing_else(nights, where):
    """Nothing of MongoDB is stopped, nothing is copied, and the platform is as before."""
    night = nights("tiny")
    connect(where)(night)
    night.run()
    assert (night.state, night.different) == ("failed", set())
    assert night.states["await_nobody_writes"] == ["failed"]
    told = [change.split()[:2] for change in night.changes]
    assert not [words for words in told if words[0] == "run" or words == ["stop", "vitam-mongod.service"]]
    assert ["stop", "vitam-mongoc.service"] not in told


def test_a_client_that_goes_is_waited_for(nights, monkeypatch):
    """A pool that is closed takes its seconds."""
    night = nights("tiny")
    cluster, asked = night.fake.clusters["mongo-data"], iter(range(100))
    monkeypatch.setattr(cluster, "vitam", lambda: [client_of("metadata")] if next(asked) < 5 else [])
    night.run()
    assert next(asked) > 5
    assert (night.state, night.different) == ("success", set())
