"""
The ports of Vitam's components in an inventory, where they are not Vitam's own.

Source: ProgrammeVitam/vitam@7.0.1 deployment/environments/group_vars/all/advanced/vitam_vars.yml:167 (``vitam``): under
a key of its own each component has ``vitam_component``, ``port_service`` and ``port_admin``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from vitam_operators import procedure
from vitam_operators.ansible_inventory import Inventory
from vitam_operators.ansible_templates import UnreadError

KINDS = {"service": "port_service", "admin": "port_admin"}

Placed = dict[str, list[str]]
"""The hosts of each component."""


def ports(inventory: Inventory, placed: Placed) -> dict[str, dict[str, int]]:
    """Return, for each component that a host has, the ports that differ from Vitam's."""
    found: dict[str, dict[str, int]] = {}
    for name, key in _keys(inventory, placed):
        vitams = procedure.SERVICES[name]
        usual = {"service": vitams.port, "admin": vitams.admin_port}
        for kind, variable in KINDS.items():
            port = inventory.setting("vitam", key, variable, hosts=placed[name])
            if port and port.isdecimal() and usual[kind] and int(port) != usual[kind]:
                found.setdefault(name, {})[kind] = int(port)
    return found


def keys(inventory: Inventory, placed: Placed) -> Iterator[tuple[tuple[str, ...], list[str]]]:
    """Yield each variable that says a port, with the hosts for which it counts."""
    for name, key in _keys(inventory, placed):
        yield from ((("vitam", key, variable), placed[name]) for variable in KINDS.values())


def _keys(inventory: Inventory, placed: Placed) -> Iterator[tuple[str, str]]:
    """Yield the placed components with their keys under ``vitam``: that of ``storage`` is ``storageengine``."""
    for name in (name for name in procedure.SERVICES if placed.get(name)):
        host = placed[name][0]
        yield from ((name, key) for key in _vitam(inventory, host) if _component(inventory, host, key) == name)


def _vitam(inventory: Inventory, host: str) -> list[str]:
    try:
        found: Any = inventory.value(host, "vitam")
    except UnreadError:
        return []
    return list(found) if isinstance(found, dict) else []


def _component(inventory: Inventory, host: str, key: str) -> str:
    return inventory.text(host, "vitam", key, "vitam_component") or key.replace("_", "-")
