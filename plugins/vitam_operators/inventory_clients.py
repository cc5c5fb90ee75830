"""
Clients of MongoDB that a Vitam inventory installs, and that may hold a night's last gate: nobody may be connected.

They come with Vitam's own accounts, so that no account can be let through; each is to be stopped or let through by what
it is.
"""

from __future__ import annotations

from collections.abc import Iterator

from vitam_operators.ansible_inventory import Inventory
from vitam_operators.ansible_templates import UnreadError, is_true

MONGOS_GROUPS = ("hosts_mongos_data", "hosts_mongos_offer")
CONSEQUENCE = "a night ends before anything is copied while it is connected"


def warnings(inventory: Inventory) -> Iterator[str]:
    """Yield a line for each client, with what to do."""
    yield from _mongo_express(inventory)
    yield from _metricbeat(inventory)
    yield from _restic(inventory)


def _mongo_express(inventory: Inventory) -> Iterator[str]:
    """
    Look for the container of mongo-express on the first mongos of each cluster, by default at 4.0.7 and 5.3.

    ProgrammeVitam/vitam@4.0.7 deployment/ansible-vitam-extra/dev-tools.yml:14 and 20,
    deployment/environments/group_vars/all/extra_vars.yml:55.
    """
    if not is_true(inventory.setting("docker_install") or ""):
        return
    clusters: dict[str, str] = {}
    for host in (host for group in MONGOS_GROUPS for host in inventory.group(group)):
        if host not in _single_hosts(inventory, host):
            clusters.setdefault(inventory.text(host, "mongo_cluster_name") or "", host)
    if clusters:
        yield (
            f"docker_install is true: where the playbook of Vitam's extras ran, mongo-express runs as a container on "
            f"{', '.join(dict.fromkeys(clusters.values()))} with the account vitamdb-admin, and {CONSEQUENCE}: "
            "take it away (docker rm --force mongo-express) and set docker_install to false; never name it under "
            "readers, as it can write"
        )


def _single_hosts(inventory: Inventory, host: str) -> list[str]:
    """
    Return the hosts on which no container is installed.

    ProgrammeVitam/vitam@4.0.7 deployment/environments/group_vars/all/vitam_vars.yml (``single_vm_hostnames``).
    """
    try:
        found = inventory.value(host, "single_vm_hostnames")
    except UnreadError:
        return []
    return list(map(str, found)) if isinstance(found, list) else []


def _metricbeat(inventory: Inventory) -> Iterator[str]:
    """
    Look for metricbeat, whose module asks each process of MongoDB.

    ProgrammeVitam/vitam@7.0.1 deployment/ansible-vitam-extra/metricbeat.yml:6,
    deployment/ansible-vitam-extra/roles/metricbeat/templates/modules/mongodb.yml:7.
    """
    if inventory.group("hosts_elasticsearch_log") and is_true(inventory.setting("metricbeat", "enabled") or ""):
        yield (
            f"metricbeat.enabled is true: its module asks MongoDB every few seconds, with accounts of Vitam's own, and "
            f"{CONSEQUENCE}: let it through by application and address (readers of each cluster), or take its "
            "module mongodb away"
        )


def _restic(inventory: Inventory) -> Iterator[str]:
    """
    Look for the job that dumps an offer's database, on the offer's host.

    ProgrammeVitam/vitam@7.0.1 deployment/ansible-vitam-extra/restic.yml:8,
    deployment/ansible-vitam-extra/roles/restic/tasks/main.yml:64 (cron, 23:00 by default).
    """
    for host in inventory.group("hosts_storage_offer_default"):
        if inventory.is_true(host, "restic_enabled"):
            hour, minute = (inventory.text(host, "restic", "cron", key) for key in ("hour", "minute"))
            yield (
                f"restic_enabled is true on {host}: at {hour or '23'}:{minute or '00'} (restic.cron) Vitam's own job "
                f"runs mongodump there; {CONSEQUENCE}, and the dump of a night fails: move the job out of the window"
            )
