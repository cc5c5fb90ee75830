"""The whole platform in memory, built from a platform file, and put in place of ssh and of the MongoDB driver."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from types import SimpleNamespace
from typing import Any

from tests.fakes.drills import KEY, FakeCopy
from tests.fakes.mongo import FakeCluster, FakeDriver, FakeMember, FakeReplicaSet, client_of, refused
from tests.fakes.process import FakeProcess
from tests.fakes.restores import FakeData
from tests.fakes.shell import FakeHost
from tests.fakes.units import FAILED_BY_SIGTERM, FakeUnit
from tests.fakes.web import FakeElasticsearch, FakeVitam
from vitam_operators import errors
from vitam_operators.config import Daemon, MongoCluster, Platform, ReplicaSet
from vitam_operators.hooks.drills import ScratchHook
from vitam_operators.hooks.hosts import LOOPBACK, HostHook, HostShell
from vitam_operators.hooks.mongo import MongoClient, MongoHook
from vitam_operators.operators import restore_bringing
from vitam_operators.parts import CONFIG, MongoPart, config_parts, shard_parts
from vitam_operators.procedure import BACK, SERVICES
from vitam_operators.versions import component_of_timer

Change = tuple[str, str, str]


@dataclass
class FakePlatform:
    """
    A platform on which everything runs, until a night stops it.

    Only ``HostHook.connect`` and ``MongoHook.connect`` are replaced: command lines, their readers, operators and
    waits are the package's own. What changes anything is noted in :attr:`changes`, in order.

    Left out: ssh and its accounts, concurrency (nothing happens between two looks), a clock of its own; and all that
    the parts leave out (see there).

    :param platform: the platform file
    """

    platform: Platform
    changes: list[Change] = field(default_factory=list)
    mistakes: list[str] = field(default_factory=list)
    hosts: dict[str, FakeHost] = field(default_factory=dict)
    clusters: dict[str, FakeCluster] = field(default_factory=dict)
    elastics: dict[str, FakeElasticsearch] = field(default_factory=dict)
    tunnels: dict[int, tuple[FakeHost, int]] = field(default_factory=dict)
    """Ports of ours that lead to a port of a host's loopback."""

    def __post_init__(self) -> None:
        self.vitam = FakeVitam(self.tell, version=self.platform.vitam_version, begun=lambda: bool(self.changes))
        for host in self.platform.hosts:
            self.hosts[host.name] = FakeHost(host, self.tell, self._web)
            self.hosts[host.name].files["/vitam/conf/vitam.conf"] = 1_000
            for service in map(self.platform.service, host.services):
                ports = (service.port, service.admin_port)
                self.vitam.roles[host.name, service.admin_port] = service.name
                self._unit(host.name, FakeUnit(service.unit, ports, FAILED_BY_SIGTERM))
        for service in ("offer", "workspace", "workspace-collect"):
            for name in self.platform.hosts_of(service):
                self.hosts[name].files[f"/vitam/data/{service}/object"] = 5_000
        for cluster in self.platform.mongodb:
            self._add_cluster(cluster)
        for elastic in self.platform.elasticsearch:
            fake = self.elastics[elastic.name] = FakeElasticsearch(elastic.name, self.tell)
            for host in elastic.hosts:
                self._unit(host, FakeUnit(elastic.unit, (elastic.port,), FAILED_BY_SIGTERM, on_stop=fake.stopped))
        self._add_timers()
        self._add_what_copies_hold()

    def tell(self, where: str, verb: str, what: str) -> None:
        """Note a change."""
        self.changes.append((where, verb, what))

    def _unit(self, host: str, unit: FakeUnit) -> FakeUnit:
        unit.run()
        self.hosts[host].units[unit.name] = unit
        return unit

    def _add_cluster(self, cluster: MongoCluster) -> None:
        mongos = cluster.mongos
        routers = {h: self._unit(h, FakeUnit(mongos.unit, (mongos.port,))) for h in cluster.routers}
        config_set = self._add_set(cluster.config_set, cluster.mongoc)
        shards = [self._add_set(shard, cluster.mongod) for shard in cluster.shards]
        for member in (member for shard in shards for member in shard.members):
            member.config_set = config_set
        self.clusters[cluster.name] = FakeCluster(
            cluster.name, config_set, shards, routers, self.tell, self._connections_of_vitam
        )

    def _connections_of_vitam(self) -> list[dict[str, Any]]:
        """Return what ``$currentOp`` of a router has of the services that keep their data in MongoDB."""
        units = {service.unit for service in SERVICES.values() if service.phase == BACK}
        return [
            client_of(_short(unit.name), address=host.host.service_ip)
            for host in self.hosts.values()
            for unit in host.units.values()
            if unit.name in units and unit.running
        ]

    def _add_set(self, replica_set: ReplicaSet, daemon: Daemon) -> FakeReplicaSet:
        members = []
        for member in replica_set.members:
            host, path = self.hosts[member.host], daemon.db_path
            host.files[f"{path}/WiredTiger.wt"] = 1_000_000
            unit = self._unit(
                member.host, FakeUnit(daemon.unit, (daemon.port,), lock=host.writes(f"{path}/mongod.lock"))
            )
            address = f"{host.host.service_ip}:{daemon.port}"
            made = FakeMember(member.host, address, unit, member.arbiter)
            made.db_path = path
            made.data = partial(_data_in, host, path)
            members.append(made)
        fake = FakeReplicaSet(replica_set.name, members)
        for member in members:
            member.unit.on_stop = partial(fake.lose, member)
        return fake

    def _add_timers(self) -> None:
        """
        Install timers on each host of their component; they run on the last one.

        Source: ``ProgrammeVitam/vitam@5.3 deployment/ansible-vitam/internal_start_vitam_timers.yml``. Left out: that
        two of storage's run on all, that those of reconstruction run on a secondary site alone, and others on none.
        """
        for host in self.platform.hosts_with_timers:
            for name in self.platform.timers_on(host):
                service, timer = FakeUnit(f"{name}.service", looks_to_end=2), FakeUnit(f"{name}.timer")
                self.hosts[host].units |= {service.name: service, timer.name: timer}
                if host == self.platform.hosts_of(component_of_timer(name) or "logbook")[-1]:
                    timer.run()

    def _add_what_copies_hold(self) -> None:
        for part in (*shard_parts(self.platform), *config_parts(self.platform)):
            shards = self.clusters[part.cluster.name].list_shards()
            data = {"metadata.Unit": 100, "logbook.LogbookOperation": 40, "logbook.LogbookLifeCycleUnit": 20}
            catalogue = {"config.chunks": 8, "config.shards": len(shards)}
            documents = {"admin.system.version": 2, **(catalogue if part.kind == CONFIG else data)}
            self.replica_set(part.cluster.name, part.replica_set.name).documents = documents
            shard = None if part.kind == CONFIG else part.replica_set.name
            self._add_data(part, documents, shards)
            for host in part.replica_set.data_hosts:
                copy = FakeCopy(dict(documents), shards=shards if part.kind == CONFIG else [], shard=shard)
                self.hosts[host].drills.copies[part.name] = copy

    def _add_data(self, part: MongoPart, documents: dict[str, int], shards: list[dict[str, Any]]) -> None:
        """Have the data of each member, and on every host what a copy of it holds, whoever made that."""
        for host in part.replica_set.data_hosts:
            self.hosts[host].restores.data[part.db_path] = FakeData(documents, _who(part, shards))
        for fake in self.hosts.values():
            fake.restores.copies[part.name] = FakeData(dict(documents), _who(part, shards))

    def secure_logbooks(self) -> None:
        """Let each timer start its unit, as at its hour."""
        for host in self.hosts.values():
            for unit in [u for u in host.units.values() if u.name.endswith(".timer") and u.active == "active"]:
                host.units[unit.name.replace(".timer", ".service")].begin()

    def unit(self, where: str) -> FakeUnit:
        """Return a unit by ``unit@host``, without ``vitam-`` and ``.service``."""
        name, _, host = where.partition("@")
        return self.hosts[host].units[f"vitam-{name}.service"]

    def replica_set(self, cluster: str, name: str) -> FakeReplicaSet:
        """Return a replica set of a cluster."""
        fake = self.clusters[cluster]
        return next(s for s in (fake.config_set, *fake.shards) if s.name == name)

    def snapshot(self) -> dict[str, Any]:
        """Return all that has to be as before once a night is over."""
        units = {(h.host.name, u.name): u for h in self.hosts.values() for u in h.units.values() if u.job is None}
        for unit in units.values():
            unit.look()
        state: dict[str, Any] = {
            f"{name}@{host}": unit.active in ("active", "activating") for (host, name), unit in units.items()
        }
        for cluster in self.clusters.values():
            state[f"balancer of {cluster.name}"] = cluster.mode
            for replica_set in (cluster.config_set, *cluster.shards):
                state[f"primary of {cluster.name} {replica_set.name}"] = replica_set.primary is not None
                state[f"frozen of {cluster.name} {replica_set.name}"] = sorted(replica_set.frozen)
        state |= {f"guard of {name}": host.guard.there for name, host in self.hosts.items()}
        state |= {f"allocation of {elastic.name}": elastic.allocation for elastic in self.elastics.values()}
        return {**state, "scheduler paused": self.vitam.scheduler_paused}

    def verbs(self, verb: str) -> list[str]:
        """Return what was told so far to do ``verb``, in order, each name once: ``worker`` for its unit."""
        names = [_short(what) for _, told, what in self.changes if told == verb]
        return list(dict.fromkeys(names))

    def install(self, monkeypatch: Any) -> None:
        """Stand in for ssh and the MongoDB driver."""
        fake = self

        @asynccontextmanager
        async def connect_host(hook: HostHook) -> AsyncIterator[HostShell]:
            host = fake.hosts[hook.host.name]
            if host.unreachable:
                raise errors.HostUnreachableError(f"host {hook.host.name} is away", hint="a test said so")
            assert hook.host.ssh_conn_id == fake.platform.ssh_conn_id
            yield HostShell(hook.host, _Noting(host, fake.mistakes, fake.tunnels))

        @asynccontextmanager
        async def connect_mongo(hook: MongoHook) -> AsyncIterator[MongoClient]:
            yield MongoClient(", ".join(hook.addresses), FakeDriver(fake.driver_answers(hook), fake.mistakes))

        async def carry(source: HostShell, send: Any, target: HostShell, receive: Any) -> None:
            theirs, ours = fake.hosts[source.host.name], fake.hosts[target.host.name]
            told, _, names = send.line.partition(" -- ")
            for name in names.split():
                ours.restores.receive(theirs, told.rpartition("=")[2], name, receive.line.rpartition("=")[2])

        monkeypatch.setattr(restore_bringing, "carry", carry)
        monkeypatch.setattr(HostHook, "connect", connect_host)
        monkeypatch.setattr(MongoHook, "connect", connect_mongo)

    def driver_answers(self, hook: MongoHook) -> Any:
        """Return what answers at a hook's addresses, ``None`` when nobody does."""
        if isinstance(hook, ScratchHook):
            return self._copy_answers(hook)
        for cluster in self.platform.mongodb:
            fake = self.clusters[cluster.name]
            routers = {f"{self.platform.host(h).service_ip}:{cluster.mongos.port}": u for h, u in fake.routers.items()}
            if set(hook.addresses) <= set(routers):
                up = any(routers[address].running for address in hook.addresses)
                return _router(fake, hook.conn_id, cluster.admin_conn_id) if up else None
            for replica_set in (fake.config_set, *fake.shards):
                for member in replica_set.members:
                    if hook.addresses == [member.address] and hook.direct:
                        answers = _member(replica_set, member, hook.conn_id, cluster.localadmin_conn_id)
                        return answers if member.up else None
        raise AssertionError(f"nothing of the platform is at {hook.addresses}")

    def _copy_answers(self, hook: ScratchHook) -> Any:
        (address,) = hook.addresses
        host, port = self.tunnels[int(address.removeprefix(f"{LOOPBACK}:"))]
        assert hook._key == KEY
        copy = host.drills.opened.get(port) or host.restores.opened.get(port)
        return copy.answer if copy else None

    def _web(self, host: FakeHost, method: str, path: str, words: list[str], stdin: str) -> tuple[int, str]:
        port = int(words[-1].split("/")[2].rpartition(":")[2])
        for elastic in self.platform.elasticsearch:
            if host.host.name in elastic.hosts and port == elastic.port:
                fake = self.elastics[elastic.name]
                if fake.account and f'user = "{fake.account}"\n' not in stdin:
                    return 401, '{"error": {"type": "security_exception"}, "status": 401}'
                return fake.answer(host.host.name, method, path, words)
        return self.vitam.answer(host.host.name, method, port, path, stdin)


class _Noting:
    """A connection to a host whose unknown command lines are also noted: a task that fails would hide them."""

    def __init__(self, host: FakeHost, mistakes: list[str], tunnels: dict[int, tuple[FakeHost, int]]) -> None:
        self._host = host
        self._mistakes = mistakes
        self._tunnels = tunnels

    def set_keepalive(self, interval_s: int, missed: int) -> None:
        assert interval_s * missed <= 120

    async def forward_local_port(self, listen_host: str, listen_port: int, host: str, port: int) -> Any:
        assert (listen_host, listen_port, host) == (LOOPBACK, 0, LOOPBACK)
        ours = max(self._tunnels, default=40_000) + 1
        self._tunnels[ours] = (self._host, port)
        return SimpleNamespace(get_port=lambda: ours, close=lambda: self._tunnels.pop(ours))

    async def create_process(self, command: str, *, encoding: None) -> FakeProcess:
        assert encoding is None
        return FakeProcess(partial(self._run, command))

    async def _run(self, command: str, stdin: str) -> Any:
        try:
            return await self._host.run(command, stdin)
        except AssertionError as error:
            self._mistakes.append(f"{self._host.host.name}: {error!r}")
            raise


def _router(fake: FakeCluster, account: str, expected: str) -> Any:
    def answers(command: str, value: Any, database: str, more: dict[str, Any]) -> dict[str, Any]:
        refused(account, expected)
        return fake.answer(command, value, database, more)

    return answers


def _member(replica_set: FakeReplicaSet, member: FakeMember, account: str, expected: str) -> Any:
    def answers(command: str, value: Any, database: str, more: dict[str, Any]) -> dict[str, Any]:
        refused(account, expected)
        return replica_set.answer(member, command, value, database, more)

    return answers


def _data_in(host: FakeHost, path: str) -> FakeData:
    return host.restores.data[path]


def _who(part: MongoPart, shards: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Return the documents of a set's data that say who the others are; Vitam's own page writes a wrong set's name."""
    members = [{"_id": 0, "host": "10.1.0.2:27019"}]
    found: dict[str, list[dict[str, Any]]] = {
        "local.system.replset": [{"_id": part.replica_set.name, "version": 1, "members": members}],
        "local.replset.initialSyncId": [{"_id": 1}],
    }
    if part.kind == CONFIG:
        return found | {"config.shards": [dict(shard) for shard in shards], "config.mongos": [{"_id": "gone"}]}
    identity = {
        "_id": "shardIdentity",
        "shardName": part.replica_set.name,
        "configsvrConnectionString": "configserver/a:1",
    }
    return found | {"admin.system.version": [identity, {"_id": "minOpTimeRecovery"}], "config.cache.databases": [{}]}


def _short(unit: str) -> str:
    return unit.removeprefix("vitam-").removesuffix(".service")
