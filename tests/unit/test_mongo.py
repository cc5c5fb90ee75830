"""Which member is copied, and whether a cluster is fit for a cold night: answers of MongoDB and their meaning."""

from __future__ import annotations

import datetime as dt

import pytest

from vitam_operators import mongo
from vitam_operators.config import Member, MongoCluster, ReplicaSet
from vitam_operators.errors import PrimaryError, RetryableError

PRIMARY = {"isWritablePrimary": True, "secondary": False, "setName": "shard0"}
SECONDARY = {"isWritablePrimary": False, "secondary": True, "setName": "shard0"}
ARBITER = {"isWritablePrimary": False, "secondary": False, "arbiterOnly": True, "setName": "shard0"}
STARTING = {"isWritablePrimary": False, "secondary": False}
SILENT = mongo.Silent("nobody listens there", "is the unit running?")
STANDALONE = {"isWritablePrimary": True}
ROUTER = {"isWritablePrimary": True, "msg": "isdbgrid"}
OF_SHARD1 = {"isWritablePrimary": True, "secondary": False, "setName": "shard1"}


def replica_set(name: str, *hosts: str) -> ReplicaSet:
    return ReplicaSet(name=name, members=tuple(Member(host=host) for host in hosts))


def cluster(*shards: str) -> MongoCluster:
    return MongoCluster(
        name="mongo-data",
        admin_conn_id="admin",
        localadmin_conn_id="localadmin",
        routers=("r1",),
        config_set=replica_set("configsvr", "c1"),
        shards=tuple(replica_set(name, f"{name}-a") for name in shards),
    )


# --- the primary -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hellos", "primary"),
    [
        ({"a": PRIMARY}, "a"),
        ({"a": SECONDARY, "b": PRIMARY, "c": SECONDARY}, "b"),
        ({"a": SILENT, "b": PRIMARY, "c": ARBITER}, "b"),
        ({"a": STARTING, "b": SECONDARY, "c": PRIMARY}, "c"),
        ({"a": STANDALONE, "b": PRIMARY}, "b"),
    ],
)
def test_the_one_primary(hellos, primary):
    assert mongo.primary_of("shard0", hellos) == primary


@pytest.mark.parametrize(
    ("hellos", "message"),
    [
        (
            {"a": SECONDARY, "b": SILENT},
            "replica set shard0 has 0 primaries, exactly 1 is needed; "
            "members: a: secondary of shard0, b: nobody listens there",
        ),
        (
            {"a": PRIMARY, "b": PRIMARY, "c": ARBITER},
            "replica set shard0 has 2 primaries, exactly 1 is needed; "
            "members: a: primary of shard0, b: primary of shard0, c: arbiter of shard0",
        ),
        ({"a": SILENT}, "replica set shard0 has 0 primaries, exactly 1 is needed; members: a: nobody listens there"),
        ({}, "replica set shard0 has 0 primaries, exactly 1 is needed; members: "),
        (
            {"a": STARTING},
            "replica set shard0 has 0 primaries, exactly 1 is needed; members: a: neither of None",
        ),
        (
            {"a": STANDALONE},
            "replica set shard0 has 0 primaries, exactly 1 is needed; members: a: primary of None",
        ),
        (
            {"a": ROUTER},
            "replica set shard0 has 0 primaries, exactly 1 is needed; members: a: primary of None",
        ),
    ],
)
def test_no_primary_or_two_is_an_error_that_names_each_member(hellos, message):
    """Nothing copied and yet green was the incumbent's worst night; a mongod without a set is nobody's primary."""
    with pytest.raises(PrimaryError) as raised:
        mongo.primary_of("shard0", hellos)
    assert raised.value.message == message
    wait = "wait for the election to end and clear this task; look at rs.status() on the members named"
    silent = SILENT in hellos.values()
    assert raised.value.hint == (f"{wait}; {SILENT.hint}" if silent else wait)
    assert isinstance(raised.value, RetryableError)


def test_a_stranger_is_an_error_even_beside_a_primary():
    """Ports swapped in the platform file: the config set would be copied under the name of a shard."""
    with pytest.raises(PrimaryError) as raised:
        mongo.primary_of("shard0", {"a": PRIMARY, "b": OF_SHARD1})
    assert raised.value.message == (
        "another set answers on b in place of replica set shard0; members: a: primary of shard0, b: primary of shard1"
    )
    assert raised.value.hint == "compare hosts, ports and names of sets in the platform file with rs.conf()"


# --- members ---------------------------------------------------------------------------------------------------------


def member(name: str, state: int, text: str, behind_s: int = 0, health: int = 1) -> dict:
    moment = dt.datetime(2026, 11, 23, 20, 0, tzinfo=dt.UTC) - dt.timedelta(seconds=behind_s)
    return {"name": name, "state": state, "stateStr": text, "health": health, "optimeDate": moment}


A, B, C = member("a:27019", 1, "PRIMARY"), member("b:27019", 2, "SECONDARY"), member("c:27019", 7, "ARBITER")
SET_OF_3 = replica_set("shard0", "a", "b", "c")


def test_servers_that_do_not_answer_are_told_with_why_and_what_to_do():
    found = mongo.silent_findings("mongo-data-shard0", {"a": PRIMARY, "b": SILENT})
    assert list(found) == ["mongo-data-shard0 on b: nobody listens there: is the unit running?"]


def test_what_answers_in_the_place_of_a_router():
    """Vitam's ports are not MongoDB's: 27018 and 27019 are easily exchanged, and 27017 is often a mongod's."""
    found = mongo.router_findings({"a": ROUTER, "b": PRIMARY, "c": SILENT})
    assert list(found) == [
        "mongos on c: nobody listens there: is the unit running?",
        "mongos on b: what answers is a mongod, no mongos: compare mongos.port in the platform file",
    ]


@pytest.mark.parametrize(
    ("members", "findings"),
    [
        ([A, B, C], []),
        (
            [A, member("b:27019", 3, "RECOVERING"), C],
            ["shard0: member b:27019 is RECOVERING, not PRIMARY or SECONDARY"],
        ),
        (
            [A, B, member("c:27019", 8, "(not reachable/healthy)", health=0)],
            ["shard0: member c:27019 is (not reachable/healthy), not PRIMARY or SECONDARY"],
        ),
        (
            [A, B, member("c:27019", 2, "SECONDARY", health=0)],
            ["shard0: member c:27019 is SECONDARY, not PRIMARY or SECONDARY"],
        ),
        ([A, B], ["shard0: rs.status() has 2 members, the platform file 3"]),
        ([A, B, C, member("d:27019", 2, "SECONDARY")], ["shard0: rs.status() has 4 members, the platform file 3"]),
        ([member("a:27019", 2, "SECONDARY"), B, C], ["shard0: 0 primaries, exactly 1 is needed"]),
        ([A, member("b:27019", 1, "PRIMARY"), C], ["shard0: 2 primaries, exactly 1 is needed"]),
        (
            [],
            [
                "shard0: 0 primaries, exactly 1 is needed",
                "shard0: rs.status() has 0 members, the platform file 3",
            ],
        ),
    ],
)
def test_findings_about_members(members, findings):
    assert list(mongo.member_findings(SET_OF_3, {"members": members})) == findings


@pytest.mark.parametrize(
    ("members", "lag_s"),
    [
        ([A], 0.0),
        ([A, B, C], 0.0),
        ([A, member("b", 2, "SECONDARY", behind_s=4), member("c", 2, "SECONDARY", behind_s=90)], 90.0),
        ([member("b", 2, "SECONDARY", behind_s=90), A], 90.0),
        ([member("b", 2, "SECONDARY", behind_s=-2), A], 0.0),
        ([A, member("c", 7, "ARBITER", behind_s=999)], 0.0),
        ([B], 0.0),
    ],
)
def test_the_slowest_secondary_counts(members, lag_s):
    assert mongo.lag_s({"members": members}) == lag_s


@pytest.mark.parametrize(
    ("settings", "copied"),
    [
        ({}, True),
        ({"arbiterOnly": False, "secondaryDelaySecs": 0}, True),
        ({"arbiterOnly": True}, False),
        ({"secondaryDelaySecs": 3600, "priority": 0, "hidden": True}, False),
        ({"slaveDelay": 3600}, False),
        ({"slaveDelay": 0}, True),
        ({"hidden": True, "priority": 0}, True),
    ],
)
def test_an_arbiter_and_a_delayed_member_are_never_copied(settings, copied):
    """The one has no data, the other yesterday's. MongoDB 5 gave slaveDelay its new name."""
    configuration = {"config": {"members": [{"host": "b:27019"}, {"host": "a:27019", **settings}]}}
    assert mongo.holds_current_data(configuration, "a:27019") is copied


def test_a_member_that_is_not_in_the_set_is_not_copied():
    configuration = {"config": {"members": [{"host": "a:27019"}]}}
    assert mongo.holds_current_data(configuration, "a:27018") is False


# --- shards and balancer ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shards", "findings"),
    [
        (["shard0/a:27019,b:27019", "shard1/c:27019"], []),
        (
            ["shard0/a:27019", "shard1/c:27019", "shard2/d:27019"],
            ["mongo-data: shard shard2 is in config.shards but not in the platform file, it would not be copied"],
        ),
        (
            ["shard1/c:27019"],
            ["mongo-data: shard shard0 is in the platform file but not in config.shards"],
        ),
        (
            ["shard1/c:27019", "other/d:27019"],
            [
                "mongo-data: shard other is in config.shards but not in the platform file, it would not be copied",
                "mongo-data: shard shard0 is in the platform file but not in config.shards",
            ],
        ),
        (
            [],
            [
                "mongo-data: shard shard0 is in the platform file but not in config.shards",
                "mongo-data: shard shard1 is in the platform file but not in config.shards",
            ],
        ),
    ],
)
def test_config_shards_and_the_platform_file_have_to_be_the_same(shards, findings):
    """The set's name counts, not the shard's `_id`, which an administrator may choose freely."""
    answer = [{"_id": f"rs-{number}", "host": host} for number, host in enumerate(shards)]
    assert list(mongo.shard_findings(cluster("shard0", "shard1"), answer)) == findings


@pytest.mark.parametrize(
    ("mode", "finding"),
    [
        ("full", None),
        ("off", None),
        ("autoSplitOnly", "c: the balancer is in mode 'autoSplitOnly'; only 'full' and 'off' can be put back"),
        (None, "c: the balancer is in mode None; only 'full' and 'off' can be put back"),
    ],
)
def test_balancer_modes(mode, finding):
    """What cannot be put back as it was is not touched."""
    assert mongo.balancer_finding("c", {"mode": mode}) == finding


@pytest.mark.parametrize(
    ("status", "migrations", "reason"),
    [
        ({"mode": "off", "inBalancerRound": False}, 0, None),
        ({"mode": "full", "inBalancerRound": False}, 0, "the balancer's mode is full, not off"),
        ({"mode": "off", "inBalancerRound": True}, 0, "a balancer round is running"),
        ({"mode": "off", "inBalancerRound": False}, 2, "2 chunk migrations are not finished"),
        ({}, 0, "the balancer's mode is None, not off"),
    ],
)
def test_why_a_stopped_balancer_is_not_idle(status, migrations, reason):
    assert mongo.busy_balancer(status, migrations) == reason
