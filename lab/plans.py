"""What each host has to be: the platform's topology and secrets, put together into one plan per host."""

from __future__ import annotations

import os
from typing import Any

from lab import mongod
from lab.components import COMPONENTS, CONFIG_SET, MONGO_PORTS, SECURING
from lab.containers import LabError
from lab.topology import Cluster, Host, Platform

DEFAULT_DATA_MB = 50.0


def data_mb() -> float:
    """
    Return how much data the platform is to hold, from LAB_DATA_MB.

    :raises LabError: when it is not a number.
    """
    text = os.environ.get("LAB_DATA_MB", str(DEFAULT_DATA_MB))
    try:
        return float(text)
    except ValueError as error:
        raise LabError(f"LAB_DATA_MB={text} is not a number of megabytes\nhint: LAB_DATA_MB=500 lab/up") from error


def plan_of(platform: Platform, host: Host, made: dict[str, Any], rights: tuple[str, str]) -> dict[str, Any]:
    """
    Return the plan of one host, as lab/host/provision.py takes it.

    :param made: the platform's secrets.
    :param rights: the backup account's sudoers file and the options of its key.
    """
    sudoers, options = rights
    ssh = {
        "host_key": made["ssh"][host.name]["private"],
        "authorized_key": f"{options} {made['ssh']['backup']['public']}\n",
        "sudoers": sudoers,
    }
    timers = platform.timers
    # All hosts of logbook have the units, the last one starts their timers (ProgrammeVitam/vitam@5.3
    # deployment/ansible-vitam/internal_start_vitam_timers.yml).
    last_of_logbook = [each.name for each in platform.hosts.values() if "logbook" in each.components][-1]
    return {
        "platform": platform.name,
        "host": host.name,
        "address": host.address,
        "version": platform.version,
        "mongodb": mongod.version_of(platform.version),
        "timers": timers,
        "securing_timers": list(SECURING) if timers and host.name == last_of_logbook else [],
        "restart": "always" if timers else None,
        "components": list(host.components),
        "mongo": [member for cluster in platform.clusters.values() for member in _members(cluster, host)],
        "clusters": {name: _cluster(platform, c, made["clusters"][name]) for name, c in platform.clusters.items()},
        "cluster_of": _cluster_of(platform),
        "addresses": _addresses(platform),
        "ssh": ssh,
        "secret": made["platform_secret"],
        "data_mb": data_mb(),
    }


def _members(cluster: Cluster, host: Host) -> list[dict[str, Any]]:
    """Return the MongoDB processes that a host runs for a cluster."""
    sets = {"mongod": next((s for s, hosts in cluster.shards.items() if host.name in hosts), None)}
    sets |= {"mongoc": CONFIG_SET if host.name in cluster.config else None}
    sets |= {"mongos": "" if host.name in cluster.mongos else None}
    return [
        {"role": role, "cluster": cluster.name, "set": sets[role], "port": port}
        for role, port in MONGO_PORTS.items()
        if sets[role] is not None
    ]


def _cluster(platform: Platform, cluster: Cluster, secret: dict[str, Any]) -> dict[str, Any]:
    def members(set_name: str) -> str:
        port = MONGO_PORTS["mongoc" if set_name == CONFIG_SET else "mongod"]
        return f"{set_name}/" + ",".join(f"{platform.hosts[h].address}:{port}" for h in cluster.members(set_name))

    return {
        "keyfile": secret["keyfile"],
        "accounts": secret["accounts"],
        "config": members(CONFIG_SET),
        "shards": {name: members(name) for name in cluster.shards},
        "mongos": [f"{platform.hosts[host].address}:{MONGO_PORTS['mongos']}" for host in cluster.mongos],
        "first": platform.hosts[cluster.config[0]].name,
    }


def _cluster_of(platform: Platform) -> dict[str, str]:
    """Return which cluster each component with a database writes to: the offer to its own where it has one."""
    placed = {name for host in platform.hosts.values() for name in host.components}
    own = next((name for name in platform.clusters if name.startswith("offer")), "mongo-data")
    return {c.name: own if c.name == "offer" else "mongo-data" for c in COMPONENTS if c.database and c.name in placed}


def _addresses(platform: Platform) -> dict[str, str]:
    ports = {component.name: component.service_port for component in COMPONENTS}
    hosts = platform.hosts.values()
    return {name: f"{host.address}:{ports[name]}" for host in hosts for name in host.components if name in ports}
