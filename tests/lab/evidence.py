"""What a story looks at with its own eyes, without the package: documents, units, archives, opened copies."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from pymongo import MongoClient

from lab.topology import Platform, load_platform

OPENED_PORT = 29017
BOOKKEEPING = ("admin", "config", "local")
CATALOGUE = ("chunks", "collections", "databases", "shards")
Counts = dict[str, int]


def on(host: str, script: str) -> str:
    """Run a shell script as root in a lab host, past ssh, and return what it printed."""
    words = ["docker", "exec", f"vitam-lab-{host}", "bash", "-euo", "pipefail", "-c", script]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"on {host}: {script}\n{done.stdout}{done.stderr}"
    return done.stdout


def running_units(platform: str) -> dict[str, set[str]]:
    """Return the Vitam services and timers that are active on each host."""
    script = "systemctl list-units 'vitam-*' --state=active --plain --no-legend | awk '{print $1}'"
    return {host: set(on(host, script).split()) for host in load_platform(platform).hosts}


def documents(platform: str, run: Path) -> dict[str, Counts]:
    """Count the documents of every collection of every replica set, asked from one of its members each."""
    lab, found = load_platform(platform), {}
    for cluster in lab.clusters.values():
        for name in cluster.sets:
            port = 27018 if name == "configsvr" else 27019
            address = lab.hosts[cluster.members(name)[-1]].address
            with _client(run, platform, cluster.name, address, port) as client:
                found[f"{cluster.name}-{name}"] = count(client)
    return found


def count(client: MongoClient[dict[str, Any]]) -> Counts:
    """Count by full scan: of Vitam's databases all, of ``config`` what says where data is."""
    counts = {}
    for database in client.list_database_names():
        for collection in client[database].list_collection_names():
            kept = collection in CATALOGUE if database == "config" else database not in BOOKKEEPING
            if kept and not collection.startswith("system."):
                counts[f"{database}.{collection}"] = client[database][collection].count_documents({})
    return counts


def count_in_copy(platform: str, part: dict[str, Any]) -> Counts:
    """Extract a copy on its host, open it with a mongod of its own on another port, and count."""
    host, archive = part["host"], part["archive"]
    on(
        host,
        f"""
        rm -rf /vitam/opened && mkdir -p /vitam/opened/db
        (cd "$(dirname {archive})" && sha256sum --check --quiet --strict {archive}.sha256)
        tar --extract --zstd --file {archive} --directory /vitam/opened/db --numeric-owner
        test ! -s /vitam/opened/db/mongod.lock
        chown -R vitamdb:vitam /vitam/opened
        setsid runuser -u vitamdb -- mongod --dbpath /vitam/opened/db --directoryperdb --port {OPENED_PORT} \
            --bind_ip_all --wiredTigerCacheSizeGB 0.25 --fork --logpath /vitam/opened/log > /dev/null
        """,
    )
    try:
        address = load_platform(platform).hosts[host].address
        with MongoClient(address, OPENED_PORT, directConnection=True) as client:
            return count(client)
    finally:
        on(host, "runuser -u vitamdb -- mongod --dbpath /vitam/opened/db --shutdown > /dev/null; rm -rf /vitam/opened")


def primaries(platform: Platform, run: Path) -> dict[str, list[str]]:
    """Return, for each replica set, the hosts that say they are its primary."""
    found: dict[str, list[str]] = {}
    for cluster in platform.clusters.values():
        for name in cluster.sets:
            port = 27018 if name == "configsvr" else 27019
            for host in cluster.members(name):
                with _client(run, platform.name, cluster.name, platform.hosts[host].address, port) as client:
                    if client.admin.command("isMaster")["ismaster"]:
                        found.setdefault(f"{cluster.name}-{name}", []).append(host)
    return found


def balancer_modes(platform: Platform, run: Path) -> dict[str, str]:
    """Ask each cluster's first mongos for its balancer's mode."""
    modes = {}
    for cluster in platform.clusters.values():
        account = _account(run, platform.name, cluster.name, "admin")
        address = platform.hosts[cluster.mongos[0]].address
        with MongoClient(address, 27017, **account) as client:
            modes[cluster.name] = client.admin.command("balancerStatus")["mode"]
    return modes


def _client(run: Path, platform: str, cluster: str, address: str, port: int) -> MongoClient[dict[str, Any]]:
    return MongoClient(address, port, directConnection=True, **_account(run, platform, cluster, "admin"))


def _account(run: Path, platform: str, cluster: str, role: str) -> dict[str, str]:
    connections = json.loads((run / "connections.json").read_text())
    connection = connections[f"vitam_{platform}_{cluster.replace('-', '_')}_{role}"]
    return {"username": connection["login"], "password": connection["password"], "authSource": "admin"}
