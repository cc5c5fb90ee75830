"""Waits for MongoDB: a balancer at rest, a balancer back, a replica set with its primary."""

from __future__ import annotations

from dataclasses import dataclass

from vitam_operators import mongo
from vitam_operators.hooks import mongo as mongo_hooks
from vitam_operators.parts import CONFIG, SHARD, MongoPart
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
