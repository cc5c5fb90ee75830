"""The config set as the router sees it: where its primary is, and the cluster's own connection to it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.services.wire import Document, Message, command_message, read_message

CONNECT_S = 2.0
# Errors after which the server on the other end is not the primary any more; the codes are those of
# mongodb/mongo@r5.0.32 src/mongo/base/error_codes.yml (PrimarySteppedDown, NotWritablePrimary, …).
NOT_PRIMARY = {189, 10107, 11600, 11602, 13435, 13436}


class NoPrimary(Exception):
    """No member of the config set is primary just now; a later command may find one."""


@dataclass(frozen=True)
class RouterSettings:
    """What mongos.conf says."""

    address: str
    port: int
    config_db: str
    keyfile: str

    @classmethod
    def load(cls, path: str) -> RouterSettings:
        """Read a mongos.conf; only the plain ``key: value`` lines that Vitam's template has."""
        lines = (line.partition(":") for line in Path(path).read_text().splitlines())
        values = {key.strip(): value.strip().strip('"') for key, _, value in lines}
        key = "".join(Path(values["keyFile"]).read_text().split())
        return cls(values["bindIp"], int(values["port"]), values["configDB"], key)

    @property
    def members(self) -> list[str]:
        """Return the config set's members."""
        return self.config_db.partition("/")[2].split(",")


class Upstream:
    """One connection to a member of the config set."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def open(cls, member: str) -> Upstream:
        """
        Connect to a member.

        :raises OSError: when it does not answer in time.
        """
        host, _, port = member.rpartition(":")
        return cls(*await asyncio.wait_for(asyncio.open_connection(host, int(port)), CONNECT_S))

    async def forward(self, raw: bytes, *, expects_reply: bool = True) -> Message | None:
        """Send a message as it is and return the answer."""
        self._writer.write(raw)
        await self._writer.drain()
        return await read_message(self._reader) if expects_reply else None

    async def command(self, document: Document) -> Document:
        """Send a command of the router's own on this connection, with the rights that its client has."""
        answer = await self.forward(command_message(document))
        return answer.document() if answer else {}

    def close(self) -> None:
        """Close the connection."""
        self._writer.close()


async def open_primary(members: list[str]) -> Upstream:
    """
    Connect to the member that is primary now.

    :raises NoPrimary: when none is.
    """
    for member in members:
        try:
            upstream = await Upstream.open(member)
            hello = await asyncio.wait_for(upstream.command({"isMaster": 1, "$db": "admin"}), CONNECT_S)
        except (TimeoutError, OSError, asyncio.IncompleteReadError):
            continue
        if hello.get("ismaster"):
            return upstream
        upstream.close()
    raise NoPrimary


class InternalClient:
    """The cluster's own connection (the user __system), for the commands that only a mongos may send."""

    def __init__(self, settings: RouterSettings) -> None:
        self._settings = settings
        self._client: Any = None

    async def command(self, document: Document) -> Document:
        """Run a command on the config primary and return its answer, an error included."""
        return await asyncio.to_thread(self._command, document)

    def _command(self, document: Document) -> Document:
        from pymongo.errors import OperationFailure, PyMongoError

        try:
            return dict(self._connected().admin.command(document))
        except OperationFailure as error:
            return dict(error.details or {})
        except PyMongoError as error:
            raise NoPrimary(str(error)) from error

    def _connected(self) -> Any:
        from pymongo import MongoClient

        if self._client is None:
            set_name, _, hosts = self._settings.config_db.partition("/")
            account: dict[str, Any] = {"username": "__system", "authSource": "local"}
            self._client = MongoClient(
                hosts.split(","),
                replicaSet=set_name,
                password=self._settings.keyfile,
                authMechanism="SCRAM-SHA-256",
                serverSelectionTimeoutMS=5000,
                connect=False,
                **account,
            )
        return self._client
