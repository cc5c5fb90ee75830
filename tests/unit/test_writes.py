"""Who may still write, and who has written: each answer of a MongoDB has its verdict here."""

from __future__ import annotations

import datetime as dt

import pytest
from bson import ObjectId, Timestamp

from tests.fakes.matching import matches
from vitam_operators import writes
from vitam_operators.parts import CONFIG, SHARD

# --- index builds ----------------------------------------------------------------------------------------------------

THREAD = {"type": "op", "desc": "ftdc", "active": True}
CREATE = {"createIndexes": "Unit", "indexes": [], "$db": "metadata"}
UNIT_INDEX = "an index of metadata.Unit is being built"
WITHOUT_NAME = {"msg": "Index Build: draining", "ns": ""}


@pytest.mark.parametrize(
    ("operations", "found"),
    [
        ([THREAD], []),
        ([{"command": {"insert": "Unit"}, "ns": "metadata.Unit"}], []),
        ([{"command": CREATE, "ns": "metadata.Unit"}], [UNIT_INDEX]),
        ([{"command": CREATE, "ns": "metadata.Unit"}, {"command": CREATE, "ns": ""}], [UNIT_INDEX]),
        ([{"command": CREATE, "ns": ""}], [UNIT_INDEX]),
        ([{"msg": "Index Build: scanning collection", "ns": "a.b"}], ["an index of a.b is being built"]),
        ([WITHOUT_NAME, WITHOUT_NAME], ["an index of an unknown collection is being built"]),
    ],
)
def test_index_builds(operations, found):
    """A mongod that stops in one starts it anew for hours, with the platform waiting."""
    assert list(writes.index_builds(operations)) == found


# --- members ---------------------------------------------------------------------------------------------------------

LAST, EARLIER, LATER = (Timestamp(1_795_000_000, number) for number in (7, 6, 8))
STATES = {1: "PRIMARY", 2: "SECONDARY", 3: "RECOVERING", 5: "STARTUP2", 7: "ARBITER", 8: "(not reachable/healthy)"}


def member(name: str, state: int, at: Timestamp | None = LAST) -> dict:
    """One member in ``replSetGetStatus``; an arbiter has no optime."""
    return {"name": name, "state": state, "stateStr": STATES[state], **({"optime": {"ts": at, "t": 3}} if at else {})}


A, B, C = member("a:27019", 1), member("b:27019", 2), member("c:27019", 7, None)


def status(*members: dict, committed: Timestamp = LAST) -> dict:
    """``replSetGetStatus`` of the primary."""
    return {"optimes": {"appliedOpTime": {"ts": LAST}, "lastCommittedOpTime": {"ts": committed}}, "members": members}


@pytest.mark.parametrize(
    ("found", "delayed", "words"),
    [
        (status(A, B, C), (), []),
        (status(A), (), []),
        (status(member("a:27019", 1, LATER), B, committed=LATER), (), []),
        (status(A, member("b:27019", 2, EARLIER)), (), [f"b:27019 is at {EARLIER}, the primary at {LAST}"]),
        (status(A, member("b:27019", 2, EARLIER)), {"b:27019"}, []),
        (status(A, member("b:27019", 2, None)), (), [f"b:27019 is at None, the primary at {LAST}"]),
        (status(A, member("b:27019", 8)), (), ["b:27019 is (not reachable/healthy)"]),
        (status(A, member("b:27019", 8)), {"b:27019"}, ["b:27019 is (not reachable/healthy)"]),
        (status(A, member("b:27019", 3), member("d:27019", 5)), (), ["b:27019 is RECOVERING", "d:27019 is STARTUP2"]),
        (
            status(A, B, C, committed=EARLIER),
            (),
            [f"the last write of the primary ({LAST}) is not on a majority yet ({EARLIER})"],
        ),
    ],
)
def test_members_that_are_behind(found, delayed, words):
    """The primary is copied and starts again behind the one elected since: what only it had is rolled back."""
    assert list(writes.behind(found, LAST, delayed)) == words


@pytest.mark.parametrize(
    ("settings", "delayed"),
    [
        ({}, set()),
        ({"secondaryDelaySecs": 0}, set()),
        ({"secondaryDelaySecs": 3600}, {"b:27019"}),
        ({"slaveDelay": 3600}, {"b:27019"}),
        ({"slaveDelay": 0, "hidden": True}, set()),
    ],
)
def test_members_that_are_behind_on_purpose(settings, delayed):
    """MongoDB 5 gave slaveDelay its new name."""
    configuration = {"config": {"members": [{"host": "a:27019"}, {"host": "b:27019", **settings}]}}
    assert writes.delayed_members(configuration) == delayed


# --- the oplog -------------------------------------------------------------------------------------------------------

AFTER, MEANWHILE, BEFORE = Timestamp(1000, 5), Timestamp(1500, 1), Timestamp(2000, 0)
MOMENT = dt.datetime(2026, 11, 24, 1, 2, 3)


def entry(namespace: str, op: str = "i", at: Timestamp = MEANWHILE, **more) -> dict:
    """One entry of ``local.oplog.rs``."""
    return {"ts": at, "op": op, "ns": namespace, "o": {"_id": 1}, "wall": MOMENT, **more}


def apply_ops(*namespaces: str) -> dict:
    """A transaction: one entry, with its writes inside."""
    inner = [{"op": "u", "ns": namespace, "o": {}} for namespace in namespaces]
    return entry("admin.$cmd", "c", o={"applyOps": inner})


@pytest.mark.parametrize(
    ("written", "on_shard", "on_config_set"),
    [
        (entry("metadata.Unit"), True, True),
        (entry("metadata.Unit", "d", fromMigrate=True), True, True),
        (entry("metadata.$cmd", "c", o={"create": "Unit"}), True, True),
        (entry("metadata.$cmd", "c", o={"dropDatabase": 1}), True, True),
        (entry("configuration.Any"), True, True),
        (entry("administration.Any"), True, True),
        (entry("localities.Any"), True, True),
        (entry("", "n", o={"msg": "periodic noop"}), False, False),
        (entry("metadata.Unit", "n"), False, False),
        (entry("admin.system.users"), False, False),
        (entry("admin.system.keys"), False, False),
        (entry("local.replset.election"), False, False),
        (entry("config.transactions"), False, False),
        (entry("config.system.sessions", "d"), False, False),
        (entry("config.lockpings", "u"), False, False),
        (entry("config.mongos", "u"), False, False),
        (entry("config.settings", "u"), False, False),
        (entry("config.changelog"), False, False),
        (entry("config.chunks", "u"), False, True),
        (entry("config.collections", "u"), False, True),
        (entry("config.databases", "u"), False, True),
        (entry("config.shards", "d"), False, True),
        (entry("config.tags"), False, True),
        (entry("config.chunks_of_old"), False, False),
        (apply_ops("config.lockpings"), False, False),
        (apply_ops("config.lockpings", "config.chunks"), False, True),
        (apply_ops("config.transactions", "metadata.Unit"), True, True),
        (apply_ops(), False, False),
    ],
    ids=lambda value: value["ns"] if isinstance(value, dict) else "",
)
def test_writes_that_are_not_the_clusters_own(written, on_shard, on_config_set):
    """A mongod keeps books all night; data is what is in no book, and on a config set where the data is."""
    found = [matches(written, writes.foreign_writes(kind, AFTER, BEFORE)) for kind in (SHARD, CONFIG)]
    assert found == [on_shard, on_config_set]


@pytest.mark.parametrize(
    ("at", "counts"),
    [
        (Timestamp(1000, 5), False),
        (Timestamp(1000, 6), True),
        (Timestamp(1001, 1), True),
        (Timestamp(1999, 9), True),
        (Timestamp(2000, 0), True),
        (Timestamp(2000, 1), False),
    ],
)
def test_only_what_was_written_between_the_look_and_the_restart_counts(at, counts):
    """Vitam writes before and afterwards: that is no fault of the copies."""
    assert matches(entry("metadata.Unit", at=at), writes.foreign_writes(SHARD, AFTER, BEFORE)) is counts


@pytest.mark.parametrize(
    ("until", "found"),
    [(BEFORE, [MEANWHILE]), (None, [MEANWHILE, Timestamp(2000, 1)]), (AFTER, []), (Timestamp(7, 1), [])],
)
def test_a_time_is_told_by_optimes_alone(until, found):
    """Kind: green without its happening. A time that ends before it begins holds nothing, and proves nothing."""
    entries = [entry("", "n", at=at) for at in (AFTER, MEANWHILE, Timestamp(2000, 1))]
    assert [one["ts"] for one in entries if matches(one, writes.between(AFTER, until))] == found


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ([], []),
        ([entry("metadata.Unit")], ["metadata.Unit at 01:02:03 UTC"]),
        ([{"ns": "metadata.Unit"}], ["metadata.Unit"]),
        (
            [entry("metadata.Unit"), entry("metadata.Unit", wall=MOMENT + dt.timedelta(hours=1)), entry("logbook.Any")],
            ["metadata.Unit at 01:02:03 UTC", "logbook.Any at 01:02:03 UTC"],
        ),
        ([apply_ops("a.x", "b.y")], ["a.x at 01:02:03 UTC", "b.y at 01:02:03 UTC"]),
        ([entry("a.$cmd", "c", o={"create": "x"})], ["a.$cmd at 01:02:03 UTC"]),
        ([entry("config.collections", o={"_id": "a.x"})], ["config.collections (a.x) at 01:02:03 UTC"]),
        ([entry("config.shards", "u", o={"$v": 2}, o2={"_id": "s1"})], ["config.shards (s1) at 01:02:03 UTC"]),
        ([entry("config.chunks", o={"_id": ObjectId()})], ["config.chunks at 01:02:03 UTC"]),
        ([entry("metadata.Unit", o={"_id": "private"})], ["metadata.Unit at 01:02:03 UTC"]),
    ],
)
def test_what_was_written_in_words(entries, words):
    """A line for each namespace with its first moment: who wrote is found by it."""
    assert list(writes.written(entries)) == words
