"""
What runs where, out of a Vitam inventory: the groups ``hosts_<component>``, and the addresses of their hosts.

Sources: ProgrammeVitam/vitam@7.0.1 deployment/environments/hosts.example and the ``group_vars`` beside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from vitam_operators import (
    inventory_clients,
    inventory_doubts,
    inventory_mongodb,
    inventory_ports,
    inventory_securing,
    procedure,
)
from vitam_operators.ansible_inventory import Inventory
from vitam_operators.ansible_templates import is_true

SERVICE_OF_GROUP: dict[str, str] = {f"hosts_{s.word}": s.name for s in procedure.IN_STOP_ORDER if s.is_vitams}
SERVICE_OF_GROUP |= {"hosts_storage_engine": "storage", "hosts_storage_offer_default": "offer"}

OTHER_GROUPS: frozenset[str] = frozenset(
    {f"hosts_{what}_{of}" for what in ("mongodb", "mongos", "mongoc", "mongod") for of in ("data", "offer")}
    | {f"hosts_{what}_{of}" for what in ("elasticsearch", "kibana") for of in ("data", "log")}
    | {"hosts_cerebro", "hosts_consul_server", "hosts_logstash", "hosts_prometheus", "hosts_alertmanager"}
    | {"hosts_grafana", "hosts_dev_tools"}
)
"""Groups that are known, but have none of Vitam's own services: databases, supervision, tools."""

ADDRESSES = ("ansible_host", "ansible_ssh_host")
PORTS = ("ansible_port", "ansible_ssh_port")
USERS = ("ansible_user", "ansible_ssh_user")
"""Each with the name that Ansible had for it before 2.0 and still reads."""

SSH_ARGUMENTS = ("ansible_ssh_common_args", "ansible_ssh_extra_args")
ELASTICSEARCH_PORT = ("elasticsearch", "data", "port_http")


@dataclass(frozen=True)
class Topology:
    """
    The part of a platform file that an inventory can tell, as plain content.

    :param ports: of each component, those that are not Vitam's
    :param minutes: of each hour at which Quartz secures, where they are not Vitam's
    :param primary_site: whether all hosts are of a primary site
    :param notes: what is good to know
    :param warnings: what a person should look at; the file may still be right
    :param errors: why no platform file can be made
    """

    hosts: list[dict[str, Any]]
    mongodb: list[dict[str, Any]]
    elasticsearch: list[dict[str, Any]]
    ports: dict[str, dict[str, int]]
    minutes: tuple[int, ...] | None
    primary_site: bool
    notes: tuple[str, ...]
    warnings: tuple[str, ...]
    errors: tuple[str, ...]


def topology(inventory: Inventory) -> Topology:
    """Read hosts, services and clusters; the mistakes and doubts are in the result, all at once."""
    busy = [host for host in inventory.hosts if _services(inventory, host) or _has_database(inventory, host)]
    placed = {name: [host for host in busy if name in _services(inventory, host)] for name in procedure.SERVICES}
    ports = [*inventory_ports.keys(inventory, placed), *inventory_mongodb.port_keys(inventory)]
    ports.append((ELASTICSEARCH_PORT, list(inventory.group("hosts_elasticsearch_data"))))
    return Topology(
        hosts=[_host(inventory, host) for host in busy],
        mongodb=inventory_mongodb.clusters(inventory),
        elasticsearch=_elasticsearch(inventory),
        ports=inventory_ports.ports(inventory, placed),
        minutes=inventory_securing.minutes(inventory),
        primary_site=all(inventory.is_true(host, "primary_site", default=True) for host in busy),
        notes=(*_notes(inventory, busy), *inventory_mongodb.notes(inventory)),
        warnings=(
            *_warnings(inventory, busy),
            *inventory_doubts.warnings(inventory, busy, ports),
            *inventory_mongodb.warnings(inventory),
            *inventory_securing.warnings(inventory),
            *inventory_clients.warnings(inventory),
        ),
        errors=(
            *inventory_mongodb.errors(inventory),
            *_errors(inventory),
            *inventory_doubts.errors(inventory, busy, ports),
        ),
    )


def _services(inventory: Inventory, host: str) -> list[str]:
    placed = {service for group, service in SERVICE_OF_GROUP.items() if host in inventory.group(group)}
    return [name for name in procedure.SERVICES if name in placed]


def _has_database(inventory: Inventory, host: str) -> bool:
    groups = [f"hosts_{role}_{of}" for role in inventory_mongodb.PORTS for of in ("data", "offer")]
    return any(host in inventory.group(group) for group in (*groups, "hosts_elasticsearch_data"))


def _host(inventory: Inventory, name: str) -> dict[str, Any]:
    connect = _either(inventory, name, ADDRESSES)
    service, admin = inventory.text(name, "ip_service"), inventory.text(name, "ip_admin")
    address = (connect or admin or name).strip("[]")
    entry: dict[str, Any] = {"name": name, "address": address}
    port = _either(inventory, name, PORTS) or (inventory.config and inventory.config.remote_port) or "22"
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


def _either(inventory: Inventory, host: str, names: tuple[str, ...]) -> str | None:
    """Return a variable that has an old name, too; the new one counts."""
    return next((text for name in names if (text := inventory.text(host, name))), None)


def _elasticsearch(inventory: Inventory) -> list[dict[str, Any]]:
    """Return the cluster of the data; that of the logs goes on running."""
    hosts = inventory.group("hosts_elasticsearch_data")
    port = inventory.setting(*ELASTICSEARCH_PORT, hosts=hosts) or "9200"
    other_port = {"port": int(port)} if port.isdecimal() and port != "9200" else {}
    https = {"scheme": "https"} if _is_https(inventory) else {}
    return [{"name": "elasticsearch-data", "hosts": list(hosts)} | other_port | https] if hosts else []


def _is_https(inventory: Inventory) -> bool:
    return is_true(inventory.setting("elasticsearch", "data", "https_enabled") or "")


def _errors(inventory: Inventory) -> Iterator[str]:
    if not inventory.group("hosts_elasticsearch_data"):
        yield "there are no Elasticsearch hosts: the group hosts_elasticsearch_data is empty or missing"
    if not inventory.group("hosts_logbook"):
        yield "no host has logbook, whose securing a night waits for: the group hosts_logbook is empty or missing"


def _warnings(inventory: Inventory, busy: list[str]) -> Iterator[str]:
    for group in sorted(inventory.groups):
        if group.startswith("hosts_") and group not in SERVICE_OF_GROUP and group not in OTHER_GROUPS:
            yield f"group {group} is not known: its services will be neither stopped nor started"
    if not inventory.group("hosts_processing"):
        yield "no host has processing: the group hosts_processing is empty or missing"
    for host in busy:
        for name, old in (ADDRESSES, PORTS):
            new_value, old_value = inventory.text(host, name), inventory.text(host, old)
            if new_value and old_value and new_value != old_value:
                yield f"{name} of {host} is {new_value}, {old} is {old_value}: {new_value} is taken"
        for name in SSH_ARGUMENTS:
            if "proxy" in (inventory.text(host, name) or "").lower():
                yield f"{name} of {host} leads through another host, Airflow connects to it directly: see that it can"
    if _is_https(inventory):
        yield (
            "elasticsearch.data.https_enabled is true: add what its hosts need to trust it (ca_file) and, if it asks "
            "for one, an account (conn_id)"
        )
    if not all(inventory.is_true(host, "primary_site", default=True) for host in busy):
        yield (
            "this is a secondary site (primary_site=false), where Vitam runs a part of its services only and secures "
            "nothing: what does not run when the night begins stays down"
        )


def _notes(inventory: Inventory, busy: list[str]) -> Iterator[str]:
    if idle := [host for host in inventory.hosts if host not in busy]:
        yield f"Left out, because nothing is stopped there: {', '.join(idle)}."
    users: dict[str, list[str]] = {}
    for host in busy:
        users.setdefault(_either(inventory, host, USERS) or "", []).append(host)
    if users := {user: hosts for user, hosts in users.items() if user}:
        words = [f"{user} ({hosts[0]}{', ...' if len(hosts) > 1 else ''})" for user, hosts in users.items()]
        yield f"Ansible enters the hosts as {', '.join(words)}; Airflow as the login of its ssh connection."
    if kibana := inventory.group("hosts_kibana_data"):
        yield (
            f"Kibana and elastic-kibana-interceptor run on {', '.join(kibana)}. They only read Elasticsearch and "
            "go on running; to stop them with the platform, add both to the services of that host."
        )
