"""
What runs where, out of a Vitam inventory: the groups ``hosts_<component>``, and the addresses of their hosts.

Sources: Vitam's example inventories of 7.0.1 and its ``group_vars``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from vitam_operators import inventory_mongodb, procedure
from vitam_operators.ansible_inventory import Inventory

SERVICE_OF_GROUP: dict[str, str] = {f"hosts_{s.word}": s.name for s in procedure.IN_STOP_ORDER if s.is_vitams}
SERVICE_OF_GROUP |= {"hosts_storage_engine": "storage", "hosts_storage_offer_default": "offer"}

OTHER_GROUPS: frozenset[str] = frozenset(
    {f"hosts_{what}_{of}" for what in ("mongodb", "mongos", "mongoc", "mongod") for of in ("data", "offer")}
    | {f"hosts_{what}_{of}" for what in ("elasticsearch", "kibana") for of in ("data", "log")}
    | {"hosts_cerebro", "hosts_consul_server", "hosts_logstash", "hosts_prometheus", "hosts_alertmanager"}
    | {"hosts_grafana", "hosts_dev_tools"}
)
"""Groups that are known, but have none of Vitam's own services: databases, supervision, tools."""

ADDRESSES = ("ansible_host", "ip_service", "ip_admin")
NEEDED_SERVICES = ("logbook", "processing")


@dataclass(frozen=True)
class Topology:
    """
    The part of a platform file that an inventory can tell, as plain content.

    :param primary_site: whether all hosts are of a primary site
    :param idle_hosts: hosts that have nothing to stop
    :param warnings: what a person should look at; the file may still be right
    :param errors: why no platform file can be made
    """

    hosts: list[dict[str, Any]]
    mongodb: list[dict[str, Any]]
    elasticsearch: list[dict[str, Any]]
    primary_site: bool
    idle_hosts: tuple[str, ...]
    warnings: tuple[str, ...]
    errors: tuple[str, ...]


def topology(inventory: Inventory) -> Topology:
    """Read hosts, services and clusters; the mistakes and doubts are in the result, all at once."""
    busy = [host for host in inventory.hosts if _services(inventory, host) or _has_database(inventory, host)]
    return Topology(
        hosts=[_host(inventory, host) for host in busy],
        mongodb=inventory_mongodb.clusters(inventory),
        elasticsearch=_elasticsearch(inventory),
        primary_site=all(inventory.is_true(host, "primary_site", default=True) for host in busy),
        idle_hosts=tuple(host for host in inventory.hosts if host not in busy),
        warnings=(*_warnings(inventory, busy), *inventory_mongodb.warnings(inventory)),
        errors=(*inventory_mongodb.errors(inventory), *_errors(inventory)),
    )


def _services(inventory: Inventory, host: str) -> list[str]:
    placed = {service for group, service in SERVICE_OF_GROUP.items() if host in inventory.group(group)}
    return [name for name in procedure.SERVICES if name in placed]


def _has_database(inventory: Inventory, host: str) -> bool:
    groups = [f"hosts_{role}_{of}" for role in inventory_mongodb.PORTS for of in ("data", "offer")]
    return any(host in inventory.group(group) for group in (*groups, "hosts_elasticsearch_data"))


def _host(inventory: Inventory, name: str) -> dict[str, Any]:
    connect, service, admin = (inventory.text(name, key) for key in ADDRESSES)
    address = connect or admin or name
    entry: dict[str, Any] = {"name": name, "address": address}
    port = inventory.text(name, "ansible_port") or "22"
    if port.isdecimal() and port != "22":
        entry["ssh_port"] = int(port)
    if service and service != address:
        entry["service_address"] = service
    if admin and admin != address:
        entry["admin_address"] = admin
    services = _services(inventory, name)
    entry |= {"services": services} if services else {}
    provider = inventory.setting("vitam_offers", inventory.text(name, "offer_conf") or "", "provider")
    return entry | ({"offer_provider": provider} if provider and "offer" in services else {})


def _elasticsearch(inventory: Inventory) -> list[dict[str, Any]]:
    """Return the cluster of the data; that of the logs goes on running."""
    hosts = inventory.group("hosts_elasticsearch_data")
    port = inventory.setting("elasticsearch", "data", "port_http") or "9200"
    other_port = {"port": int(port)} if port.isdecimal() and port != "9200" else {}
    return [{"name": "elasticsearch-data", "hosts": list(hosts)} | other_port] if hosts else []


def _errors(inventory: Inventory) -> Iterator[str]:
    if not inventory.group("hosts_elasticsearch_data"):
        yield "there are no Elasticsearch hosts: the group hosts_elasticsearch_data is empty or missing"


def _warnings(inventory: Inventory, busy: list[str]) -> Iterator[str]:
    for group in sorted(inventory.groups):
        if group.startswith("hosts_") and group not in SERVICE_OF_GROUP and group not in OTHER_GROUPS:
            yield f"group {group} is not known: its services will be neither stopped nor started"
    for service in NEEDED_SERVICES:
        if not inventory.group(f"hosts_{service}"):
            yield f"no host has {service}: the group hosts_{service} is empty or missing"
    for host in busy:
        for key in ADDRESSES:
            if inventory.hosts[host].get(key) and not inventory.text(host, key):
                yield f"{key} of {host} is a template that only a playbook resolves: it is left out"
    if not all(inventory.is_true(host, "primary_site", default=True) for host in busy):
        yield (
            "this is a secondary site (primary_site=false), where Vitam runs a part of its services only and secures "
            "nothing: what does not run when the night begins stays down"
        )
