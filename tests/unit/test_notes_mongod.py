"""What a night notes of MongoDB, asked of a real mongod with no more rights than Vitam's accounts have."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from bson import Timestamp
from bson.binary import Binary, UuidRepresentation
from bson.objectid import ObjectId
from pymongo import AsyncMongoClient

from tests.fakes.member import MONGOD, member
from vitam_operators.hooks import notes
from vitam_operators.hooks.mongo import MongoClient

pytestmark = pytest.mark.skipif(
    not MONGOD.exists() and not os.environ.get("CI"),  # in CI they fail rather than not run
    reason="tools/setup puts the lab's mongod there",
)

DOCUMENTS = {"metadata.Unit": 700, "logbook.LogbookOperation": 30, "report.Empty": 0}
UUID = Binary(b"0123456789abcdef", 4)
ACCOUNTS = {"localadmin": "clusterAdmin", "admin": "root", "nobody": {"role": "read", "db": "other"}}
CLUSTER = ObjectId()


@pytest.fixture(scope="module")
def mongod(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    """A member with some collections, a view, and what a config set says of chunks."""
    home = tmp_path_factory.mktemp("noted")
    with member(home / "db") as client:
        for namespace, number in DOCUMENTS.items():
            database, _, collection = namespace.partition(".")
            client[database].create_collection(collection)
            if number:
                client[database][collection].insert_many([{"_id": i} for i in range(number)])
        client.metadata.create_collection("a_view", viewOn="Unit", pipeline=[])
        for name, role in ACCOUNTS.items():
            client.admin.command("createUser", name, pwd=name, roles=[role])
        client.config.collections.insert_one({"_id": "metadata.Unit", "uuid": UUID})
        chunks = [("shard0", (1, 0)), ("shard1", (2, 0)), ("shard1", (2, 1))]
        client.config.chunks.insert_many([{"uuid": UUID, "shard": s, "lastmod": Timestamp(*at)} for s, at in chunks])
        client.config.version.insert_one({"_id": 1, "clusterId": CLUSTER})
        yield SimpleNamespace(port=client.address[1], home=home)


@asynccontextmanager
async def connected(mongod: SimpleNamespace, account: str) -> AsyncIterator[MongoClient]:
    options: dict[str, Any] = {"username": account, "password": account, "directConnection": True}
    async with AsyncMongoClient("127.0.0.1", mongod.port, **options) as driver:
        assert driver.codec_options.uuid_representation == UuidRepresentation.UNSPECIFIED
        yield MongoClient("a member", driver)


@pytest.mark.parametrize("account", ["localadmin", "admin"])
async def test_documents_are_counted_by_who_may_not_read_them(mongod, account):
    """Empty collections too: one that is missing in the copy is missed. A view holds nothing."""
    async with connected(mongod, account) as client:
        noted = await notes.count_notes(client, "shard")
    assert noted["counts"] == DOCUMENTS


async def test_of_a_config_set_only_the_catalogue_is_counted(mongod):
    """The rest of its config database changes by itself while a night copies."""
    async with connected(mongod, "localadmin") as client:
        counts = (await notes.count_notes(client, "config"))["counts"]
    assert {name: number for name, number in counts.items() if name.startswith("config.")} == {
        "config.chunks": 3,
        "config.collections": 1,
    }


async def test_a_member_tells_how_it_was_started_and_how_far_it_is(mongod):
    async with connected(mongod, "localadmin") as client:
        noted = await notes.member_notes(client, await client.command("replSetGetConfig"))
    assert (noted["version"], noted["fcv"], noted["term"]) == ("5.0.32", "5.0", 1)
    assert noted["storage"].items() >= {"engine": "wiredTiger", "directoryPerDB": True}.items()
    assert noted["key_file"] == str(mongod.home / "keyfile")
    assert noted["configuration"]["members"][0]["host"] == f"127.0.0.1:{mongod.port}"
    assert noted["optime"]["t"] == 1


async def test_chunks_and_the_clusters_id(mongod):
    async with connected(mongod, "admin") as client:
        assert await notes.cluster_notes(client) == {
            "cluster_id": str(CLUSTER),
            "chunks": {"metadata.Unit": {"shards": {"shard0": 1, "shard1": 2}, "version": [2, 1]}},
        }


async def test_an_account_without_rights_costs_only_the_notes(mongod):
    """It is told which right is missing; a night goes on without."""
    async with connected(mongod, "nobody") as client:
        found = [
            await notes.member_notes(client, {"config": {}}),
            await notes.cluster_notes(client),
        ]
    assert [list(one) for one in found] == [["not_noted"]] * 2
    assert all("not authorized" in one["not_noted"] for one in found)
