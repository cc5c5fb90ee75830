"""
Stand-in of mongos: ``python3 -m lab.services.mongos /vitam/conf/mongos/mongos.conf``.

A thin router to the config set. It answers ``hello`` as a mongos does, turns the balancer's commands into those of the
config primary, lists the shards, and passes all else as it came to the current primary of the config set: the SCRAM
conversation too, so that authentication is the real one, and reads of config.* are the real ones.

Sources: MongoDB's documentation, mongodb.com/docs/v6.0/reference/command/: ``hello`` (``msg: isdbgrid`` is a mongos's),
``balancerStart``, ``balancerStop``, ``balancerStatus``, ``listShards``, ``isdbgrid``, ``getCmdLineOpts``;
mongodb.com/docs/v6.0/reference/operator/aggregation/currentOp (``localOps``); error codes: MongoDB's
src/mongo/base/error_codes.yml. What the config primary is asked is listed by its own ``listCommands``.

Under the switch ``busy-round``, ``balancerStop`` waits for the round as the config primary does (mongodb/mongo
src/mongo/db/s/): ``config/configsvr_control_balancer_command.cpp@0700f1dc9c9f`` (the mode first, then the round),
``balancer/balancer.cpp@0044527f9a34`` (``joinCurrentRound``), ``../operation_context.cpp@019afd89c776``
(``checkForInterruptNoAssert``: its time is over).

Left out: routing. Documents are neither read nor written through it, it merges no cursors, and it refuses what would
change the config server itself. Diagnostic commands (serverStatus) are answered by the config primary.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lab.services import switches
from lab.services.config_set import NOT_PRIMARY, InternalClient, NoPrimary, RouterSettings, Upstream, open_primary
from lab.services.wire import OP_MSG, Document, Message, read_message, reply_message

NO_SUCH_COMMAND = 59  # of 4.2.6, which has no hello
MAX_TIME_EXPIRED = 50
BALANCER_WITHIN_MS = 60_000
"""Of a ``balancerStop`` that says no ``maxTimeMS`` (its page of the documentation)."""
LOOK_EVERY_S = 0.2
WIRE_VERSIONS = {"4.2": 8, "4.4": 9, "5.0": 13, "6.0": 17}
"""MongoDB's src/mongo/db/wire_version.h, at each version."""
HELLO = {"hello", "ismaster", "isMaster"}
BALANCER = {"balancerStart", "balancerStop", "balancerStatus"}
MANAGERS = {"root", "clusterAdmin", "clusterManager", "__system"}
WATCHERS = MANAGERS | {"clusterMonitor"}
REFUSED = ("replSet", "_configsvr", "_shardsvr", "shutdown", "fsync", "applyOps")
# Of a hello the config primary gets all but these: it takes client metadata once per connection, and we spoke first.
NOT_PASSED_ON = {"client", "lsid", "$clusterTime", "topologyVersion", "maxAwaitTimeMS", "compression", "loadBalanced"}
OF_A_MEMBER = {"setName", "setVersion", "hosts", "primary", "me", "secondary", "electionId", "lastWrite", "configsvr"}
OF_A_MEMBER |= {"topologyVersion", "compression", "tags", "passives", "arbiters", "readOnly", "isreplicaset"}


def error(code: int, name: str, message: str) -> Document:
    """Return an error as MongoDB writes it."""
    return {"ok": 0.0, "errmsg": message, "code": code, "codeName": name}


def hello(of_member: Document | None) -> Document:
    """
    Return a mongos's hello, of the version of this host's mongod.

    :param of_member: the config primary's own, for what it says of authentication; None while there is none.
    """
    own = {k: v for k, v in (of_member or {}).items() if k not in OF_A_MEMBER and not k.startswith(("$", "last"))}
    identity = {"isWritablePrimary": True, "ismaster": True, "msg": "isdbgrid"}
    limits = {"maxBsonObjectSize": 16777216, "maxMessageSizeBytes": 48000000, "maxWriteBatchSize": 100000}
    wire = {"localTime": datetime.now(tz=UTC), "logicalSessionTimeoutMinutes": 30, "minWireVersion": 0}
    return {**wire, "maxWireVersion": _wire_version(), **own, **identity, **limits, "ok": 1.0}


def _wire_version() -> int:
    """Return the highest wire version of this host's MongoDB, which /usr/bin/mongod is a link to."""
    return WIRE_VERSIONS[Path("/usr/bin/mongod").readlink().parent.name.rpartition(".")[0]]


def user_in(command: Document) -> str:
    """Return the account that a SCRAM conversation begins with, or nothing."""
    payload = (command.get("speculativeAuthenticate") or command).get("payload", b"")
    name = bytes(payload).partition(b"n=")[2].partition(b",")[0] if bytes(payload).startswith(b"n,,") else b""
    return name.decode()


class Router:
    """The server: what all connections share."""

    def __init__(self, settings: RouterSettings) -> None:
        self.settings = settings
        self.internal = InternalClient(settings)
        self.connections: set[Connection] = set()

    async def serve(self) -> None:
        """Serve until SIGTERM."""
        stop = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
        server = await asyncio.start_server(self._accept, self.settings.address, self.settings.port)
        print(f"mongos: listening on {self.settings.address}:{self.settings.port}", flush=True)
        await stop.wait()
        server.close()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Connection(self, writer)
        self.connections.add(connection)
        try:
            while await connection.answer(await read_message(reader)):
                pass
        except (asyncio.IncompleteReadError, OSError, ValueError):
            pass  # the client has gone, or does not speak MongoDB
        finally:
            self.connections.discard(connection)
            connection.close()


class Connection:
    """One client, and its own connection to the config primary: the client's login is that connection's."""

    def __init__(self, router: Router, writer: asyncio.StreamWriter) -> None:
        self._router, self._writer = router, writer
        self._upstream: Upstream | None = None
        self._metadata: Document = {}
        self._user = ""

    def close(self) -> None:
        """Close both sides."""
        self._writer.close()
        if self._upstream:
            self._upstream.close()

    async def answer(self, message: Message) -> bool:
        """
        Answer one message.

        :return: whether the connection goes on: after a failover the client has to log in anew.
        """
        command = message.document()
        try:
            answer = await self._answer_of(message, command)
        except (TimeoutError, NoPrimary, OSError, asyncio.IncompleteReadError):
            answer = self._without_primary(command)
        if answer is None:
            return True
        self._writer.write(answer if isinstance(answer, bytes) else reply_message(message, answer))
        await self._writer.drain()
        return self._upstream is not None or next(iter(command), "") in HELLO

    def _forget_primary(self) -> None:
        if self._upstream:
            self._upstream.close()
        self._upstream = None

    def _without_primary(self, command: Document) -> Document:
        """Answer without a config primary, and forget the connection to the former one."""
        had_one = self._upstream is not None
        self._forget_primary()
        if next(iter(command)) in HELLO:
            return hello(None)
        if had_one:  # the login is gone with it; on this code drivers drop their pool and come again
            return error(91, "ShutdownInProgress", "the config server's primary has gone: connect anew")
        name = self._router.settings.config_db.partition("/")[0]
        text = f'Could not find host matching read preference {{ mode: "primary" }} for set {name}'
        return error(133, "FailedToSatisfyReadPreference", text)

    async def _answer_of(self, message: Message, command: Document) -> Document | bytes | None:
        name = next(iter(command))
        self._user = user_in(command) or self._user
        if name in HELLO:
            self._metadata = command.get("client") or self._metadata
            return await self._hello(message, command)
        if name.startswith(REFUSED):
            return error(115, "CommandNotSupported", f"{name} is not supported through mongos")
        if name in BALANCER:
            return await self._balancer(name, command)
        if name == "aggregate" and "localOps" in command["pipeline"][0].get("$currentOp", {}):
            return await self._own_operations(command)
        if name == "listShards":
            return await self._list_shards()
        if name == "isdbgrid":
            return {"isdbgrid": 1, "hostname": self._router.settings.address, "ok": 1.0}
        if name == "getCmdLineOpts":
            return self._options()
        return await self._pass_on(message)

    async def _primary(self) -> Upstream:
        if self._upstream is None:
            self._upstream = await open_primary(self._router.settings.members)
        return self._upstream

    async def _hello(self, message: Message, command: Document) -> Document:
        asked = {k: v for k, v in command.items() if k not in NOT_PASSED_ON}
        asked = {**asked, "$db": "admin"} if message.opcode == OP_MSG else {**asked, "helloOk": True, "$db": "admin"}
        answer = await (await self._primary()).command(asked)
        return answer if answer.get("code") == NO_SUCH_COMMAND else hello(answer if answer.get("ok") else None)

    async def _pass_on(self, message: Message) -> bytes | None:
        upstream = await self._primary()
        answer = await upstream.forward(message.raw, expects_reply=message.expects_reply)
        if answer is not None and message.opcode == OP_MSG and answer.document().get("code") in NOT_PRIMARY:
            self._forget_primary()
        return answer.raw if answer else None

    async def _may(self, roles: set[str]) -> bool:
        status = await (await self._primary()).command({"connectionStatus": 1, "$db": "admin"})
        return any(role["role"] in roles for role in status["authInfo"]["authenticatedUserRoles"])

    async def _balancer(self, name: str, command: Document) -> Document:
        """Pass a balancer command to the config primary under the name that it has there."""
        if not await self._may(WATCHERS if name == "balancerStatus" else MANAGERS):
            return error(13, "Unauthorized", f"not authorized on admin to execute command {{ {name}: 1 }}")
        internal: Document = {f"_configsvr{name[0].upper()}{name[1:]}": 1}
        if "maxTimeMS" in command:
            internal["maxTimeMS"] = command["maxTimeMS"]
        answer = await self._router.internal.command(internal)
        if name == "balancerStop" and not await _round_ends(command.get("maxTimeMS") or BALANCER_WITHIN_MS):
            return error(MAX_TIME_EXPIRED, "MaxTimeMSExpired", "operation exceeded time limit")
        if name == "balancerStatus" and _round_goes_on():
            answer["inBalancerRound"] = True
        return {key: value for key, value in answer.items() if not key.startswith(("$", "last"))}

    async def _own_operations(self, command: Document) -> Document:
        """Answer ``$currentOp`` with ``localOps``: the connections of this router, idle ones too."""
        if not await self._may(WATCHERS):
            return error(13, "Unauthorized", "not authorized on admin to execute command aggregate $currentOp")
        found = [connection.operation() for connection in self._router.connections]
        return {"cursor": {"id": 0, "ns": f"{command['$db']}.$cmd.aggregate", "firstBatch": found}, "ok": 1.0}

    def operation(self) -> Document:
        """Return what ``$currentOp`` says of this connection."""
        host, port = self._writer.get_extra_info("peername")[:2]
        users = [{"user": self._user, "db": "admin"}] if self._user else None
        metadata = {"clientMetadata": self._metadata} if self._metadata else {}
        return {"type": "op", "client": f"{host}:{port}", **metadata, **({"effectiveUsers": users} if users else {})}

    async def _list_shards(self) -> Document:
        found = await (await self._primary()).command({"find": "shards", "$db": "config"})
        if not found.get("ok"):
            if found.get("code") in NOT_PRIMARY:
                self._forget_primary()
            return found
        return {"shards": found["cursor"]["firstBatch"], "ok": 1.0}

    def _options(self) -> Document:
        settings = self._router.settings
        net: Document = {"bindIp": settings.address, "port": settings.port}
        return {"argv": ["mongos"], "parsed": {"net": net, "sharding": {"configDB": settings.config_db}}, "ok": 1.0}


def _round_goes_on() -> bool:
    switch: dict[str, Any] | None = switches.read_switches("mongos").get("busy-round")
    return switch is not None and time.time() < switch["at"] + float(switch["value"] or 30)


async def _round_ends(within_ms: float) -> bool:
    """Wait for the round that goes on, and tell whether it ended in time."""
    give_up = time.monotonic() + within_ms / 1000
    while _round_goes_on():
        if time.monotonic() > give_up:
            return False
        await asyncio.sleep(LOOK_EVERY_S)
    return True


if __name__ == "__main__":
    asyncio.run(Router(RouterSettings.load(sys.argv[1])).serve())
