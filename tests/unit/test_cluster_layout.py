"""A cluster that is not what the look has seen: kind of a copy that is whole in itself and lacks a part."""

from __future__ import annotations

import pytest

from vitam_operators.cluster_layout import changes, members_of

SHARDS = {"shard0": "shard0/a:27019,b:27019", "shard1": "shard1/c:27019"}
MEMBERS = {"c-configsvr": ["a:27018"], "c-shard0": ["a:27019", "b:27019"], "c-shard1": ["c:27019"]}
CHUNKS = {"metadata.Unit": {"shards": {"shard0": 2, "shard1": 1}, "version": [3, 0]}}
LOOK = {"shards": SHARDS, "members": MEMBERS, "chunks": CHUNKS}


def test_the_same_cluster():
    """In another order, and with chunks that the balancer has moved until it was stopped."""
    now = {
        "shards": {"shard1": "shard1/c:27019", "shard0": "shard0/b:27019,a:27019"},
        "members": dict(reversed(MEMBERS.items())),
        "chunks": {"metadata.Unit": {"shards": {"shard1": 3}, "version": [4, 0]}, "a.new": {"shards": {"shard0": 1}}},
    }
    assert list(changes("c", LOOK, now)) == []


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({"shards": {**SHARDS, "shard2": "shard2/d:1"}}, "c: shard shard2 was added since the look, it is in no copy"),
        ({"shards": {"shard0": SHARDS["shard0"]}}, "c: shard shard1 was removed since the look"),
        (
            {"shards": {**SHARDS, "shard1": "shard1/c:27019,d:27019"}},
            "c: shard shard1 was shard1/c:27019 at the look, now it is shard1/c:27019,d:27019",
        ),
        (
            {"members": {**MEMBERS, "c-shard1": ["c:27019", "d:27019"]}},
            "c-shard1: member d:27019 was added since the look, it is in no copy",
        ),
        ({"members": {**MEMBERS, "c-shard0": ["a:27019"]}}, "c-shard0: member b:27019 was removed since the look"),
        (
            {"chunks": {"a.b": {"shards": {"shard0": 1, "shard9": 1}}}},
            "c: a.b has chunks on shard shard9, which the look did not see",
        ),
    ],
)
def test_what_came_since_is_named(changed, found):
    assert list(changes("c", LOOK, {**LOOK, **changed})) == [found]


def test_what_an_older_version_did_not_note_is_not_compared():
    """Its night has no members in what it was opened with, and a cluster that may not be asked has no chunks."""
    now = {"shards": SHARDS, "members": MEMBERS, "not_noted": "not authorized"}
    assert list(changes("c", {"shards": SHARDS}, now)) == []


def test_members_are_those_of_the_configuration():
    """Also an arbiter, and one that is hidden: who adds one has changed the set."""
    members = [{"host": "b:1", "arbiterOnly": True}, {"host": "a:1"}]
    assert members_of({"config": {"_id": "shard0", "members": members}}) == ["a:1", "b:1"]
