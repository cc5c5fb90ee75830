"""
How a service's stand-in writes: it asks a mongos who owns a document, then writes to that shard's primary.

A real Vitam service writes through mongos. The lab's mongos routes no data, so this is the detour around it.
"""

from __future__ import annotations

from typing import Any

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from lab.sharding import ChunkMap, read_chunks

TIMEOUT_MS = 2500


class Shards:
    """A service's connections: to the routers for the chunk map, to the shards for the documents."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self._account = {"username": settings["user"], "password": settings["password"], "authSource": "admin"}
        self._routers = [f"mongodb://{address}" for address in settings["mongos"]]
        self._shards = {name: self._connect(members) for name, members in settings["shards"].items()}
        self._home = sorted(self._shards)[0]
        self._chunks: dict[str, ChunkMap] = {}

    def _connect(self, members: str) -> MongoClient[Any]:
        set_name, _, hosts = members.partition("/")
        return MongoClient(hosts.split(","), replicaSet=set_name, **self._options())

    def _options(self) -> dict[str, Any]:
        return {
            **self._account,
            "uuidRepresentation": "standard",
            "serverSelectionTimeoutMS": TIMEOUT_MS,
            "connectTimeoutMS": TIMEOUT_MS,
            "socketTimeoutMS": 10000,
        }

    def learn(self, namespace: str) -> None:
        """
        Read the chunk map of a collection anew, from the first router that answers.

        :raises PyMongoError: when none does.
        :raises LookupError: when the collection is not sharded.
        """
        failure: PyMongoError | None = None
        for router in self._routers:
            try:
                with MongoClient(router, **self._options()) as client:
                    chunks = read_chunks(client.config, namespace)
            except PyMongoError as error:
                failure = error
                continue
            if chunks is None:
                raise LookupError(f"{namespace} is not sharded")
            self._chunks[namespace] = chunks
            return
        raise failure or LookupError("no mongos is configured")

    def insert(self, namespace: str, document: dict[str, Any]) -> None:
        """Insert a document on the shard that owns it."""
        if namespace not in self._chunks:
            self.learn(namespace)
        database, _, collection = namespace.partition(".")
        owner = self._chunks[namespace].owner(document["_id"])
        self._shards[owner][database][collection].insert_one(document)

    def unsharded(self, namespace: str) -> Any:
        """Return a collection that is not sharded, on its database's primary shard."""
        database, _, collection = namespace.partition(".")
        return self._shards[self._home][database][collection]

    def ping(self) -> None:
        """
        Ask each shard's primary for a sign of life.

        :raises PyMongoError: when one has none.
        """
        for client in self._shards.values():
            client.admin.command("ping")
