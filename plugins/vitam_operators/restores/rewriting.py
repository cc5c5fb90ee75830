"""
What of restored data says who the others are, and how it is made to say who they are here.

As MongoDB's manual has it for a sharded cluster that is restored from files: the set's configuration,
``config.shards``, ``shardIdentity``, ``minOpTimeRecovery``, and the caches of the routing table. But ``local`` stays,
with the oplog, so that every member begins with the same data and the same oplog, and none has to copy from another.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from vitam_operators.config import ReplicaSet

Document = dict[str, Any]
EVERYTHING: list[Document] = [{"q": {}, "limit": 0}]
STALE_OF_CONFIG = ("mongos", "lockpings")
CACHES = ("cache.collections", "cache.databases", "cache.chunks.")
SHARD_IDENTITY, MIN_OPTIME = "shardIdentity", "minOpTimeRecovery"


@dataclass(frozen=True)
class Write:
    """
    A command to a mongod that is in no set.

    :param database: of the command
    :param command: ``delete``, ``insert``, ``update`` or ``drop``
    :param collection: that it is about
    :param more: the rest of it
    """

    database: str
    command: str
    collection: str
    more: Document = field(default_factory=dict)


def configuration(found: Mapping[str, Any], replica_set: ReplicaSet, addresses: Sequence[str]) -> Document:
    """
    Return the configuration of a set for its members here.

    Where the members are those of the copy it stays as it is, with priorities and tags.

    :param found: the document of ``local.system.replset``
    :param replica_set: as the platform file has it
    :param addresses: ``address:port`` of its members, in its order
    """
    if {member["host"] for member in found["members"]} == set(addresses):
        return dict(found)
    own = zip(replica_set.members, addresses, strict=True)
    members = [
        {"_id": number, "host": address, "arbiterOnly": member.arbiter, "priority": 0.0 if member.arbiter else 1.0}
        for number, (member, address) in enumerate(own)
    ]
    return {**found, "version": int(found["version"]) + 1, "members": members}


def of_member(config: Document) -> list[Write]:
    """Return what is written on every member: the set's configuration; each finds an id of its own anew."""
    return [
        Write("local", "delete", "system.replset", {"deletes": EVERYTHING}),
        Write("local", "insert", "system.replset", {"documents": [config]}),
        Write("local", "delete", "replset.initialSyncId", {"deletes": EVERYTHING}),
    ]


def of_shard(shard: str, config_set: str, collections: Iterable[str]) -> list[Write]:
    """
    Return what is written on each member of a shard.

    :param shard: its name in the cluster
    :param config_set: the config set as ``name/address:port,...``
    :param collections: names in its database ``config``
    """
    update = {
        "q": {"_id": SHARD_IDENTITY},
        "u": {"$set": {"shardName": shard, "configsvrConnectionString": config_set}},
    }
    return [
        Write("admin", "update", "system.version", {"updates": [update]}),
        Write("admin", "delete", "system.version", {"deletes": [{"q": {"_id": MIN_OPTIME}, "limit": 0}]}),
        *(Write("config", "drop", name) for name in collections if name.startswith(CACHES)),
    ]


def of_config(shards: Mapping[str, str], collections: Iterable[str]) -> list[Write]:
    """
    Return what is written on each member of a config set.

    :param shards: each shard's name in the cluster, and where it is here: ``set/address:port,...``
    :param collections: names in its database ``config``
    """
    updates = [{"q": {"_id": name}, "u": {"$set": {"host": host}}} for name, host in sorted(shards.items())]
    known = set(collections)
    return [
        Write("config", "update", "shards", {"updates": updates}),
        *(Write("config", "delete", name, {"deletes": EVERYTHING}) for name in STALE_OF_CONFIG if name in known),
    ]


def shards_here(copied: Mapping[str, str], here: Mapping[str, str]) -> dict[str, str]:
    """
    Return each shard's name in the cluster with where it is here.

    :param copied: ``config.shards`` of the copy, as ``listShards`` told it: name and ``set/address:port,...``
    :param here: each replica set's name, and its connection string here
    :raises KeyError: a shard of the copy has no set here
    """
    return {name: here[host.partition("/")[0]] for name, host in copied.items()}
