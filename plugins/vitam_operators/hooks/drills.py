"""The mongod of a restore drill: reached through ssh, with the key that was made for it."""

from __future__ import annotations

from typing import Any

from vitam_operators.hooks.hosts import LOOPBACK
from vitam_operators.hooks.mongo import A_LOT, MongoClient, MongoHook

DATA_IS_DAMAGED = (22, 301)
"""InvalidBSON, DataCorruptionDetected: https://www.mongodb.com/docs/manual/reference/error-codes/."""


class ScratchHook(MongoHook):
    """
    Opens connections to a drill's mongod as ``__system``, the account of who has its key.

    It uses no Airflow connection: the accounts and the TLS settings of the cluster are not those of this mongod.

    :param port: of ours, that leads there
    :param key: its key
    """

    def __init__(self, port: int, key: str) -> None:
        super().__init__("", [f"{LOOPBACK}:{port}"], direct=True)
        self._key = key

    async def _account(self) -> dict[str, Any]:
        return {
            "username": "__system",
            "password": self._key,
            "authSource": "local",
            "authMechanism": "SCRAM-SHA-256",
        }

    @staticmethod
    def _limits() -> dict[str, Any]:
        """Return the driver's limits; reading a large collection has none: systemd ends the mongod in its time."""
        return {**MongoHook._limits(), "socketTimeoutMS": None}


async def counts(client: MongoClient) -> dict[str, int]:
    """Return each collection of a server, as ``database.collection``, with the count that MongoDB keeps of it."""
    found: dict[str, int] = {}
    for database in await _databases(client):
        answer = await client.command("listCollections", database=database, nameOnly=True, cursor={"batchSize": A_LOT})
        names = [one["name"] for one in answer["cursor"]["firstBatch"] if one["type"] == "collection"]
        found |= {f"{database}.{name}": await client.count(database, name) for name in names}
    return found


def damage_of(error: Exception) -> str | None:
    """
    Return the server's words if it refused a command because data is damaged; any other refusal proves nothing.

    :param error: what :meth:`.MongoClient.command` raised
    """
    from pymongo.errors import OperationFailure

    refusal = error.__cause__
    return str(refusal) if isinstance(refusal, OperationFailure) and refusal.code in DATA_IS_DAMAGED else None


async def _databases(client: MongoClient) -> list[str]:
    answer = await client.command("listDatabases", nameOnly=True)
    return [str(database["name"]) for database in answer["databases"]]


async def documents(client: MongoClient, namespace: str, condition: dict[str, Any]) -> list[Any]:
    """Return the documents of a small collection that meet a condition."""
    database, _, collection = namespace.partition(".")
    answer = await client.command("find", collection, database=database, filter=condition, batchSize=A_LOT)
    return list(answer["cursor"]["firstBatch"])
