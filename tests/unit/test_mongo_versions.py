"""What a night asks of a member, on each real mongod: the answers mean the same, whatever MongoDB it is."""

from __future__ import annotations

import threading
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import pytest_asyncio
from bson import Timestamp
from pymongo import AsyncMongoClient
from pymongo import MongoClient as Driver

from tests.fakes.member import member
from vitam_operators import clients, mongo, writes
from vitam_operators.config import ReplicaSet
from vitam_operators.hooks import notes
from vitam_operators.hooks.mongo import MongoClient
from vitam_operators.on_host import restart_guard

EVER = Timestamp(2**31 - 1, 1)
BUILDS_HANG = ("configureFailPoint", "hangAfterStartingIndexBuild")
WITHIN_S = 30


@pytest.fixture(scope="module")
def mongod(each_mongod: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    """A member, with the account that Vitam gives the backup there (``clusterAdmin``), and one of a service."""
    with member(tmp_path_factory.mktemp("asked") / "db", each_mongod) as owner:
        owner.admin.command("createUser", "localadmin", pwd="hush", roles=["clusterAdmin"])
        owner.admin.command("createUser", "metadata", pwd="hush", roles=[{"role": "readWrite", "db": "metadata"}])
        owner.metadata.Unit.insert_one({"_id": 1})
        yield SimpleNamespace(owner=owner, port=owner.address[1], version=each_mongod.parent.name)


def account(mongod: SimpleNamespace, name: str, **more: Any) -> dict[str, Any]:
    """Return the driver's options for an account."""
    direct = {"host": "127.0.0.1", "port": mongod.port, "directConnection": True}
    return {**direct, "username": name, "password": "hush", **more}


@pytest_asyncio.fixture
async def client(mongod: SimpleNamespace) -> AsyncIterator[MongoClient]:
    async with AsyncMongoClient(**account(mongod, "localadmin", appname=clients.OUR_NAME)) as driver:
        yield MongoClient("a member", driver)


async def test_who_is_the_primary(mongod, client):
    """``hello`` is not known to 4.2.6; what its forerunner answers has to be the same."""
    hello = await client.hello()
    assert (hello["setName"], hello["me"]) == ("shard0", f"127.0.0.1:{mongod.port}")
    assert (hello["isWritablePrimary"], hello["secondary"]) == (True, False)
    assert mongo.primary_of("shard0", {"one": hello}) == "one"


def test_the_restart_guard_is_told_so_too(mongod):
    """It speaks the protocol itself, and has no account."""
    assert restart_guard.is_primary(f"127.0.0.1:{mongod.port}")


async def test_how_the_members_are(mongod, client):
    replica_set = ReplicaSet(name="shard0", members=[{"host": "one"}])
    status = await client.command("replSetGetStatus")
    assert list(mongo.member_findings(replica_set, status)) == []
    assert mongo.lag_s(status) == 0
    assert list(writes.behind(status, status["optimes"]["lastCommittedOpTime"]["ts"], ())) == []
    configuration = await client.command("replSetGetConfig")
    assert mongo.holds_current_data(configuration, f"127.0.0.1:{mongod.port}")
    assert writes.delayed_members(configuration) == set()


async def test_who_is_connected(mongod, client):
    """An idle connection of a service is named; its monitor, which cannot log in, and ours are not."""
    assert clients.clients(await client.operations()) == []
    with Driver(**account(mongod, "metadata", appname="metadata")) as service:
        service.metadata.command("ping")
        found = [str(one) for one in clients.clients(await client.operations())]
    assert found == ["metadata from 127.0.0.1 as metadata"]


async def test_an_index_build_is_named_once(mongod, client):
    """From 4.4 on it is several operations, and in one of them ``ns`` is empty."""
    create = threading.Thread(target=mongod.owner.metadata.Unit.create_index, args=[[("name", 1)]])
    mongod.owner.admin.command(*BUILDS_HANG, mode="alwaysOn")
    try:
        create.start()
        give_up = time.monotonic() + WITHIN_S
        while not (found := list(writes.index_builds(await client.operations()))):
            assert time.monotonic() < give_up
    finally:
        mongod.owner.admin.command(*BUILDS_HANG, mode="off")
        create.join(WITHIN_S)
    assert found == ["an index of metadata.Unit is being built"]
    assert not create.is_alive()


@pytest.mark.parametrize("kind", ["shard", "config"])
async def test_what_was_written(mongod, client, kind):
    """Each write of data has its line; the server's own, and what it keeps in ``config`` and ``admin``, have none."""
    before = writes.applied(await client.command("replSetGetStatus"))
    assert (await client.oplog({"ts": {"$lte": before}}, limit=1))[0]["ts"] <= before
    mongod.owner.config.Unit.insert_one({})
    mongod.owner.metadata.Unit.update_one({"_id": 1}, {"$inc": {"n": 1}})
    found = await client.oplog(writes.foreign_writes(kind, before, EVER), limit=20)
    assert [words.partition(" at ")[0] for words in writes.written(found)] == ["metadata.Unit"]


async def test_what_is_noted_of_a_member(mongod, client):
    noted = await notes.member_notes(client, await client.command("replSetGetConfig"))
    assert (noted["version"], noted["fcv"]) == (mongod.version, mongod.version.rpartition(".")[0])
    assert noted["storage"]["directoryPerDB"] is True
    assert (await notes.count_notes(client, "shard"))["counts"] == {"metadata.Unit": 1}


async def test_nothing_moves_where_no_chunk_was_moved(client):
    """4.2 has no such collection: what it still has to delete is in its memory alone."""
    assert await client.moving_ranges() == 0
