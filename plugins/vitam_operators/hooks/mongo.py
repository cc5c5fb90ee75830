"""MongoDB: official commands, to one member directly or through a cluster's routers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from airflow.sdk.bases.hook import BaseHook

from vitam_operators.clients import OUR_NAME
from vitam_operators.config import MongoCluster, Platform
from vitam_operators.config_addresses import with_port
from vitam_operators.errors import MongoUnreachableError
from vitam_operators.mongo import Silent
from vitam_operators.mongo_accounts import KNOWN, MongoConnection, options_of
from vitam_operators.mongo_reasons import reason, without_topology
from vitam_operators.writes import CURRENT_OPERATIONS

ANSWER_WITHIN_S = 10
Answer = Mapping[str, Any]
A_LOT = 100_000
"""Of connections: one batch has them all, or 16 MB of them."""


class MongoClient:
    """An open connection; commands answer documents."""

    def __init__(self, where: str, client: Any) -> None:
        self.where = where
        self._client = client
        self._answered = False

    async def command(self, name: str, value: Any = 1, *, database: str = "admin", **more: Any) -> Answer:
        """
        Run an official command.

        :raises MongoUnreachableError: no answer, or the command is refused
        """
        from pymongo.errors import PyMongoError

        try:
            answer: Answer = await self._client[database].command(name, value, **more)
        except PyMongoError as error:
            self._answered = self._answered or _code(error) is not None
            raise unreachable(self.where, error, asked=name, answered=self._answered) from error
        self._answered = True
        return answer

    async def hello(self) -> Answer:
        """
        Return what this server says it is, as ``hello`` has it.

        It is asked ``isMaster``, which MongoDB 4.2 to 6.0 all answer with the same fields but one: ``ismaster`` for
        ``isWritablePrimary`` (MongoDB's manual, ``hello`` and ``isMaster``). MongoDB 4.2.6 does not know ``hello``.

        :raises MongoUnreachableError: no answer
        """
        answer = dict(await self.command("isMaster"))
        return answer | {"isWritablePrimary": bool(answer.pop("ismaster", False))}

    async def feature_compatibility_version(self) -> str:
        """Return the FCV that a cluster's config set holds: a copy opens only on a MongoDB that allows it."""
        answer = await self.command("find", "system.version", filter={"_id": "featureCompatibilityVersion"})
        return str(answer["cursor"]["firstBatch"][0]["version"])

    async def operations(self, **options: Any) -> list[Answer]:
        """
        Return what every connection and thread of this server does, idle ones included.

        :param options: more options of ``$currentOp``; ``localOps`` asks a mongos for its own
        """
        stage = {"$currentOp": {**CURRENT_OPERATIONS, **options}}
        answer = await self.command("aggregate", pipeline=[stage], cursor={"batchSize": A_LOT})
        return list(answer["cursor"]["firstBatch"])

    async def moving_ranges(self) -> int:
        """Return how many ranges this shard still has to delete after migrations; MongoDB 4.2 never tells, it is 0."""
        return await self.count("config", "rangeDeletions")

    async def oplog(self, condition: Mapping[str, Any], limit: int) -> list[Answer]:
        """Return the first entries of this member's oplog that meet a condition."""
        answer = await self.command(
            "find", "oplog.rs", database="local", filter=condition, limit=limit, batchSize=limit, singleBatch=True
        )
        return list(answer["cursor"]["firstBatch"])

    async def count(self, database: str, collection: str) -> int:
        """Return how many documents a collection has."""
        return int((await self.command("count", collection, database=database))["n"])


class MongoHook(BaseHook):
    """
    Opens connections with the account of an Airflow connection of type ``mongo``; the address is the platform file's.

    Unlike the provider's ``MongoHook`` it reads the connection when it connects, not when it is made, and reaches
    one member (``direct``), which a step that stops that member needs.

    :param conn_id: login, password, and in ``extra`` what :mod:`vitam_operators.mongo_accounts` knows
    :param addresses: ``host:port``, one for a member, several for routers
    :param direct: talk to this very member, whatever set it belongs to
    """

    def __init__(self, conn_id: str, addresses: Iterable[str], *, direct: bool) -> None:
        super().__init__()
        self.conn_id = conn_id
        self.addresses = list(addresses)
        self.direct = direct

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[MongoClient]:
        """
        Open a connection for the time of a ``with`` block; it is made by the first command.

        :raises MongoUnreachableError: the driver does not accept the connection's settings; by the first command, when
            nobody answers or the account is refused
        """
        from pymongo import AsyncMongoClient
        from pymongo.errors import PyMongoError

        options = {"directConnection": self.direct, **await self._account(), **self._limits()}
        try:
            client: Any = AsyncMongoClient(self.addresses, **options)
        except (PyMongoError, OSError, ValueError) as error:
            raise self._not_accepted(error) from error
        try:
            yield MongoClient(", ".join(self.addresses), client)
        finally:
            await client.close()

    async def _account(self) -> dict[str, Any]:
        from airflow.sdk.exceptions import AirflowNotFoundException

        try:
            connection = await BaseHook.aget_connection(self.conn_id)
        except AirflowNotFoundException as error:
            raise MongoUnreachableError(
                f"MongoDB at {', '.join(self.addresses)} was not asked, there is no Airflow connection {self.conn_id}",
                why=f"there is no Airflow connection {self.conn_id}",
                hint="make it, of type mongo, with login, password and authSource; or correct its name in the platform "
                "file",
            ) from error
        login, password, schema = connection.login, connection.password, connection.schema
        try:
            return options_of(MongoConnection(login, password, schema, connection.extra_dejson))
        except ValueError as error:
            raise self._not_accepted(error) from error

    def _not_accepted(self, error: Exception) -> MongoUnreachableError:
        return MongoUnreachableError(
            f"MongoDB at {', '.join(self.addresses)} was not asked, the settings of the Airflow connection "
            f"{self.conn_id} are not accepted: {error}",
            why="the Airflow connection's settings are not accepted",
            hint=f"correct it; its extra may have {', '.join(KNOWN)}",
        )

    @staticmethod
    def _limits() -> dict[str, Any]:
        milliseconds = ANSWER_WITHIN_S * 1000
        return {
            "serverSelectionTimeoutMS": milliseconds,
            "connectTimeoutMS": milliseconds,
            "socketTimeoutMS": 6 * milliseconds,
            "appname": OUR_NAME,
        }


def member(platform: Platform, cluster: MongoCluster, host: str, port: int) -> MongoHook:
    """Return the hook for one member of a replica set."""
    return MongoHook(cluster.localadmin_conn_id, [address(platform, host, port)], direct=True)


def routers(platform: Platform, cluster: MongoCluster) -> MongoHook:
    """Return the hook for the cluster through its mongos."""
    addresses = [address(platform, host, cluster.mongos.port) for host in cluster.routers]
    return MongoHook(cluster.admin_conn_id, addresses, direct=False)


def router(platform: Platform, cluster: MongoCluster, host: str) -> MongoHook:
    """Return the hook for one mongos of the cluster."""
    return MongoHook(cluster.admin_conn_id, [address(platform, host, cluster.mongos.port)], direct=True)


def address(platform: Platform, host: str, port: int) -> str:
    """Return ``ip_service:port``, as Vitam's replica set configurations have it."""
    return with_port(platform.host(host).service_ip, port)


async def hellos(
    platform: Platform, cluster: MongoCluster, hosts: Iterable[str], port: int
) -> dict[str, Answer | Silent]:
    """Ask members what they are, all at once; of one that does not answer, return why."""
    return await _hellos({host: member(platform, cluster, host, port) for host in hosts})


async def hellos_of_routers(platform: Platform, cluster: MongoCluster) -> dict[str, Answer | Silent]:
    """Ask the routers of a cluster what they are, all at once; of one that does not answer, return why."""
    return await _hellos({host: router(platform, cluster, host) for host in cluster.routers})


async def _hellos(hooks: Mapping[str, MongoHook]) -> dict[str, Answer | Silent]:
    async def ask(hook: MongoHook) -> Answer | Silent:
        try:
            async with hook.connect() as client:
                return await client.hello()
        except MongoUnreachableError as error:
            return Silent(error.why, error.hint)

    return dict(zip(hooks, await asyncio.gather(*(ask(hook) for hook in hooks.values())), strict=True))


def unreachable(where: str, error: Exception, *, asked: str, answered: bool) -> MongoUnreachableError:
    """
    Return the error of a server that did not do what it was asked, in words of its own for each reason.

    :param error: of the driver
    :param asked: the command
    :param answered: the server has answered over this connection before
    """
    known = reason(str(error), _code(error), answered=answered)
    return MongoUnreachableError(
        f"MongoDB at {where} did not do what it was asked, {asked}: {known.words} ({without_topology(str(error))})",
        hint=known.hint,
        why=known.words,
        away="" if answered or _code(error) else where,
    )


def _code(error: Exception) -> int | None:
    """Return MongoDB's error code; where the server is no primary any more, the driver has it in the answer alone."""
    details = getattr(error, "details", None)
    in_answer = details.get("code") if isinstance(details, Mapping) else None
    return getattr(error, "code", None) or in_answer
