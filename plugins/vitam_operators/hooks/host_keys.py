"""
By which key a host has to prove who it is: that of the platform file, if it names one, and nothing else then.

Without one the Airflow connection decides: ``host_key`` of its extra, else ``known_hosts``.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, NamedTuple

from airflow.sdk.bases.hook import BaseHook

from vitam_operators.config import Host
from vitam_operators.errors import SecretMissingError


class Doubts(NamedTuple):
    """What the look says of the way in which a host proves who it is."""

    findings: list[str]
    warnings: list[str]


UNCHECKED = ("no_host_key_check", "ignore_hostkey_verification")
DECIDE = (*UNCHECKED, "host_key", "known_hosts")
"""Keys of the extra by which Airflow's provider decides whom to trust (ssh 7.0.1, hooks/ssh.py, SSHHookAsync)."""


def pinned_hook(pin: str, **arguments: Any) -> Any:
    """
    Return the provider's hook, which trusts one key alone.

    The key is matched by no name, so that neither an alias in ``~/.ssh/config`` nor a pattern is asked.

    :param pin: type and key, as in known_hosts
    :raises asyncssh.KeyImportError: when it is no key
    """
    import asyncssh
    from airflow.providers.ssh.hooks.ssh import SSHHookAsync

    trusted: Any = ([asyncssh.import_public_key(pin)], [], [])

    class PinnedHook(SSHHookAsync):
        def _parse_extras(self, conn: Any) -> None:
            extra = {key: value for key, value in conn.extra_dejson.items() if key not in DECIDE}
            super()._parse_extras(SimpleNamespace(extra_dejson=extra, host=conn.host))
            self.known_hosts = trusted

    hook = PinnedHook(**arguments)
    hook.known_hosts = trusted
    return hook


def unchecked_by(extra: Mapping[str, Any]) -> str | None:
    """Return which word of a connection's extra lets every host pass, ``None`` when there is none."""
    said = next((key for key in UNCHECKED if key in extra), "")
    if said and str(extra[said]).lower() == "true":
        return said
    anybody = str(extra.get("known_hosts", "")).lower() == "none" and "host_key" not in extra
    return "known_hosts: none" if anybody else None


def doubts(host: Host, extra: Mapping[str, Any]) -> Doubts:
    """
    Return findings and warnings on how a host proves who it is.

    :param extra: of its Airflow connection
    """
    word = unchecked_by(extra)
    if word is None:
        return Doubts([], [])
    says = f"{host.name}: the Airflow connection {host.ssh_conn_id} says {word!r}"
    if host.host_key:
        held = "and the platform file has a host_key of it, which holds: take that word out of the connection's extra"
        return Doubts([f"{says}, {held}"], [])
    anybody = f"whoever answers at {host.address} gets our commands"
    return Doubts([], [f"{says}: {anybody}; put its host_key into the platform file, and take that word out"])


async def ask(host: Host) -> Doubts:
    """
    Return findings and warnings, as :func:`doubts` does, by the connection that Airflow has.

    :raises SecretMissingError: there is none
    """
    from airflow.sdk.exceptions import AirflowNotFoundException

    try:
        connection = await BaseHook.aget_connection(str(host.ssh_conn_id))
    except AirflowNotFoundException as error:
        hint = "its login, and its password or private_key in the extra; make it in Airflow (Admin, Connections)"
        raise SecretMissingError(f"there is no Airflow connection {host.ssh_conn_id}", hint=hint) from error
    return doubts(host, connection.extra_dejson)
