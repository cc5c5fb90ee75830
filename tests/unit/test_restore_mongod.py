"""A restore with real mongods: what a member left is recovered, rewritten, and started at another address."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient

from tests.fakes.cold import COUNTS, DOCUMENTS, ColdData
from tests.fakes.member import MONGOD, free_port, quick_end, running
from vitam_operators import scratch_mongod
from vitam_operators.config import Member, ReplicaSet
from vitam_operators.config_copies import DrillConfig
from vitam_operators.hooks.drills import ScratchHook, counts, documents
from vitam_operators.restores import checking, opening, rewriting

pytestmark = pytest.mark.skipif(
    not MONGOD.exists() and not os.environ.get("CI"),  # in CI they fail rather than not run
    reason="tools/setup puts the lab's mongod there",
)


class Data:
    """Cold data that was brought to a member's host."""

    def __init__(self, data: ColdData, home: Path) -> None:
        self.program, self.home, self.path, self.port = data.program, home, home / "db", free_port()
        self.settings = DrillConfig(mongod=str(data.program), cache_gb=0.25)
        data.copy_to(self.path)

    @asynccontextmanager
    async def opened(self, parameters: tuple[str, ...]) -> Any:
        """Open it by the very words of the package; the mongod has to close its files at the end."""
        job = scratch_mongod.opening(str(self.path), self.port, self.settings, {"directoryPerDB": True}, parameters)
        words = ["bash", "-c", job.script, "unit", *job.arguments]
        with running(words, self.port, self.home / "log", self.path) as process:
            key = Path(f"{self.path}.key").read_text(encoding="utf-8")
            async with ScratchHook(self.port, key).connect() as client:
                yield client
        assert process.returncode == 0, (self.home / "log").read_text(encoding="utf-8")[-2000:]
        assert (self.path / "mongod.lock").stat().st_size == 0

    async def rewrite(self, client: Any, addresses: list[str]) -> None:
        """Make it that of a set at other addresses."""
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
        words = [
            *(str(self.program), "--dbpath", str(self.path), "--directoryperdb", "--bind_ip", host, "--port", port)
        ]
        words += [*("--replSet", "shard0", "--keyFile", f"{self.path}.key", "--nounixsocket", "--oplogSize", "16")]
        words += quick_end(self.program)
        key = Path(f"{self.path}.key").read_text(encoding="utf-8")
        account = {"username": "__system", "password": key, "authSource": "local", "authMechanism": "SCRAM-SHA-256"}
        with (
            running(words, int(port), self.home / "log", self.path),
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


async def test_what_was_last_written_is_there_and_the_set_lives_elsewhere(each_mongod, cold_data, tmp_path):
    """
    Recovered, then rewritten: the set elects itself at its new address, has all documents, and takes writes.

    Rewritten twice it is the same: the connection may break behind the first time.
    """
    data = Data(cold_data(each_mongod), tmp_path)
    async with data.opened(opening.RECOVERING) as client:
        assert checking.data_of("shard", await counts(client)) == COUNTS
    address = f"127.0.0.1:{free_port()}"
    async with data.opened(opening.REWRITING) as client:
        await data.rewrite(client, [address])
        await data.rewrite(client, [address])
    found = data.as_member(address)
    assert found["documents"] == COUNTS["metadata.Unit"] + 1
    assert found["identity"]["configsvrConnectionString"] == "configsvr/b:2"
    assert [one["host"] for one in found["config"]["members"]] == [address]
    assert found["config"]["version"] == 2
    assert found["caches"] == []


async def test_not_recovered_it_would_lack_the_last_writes(cold_data: Callable[[Path], ColdData], tmp_path):
    """Why it is opened twice: a mongod that only writes does not look into the oplog."""
    async with Data(cold_data(MONGOD), tmp_path).opened(opening.REWRITING) as client:
        count = [{"$count": "n"}]
        answer = await client.command("aggregate", "Unit", database="metadata", pipeline=count, cursor={})
        assert answer["cursor"]["firstBatch"] == [{"n": DOCUMENTS["metadata.Unit"]}]
