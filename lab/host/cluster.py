"""
Set up one sharded cluster: ``python3 -m lab.host.cluster NAME`` on a host of it. Each step looks before it acts.

mongos is not at hand, so the servers are asked directly for what mongos would ask them (lab/host/cluster_commands.py).
"""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from lab.components import BY_NAME, CONFIG_SET
from lab.host.cluster_commands import MAJORITY, SESSIONS, Commands
from lab.host.files import read_plan
from lab.host.sample_data import SHARDED, UNSHARDED
from lab.host.seed import database_entry, seed

WAIT_S = 60.0
CHUNKS_PER_SHARD = 2


def connect(members: str, keyfile: str, **options: Any) -> MongoClient[Any]:
    """
    Return a client that is the cluster itself: the user __system, whose password is the keyfile.

    :param members: ``host:port`` for one server, ``set/host:port,...`` for a replica set's primary.
    """
    set_name, _, hosts = members.rpartition("/")
    where = {"replicaSet": set_name} if set_name else {"directConnection": True}
    return MongoClient(
        hosts.split(","),
        username="__system",
        password=keyfile,
        authSource="local",
        authMechanism="SCRAM-SHA-256",
        uuidRepresentation="standard",
        serverSelectionTimeoutMS=30000,
        **where,
        **options,
    )


def initiate(members: str, keyfile: str) -> None:
    """
    Initiate a replica set with equal members, as Vitam does, and wait for a primary.

    :param members: ``set/host:port,...``, the bootstrap member first.
    """
    set_name, _, hosts = members.partition("/")
    names = hosts.split(",")
    configuration: dict[str, Any] = {
        "_id": set_name,
        "members": [{"_id": i, "host": host, "priority": 10} for i, host in enumerate(names)],
        "settings": {"electionTimeoutMillis": 5000},
    }
    if set_name == CONFIG_SET:
        configuration["configsvr"] = True
    for host in names:
        wait_for(host, keyfile)
    with connect(names[0], keyfile) as client:
        try:
            client.admin.command("replSetInitiate", configuration)
        except OperationFailure as error:
            if error.code != 23:  # AlreadyInitialized
                raise
    with connect(members, keyfile) as client:
        client.admin.command("ping")


def wait_for(host: str, keyfile: str) -> None:
    """
    Wait until a server answers.

    :raises SystemExit: when it does not within WAIT_S.
    """
    give_up = time.monotonic() + WAIT_S
    while True:
        try:
            with connect(host, keyfile) as client:
                client.admin.command("isMaster")
            return
        except PyMongoError as error:
            if time.monotonic() > give_up:
                raise SystemExit(f"{host}: no MongoDB server after {WAIT_S:.0f} s: {error}") from error
            time.sleep(0.3)


def create_accounts(members: str, keyfile: str, accounts: dict[str, str]) -> None:
    """Create Vitam's accounts in one replica set, or set their passwords anew."""
    with connect(members, keyfile) as client:
        for name, password in accounts.items():
            roles = _roles(name)
            try:
                client.admin.command("createUser", name, pwd=password, roles=roles, writeConcern=MAJORITY)
            except OperationFailure as error:
                if error.code != 51003:  # user exists
                    raise
                client.admin.command("updateUser", name, pwd=password, roles=roles, writeConcern=MAJORITY)


def _roles(account: str) -> list[Any]:
    if account == "vitamdb-admin":
        return ["root"]
    if account == "vitamdb-localadmin":
        return ["clusterAdmin", "clusterMonitor", "readAnyDatabase"]
    written = [BY_NAME[account].database, *(["logbook"] if account == "scheduler" else [])]
    return [{"role": "read", "db": "config"}, *({"role": "readWrite", "db": name} for name in written)]


class ClusterSetUp:
    """The steps that make a sharded cluster out of its replica sets."""

    def __init__(self, cluster: dict[str, Any], namespaces: set[str], data_mb: float) -> None:
        self.key: str = cluster["keyfile"]
        self.cluster = cluster
        self.namespaces = namespaces
        self.data_mb = data_mb
        self.shards: dict[str, str] = cluster["shards"]

    def run(self) -> str:
        """Run all steps and return what was done, in one line."""
        sets = [*self.shards.values(), self.cluster["config"]]
        with ThreadPoolExecutor(len(sets)) as pool:
            list(pool.map(lambda members: initiate(members, self.key), sets))
            list(pool.map(lambda members: create_accounts(members, self.key, self.cluster["accounts"]), sets))
        with connect(self.cluster["config"], self.key) as config:
            commands = Commands(config)
            self._add_shards(config)
            self._create_databases(config, commands)
            self._shard_collections(config, commands)
            self._shard_sessions(config, commands)
            clients = {name: connect(members, self.key) for name, members in self.shards.items()}
            count = seed(config, clients, self.namespaces, self.data_mb)
        return f"{len(sets)} sets, {count} documents made"

    def _add_shards(self, config: MongoClient[Any]) -> None:
        known = {shard["_id"] for shard in config.config.shards.find()}
        for name, members in self.shards.items():
            if name not in known:
                config.admin.command("_configsvrAddShard", members, name=name, writeConcern=MAJORITY)

    def _create_databases(self, config: MongoClient[Any], commands: Commands) -> None:
        known = {database["_id"] for database in config.config.databases.find()}
        primary = sorted(self.shards)[0]
        for name in sorted({namespace.split(".")[0] for namespace in self.namespaces} - known):
            commands.create_database(name, primary)

    def _shard_collections(self, config: MongoClient[Any], commands: Commands) -> None:
        known = {collection["_id"] for collection in config.config.collections.find()}
        for namespace in sorted((self.namespaces & set(SHARDED)) - known):
            database = database_entry(config, namespace.partition(".")[0])
            with connect(self.shards[database["primary"]], self.key) as shard:
                commands.shard_by_hash(namespace, CHUNKS_PER_SHARD * len(self.shards), database, shard)

    def _shard_sessions(self, config: MongoClient[Any], commands: Commands) -> None:
        """Do at once what the config primary does five minutes after its start: no night shall fall on that moment."""
        if config.config.collections.find_one({"_id": SESSIONS}) is None:
            with connect(self.shards[sorted(self.shards)[0]], self.key) as shard:
                commands.shard_sessions(shard)


def namespaces_of(plan: dict[str, Any], cluster: str) -> set[str]:
    """Return the namespaces that live in a cluster: the offer's own in its cluster, all else in mongo-data."""
    of_offer = {namespace for namespace in SHARDED if namespace.startswith("offer.")}
    found = of_offer if plan["cluster_of"]["offer"] == cluster else set()
    if plan["cluster_of"]["metadata"] == cluster:
        found = found | (set(SHARDED) - of_offer) | set(UNSHARDED)
    if plan["cluster_of"].get("scheduler") == cluster:
        found = found | {"scheduler.quartz_paused_trigger_groups"}
    return found


if __name__ == "__main__":
    _plan = read_plan()
    _name = sys.argv[1]
    print(ClusterSetUp(_plan["clusters"][_name], namespaces_of(_plan, _name), _plan["data_mb"]).run())
