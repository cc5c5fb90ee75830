"""Waits for MongoDB: a balancer at rest, a balancer back, a replica set with its primary."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from vitam_operators import mongo, writes
from vitam_operators.clients import clients, may_stay
from vitam_operators.config import MongoCluster, Platform
from vitam_operators.errors import NotHealthyError, PrimaryError
from vitam_operators.hooks import mongo as mongo_hooks
from vitam_operators.hooks.kept_platforms import platform_by
from vitam_operators.parts import CONFIG, SHARD, MongoPart, config_parts, shard_parts
from vitam_operators.triggers.base import Report, Wait, remembered


@dataclass
class BalancerIdle(Wait):
    """
    Wait until a balancer that was stopped has ended its transactions, and shards have deleted what they gave away.

    :param cluster: name of the cluster
    """

    cluster: str

    async def look(self) -> Report:
        """Done when the mode is off, no round runs, ``config.migrations`` and ``config.rangeDeletions`` are empty."""
        platform = platform_by(self.platform_file)
        async with mongo_hooks.routers(platform, platform.cluster(self.cluster)).connect() as client:
            status = await client.command("balancerStatus")
            busy = mongo.busy_balancer(status, await client.count("config", "migrations"))
        busy = busy or "; ".join([words async for words in self._ranges_left(platform)]) or None
        return Report(busy is None, f"{self.cluster}: {busy or 'the balancer is off and idle, no migration is left'}")

    async def _ranges_left(self, platform: Platform) -> AsyncIterator[str]:
        """Name the shards that still have to delete what was moved away: MongoDB waits 15 min with that."""
        for part in (part for part in shard_parts(platform) if part.cluster.name == self.cluster):
            hosts, port = part.replica_set.data_hosts, part.daemon.port
            hellos = await mongo_hooks.hellos(platform, part.cluster, hosts, port)
            primary = mongo.primary_of(part.replica_set.name, hellos)
            async with mongo_hooks.member(platform, part.cluster, primary, port).connect() as client:
                moving = await client.moving_ranges()
            if moving:
                yield f"{part.name}: {moving} ranges wait for their deletion after a migration"


@dataclass(frozen=True)
class SetLook:
    """What one look at a replica set found: its primary's words, and what speaks against a stop."""

    primary: str
    status: Any
    delayed: set[str]
    against: list[str]


@dataclass
class NobodyWrites(Wait):
    """
    Wait until nobody can write to a cluster any more, and every member has what its primary had then.

    :param cluster: name of the cluster
    """

    cluster: str
    marks: dict[str, Any] = field(default_factory=dict, init=False, repr=False)
    """Optime of each set's primary when nobody was connected any more."""

    async def look(self) -> Report:
        """Done when nothing speaks against it; the value has each set's primary and its optime."""
        platform = platform_by(self.platform_file)
        cluster = platform.cluster(self.cluster)
        parts = [p for p in (*config_parts(platform), *shard_parts(platform)) if p.cluster == cluster]
        found = [words async for words in self._clients_of_routers(platform, cluster)]
        looked = {part.name: await self._look_at(platform, part) for part in parts}
        found += [f"{name}: {words}" for name, look in looked.items() for words in look.against]
        self.marks = {} if found else {n: self.marks.get(n, writes.applied(look.status)) for n, look in looked.items()}
        for name, mark in self.marks.items():
            found += [f"{name}: {words}" for words in writes.behind(looked[name].status, mark, looked[name].delayed)]
        words = "; ".join(found) or "nobody writes, every member is as far as its primary"
        sets = {n: {"primary": looked[n].primary, "optime": [mark.time, mark.inc]} for n, mark in self.marks.items()}
        return Report(not found, f"{self.cluster}: {words}", {"sets": sets})

    @staticmethod
    async def _clients_of_routers(platform: Platform, cluster: MongoCluster) -> AsyncIterator[str]:
        for host in cluster.routers:
            async with mongo_hooks.router(platform, cluster, host).connect() as client:
                operations = await client.operations(localOps=True)
            for found in clients(operations):
                if not may_stay(found, cluster.readers):
                    yield f"mongos on {host}: {found} is connected"

    @staticmethod
    async def _look_at(platform: Platform, part: MongoPart) -> SetLook:
        hosts, port, against = part.replica_set.data_hosts, part.daemon.port, list[str]()
        primary = mongo.primary_of(part.replica_set.name, await mongo_hooks.hellos(platform, part.cluster, hosts, port))
        for host in hosts:
            async with mongo_hooks.member(platform, part.cluster, host, port).connect() as client:
                operations = await client.operations()
            foreign = [found for found in clients(operations) if not may_stay(found, part.cluster.readers)]
            against += [*(f"{found} is connected to {host}" for found in foreign), *writes.index_builds(operations)]
        async with mongo_hooks.member(platform, part.cluster, primary, port).connect() as client:
            status = await client.command("replSetGetStatus")
            delayed = writes.delayed_members(await client.command("replSetGetConfig"))
        return SetLook(primary, status, delayed, against)


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
        platform = platform_by(self.platform_file)
        async with mongo_hooks.routers(platform, platform.cluster(self.cluster)).connect() as client:
            mode = str((await client.command("balancerStatus"))["mode"])
        return Report(mode == self.mode, f"{self.cluster}: the balancer's mode is {mode}, before the night {self.mode}")


@dataclass
class PrimaryElected(Wait):
    """
    Wait until a replica set has exactly one primary and every member that holds data answers.

    :param cluster: name of the cluster
    :param replica_set: name of the set
    :param others_s: seconds that the other members have, once there is a primary
    """

    cluster: str
    replica_set: str
    others_s: int
    elected_at: float = remembered(0.0)

    async def look(self) -> Report:
        """
        Done when it is so.

        :raises NotHealthyError: there is a primary, and other members did not come in their time
        """
        platform = platform_by(self.platform_file)
        part = replica_set_part(self.platform_file, self.cluster, self.replica_set)
        hosts = part.replica_set.data_hosts
        hellos = await mongo_hooks.hellos(platform, part.cluster, hosts, part.daemon.port)
        primary = self._elected(hellos)
        away = [host for host, hello in hellos.items() if host != primary and not mongo.is_secondary(hello)]
        if not away:
            return Report(True, f"{part.name}: {primary} is primary, all {len(hosts)} members are ready")
        self.elected_at = self.elected_at or time.monotonic()
        words = f"{part.name}: {primary} is primary, not ready yet: {', '.join(away)}"
        if time.monotonic() - self.elected_at > self.others_s:
            raise NotHealthyError(
                f"{words}; after {self.others_s} s with a primary the others are waited for no longer",
                hint="what comes after goes on; look at the log of mongod on the members that are named, mend them",
            )
        return Report(False, words)

    def _elected(self, hellos: Mapping[str, Any]) -> str:
        try:
            return mongo.primary_of(self.replica_set, hellos)
        except PrimaryError:
            self.elected_at = 0.0
            raise


def replica_set_part(platform_file: str, cluster: str, replica_set: str) -> MongoPart:
    """Return the part of a cluster's replica set, by their names."""
    named = platform_by(platform_file).cluster(cluster)
    if replica_set == named.config_set.name:
        return MongoPart(CONFIG, named, named.config_set)
    shard = next(shard for shard in named.shards if shard.name == replica_set)
    return MongoPart(SHARD, named, shard)
