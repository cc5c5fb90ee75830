"""Who listens where by the platform file, and where two would listen on one port."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from vitam_operators import procedure
from vitam_operators.config import MongoCluster, Platform
from vitam_operators.platform_mistakes import did_you_mean


def findings(platform: Platform) -> Iterator[str]:
    """Yield a line for each port or unit that two have, and for each mistake under ``ports``."""
    yield from _shared_ports_and_units(platform)
    yield from _component_ports(platform)
    yield from _given_twice(platform)
    yield from _elasticsearch(platform)
    yield from _openers(platform)


def daemons(platform: Platform) -> Iterator[tuple[str, MongoCluster, str]]:
    """Yield host, cluster and kind (``mongos``, ``mongoc``, ``mongod``) of each process of MongoDB."""
    for cluster in platform.mongodb:
        yield from ((host, cluster, "mongos") for host in cluster.routers)
        yield from ((member.host, cluster, "mongoc") for member in cluster.config_set.members)
        yield from ((member.host, cluster, "mongod") for shard in cluster.shards for member in shard.members)


def listening(platform: Platform) -> dict[str, dict[int, list[str]]]:
    """Return for each host the ports on which something of the platform listens, and what it is."""
    users: dict[str, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    for host, cluster, kind in daemons(platform):
        users[host][getattr(cluster, kind).port].append(f"{kind} of {cluster.name}")
    for elastic in platform.elasticsearch:
        for name in elastic.hosts:
            users[name][elastic.port].append(elastic.name)
    for machine in platform.hosts:
        for name in (name for name in machine.services if name in procedure.SERVICES):
            service = platform.service(name)
            for port in {service.port, service.admin_port} - {0}:
                users[machine.name][port].append(name)
    return users


def _shared_ports_and_units(platform: Platform) -> Iterator[str]:
    ports: dict[tuple[str, int], set[str]] = defaultdict(set)
    units: dict[tuple[str, str], set[str]] = defaultdict(set)
    for host, cluster, kind in daemons(platform):
        daemon = getattr(cluster, kind)
        ports[host, daemon.port].add(f"{kind} of {cluster.name}")
        units[host, daemon.unit].add(f"{kind} of {cluster.name}")
    for (host, port), users in ports.items():
        if len(users) > 1:
            yield f"at mongodb: port {port} of host {host!r} is that of {' and of '.join(sorted(users))}"
    for (host, unit), users in units.items():
        if len(users) > 1:
            yield f"at mongodb: unit {unit} of host {host!r} is that of {' and of '.join(sorted(users))}"


def _component_ports(platform: Platform) -> Iterator[str]:
    for name, own in platform.ports.items():
        vitams = procedure.SERVICES.get(name)
        if vitams is None:
            yield f"at ports: unknown component {name!r}{did_you_mean(name, procedure.SERVICES)}"
            continue
        if not platform.hosts_of(name):
            yield f"at ports.{name}: no host has {name} under services, nobody asks its ports; take this out"
        if own.service is None and own.admin is None:
            yield f"at ports.{name}: nothing is said, expected service, admin or both"
        if own.service is not None and not vitams.port:
            yield f"at ports.{name}.service: {name} has no such port in Vitam"
        if own.admin is not None and not vitams.admin_port:
            yield f"at ports.{name}.admin: {name} has no such port in Vitam"


def _elasticsearch(platform: Platform) -> Iterator[str]:
    users = listening(platform)
    for index, cluster in enumerate(platform.elasticsearch):
        for host in cluster.hosts:
            at, others = f"at elasticsearch.{index} ({cluster.name})", platform.elasticsearch[:index]
            ports = users[host][cluster.port]
            if len(ports) > 1 and ports[0] != cluster.name:
                yield f"{at}.port: port {cluster.port} of host {host!r} is that of {ports[0]}, too"
            for other in (other for other in others if host in other.hosts and other.unit == cluster.unit):
                yield f"{at}.unit: {cluster.unit} of host {host!r} is that of {other.name}, too"


def _openers(platform: Platform) -> Iterator[str]:
    """Compare with what listens the ports of the mongods that open copies, one for each database of a host."""
    for what, first in (("drill", platform.drill.port), ("restore", platform.restore.port)):
        for host, ports in listening(platform).items():
            sets = sum(name == host and kind != "mongos" for name, _, kind in daemons(platform))
            wanted = range(first, first + sets)
            for port in sorted(set(ports) & set(wanted)):
                needs = f"a {what} on host {host!r} may need {wanted[0]} to {wanted[-1]}"
                yield f"at {what}.port: {needs}, {port} is taken there"


def _given_twice(platform: Platform) -> Iterator[str]:
    for host, ports in listening(platform).items():
        for port, names in ports.items():
            given = [name for name in names if name in platform.ports]
            if given and len(names) > 1:
                yield f"at ports.{given[0]}: port {port} of host {host!r} is that of {' and of '.join(names)}"
