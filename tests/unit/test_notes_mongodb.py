"""What a night notes of MongoDB: in JSON, without what nobody needs, and the same for old and new servers."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from bson import Binary, Int64, ObjectId, Timestamp

from vitam_operators.notes_mongodb import chunk_facts, member_facts, plain

MOMENT = dt.datetime(2026, 11, 24, 20, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (Timestamp(17, 2), [17, 2]),
        (Int64(4), 4),
        (True, True),
        (None, None),
        (1.5, 1.5),
        (MOMENT, "2026-11-24T20:00:00+00:00"),
        (ObjectId("6b05d3c6e9300f40a37e56d5"), "6b05d3c6e9300f40a37e56d5"),
        ({"a": [{"b": Timestamp(1, 1)}]}, {"a": [{"b": [1, 1]}]}),
    ],
)
def test_documents_as_json(value, found):
    assert plain(value) == found
    assert json.loads(json.dumps(plain(value))) == found


def facts(**parsed):
    return member_facts(
        {"version": "6.0.5", "gitVersion": "abc"},
        {"argv": ["mongod", "--secret"], "parsed": parsed},
        {"featureCompatibilityVersion": {"version": "6.0"}},
        {"term": Int64(7), "optimes": {"appliedOpTime": {"ts": Timestamp(17, 2), "t": Int64(7)}}},
        {"config": {"_id": "shard0", "settings": {"replicaSetId": ObjectId("6b05d3c6e9300f40a37e56d5")}}},
    )


def test_a_member_as_it_is_stopped():
    """What a restore refuses or opens by: version, FCV, storage options, and who was in the set."""
    assert facts(storage={"dbPath": "/d", "directoryPerDB": True}, security={"keyFile": "/k"}) == {
        "version": "6.0.5",
        "git_version": "abc",
        "fcv": "6.0",
        "storage": {"engine": "wiredTiger", "dbPath": "/d", "directoryPerDB": True},
        "key_file": "/k",
        "configuration": {"_id": "shard0", "settings": {"replicaSetId": "6b05d3c6e9300f40a37e56d5"}},
        "optime": {"ts": [17, 2], "t": 7},
        "term": 7,
    }


def test_options_that_were_not_given_are_mongodbs_defaults():
    """Noted as such: a drill would take Vitam's for those of a set that was not asked."""
    found = facts(net={"tls": {"certificateKeyFilePassword": "s3cret"}})
    assert found["storage"] == {"engine": "wiredTiger", "directoryPerDB": False}
    assert found["key_file"] is None
    assert "s3cret" not in json.dumps(found)


UUID = Binary(b"0123456789abcdef", 4)


def group(of, shard, number, last):
    return {"_id": {"of": of, "shard": shard}, "number": number, "last": Timestamp(*last)}


@pytest.mark.parametrize("of", [UUID, bytes(UUID), "metadata.Unit"], ids=["5.0 and later", "as bytes", "before"])
def test_chunks_by_the_names_of_their_collections(of):
    groups = [group(of, "shard0", 2, (1, 9)), group(of, "shard1", 3, (2, 0))]
    found = chunk_facts(groups, [{"_id": "metadata.Unit", "uuid": UUID}, {"_id": "metadata.Gone"}])
    assert found == {"metadata.Unit": {"shards": {"shard0": 2, "shard1": 3}, "version": [2, 0]}}


def test_chunks_of_a_collection_that_nobody_knows_are_not_lost():
    found = chunk_facts([group(UUID, "shard0", 1, (1, 0))], [])
    assert list(found) == [UUID.hex()]
