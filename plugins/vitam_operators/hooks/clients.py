"""Asking each server of a MongoDB cluster who is connected to it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from vitam_operators.clients import Client, clients
from vitam_operators.config import MongoCluster, Platform
from vitam_operators.errors import MongoUnreachableError
from vitam_operators.hooks import mongo as mongo_hooks
from vitam_operators.hooks.mongo import MongoHook


@dataclass(frozen=True)
class Connected:
    """
    Who is connected to a cluster.

    :param found: each client once
    :param silent: what could not be asked, a sentence for each server
    """

    found: tuple[Client, ...]
    silent: tuple[str, ...]


async def connected(platform: Platform, cluster: MongoCluster) -> Connected:
    """Ask each router and each member that holds data, all at once."""
    sets = [(cluster.config_set, cluster.mongoc), *((shard, cluster.mongod) for shard in cluster.shards)]
    asked = [_asked(mongo_hooks.router(platform, cluster, host), localOps=True) for host in cluster.routers]
    for replica_set, daemon in sets:
        members = [mongo_hooks.member(platform, cluster, host, daemon.port) for host in replica_set.data_hosts]
        asked += [_asked(member) for member in members]
    answers = await asyncio.gather(*asked)
    found = dict.fromkeys(client for answer in answers if isinstance(answer, list) for client in answer)
    return Connected(tuple(found), tuple(answer for answer in answers if isinstance(answer, str)))


async def _asked(hook: MongoHook, **options: bool) -> list[Client] | str:
    try:
        async with hook.connect() as client:
            return clients(await client.operations(**options))
    except MongoUnreachableError as error:
        return f"who is connected to {', '.join(hook.addresses)} is not known: {error.message}"
