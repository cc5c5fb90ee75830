"""Asking a MongoDB cluster what it is made of, once more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vitam_operators import cluster_layout, mongo
from vitam_operators.config import MongoCluster, Platform
from vitam_operators.hooks import mongo as mongo_hooks
from vitam_operators.hooks import notes
from vitam_operators.parts import config_parts, shard_parts


async def changed(platform: Platform, cluster: MongoCluster, before: Mapping[str, Any]) -> list[str]:
    """
    Return what of a cluster is otherwise than at the look, a sentence each.

    :param before: what the night was opened with of this cluster
    :raises MongoUnreachableError: its routers or a primary do not answer
    :raises PrimaryError: a set has no primary to ask
    """
    async with mongo_hooks.routers(platform, cluster).connect() as client:
        listed = (await client.command("listShards"))["shards"]
        noted = await notes.cluster_notes(client)
    members: dict[str, list[str]] = {}
    for part in (*config_parts(platform), *shard_parts(platform)):
        if part.cluster == cluster:
            port = part.daemon.port
            hellos = await mongo_hooks.hellos(platform, cluster, part.replica_set.data_hosts, port)
            primary = mongo.primary_of(part.replica_set.name, hellos)
            async with mongo_hooks.member(platform, cluster, primary, port).connect() as client:
                members[part.name] = cluster_layout.members_of(await client.command("replSetGetConfig"))
    shards = {str(shard["_id"]): str(shard["host"]) for shard in listed}
    return list(cluster_layout.changes(cluster.name, before, {"shards": shards, "members": members, **noted}))
