"""Hashed shard keys: which shard owns a document, computed as MongoDB does; and writing to it without a mongos."""

from __future__ import annotations

import hashlib
import struct
from typing import Any

from pymongo.errors import BulkWriteError

STALE = 13388
_STRING = 15  # MongoDB's canonical type of a string (src/mongo/bson/bsontypes.h)


def hash_of_id(identifier: str) -> int:
    """
    Return the hashed index key of a string ``_id``.

    As src/mongo/db/hasher.cpp: the first 8 bytes of the MD5 of seed, canonical type and value as BSON has it.

    :param identifier: the document's _id.
    """
    value = identifier.encode() + b"\0"
    digest = hashlib.md5(struct.pack("<iii", 0, _STRING, len(value)) + value, usedforsecurity=False).digest()
    return int(struct.unpack("<q", digest[:8])[0])


def _bound(value: Any) -> float | int:
    """Read a chunk's bound: MinKey and MaxKey become infinities."""
    if isinstance(value, int):
        return value
    return float("-inf") if type(value).__name__ == "MinKey" else float("inf")


class ChunkMap:
    """
    Who owns which range of hashes of one collection, as config.chunks says.

    It does not follow migrations: it is read anew where it may have aged.
    """

    def __init__(self, chunks: list[dict[str, Any]]) -> None:
        self._ranges = [(_bound(c["min"]["_id"]), _bound(c["max"]["_id"]), str(c["shard"])) for c in chunks]

    def owner(self, identifier: str) -> str:
        """
        Return the name of the shard that owns a document.

        :raises LookupError: when the chunks read do not cover the hash.
        """
        position = hash_of_id(identifier)
        for low, high, shard in self._ranges:
            if low <= position < high:
                return shard
        raise LookupError(f"no chunk holds hash {position} of _id {identifier}: config.chunks is incomplete")


def read_chunks(config: Any, namespace: str) -> ChunkMap | None:
    """
    Read the chunk map of a collection; None when it is not sharded.

    :param config: the database ``config`` (pymongo), through a mongos or on the config primary.
    :param namespace: database and collection, such as metadata.Unit.
    """
    collection = config.collections.find_one({"_id": namespace})
    if collection is None:
        return None
    named_by = [{"uuid": collection["uuid"]}, {"ns": namespace}]  # from 5.0 on, and before
    return ChunkMap(list(config.chunks.find({"$or": named_by})))


def insert_directly(collection: Any, documents: list[dict[str, Any]]) -> None:
    """
    Insert into a shard's collection past mongos.

    A shard that has just started does not know yet what it owns: it refuses the first write (StaleConfig), and asks.
    """
    try:
        collection.insert_many(documents, ordered=False)
    except BulkWriteError as error:
        if {refused["code"] for refused in error.details["writeErrors"]} != {STALE} or error.details["nInserted"]:
            raise
        collection.insert_many(documents, ordered=False)
