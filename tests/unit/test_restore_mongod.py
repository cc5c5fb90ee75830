"""A restore with a real mongod: a member copied cold, recovered, rewritten, and started at another address."""

from __future__ import annotations

import os
import time
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient

from tests.fakes.member import MONGOD, free_port, member, running
from tests.unit.test_drill_mongod import _hold_the_checkpoint
from vitam_operators.config import Member, ReplicaSet
from vitam_operators.config_copies import DrillConfig
from vitam_operators.hooks.drills import ScratchHook, counts, documents
from vitam_operators.restores import checking, opening, rewriting

pytestmark = pytest.mark.skipif(
    not MONGOD.exists() and not os.environ.get("CI"),  # in CI they fail rather than not run
    reason="tools/setup puts the lab's mongod there",
)

DOCUMENTS, LATE = 300, 25
SETTINGS = DrillConfig(mongod=str(MONGOD), cache_gb=0.25)
IDENTITY = {"_id": "shardIdentity", "shardName": "shard0", "configsvrConnectionString": "configserver/a:1"}


class Data:
    """The data of a member that was closed while its last writes were in the oplog alone."""

    def __init__(self, home: Path) -> None:
        self.home, self.path, self.port = home, home / "db", free_port()
        with member(self.path) as client:
            client.metadata.Unit.insert_many([{"_id": i} for i in range(DOCUMENTS)])
            client.admin["system.version"].insert_one(IDENTITY)
            client.config["cache.collections"].insert_one({"_id": "metadata.Unit"})
            _hold_the_checkpoint(client)
            client.metadata.Unit.insert_many([{"_id": -1 - i} for i in range(LATE)])

    @asynccontextmanager
    async def opened(self, parameters: tuple[str, ...]) -> Any:
        """Open it by the very words of the package; the mongod has to close its files at the end."""
        job = opening.opening(str(self.path), self.port, SETTINGS, {"directoryPerDB": True}, parameters)
        words = ["bash", "-c", job.script, "unit", *job.arguments]
        with running(words, self.port, self.home / "log") as process:
            key = Path(f"{self.path}.key").read_text(encoding="utf-8")
            async with ScratchHook(self.port, key).connect() as client:
                yield client
        assert process.returncode == 0
        assert (self.path / "mongod.lock").stat().st_size == 0

    async def rewrite(self, addresses: list[str]) -> None:
        """Make it that of a set at other addresses."""
        async with self.opened(opening.REWRITING) as client:
            (found,) = await documents(client, "local.system.replset", {})
            members = tuple(Member(host=f"h{i}") for i, _ in enumerate(addresses))
            config = rewriting.configuration(found, ReplicaSet(name="shard0", members=members), addresses)
            answer = await client.command("listCollections", database="config")
            names = [one["name"] for one in answer["cursor"]["firstBatch"]]
            writes = rewriting.of_shard("shard0", "configsvr/b:2", names)
            for write in [*rewriting.of_member(config), *writes]:
                await client.command(write.command, write.collection, database=write.database, **write.more)

    def as_member(self, address: str) -> dict[str, Any]:
        """Start it in its set, and say what it holds once it is the primary."""
        host, port = address.split(":")
        words = [*(str(MONGOD), "--dbpath", str(self.path), "--directoryperdb", "--bind_ip", host, "--port", port)]
        words += [*("--replSet", "shard0", "--keyFile", f"{self.path}.key", "--nounixsocket", "--oplogSize", "16")]
        key = Path(f"{self.path}.key").read_text(encoding="utf-8")
        account = {"username": "__system", "password": key, "authSource": "local", "authMechanism": "SCRAM-SHA-256"}
        with (
            running(words, int(port), self.home / "log"),
            MongoClient[dict[str, Any]](host, int(port), directConnection=True, **account) as client,
        ):
            give_up = time.monotonic() + 60
            while not client.admin.command("isMaster")["ismaster"]:
                assert time.monotonic() < give_up, "it was not elected"
                time.sleep(0.05)
            client.metadata.Unit.insert_one({"_id": "written by the restored set"})
            return {
                "documents": client.metadata.Unit.count_documents({}),
                "identity": client.admin["system.version"].find_one({"_id": "shardIdentity"}),
                "config": client.admin.command("replSetGetConfig")["config"],
                "caches": [name for name in client.config.list_collection_names() if name.startswith("cache.")],
            }


@pytest.fixture
def data(tmp_path: Path) -> Data:
    """Give such data."""
    return Data(tmp_path)


async def test_what_was_last_written_is_there_and_the_set_lives_elsewhere(data):
    """Recovered, then rewritten: the set elects itself at its new address, has all documents, and takes writes."""
    async with data.opened(opening.RECOVERING) as client:
        assert checking.data_of("shard", await counts(client)) == {"metadata.Unit": DOCUMENTS + LATE}
    address = f"127.0.0.1:{free_port()}"
    await data.rewrite([address])
    found = data.as_member(address)
    assert found["documents"] == DOCUMENTS + LATE + 1
    assert found["identity"]["configsvrConnectionString"] == "configsvr/b:2"
    assert [one["host"] for one in found["config"]["members"]] == [address]
    assert found["config"]["version"] == 2
    assert found["caches"] == []


async def test_rewritten_twice_it_is_the_same(data):
    """The connection broke behind the first time."""
    async with data.opened(opening.RECOVERING):
        pass
    address = f"127.0.0.1:{free_port()}"
    await data.rewrite([address])
    await data.rewrite([address])
    assert data.as_member(address)["config"]["version"] == 2


async def test_not_recovered_it_would_lack_the_last_writes(data):
    """Why it is opened twice: a mongod that only writes does not look into the oplog."""
    async with data.opened(opening.REWRITING) as client:
        count = [{"$count": "n"}]
        answer = await client.command("aggregate", "Unit", database="metadata", pipeline=count, cursor={})
        assert answer["cursor"]["firstBatch"] == [{"n": DOCUMENTS}]


async def test_data_that_holds_a_link_is_not_opened(data):
    """Brought from a copy that an earlier version made: the link would lead to the files of the mongod that runs."""
    elsewhere = data.home / "journal"
    (data.path / "journal").rename(elsewhere)
    (data.path / "journal").symlink_to(elsewhere)
    job = opening.opening(str(data.path), data.port, SETTINGS, {}, opening.RECOVERING)
    with running(["bash", "-c", job.script, "unit", *job.arguments], data.port, data.home / "log") as process:
        assert process.wait(60) != 0
    assert "holds the symbolic link journal" in (data.home / "log").read_text(encoding="utf-8")
