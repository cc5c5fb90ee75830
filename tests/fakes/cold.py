"""
The data of a member that was closed in order while its last writes were in the oplog alone, of each real mongod.

No stand-in: the mongods of the lab write them themselves.

It is made once for each version in a session (the fixture ``cold_data``); a test that opens or damages it does so to a
copy. Left out: a cluster: it says that it is a shard, and was never one.
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pymongo import MongoClient

from tests.fakes.member import member

LABEL, PART = "20261124T190000Z", "mongo-data-shard0"
DOCUMENTS = {"metadata.Unit": 700, "metadata.ObjectGroup": 40, "logbook.LogbookOperation": 300}
LATE = 25
"""Documents that are written when no checkpoint can hold them any more: only the oplog has them."""
COUNTS = DOCUMENTS | {"metadata.Unit": DOCUMENTS["metadata.Unit"] + LATE}
IDENTITY = {"_id": "shardIdentity", "shardName": "shard0", "configsvrConnectionString": "configserver/a:1"}


@dataclass(frozen=True)
class ColdData:
    """
    Such data.

    :param program: the mongod that wrote it
    :param directory: its dbPath, which no test opens
    :param files: of each collection, below the directory
    """

    program: Path
    directory: Path
    files: dict[str, str]

    def copy_to(self, target: Path) -> None:
        """Copy it; a journal is a hundred MiB of nothing."""
        target.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cp", "--archive", "--sparse=always", self.directory, target], check=True)


def make_cold_data(program: Path, home: Path) -> ColdData:
    """Fill a member, let no checkpoint hold its last writes, close it."""
    with member(home / "db", program) as client:
        for namespace, number in DOCUMENTS.items():
            database, _, collection = namespace.partition(".")
            client[database][collection].insert_many([{"_id": i, "t": os.urandom(200).hex()} for i in range(number)])
            client[database][collection].create_index("t")
        client.admin["system.version"].insert_one(IDENTITY)
        client.config["cache.collections"].insert_one({"_id": "metadata.Unit"})
        files = {name: _file_of(client, name) for name in DOCUMENTS}
        _hold_the_checkpoint(client)
        client.metadata.Unit.insert_many([{"_id": -1 - i, "t": "late"} for i in range(LATE)])
    return ColdData(program, home / "db", files)


def _file_of(client: MongoClient[dict[str, Any]], namespace: str) -> str:
    database, _, collection = namespace.partition(".")
    uri = client[database].command("collStats", collection)["wiredTiger"]["uri"]
    return str(uri).partition("table:")[2] + ".wt"


def _hold_the_checkpoint(client: MongoClient[dict[str, Any]]) -> None:
    """
    Let no checkpoint hold what is written from now on, as when a primary stops before its secondaries have it.

    The fail point is MongoDB's own: mongodb/mongo@025efaf470f0 src/mongo/db/repl/storage_interface_impl.cpp,
    ``setStableTimestamp``.
    """
    now = client.local["oplog.rs"].find().sort("$natural", -1)[0]["ts"]
    client.admin.command(
        {"configureFailPoint": "holdStableTimestampAtSpecificTimestamp", "mode": "alwaysOn", "data": {"timestamp": now}}
    )
