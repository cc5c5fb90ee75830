"""MongoDB in memory: replica sets that elect, and a balancer, over the units of the fake hosts."""

from __future__ import annotations

import datetime as dt
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bson import Binary, ObjectId, Timestamp
from pymongo.errors import AutoReconnect, OperationFailure

from tests.fakes.matching import matches
from tests.fakes.units import FakeUnit

Document = dict[str, Any]
A_MINUTE_S = 60
OF_THE_CATALOGUE = ("chunks", "collections", "version", "migrations")
"""Collections of ``config`` that are asked for through a router."""


def uuid_of(name: str) -> Binary:
    """Return the id that MongoDB 5 gives a sharded collection, as the driver hands it out."""
    return Binary(uuid.uuid5(uuid.NAMESPACE_DNS, name).bytes, 4)


def batch(found: list[Document]) -> Document:
    """Return documents as a cursor's first and only batch."""
    return {"cursor": {"id": 0, "firstBatch": found}}


def client_of(
    account: str, driver: str = "mongo-java-driver|sync", application: str = "", address: str = "10.0.0.7"
) -> Document:
    """
    Return what ``$currentOp`` says of an idle connection: an ``op`` too, but not active.

    After mongodb/mongo@007aef8fa15b src/mongo/db/curop.cpp, ``reportCurrentOpForClient``.
    """
    metadata = {"driver": {"name": driver}, **({"application": {"name": application}} if application else {})}
    users = [{"user": account, "db": "admin"}]
    named = {"appName": application} if application else {}
    connection = {"type": "op", "client": f"{address}:4000", **named, "clientMetadata": metadata}
    return {**connection, "effectiveUsers": users, "active": False}


OWN_CONNECTIONS = [
    {"type": "op", "desc": "ftdc"},
    client_of("__system", "NetworkInterfaceTL-ReplNetwork"),
    client_of("backup", "PyMongo|async", "vitam-backup"),
]
"""What every server has while a step looks at it: a thread of its own, the cluster, ourselves."""


def an_hour_old_oplog() -> list[Document]:
    """Return an oplog whose last entry is a minute old: two nights of a test are never of the same second."""
    now_s = int(time.time())
    return [noop(Timestamp(now_s - 60 * A_MINUTE_S, 1)), noop(Timestamp(now_s - A_MINUTE_S, 7))]


def noop(moment: Timestamp, message: str = "periodic noop") -> Document:
    """
    Return what a primary writes every ten seconds when nobody writes, and ``new primary`` when it was elected.

    After mongodb/mongo@r5.0.32 src/mongo/db/repl/replication_coordinator.h, ``newPrimaryMsg``.
    """
    return {"ts": moment, "op": "n", "ns": "", "o": {"msg": message}}


@dataclass
class FakeMember:
    """
    One member of a replica set.

    It is up while its unit runs; but a member of a shard that starts opens its port only once its config set has a
    primary, as seen on a real one.

    :param address: ``host:port``
    :param unit: its unit
    """

    host: str
    address: str
    unit: FakeUnit
    arbiter: bool = False
    delay_s: int = 0
    priority: float = 10
    starting: bool = False
    config_set: FakeReplicaSet | None = None
    db_path: str = "/data"
    data: Callable[[], Any] = lambda: None
    """What is in its data directory now."""

    @property
    def up(self) -> bool:
        """Whether it answers."""
        waits = self.starting and self.config_set is not None and self.config_set.primary is None
        return self.unit.running and not waits


@dataclass
class FakeReplicaSet:
    """
    A replica set: as soon as its primary is down, a majority elects another; a member that comes back is secondary.

    A member that is frozen, or has just stepped down, is not elected until it is let go.

    All members have one oplog. Left out: the time that an election takes, data, replication, rollback.

    Its commands follow mongodb/mongo src/mongo/db/repl/: ``topology_coordinator.cpp@0178cdf27e7e``
    (``fillHelloForReplSet``, ``prepareStatusResponse``, ``prepareFreezeResponse``: a freeze of 0 ends the time of a
    step-down too), ``member_data.cpp@0b1bd1ac7578`` (``setDownValues``: no optime is left of a member that is down),
    ``repl_set_commands.cpp@00283e998ded`` (``CmdReplSetStepDown``); codes: src/mongo/base/error_codes.yml.

    :param name: its name
    """

    name: str
    members: list[FakeMember]
    lag_s: float = 0
    clients: list[Document] = field(default_factory=list)
    """Connections of strangers to each member, and what else ``$currentOp`` has of them."""
    oplog: list[Document] = field(default_factory=an_hour_old_oplog)
    committed: Timestamp | None = None
    """Last write on a majority, when that is not the last of the oplog."""
    ranges_left: int = 0
    documents: dict[str, int] = field(default_factory=dict)
    """Of each ``database.collection`` of every member."""
    forbidden: tuple[str, ...] = ()
    """Commands that the account may not use."""
    frozen: set[str] = field(default_factory=set)
    """Hosts of members that stand for no election."""
    stray_primary: str | None = None
    """Host of a member that says wrongly that it is the primary."""
    _primary: str | None = None

    @property
    def primary(self) -> str | None:
        """Host of the elected member, ``None`` without a majority."""
        up = [member for member in self.members if member.up]
        if len(up) * 2 <= len(self.members):
            self._primary = None
        elif self._primary not in [member.host for member in up]:
            able = [member for member in up if not member.arbiter and not member.delay_s]
            electable = [member.host for member in able if member.host not in self.frozen]
            self._primary = next(iter(electable), None)
            if self._primary is not None:
                self.oplog.append(noop(Timestamp(self.optime.time + 1, 1), "new primary"))
        return self._primary

    @property
    def optime(self) -> Timestamp:
        """Moment of the last entry of the oplog."""
        return self.oplog[-1]["ts"]

    def write(self, namespace: str, op: str = "i", **more: Any) -> None:
        """Have a new entry in the oplog, a second after the last."""
        moment = Timestamp(self.optime.time + 1, 1)
        self.oplog.append({"ts": moment, "op": op, "ns": namespace, "o": {}, **more})

    def lose(self, member: FakeMember) -> str | None:
        """A member is down: it has to start anew, and the others elect another primary if it was theirs."""
        member.starting = True
        return self.primary

    def hello(self, member: FakeMember) -> Document:
        """
        Answer ``isMaster``: mongodb/mongo@1ecb9362e677 src/mongo/db/repl/hello_response.cpp, ``addToBSON``.

        A member that has just started is neither primary nor secondary once.
        """
        primary = self.primary in (member.host,) or self.stray_primary == member.host
        ready = primary or not member.starting
        member.starting = False
        return {
            "setName": self.name,
            "me": member.address,
            "ismaster": primary,
            "secondary": ready and not primary and not member.arbiter,
            **({"arbiterOnly": True} if member.arbiter else {}),
        }

    def status(self) -> Document:
        """Answer ``replSetGetStatus``."""
        optimes = {
            "appliedOpTime": {"ts": self.optime, "t": 3},
            "lastCommittedOpTime": {"ts": self.committed or self.optime},
        }
        return {
            "set": self.name,
            "term": 3,
            "optimes": optimes,
            "members": [self._status_of(member) for member in self.members],
        }

    def _status_of(self, member: FakeMember) -> Document:
        primary = self.primary == member.host
        behind_s = 0 if primary else self.lag_s + member.delay_s
        moment = dt.datetime.fromtimestamp(self.optime.time - behind_s, dt.UTC).replace(tzinfo=None)
        state = (7, "ARBITER") if member.arbiter else (1, "PRIMARY") if primary else (2, "SECONDARY")
        state = state if member.up else (8, "(not reachable/healthy)")
        answer = {"name": member.address, "health": int(member.up), "state": state[0], "stateStr": state[1]}
        optime = {"ts": Timestamp(self.optime.time - int(behind_s), 1) if behind_s else self.optime}
        if not member.up:
            moment, optime = dt.datetime(1970, 1, 1), {"ts": Timestamp(0, 0), "t": -1}
        return answer if member.arbiter else {**answer, "optimeDate": moment, "optime": optime}

    def configuration(self) -> Document:
        """Answer ``replSetGetConfig``."""
        members = [
            {"host": m.address, "arbiterOnly": m.arbiter, "secondaryDelaySecs": m.delay_s, "priority": m.priority}
            for m in self.members
        ]
        return {"config": {"_id": self.name, "members": members}}

    def answer(self, member: FakeMember, command: str, value: Any, database: str, more: Document) -> Document:
        """Answer a command sent to one member."""
        if command in self.forbidden:
            raise OperationFailure(f"not authorized on {database} to execute command {command}", 13)
        match command, value:
            case "replSetFreeze", int():
                if self.primary == member.host:
                    why = "Cannot freeze node when primary or running for election, state: Primary"
                    raise OperationFailure(why, 95)
                (self.frozen.add if value else self.frozen.discard)(member.host)
                return {"ok": 1.0} if value else {"info": "unfreezing", "ok": 1.0}
            case "replSetStepDown", int():
                assert 0 < more["secondaryCatchUpPeriodSecs"] <= value
                if self.primary != member.host:
                    raise OperationFailure("not primary so can't step down", 10107)
                self.frozen.add(member.host)
                self._primary = None
                return {"ok": 1.0}
            case "getParameter", 1:
                assert more == {"featureCompatibilityVersion": 1}
                return {"featureCompatibilityVersion": {"version": "5.0"}}
            case "listDatabases", 1:
                return {"databases": [{"name": n} for n in {name.partition(".")[0] for name in self.documents}]}
            case "listCollections", 1:
                assert more.keys() >= {"nameOnly", "authorizedCollections"}, "clusterAdmin may not list all"
                names = [name.partition(".")[2] for name in self.documents if name.startswith(f"{database}.")]
                return batch([{"name": name, "type": "collection"} for name in names])
            case "aggregate", str():
                assert more["pipeline"] == [{"$collStats": {"count": {}}}]
                return batch([{"count": member.data().documents[f"{database}.{value}"]}])
            case "find", "shards":
                return batch(member.data().stores["config.shards"])
            case "shardingState", 1:
                return dict(member.data().identity)
            case "aggregate", 1:
                assert more["pipeline"] == [{"$currentOp": {"allUsers": True, "idleConnections": True}}]
                return batch(self.clients + OWN_CONNECTIONS)
            case "count", "rangeDeletions":
                return {"n": self.ranges_left}
            case "find", "oplog.rs":
                assert database == "local"
                return batch([entry for entry in self.oplog if matches(entry, more["filter"])][: more["limit"]])
        assert (value, database, more) == (1, "admin", {})
        match command:
            case "isMaster":
                return self.hello(member)
            case "replSetGetStatus":
                return self.status()
            case "replSetGetConfig":
                return self.configuration()
            case "buildInfo":
                return {"version": "5.0.14", "gitVersion": "1b3b0073a0b436a8a502b612f24fb2bd572772e5"}
            case "getCmdLineOpts":
                storage = {"dbPath": member.db_path, "directoryPerDB": True}
                security = {"keyFile": "/vitam/conf/mongod/keyfile", "authorization": "enabled"}
                return {"parsed": {"storage": storage, "security": security}}
        raise AssertionError(f"a member was sent {command}")


@dataclass
class FakeCluster:
    """
    A sharded cluster as its routers see it. Routers answer while they run and the config set has a primary.

    Vitam's services are connected to each router while they run. Of each collection with chunks every shard has
    one. Left out: the rounds of a balancer that is on, so ``balancerStop`` waits for none; writes.

    A look may meet a round of a balancer that is off: every ten seconds it begins one and ends it unused
    (mongodb/mongo@0044527f9a34 src/mongo/db/s/balancer/balancer.cpp, ``_mainThread``; what it tells: ``report``).

    :param name: its name
    """

    name: str
    config_set: FakeReplicaSet
    shards: list[FakeReplicaSet]
    routers: dict[str, FakeUnit]
    tell: Callable[[str, str, str], None]
    vitam: Callable[[], list[Document]]
    mode: str = "full"
    rounds_left: int = 1
    migrations_left: int = 1
    version: str = "5.0.14"
    clients: list[Document] = field(default_factory=list)
    listed: list[str] = field(default_factory=list)

    sharded: tuple[str, ...] = ("metadata.Unit", "logbook.LogbookOperation")

    def answer(self, command: str, value: Any, database: str, more: Document) -> Document:
        """Answer a command sent through a router."""
        assert database == ("config" if value in OF_THE_CATALOGUE else "admin")
        if command == "isMaster":
            return {"ismaster": True, "msg": "isdbgrid"}
        if self.config_set.primary is None:
            raise AutoReconnect("could not find host matching read preference primary for set configsvr")
        match command, value:
            case "balancerStatus", 1:
                return {"mode": self.mode, "inBalancerRound": self._counts_down("rounds_left")}
            case (("balancerStop" | "balancerStart"), 1):
                assert more == {"maxTimeMS": 60_000}
                self.tell(self.name, command, "balancer")
                self.mode = "off" if command == "balancerStop" else "full"
                return {"ok": 1.0}
            case "listShards", 1:
                return {"shards": self.list_shards()}
            case "buildInfo", 1:
                return {"version": self.version}
            case "find", "system.version":
                assert more == {"filter": {"_id": "featureCompatibilityVersion"}}
                return {"cursor": {"firstBatch": [{"_id": "featureCompatibilityVersion", "version": "5.0"}]}}
            case "aggregate", 1:
                stage = {"allUsers": True, "idleConnections": True, "localOps": True}
                assert more["pipeline"] == [{"$currentOp": stage}]
                return batch(self.clients + self.vitam() + OWN_CONNECTIONS)
            case "aggregate", "chunks":
                shards = [shard["_id"] for shard in self.list_shards()]
                last = Timestamp(2, len(shards) - 1)
                of = [({"of": uuid_of(name), "shard": shard}) for name in self.sharded for shard in shards]
                return batch([{"_id": each, "number": 1, "last": last} for each in of])
            case "find", "collections":
                return batch([{"_id": name, "uuid": uuid_of(name)} for name in self.sharded])
            case "find", "version":
                return batch([{"_id": 1, "clusterId": ObjectId("6b05d3c6e9300f40a37e56d5")}])
            case "count", "migrations":
                return {"n": int(self._counts_down("migrations_left"))}
        raise AssertionError(f"a router was sent {command} {value}")

    def list_shards(self) -> list[Document]:
        """Return what ``listShards`` and ``config.shards`` have."""
        names = self.listed or [shard.name for shard in self.shards]
        return [{"_id": name, "host": f"{name}/a:27019,b:27019"} for name in names]

    def _counts_down(self, what: str) -> bool:
        left = getattr(self, what)
        if self.mode == "off" and left:
            setattr(self, what, left - 1)
        return self.mode == "off" and left > 0


class FakeDriver:
    """
    What ``AsyncMongoClient`` is to the package: ``client[database].command(...)``.

    :param answers: takes command, value, database and the rest; ``None`` when nobody listens at the address
    :param mistakes: where commands are noted that nobody should send: a task that fails would hide them
    """

    def __init__(self, answers: Callable[[str, Any, str, Document], Document] | None, mistakes: list[str]) -> None:
        self._answers = answers
        self._mistakes = mistakes
        self._database = "admin"

    def __getitem__(self, database: str) -> FakeDriver:
        chosen = FakeDriver(self._answers, self._mistakes)
        chosen._database = database
        return chosen

    async def command(self, name: str, value: Any = 1, **more: Any) -> Document:
        """Answer one command, as the driver does."""
        if self._answers is None:
            raise AutoReconnect("connection refused")
        try:
            return self._answers(name, value, self._database, more)
        except AssertionError as error:
            self._mistakes.append(f"{name} {value} {more}: {error!r}")
            raise


def refused(account: str, expected: str) -> None:
    """
    Refuse a wrong account.

    :raises OperationFailure: it is the wrong one
    """
    if account != expected:
        raise OperationFailure(f"Authentication failed: {account}", 18)
