"""
The MongoDB clusters of a Vitam inventory: ``mongo_cluster_name`` says which, ``mongo_shard_id`` which shard.

Vitam's playbooks name the replica sets ``configsvr`` and ``shard<N>``. A host has one process of each kind, and a
variable has one value for a host whatever group it is set in: a host in the groups of the data and of an offer has
the processes of one cluster.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from vitam_operators.ansible_inventory import Inventory

PORTS: dict[str, int] = {"mongos": 27017, "mongoc": 27018, "mongod": 27019}
ROOT_PATH = "/vitam"

Roles = dict[str, list[str]]


def root_path(inventory: Inventory) -> str:
    """Return the directory under which Vitam is installed."""
    return (inventory.setting("vitam_defaults", "folder", "root_path") or ROOT_PATH).rstrip("/")


def clusters(inventory: Inventory) -> list[dict[str, Any]]:
    """Return the clusters as a platform file has them, that of the data before those of the offers."""
    return [
        {
            "name": name,
            "routers": roles["mongos"],
            "config_set": {"name": "configsvr", "members": [{"host": host} for host in roles["mongoc"]]},
            "shards": [
                {"name": f"shard{id_}", "members": members} for id_, members in _shards(inventory, roles).items()
            ],
        }
        | dict(_installation(inventory, roles))
        for name, roles in _roles(inventory).items()
    ]


def errors(inventory: Inventory) -> Iterator[str]:
    """Yield why the clusters cannot be told."""
    if not any(_members(inventory, role) for role in PORTS):
        yield (
            "there are no MongoDB hosts: the groups hosts_mongos_data, hosts_mongoc_data, hosts_mongod_data and those "
            "of _offer are empty or missing"
        )
    for role in PORTS:
        for host in _members(inventory, role):
            if not inventory.text(host, "mongo_cluster_name"):
                yield f"host {host} has a {role}, but no mongo_cluster_name"
            if role == "mongod" and _shard_id(inventory, host) is None:
                found = inventory.hosts[host].get("mongo_shard_id", "missing")
                yield f"host {host} has a mongod, but its mongo_shard_id is not a number: {found}"
    for name, roles in _roles(inventory).items():
        for role in (role for role in PORTS if not roles[role]):
            yield f"cluster {name} has no {role}: no host of hosts_{role}_data or _offer has that mongo_cluster_name"
        yield from _shard_errors(name, _shards(inventory, roles))


def warnings(inventory: Inventory) -> Iterator[str]:
    """Yield what may not mean what it seems to."""
    for host in sorted(set(inventory.group("hosts_mongod_data")) & set(inventory.group("hosts_mongod_offer"))):
        yield (
            f"host {host} is in hosts_mongod_data and in hosts_mongod_offer, but a host has one mongod: both are taken "
            f"to be the one cluster {inventory.text(host, 'mongo_cluster_name')}, copied once"
        )
    names = list(_roles(inventory))
    for host in inventory.group("hosts_storage_offer_default"):
        offer = inventory.text(host, "offer_conf")
        if offer and offer not in names:
            yield (
                f"offer {offer} of {host} has no MongoDB cluster of its name: its data are taken to be in "
                f"{' or '.join(names)}"
            )
    for name, roles in _roles(inventory).items():
        for number, members in _shards(inventory, roles).items():
            if len(members) > 1 and len(members) % 2 == 0:
                yield (
                    f"shard{number} of {name} has {len(members)} members, an even number: is one missing? An arbiter "
                    "is one, too"
                )


def notes(inventory: Inventory) -> Iterator[str]:
    """
    Yield what is good to know of the members.

    ``is_small``: ProgrammeVitam/vitam@7.0.1 deployment/ansible-vitam/roles/mongod/templates/init-replica.js.j2:82.
    """
    for name, roles in _roles(inventory).items():
        if small := [host for host in roles["mongod"] if inventory.is_true(host, "is_small")]:
            yield (
                f"Members of {name} that are small (is_small): {', '.join(small)}. They become a primary only when no "
                "other can: name none of them as preferred."
            )


def _members(inventory: Inventory, role: str) -> tuple[str, ...]:
    """Return the hosts of a MongoDB role; one in the groups of data and offer counts once."""
    hosts = inventory.group(f"hosts_{role}_data") + inventory.group(f"hosts_{role}_offer")
    return tuple(dict.fromkeys(hosts))


def _roles(inventory: Inventory) -> dict[str, Roles]:
    found: dict[str, Roles] = {}
    for role in PORTS:
        for host in _members(inventory, role):
            if name := inventory.text(host, "mongo_cluster_name"):
                found.setdefault(name, {known: [] for known in PORTS})[role].append(host)
    return found


def _shards(inventory: Inventory, roles: Roles) -> dict[int, list[dict[str, Any]]]:
    shards: dict[int, list[dict[str, Any]]] = {}
    for host in roles["mongod"]:
        number = _shard_id(inventory, host)
        if number is not None:
            arbiter = {"arbiter": True} if inventory.is_true(host, "mongo_arbiter") else {}
            shards.setdefault(number, []).append({"host": host} | arbiter)
    return dict(sorted(shards.items()))


def _shard_id(inventory: Inventory, host: str) -> int | None:
    text = inventory.text(host, "mongo_shard_id")
    return int(text) if text and text.isdecimal() else None


def _shard_errors(cluster: str, shards: dict[int, list[dict[str, Any]]]) -> Iterator[str]:
    last = max(shards, default=0)
    for number in sorted(set(range(last)) - set(shards)):
        yield f"shard{number} of {cluster} has no members: no host has mongo_shard_id={number}, but one has {last}"
    for number, members in shards.items():
        if all("arbiter" in member for member in members):
            yield f"shard{number} of {cluster} has arbiters only: no member holds data"


def port_keys(inventory: Inventory) -> list[tuple[tuple[str, ...], list[str]]]:
    """Return each variable that says a port of MongoDB, once for each cluster, with the hosts for which it counts."""
    return [(_port_key(role), roles[role]) for roles in _roles(inventory).values() for role in PORTS]


def _port_key(role: str) -> tuple[str, ...]:
    """ProgrammeVitam/vitam@7.0.1 deployment/environments/group_vars/all/advanced/cots_vars.yml:119 (``mongodb``)."""
    return ("mongodb", f"{role}_port")


def _installation(inventory: Inventory, roles: Roles) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield how the MongoDB processes of a cluster are installed, where that differs from Vitam's defaults."""
    root = root_path(inventory)
    for role, usual in PORTS.items():
        port = inventory.setting(*_port_key(role), hosts=roles[role]) or str(usual)
        differing: dict[str, Any] = {"port": int(port)} if port.isdecimal() and int(port) != usual else {}
        if root != ROOT_PATH and role != "mongos":
            differing["db_path"] = f"{root}/data/{role}/db"
        if differing:
            yield role, differing
