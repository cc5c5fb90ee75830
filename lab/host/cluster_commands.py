"""
What a mongos asks of a cluster's servers to make a database and a sharded collection, by the version of MongoDB.

4.2 and 4.4 have the config primary do all of it (``_configsvrEnableSharding``, ``_configsvrShardCollection``); from 5.0
on the primary shard makes the collection (``_shardsvrCreateCollection``), and 5.0 alone wants ``enableSharding`` said.
As listCommands of 4.2.6, 4.4.2, 5.0.32 and 6.0.27 have them; what each answers was tried.
"""

from __future__ import annotations

from typing import Any

from bson import SON, Binary
from pymongo import MongoClient

MAJORITY = {"w": "majority", "wtimeout": 30000}
SESSIONS = "config.system.sessions"


class Commands:
    """
    The commands of one cluster.

    :param config: a client of its config set.
    """

    def __init__(self, config: MongoClient[Any]) -> None:
        self._config = config
        self._by_config_server = config.server_info()["versionArray"][0] < 5

    def create_database(self, name: str, primary: str) -> None:
        """
        Make a database that may hold sharded collections.

        :param primary: the shard that holds what is not sharded.
        """
        if self._by_config_server:
            self._command("_configsvrEnableSharding", name, primaryShard=primary)
        else:
            self._command("_configsvrCreateDatabase", name, primaryShardId=primary, enableSharding=True)

    def shard_by_hash(self, namespace: str, chunks: int, database: dict[str, Any], shard: MongoClient[Any]) -> None:
        """
        Make an empty collection whose documents the hash of their _id places.

        :param chunks: how many there are at the beginning, spread over the shards.
        :param database: what ``config.databases`` holds of its database.
        :param shard: the database's primary shard.
        """
        key = {"_id": "hashed"}
        if self._by_config_server:
            options = {"unique": False, "numInitialChunks": chunks, "getUUIDfromPrimaryShard": True}
            self._command("_configsvrShardCollection", namespace, key=key, **options)
        else:
            version = {**database["version"], "uuid": Binary(database["version"]["uuid"].bytes, 4)}
            _create_collection(shard, namespace, shardKey=key, numInitialChunks=chunks, databaseVersion=version)

    def shard_sessions(self, shard: MongoClient[Any]) -> None:
        """
        Make the collection of sessions, which a config primary makes five minutes after its start.

        :param shard: the one that holds it.
        """
        if self._by_config_server:
            self._command("_configsvrShardCollection", SESSIONS, key={"_id": 1})
        else:
            _create_collection(shard, SESSIONS, shardKey={"_id": 1})

    def _command(self, command: str, what: str, **options: Any) -> None:
        self._config.admin.command(SON([(command, what), *options.items(), ("writeConcern", MAJORITY)]))


def _create_collection(shard: MongoClient[Any], namespace: str, **options: Any) -> None:
    database, _, collection = namespace.partition(".")
    words = [("_shardsvrCreateCollection", collection), *options.items(), ("writeConcern", MAJORITY)]
    shard[database].command(SON(words))
