"""What an inventory says and nobody can read, or says in two ways: each with its key and what comes of it."""

from __future__ import annotations

from collections.abc import Iterator

from vitam_operators.ansible_inventory import Inventory
from vitam_operators.ansible_programs import MERGE
from vitam_operators.ansible_templates import UnreadError

HOST_KEYS: dict[str, str] = {
    "ansible_host": "ip_admin or the host's own name is taken to reach it",
    "ansible_ssh_host": "ip_admin or the host's own name is taken to reach it",
    "ansible_port": "22 is taken",
    "ansible_ssh_port": "22 is taken",
    "ip_service": "the address of ssh is taken",
    "ip_admin": "the address of ssh is taken",
    "primary_site": "true is taken",
    "mongo_arbiter": "false is taken, and an arbiter's files would be asked for",
    "offer_conf": "nobody looks for its MongoDB cluster",
    "restic_enabled": "false is taken",
}
"""The variables of a host that are read, and what is taken when one cannot be."""

SETTINGS: dict[tuple[str, ...], str] = {
    ("vitam_site_name",): "the inventory's file name is taken",
    ("force_vitam_version",): "give --vitam-version",
    ("vitam_defaults", "folder", "root_path"): "/vitam is taken",
    ("elasticsearch", "data", "https_enabled"): "false is taken",
    ("vitam_timers", "logbook", "frequency_traceability_operations"): "minute 5 of each hour is taken",
    ("vitam_timers", "logbook", "frequency_traceability_lfc_objectgroup"): "minute 15 of each hour is taken",
    ("vitam_timers", "logbook", "frequency_traceability_lfc_unit"): "minute 35 of each hour is taken",
    ("docker_install",): "whether mongo-express runs is not known",
    ("metricbeat", "enabled"): "whether metricbeat asks MongoDB is not known",
}
"""The values for all hosts that are read, and what is taken when one cannot be."""

Ports = list[tuple[tuple[str, ...], list[str]]]
"""Keys of ports, each with the hosts for which it counts."""

ONE_FOR_ALL = (("force_vitam_version",), ("vitam_defaults", "folder", "root_path"))


def warnings(inventory: Inventory, busy: list[str], ports: Ports) -> Iterator[str]:
    """
    Yield what cannot be read, and what the inventory's ``ansible.cfg`` leaves open.

    :param busy: the hosts that the platform file will have
    :param ports: the ports that are read
    """
    yield from _config(inventory)
    for host in busy:
        for key, taken in HOST_KEYS.items():
            if reason := _unread(inventory, host, key):
                yield f"{key} of {host} {reason}: {taken}"
    settings = [(keys, busy, taken) for keys, taken in SETTINGS.items()]
    for keys, hosts, taken in settings + [(keys, hosts, "Vitam's own port is taken") for keys, hosts in ports]:
        if found := next(((host, reason) for host in hosts if (reason := _unread(inventory, host, *keys))), None):
            yield f"{'.'.join(keys)} (on {found[0]}) {found[1]}: {taken}"


def errors(inventory: Inventory, busy: list[str], ports: Ports) -> Iterator[str]:
    """Yield the values that differ from host to host where a platform file has one for all, and ports that are none."""
    for keys, hosts in [(keys, busy) for keys in ONE_FOR_ALL] + ports:
        values: dict[str, str] = {}
        for host in hosts:
            if (value := inventory.text(host, *keys)) is not None:
                values.setdefault(value, host)
        name = ".".join(keys)
        if len(values) > 1:
            found = " and ".join(f"{value} on {host}" for value, host in values.items())
            yield f"{name} is {found}, but a platform file has one value for all these hosts: write it by hand"
    for keys, hosts in ports:
        for host in hosts:
            value = inventory.text(host, *keys)
            if value is not None and not (value.isdecimal() and 0 < int(value) < 65536):
                yield f"{'.'.join(keys)} of {host} is no port: {value}"


def _unread(inventory: Inventory, host: str, *keys: str) -> str | None:
    try:
        inventory.value(host, *keys)
    except UnreadError as error:
        return str(error)
    return None


def _config(inventory: Inventory) -> Iterator[str]:
    config = inventory.config
    if config is None or config.path is None:
        return
    if not config.says_how_to_merge:
        yield (
            f"{config.path} does not set hash_behaviour, which Vitam's own sets to {MERGE}: {MERGE} is taken, as "
            "Vitam's playbooks need it"
        )
    elif f"hash_behaviour = {MERGE}" not in config.text:
        yield (
            f"{config.path} sets hash_behaviour to something else than {MERGE}, which Vitam's own sets: values of "
            "Vitam's group_vars may be lost, such as ports"
        )
