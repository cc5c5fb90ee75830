"""Fill a cluster with sample documents, each on the shard that owns it."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from pymongo import MongoClient

from lab.host.sample_data import SHARDED, UNSHARDED, Document
from lab.sharding import insert_directly, read_chunks

BATCH = 500
MEGABYTE = 1024 * 1024


def seed(config: MongoClient[Any], shards: dict[str, MongoClient[Any]], namespaces: set[str], data_mb: float) -> int:
    """
    Bring each collection to its share of the data; a collection that has it already is left alone.

    :param config: the config set.
    :param shards: a client for each shard.
    :param namespaces: the collections of this cluster.
    :param data_mb: what the whole platform is to hold (LAB_DATA_MB).
    :return: the number of documents made.
    """
    made = 0
    for namespace in sorted(namespaces & set(SHARDED)):
        _, size_bytes, share = SHARDED[namespace]
        wanted = int(data_mb * share * MEGABYTE / size_bytes)
        present = sum(_collection(client, namespace).estimated_document_count() for client in shards.values())
        if present < wanted:
            made += _fill(config, shards, namespace, wanted - present)
    for namespace in sorted(namespaces & set(UNSHARDED)):
        made += _fill_unsharded(config, shards, namespace)
    return made


def database_entry(config: MongoClient[Any], name: str) -> dict[str, Any]:
    """
    Return what the config set knows of a database: its primary shard and its version.

    :raises SystemExit: when it does not know it.
    """
    found: dict[str, Any] | None = config.config.databases.find_one({"_id": name})
    if found is None:
        raise SystemExit(f"config.databases does not hold {name}: create it first")
    return found


def _collection(client: MongoClient[Any], namespace: str) -> Any:
    database, _, collection = namespace.partition(".")
    return client[database][collection]


def _fill(config: MongoClient[Any], shards: dict[str, MongoClient[Any]], namespace: str, count: int) -> int:
    make, size_bytes, _ = SHARDED[namespace]
    chunks = read_chunks(config.config, namespace)
    if chunks is None:
        raise SystemExit(f"{namespace} is not sharded: config.collections does not hold it")
    batches: dict[str, list[Document]] = defaultdict(list)
    for _ in range(count):
        document = make(size_bytes)
        shard = chunks.owner(document["_id"])
        batches[shard].append(document)
        if len(batches[shard]) == BATCH:
            insert_directly(_collection(shards[shard], namespace), batches.pop(shard))
    for shard, documents in batches.items():
        insert_directly(_collection(shards[shard], namespace), documents)
    return count


def _fill_unsharded(config: MongoClient[Any], shards: dict[str, MongoClient[Any]], namespace: str) -> int:
    home = database_entry(config, namespace.split(".")[0])["primary"]
    collection = _collection(shards[home], namespace)
    missing = [i for i in UNSHARDED[namespace] if collection.find_one({"_id": i}) is None]
    for identifier in missing:
        collection.insert_one({"_id": identifier, "Identifier": identifier, "Status": "ACTIVE", "_tenant": 0, "_v": 0})
    return len(missing)
