"""A certain member becomes the primary: three real mongods, and no command that no manual has."""

from __future__ import annotations

import base64
import logging
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pymongo import MongoClient

from tests.conftest import TESTS
from tests.fakes.member import MONGOD, free_port, quick_end, running
from vitam_operators.hooks import elections
from vitam_operators.hooks.mongo import MongoHook
from vitam_operators.parts import shard_parts
from vitam_operators.platforms import check_platform, read_yaml

pytestmark = pytest.mark.skipif(
    not MONGOD.exists() and not os.environ.get("CI"),  # in CI they fail rather than not run
    reason="tools/setup puts the lab's mongod there",
)

HOSTS = {"one": "127.0.0.1", "two": "127.0.0.2", "three": "127.0.0.3"}
LOG = logging.getLogger(__name__)


def platform_of(port: int) -> Any:
    """A platform whose only shard is that of the test, one member on each address of the loopback."""
    content = read_yaml((TESTS / "data" / "platforms" / "tiny.yaml").read_text(encoding="utf-8"))
    content["hosts"] += [{"name": name, "address": address} for name, address in HOSTS.items()]
    cluster = content["mongodb"][0]
    cluster["shards"] = [{"name": "shard0", "members": [{"host": name} for name in HOSTS]}]
    cluster["mongod"] = {"port": port}
    return check_platform(content, source="a test")


class ReplicaSet:
    """Three members that ask for accounts, and the account ``clusterAdmin`` that Vitam gives the backup."""

    def __init__(self, home: Path) -> None:
        self.home, self.port = home, free_port()
        self.key = base64.b64encode(os.urandom(48)).decode()
        self.platform = platform_of(self.port)
        (self.part,) = shard_parts(self.platform)
        (home / "keyfile").write_text(self.key, encoding="utf-8")
        (home / "keyfile").chmod(0o600)

    def words(self, name: str) -> list[str]:
        (self.home / name).mkdir()
        return [
            *(str(MONGOD), "--dbpath", str(self.home / name), "--bind_ip", HOSTS[name], "--port", str(self.port)),
            *("--replSet", "shard0", "--keyFile", str(self.home / "keyfile"), "--nounixsocket", "--oplogSize", "16"),
            *("--wiredTigerCacheSizeGB", "0.25", *quick_end(MONGOD)),
        ]

    def client(self, name: str, account: str = "__system") -> MongoClient[dict[str, Any]]:
        inner = {"authSource": "local", "password": self.key, "authMechanism": "SCRAM-SHA-256"}
        options = inner if account == "__system" else {"password": account}
        return MongoClient(HOSTS[name], self.port, directConnection=True, username=account, **options)

    def initiate(self) -> None:
        members = [
            {"_id": i, "host": f"{address}:{self.port}", "priority": 10} for i, address in enumerate(HOSTS.values())
        ]
        settings = {"electionTimeoutMillis": 3000}
        for name in HOSTS:
            with self.client(name) as client:
                client.admin.command("isMaster")
        with self.client("one") as client:
            client.admin.command("replSetInitiate", {"_id": "shard0", "members": members, "settings": settings})
        self.wait(lambda: self.primaries)
        with self.client(self.primaries[0]) as client:
            majority = {"w": "majority", "wtimeout": 30_000}
            client.admin.command("createUser", "backup", pwd="backup", roles=["clusterAdmin"], writeConcern=majority)
        self.wait(lambda: sorted(self.states) == ["PRIMARY", "SECONDARY", "SECONDARY"])

    @property
    def primaries(self) -> list[str]:
        found = []
        for name in HOSTS:
            with self.client(name) as client:
                if client.admin.command("isMaster")["ismaster"]:
                    found.append(name)
        return found

    @property
    def states(self) -> list[str]:
        with self.client(self.primaries[0]) as client:
            return [one["stateStr"] for one in client.admin.command("replSetGetStatus")["members"]]

    @staticmethod
    def wait(until: Any) -> None:
        give_up = time.monotonic() + 60
        while not until():
            assert time.monotonic() < give_up
            time.sleep(0.1)


@pytest.fixture(scope="module")
def running_set(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReplicaSet]:
    home = tmp_path_factory.mktemp("set")
    made = ReplicaSet(home)
    with ExitStack() as members:
        made.members = SimpleNamespace(
            **{
                name: members.enter_context(running(made.words(name), made.port, home / f"{name}.log", home / name))
                for name in HOSTS
            }
        )
        made.initiate()
        yield made


@pytest.fixture
def replica_set(running_set: ReplicaSet, monkeypatch: pytest.MonkeyPatch) -> ReplicaSet:
    async def account(_: MongoHook) -> dict[str, Any]:
        return {"username": "backup", "password": "backup", "authSource": "admin"}

    monkeypatch.setattr(MongoHook, "_account", account)
    return running_set


async def test_a_member_that_is_not_fit_leaves_the_set_as_it_is(replica_set):
    """Nobody steps down for one that has to catch up, or that the others would take the place of again."""
    (primary,) = replica_set.primaries
    other = next(name for name in HOSTS if name != primary)
    with replica_set.client(other) as client:
        client.admin.command("replSetMaintenance", True)
    replica_set.wait(lambda: "RECOVERING" in replica_set.states)
    assert await elections.step_up(replica_set.platform, replica_set.part, other, LOG) == "it is RECOVERING"
    assert replica_set.primaries == [primary]
    with replica_set.client(other) as client:
        client.admin.command("replSetMaintenance", False)
    replica_set.wait(lambda: sorted(replica_set.states) == ["PRIMARY", "SECONDARY", "SECONDARY"])


async def test_each_member_can_be_made_the_primary_and_none_stays_frozen(replica_set):
    """With no more rights than clusterAdmin; afterwards any other one may be elected at once."""
    for name in ("three", "two", "two", "three"):
        assert await elections.step_up(replica_set.platform, replica_set.part, name, LOG) is None
        assert replica_set.primaries == [name]
    replica_set.members.three.terminate()  # a member that stayed frozen would be none to elect
    assert replica_set.members.three.wait(60) == 0
    replica_set.wait(lambda: _alive(replica_set, ("one", "two")))


def _alive(replica_set: ReplicaSet, names: tuple[str, ...]) -> bool:
    for name in names:
        with replica_set.client(name) as client:
            if client.admin.command("isMaster")["ismaster"]:
                return True
    return False
