"""Which connections the backup opens: from where, to where, to which port, and why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from vitam_operators.config import Platform, ReplicaSet
from vitam_operators.versions import BY_QUARTZ

AIRFLOW = "Airflow's workers and triggerer"
EACH_HOST = "each host"
SAME_HOST = "the same host"
NO_PORT = ""


@dataclass(frozen=True)
class Flow:
    """
    One kind of connection.

    :param source: who opens it
    :param target: address or addresses that it goes to
    :param port: TCP port there; empty where the target says it
    :param why: what for
    """

    source: str
    target: str
    port: str
    why: str


def flows(platform: Platform) -> Iterator[Flow]:
    """
    Yield each connection that the firewalls between Airflow, the hosts and MongoDB have to let through.

    MongoDB binds to ``ip_service``, not to the loopback (ProgrammeVitam/vitam@7.0.1
    deployment/ansible-vitam/roles/mongod/templates/mongod.conf.j2:30), so Airflow has to reach that address.
    """
    yield from _ssh(platform)
    yield from _mongodb(platform)
    yield from _on_the_host(platform)
    yield from _stores(platform)


def _ssh(platform: Platform) -> Iterator[Flow]:
    ports: dict[int, list[str]] = defaultdict(list)
    for host in platform.hosts:
        ports[host.ssh_port].append(host.address)
    why = "ssh: each step on a host; the mongod of a drill or a restore is reached through it"
    for port, addresses in ports.items():
        yield Flow(AIRFLOW, _joined(addresses), str(port), why)


def _mongodb(platform: Platform) -> Iterator[Flow]:
    for cluster in platform.mongodb:
        routers = [platform.host(name).service_ip for name in cluster.routers]
        yield Flow(AIRFLOW, _joined(routers), str(cluster.mongos.port), f"mongos of {cluster.name}: balancer, shards")
        for what, daemon, sets in (
            ("config set", cluster.mongoc, [cluster.config_set]),
            ("shards", cluster.mongod, cluster.shards),
        ):
            members, port = _members(platform, sets), str(daemon.port)
            yield Flow(AIRFLOW, members, port, f"{what} of {cluster.name}: primaries, who is connected, oplog")
            yield Flow(EACH_HOST, members, port, f"its restart guard waits for the primaries of {cluster.name}, {what}")


def _members(platform: Platform, sets: Iterable[ReplicaSet]) -> str:
    return _joined(platform.host(name).service_ip for one in sets for name in one.data_hosts)


def _on_the_host(platform: Platform) -> Iterator[Flow]:
    """Yield what a host asks itself, through addresses of its own, which its own firewall may keep from it."""
    admin = sorted({platform.service(name).admin_port for name in platform.services} - {0})
    if admin:
        why = "admin ports of Vitam's services: status, version, metrics, the scheduler's pause and resume"
        yield Flow(SAME_HOST, "its `ip_admin`", ", ".join(map(str, admin)), why)
    if platform.securing.by == BY_QUARTZ and platform.hosts_of("scheduler"):
        port = platform.service("scheduler").port
        yield Flow(SAME_HOST, _addresses(platform, "scheduler"), str(port), "the scheduler's current jobs")
    for cluster in platform.elasticsearch:
        nodes = _joined(platform.host(name).service_ip for name in cluster.hosts)
        yield Flow(SAME_HOST, nodes, str(cluster.port), f"{cluster.name}: health, allocation, flush, snapshot")


def _addresses(platform: Platform, service: str) -> str:
    return _joined(platform.host(name).service_ip for name in platform.hosts_of(service))


def _stores(platform: Platform) -> Iterator[Flow]:
    restic = platform.copies.restic
    if restic and not restic.repository.startswith("/"):
        yield Flow(EACH_HOST, f"`{restic.repository}`", NO_PORT, "restic writes and reads copies (root's connection)")
    if urlsplit(platform.records).scheme != "file":
        yield Flow("all of Airflow", f"`{platform.records}`", NO_PORT, "records of the backups")
    told = platform.messages
    if told.mail or told.notifiers or told.ping_conn_id:
        yield Flow("Airflow's workers", "what the connections under `messages` name", NO_PORT, "messages, ping")


def _joined(addresses: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(addresses))


def table(platform: Platform) -> list[str]:
    """Return the flows as lines of a table."""
    rows = [f"| {flow.source} | {flow.target} | {flow.port} | {flow.why} |" for flow in flows(platform)]
    return ["| from | to | TCP port | why |", "|---|---|---|---|", *rows]
