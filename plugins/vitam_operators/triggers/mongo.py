"""Waits for MongoDB: a balancer at rest, a balancer back, a replica set with its primary."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vitam_operators import mongo, writes
from vitam_operators.hooks import mongo as mongo_hooks
from vitam_operators.parts import CONFIG, SHARD, MongoPart, config_parts, shard_parts
from vitam_operators.platforms import platform_at
from vitam_operators.triggers.base import Report, Wait


@dataclass
class BalancerIdle(Wait):
    """
    Wait until a balancer that was stopped has ended its transactions.

    :param cluster: name of the cluster
    """

    cluster: str

    async def look(self) -> Report:
        """Done when the mode is off, no round runs and ``config.migrations`` is empty."""
        platform = platform_at(self.platform_file)
        async with mongo_hooks.routers(platform, platform.cluster(self.cluster)).connect() as client:
            status = await client.command("balancerStatus")
            busy = mongo.busy_balancer(status, await client.count("config", "migrations"))
        return Report(busy is None, f"{self.cluster}: {busy or 'the balancer is off and idle, no migration is left'}")


@dataclass
class NobodyWrites(Wait):
    """
    Wait until nobody can write to a cluster any more, and every member has all that its primary has.

    :param cluster: name of the cluster
    """

    cluster: str

    async def look(self) -> Report:
        """Done when nothing speaks against it; the value has each set's primary and its optime."""
        platform = platform_at(self.platform_file)
        cluster = platform.cluster(self.cluster)
        found: list[str] = []
        for host in cluster.routers:
            async with mongo_hooks.router(platform, cluster, host).connect() as client:
                operations = await client.operations(localOps=True)
            found += [f"mongos on {host}: {name} is connected" for name in writes.clients(operations, cluster.readers)]
        sets = {}
        for part in (part for part in (*config_parts(platform), *shard_parts(platform)) if part.cluster == cluster):
            sets[part.name], against = await self._look_at(part)
            found += [f"{part.name}: {words}" for words in against]
        words = "; ".join(found) or "nobody writes, every member is as far as its primary"
        return Report(not found, f"{self.cluster}: {words}", {"sets": sets})

    async def _look_at(self, part: MongoPart) -> tuple[dict[str, Any], list[str]]:
        platform = platform_at(self.platform_file)
        found: list[str] = []
        hellos = await mongo_hooks.hellos(platform, part.cluster, part.replica_set.data_hosts, part.daemon.port)
        primary = mongo.primary_of(part.replica_set.name, hellos)
        for host in part.replica_set.data_hosts:
            async with mongo_hooks.member(platform, part.cluster, host, part.daemon.port).connect() as client:
                operations = await client.operations()
                found += [f"{name} is connected to {host}" for name in writes.clients(operations, part.cluster.readers)]
                found += writes.index_builds(operations)
                if host == primary:
                    status, moving = await client.command("replSetGetStatus"), await client.moving_ranges()
                    delayed = writes.delayed_members(await client.command("replSetGetConfig"))
        found += writes.behind(status, delayed)
        found += [f"{moving} ranges wait for their deletion after a migration"] if moving else []
        optime = status["optimes"]["appliedOpTime"]["ts"]
        return {"primary": primary, "optime": [optime.time, optime.inc]}, found


@dataclass
class BalancerIs(Wait):
    """
    Wait until a balancer is in the mode in which it was before the night.

    :param cluster: name of the cluster
    :param mode: ``full`` or ``off``
    """

    cluster: str
    mode: str

    async def look(self) -> Report:
        """Done when ``balancerStatus`` says so."""
        platform = platform_at(self.platform_file)
        async with mongo_hooks.routers(platform, platform.cluster(self.cluster)).connect() as client:
            mode = str((await client.command("balancerStatus"))["mode"])
        return Report(mode == self.mode, f"{self.cluster}: the balancer's mode is {mode}, before the night {self.mode}")


@dataclass
class PrimaryElected(Wait):
    """
    Wait until a replica set has exactly one primary and every member that holds data answers.

    :param cluster: name of the cluster
    :param replica_set: name of the set
    """

    cluster: str
    replica_set: str

    async def look(self) -> Report:
        """Done when it is so."""
        platform = platform_at(self.platform_file)
        part = replica_set_part(self.platform_file, self.cluster, self.replica_set)
        hosts = part.replica_set.data_hosts
        hellos = await mongo_hooks.hellos(platform, part.cluster, hosts, part.daemon.port)
        primary = mongo.primary_of(self.replica_set, hellos)
        away = [h for h, hello in hellos.items() if not hello or not (hello.get("secondary") or h == primary)]
        if away:
            return Report(False, f"{part.name}: {primary} is primary, not ready yet: {', '.join(away)}")
        return Report(True, f"{part.name}: {primary} is primary, all {len(hosts)} members are ready")


def replica_set_part(platform_file: str, cluster: str, replica_set: str) -> MongoPart:
    """Return the part of a cluster's replica set, by their names."""
    named = platform_at(platform_file).cluster(cluster)
    if replica_set == named.config_set.name:
        return MongoPart(CONFIG, named, named.config_set)
    shard = next(shard for shard in named.shards if shard.name == replica_set)
    return MongoPart(SHARD, named, shard)
