"""
Who is connected to a MongoDB: by application, account and address; whose it is, and what to do about it.

Documents are those of ``$currentOp`` with idle connections. What the cluster's own connections look like was seen on
mongod 4.2.6, 4.4.2 and 5.0.32, with and without access control: they are ``__system``'s, or of the driver
``NetworkInterfaceTL`` (from 5.0 on also ``MongoDB Internal Client`` with the application ``OplogFetcher``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from vitam_operators.config import Platform
from vitam_operators.config_readers import Reader

Document = Mapping[str, Any]
OUR_NAME = "vitam-backup"
CLUSTERS_OWN_USER = "__system"
CLUSTERS_OWN_DRIVER = "NetworkInterfaceTL"
INNER_DRIVER = "MongoDB Internal Client"
"""Of members among themselves, and of the shell ``mongo``, which a person has (MongoDB's manual, "Log Messages")."""
INNER_APPLICATIONS = ("", "OplogFetcher")
VITAMS_DRIVER = "mongo-java-driver"
VITAMS_ACCOUNTS = frozenset(
    {"metadata", "logbook", "report", "functional-admin", "security-internal", "scheduler", "collect"}
    | {"metadata-collect", "offer"}
)
"""
Of Vitam's services: ProgrammeVitam/vitam@7.0.1 deployment/environments/group_vars/all/main/vault-vitam.yml.plain:12.
"""
ADMINISTRATORS = frozenset({"vitamdb-admin", "vitamdb-localadmin", "vitamdb-system"})
"""Vitam's accounts that may write anything (the same file)."""

RESTIC_SCRIPT = "/vitam/script/restic/restic_backup"
"""
Of Vitam's role restic, from 5.3 on: ProgrammeVitam/vitam@7.0.1
deployment/ansible-vitam-extra/roles/restic/tasks/main.yml:53, with its cron at line 64.
"""


@dataclass(frozen=True)
class Client:
    """
    A connection that is neither ours nor the cluster's own.

    :param application: the name it gives itself, or that of its driver
    :param driver: its driver; empty when it did not say
    :param accounts: whom it has logged in as
    :param address: where it comes from, without its port
    """

    application: str
    driver: str
    accounts: tuple[str, ...]
    address: str

    def __str__(self) -> str:
        """Say who it is, with the words that ``readers`` takes."""
        return f"{self.application} from {self.address} as {', '.join(self.accounts) or 'no account'}"


def clients(operations: Iterable[Document]) -> list[Client]:
    """
    Return the clients that may write: each connection that is neither ours nor the cluster's own, once.

    A connection that has not logged in cannot write where others have to log in.

    :param operations: of ``$currentOp`` with idle connections, on one server
    """
    connections = [operation for operation in operations if operation.get("client")]
    access_control = any(operation.get("effectiveUsers") for operation in connections)
    foreign = (
        _client(operation)
        for operation in connections
        if not _clusters_own(operation)
        and _application(operation) != OUR_NAME
        and (_users(operation) if access_control else operation.get("clientMetadata"))
    )
    return list(dict.fromkeys(foreign))


def _clusters_own(operation: Document) -> bool:
    if CLUSTERS_OWN_USER in (*_users(operation), *_users(operation, "runBy")):
        return True
    driver = _driver(operation)
    if driver.startswith(CLUSTERS_OWN_DRIVER):
        return True
    return driver.startswith(INNER_DRIVER) and not _users(operation) and _application(operation) in INNER_APPLICATIONS


def _users(operation: Document, key: str = "effectiveUsers") -> list[str]:
    return [str(user["user"]) for user in operation.get(key, ())]


def _application(operation: Document) -> str:
    return str(operation.get("clientMetadata", {}).get("application", {}).get("name") or "")


def _driver(operation: Document) -> str:
    return str(operation.get("clientMetadata", {}).get("driver", {}).get("name") or "")


def _client(operation: Document) -> Client:
    name = _application(operation) or _driver(operation) or "a client"
    where = str(operation["client"])
    address = (where.rpartition(":")[0] or where).strip("[]")
    return Client(name, _driver(operation), tuple(_users(operation)), address)


def may_stay(client: Client, readers: Collection[Reader]) -> bool:
    """Tell whether a client is one of the readers; one with several accounts has to be one with each of them."""
    fitting = [
        reader
        for reader in readers
        if reader.application in (None, client.application) and reader.holds(client.address)
    ]
    accounts = client.accounts or (None,)
    return all(any(reader.account in (None, account) for reader in fitting) for account in accounts)


def is_vitams(platform: Platform, client: Client) -> bool:
    """Tell whether a client is one of Vitam's services: by its driver, with its account or from its host."""
    if not client.driver.startswith(VITAMS_DRIVER):
        return False
    addresses = {address for host in platform.hosts for address in (host.address, host.service_ip, host.admin_ip)}
    return client.address in addresses or bool(VITAMS_ACCOUNTS & set(client.accounts))


def let_through(platform: Platform, readers: Collection[Reader], found: Iterable[Client]) -> Iterator[str]:
    """Name the services of Vitam that readers would let through: one that did not stop would write on."""
    for client in found:
        if is_vitams(platform, client) and may_stay(client, readers):
            yield f"readers let {client} through, which is a service of Vitam; name its account or application there"


def in_the_way(platform: Platform, readers: Collection[Reader], found: Iterable[Client]) -> Iterator[str]:
    """Name the clients that will not go with Vitam, and so hold a night before its copies, with what to do."""
    for client in found:
        if not is_vitams(platform, client) and not may_stay(client, readers):
            stays = f"{client} is connected and does not stop with Vitam; nothing is copied while it is"
            yield f"{stays}: {_advice(client)}"


def dump_by_cron(host: str) -> str:
    """Say that a host has Vitam's own backup by restic: nobody sees its connection before it begins."""
    return (
        f"{host}: Vitam's restic backup is installed ({RESTIC_SCRIPT}, by default at 23:00 in vitam's crontab); while "
        "its mongodump runs, nothing is copied: let it run outside of the window, or name it under readers "
        "(application: mongodump)"
    )


def _advice(client: Client) -> str:
    administrator = ADMINISTRATORS & set(client.accounts)
    if client.application.startswith("mongodump"):
        return "a dump, such as that of Vitam's restic cron: let it run at another time, or name it under readers"
    if client.application.startswith(("mongosh", "MongoDB Shell")):
        return "somebody's shell: close it before the night"
    if administrator and client.driver.startswith("nodejs"):
        return "it looks like Vitam's mongo-express: stop its container (docker stop mongo-express) before the night"
    if administrator and (client.driver.startswith("mongo-go-driver") or not client.driver):
        return (
            "it looks like metricbeat's module mongodb: name account and address under readers, or stop metricbeat "
            "before the night"
        )
    return "stop it before the night, or name it under readers (account, application, address) if it only reads"
