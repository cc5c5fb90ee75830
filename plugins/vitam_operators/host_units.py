"""What the platform file places on one host: the replica sets with data there, and the units that have to run again."""

from __future__ import annotations

from vitam_operators.config import Host, Platform
from vitam_operators.parts import FilesPart, MongoPart, config_parts, files_parts, shard_parts


def mongo_parts_of(platform: Platform, host: str) -> list[MongoPart]:
    """Return the replica sets that have a member with data on a host."""
    parts = (*shard_parts(platform), *config_parts(platform))
    return [part for part in parts if host in part.replica_set.data_hosts]


def members_of(platform: Platform, host: str) -> list[MongoPart]:
    """Return the replica sets that have a member on a host, one that only votes (an arbiter) among them."""
    parts = (*shard_parts(platform), *config_parts(platform))
    return [part for part in parts if any(member.host == host for member in part.replica_set.members)]


def files_parts_of(platform: Platform, host: str) -> list[FilesPart]:
    """Return the directories of a host that are copied beside its databases."""
    return [part for part in files_parts(platform) if part.host == host]


def units_of(platform: Platform, host: str) -> list[str]:
    """
    Return the units of a host that have to run as before when a night is over, in the order in which they start.

    Arbiters and routers are among them, which a night does not stop: a host that is booted meanwhile has lost them.
    """
    own: Host = platform.host(host)
    units = [part.daemon.unit for part in members_of(platform, host)]
    units += [cluster.mongos.unit for cluster in platform.mongodb if host in cluster.routers]
    units += [cluster.unit for cluster in platform.elasticsearch if host in cluster.hosts]
    units += [service.unit for service in platform.services_to_start() if service.name in own.services]
    units += [f"{name}.timer" for name in platform.timers_on(host)]
    units += own.bound_units
    return list(dict.fromkeys(units))


def optional_timers(platform: Platform, host: str) -> set[str]:
    """Return the timers that a host may lack: all but those that secure the logbooks, on the hosts of logbook."""
    names = set(platform.securing.other_timers)
    if not platform.primary_site or host not in platform.hosts_of("logbook"):
        names |= set(platform.securing.timers)
    return {f"{name}.timer" for name in names}
