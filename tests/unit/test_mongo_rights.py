"""The roles of docs/hosts.md on each real mongod: the questions of a night are answered, all others are refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.errors import OperationFailure

from tests.fakes.member import member
from vitam_operators.hooks.mongo import A_LOT
from vitam_operators.mongo_rights import MEMBERS, RESTORED_MEMBERS, ROUTERS, role
from vitam_operators.writes import CURRENT_OPERATIONS

Client = MongoClient[dict[str, Any]]
UNAUTHORIZED = 13
CURRENT: dict[str, Any] = {
    "aggregate": 1,
    "pipeline": [{"$currentOp": CURRENT_OPERATIONS}],
    "cursor": {"batchSize": A_LOT},
}
COUNT: dict[str, Any] = {"aggregate": "Unit", "pipeline": [{"$collStats": {"count": {}}}], "cursor": {}}


@pytest.fixture(scope="module")
def clients(each_mongod: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Client]]:
    """Give a client with each role, of a member that holds documents."""
    with member(tmp_path_factory.mktemp("roles") / "db", each_mongod) as owner:
        for database in ("metadata", "config"):
            owner[database].Unit.insert_one({"_id": 1})
        address, made = owner.address, dict[str, Client]()
        assert address is not None
        for name, asked in (("router", ROUTERS), ("member", (*MEMBERS, *RESTORED_MEMBERS))):
            owner.admin.command(role(name, asked))
            owner.admin.command("createUser", name, pwd="hush", roles=[name])
            made[name] = MongoClient(*address, directConnection=True, username=name, password="hush")
        yield made
        for client in made.values():
            client.close()


@pytest.mark.parametrize(
    ("who", "database", "command"),
    [
        ("router", "admin", {"isMaster": 1}),
        ("member", "admin", {"isMaster": 1}),
        ("member", "admin", {"replSetGetStatus": 1}),
        ("member", "admin", {"replSetGetConfig": 1}),
        ("member", "admin", CURRENT),
        ("member", "config", {"count": "rangeDeletions"}),
        ("member", "local", {"find": "oplog.rs", "limit": 1}),
        ("member", "admin", {"getCmdLineOpts": 1}),
        ("member", "admin", {"getParameter": 1, "featureCompatibilityVersion": 1}),
        ("member", "admin", {"listDatabases": 1}),
        ("member", "admin", {"shardingState": 1}),
        ("member", "config", {"find": "shards"}),
        ("member", "metadata", {"listCollections": 1, "nameOnly": True, "authorizedCollections": True}),
        ("member", "metadata", COUNT),
        ("member", "config", COUNT),
        ("router", "admin", {"buildInfo": 1}),
        ("router", "admin", {"find": "system.version"}),
        ("router", "admin", CURRENT),
        ("router", "config", {"count": "migrations"}),
        ("router", "config", {"find": "collections"}),
        ("router", "config", {"find": "version"}),
        ("router", "config", {"aggregate": "chunks", "pipeline": [{"$group": {"_id": "$shard"}}], "cursor": {}}),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else value,
)
def test_a_nights_questions(clients, who, database, command):
    assert clients[who][database].command(command)["ok"] == 1


@pytest.mark.parametrize("who", ["member", "router"])
@pytest.mark.parametrize(
    ("database", "command"),
    [
        ("metadata", {"find": "Unit"}),
        ("metadata", {"insert": "Unit", "documents": [{"_id": 2}]}),
        ("metadata", {"delete": "Unit", "deletes": [{"q": {}, "limit": 0}]}),
        ("metadata", {"dropDatabase": 1}),
        ("admin", {"shutdown": 1}),
        ("admin", {"replSetReconfig": {"_id": "shard0", "version": 2, "members": []}}),
        ("admin", {"createUser": "eve", "pwd": "hush", "roles": ["root"]}),
        ("admin", {"find": "system.users"}),
        ("local", {"insert": "oplog.rs", "documents": [{"_id": 2}]}),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else value,
)
def test_everything_else(clients, who, database, command):
    """Whoever has the accounts of the backup can neither read Vitam's documents nor stop a member."""
    with pytest.raises(OperationFailure) as refused:
        clients[who][database].command(command)
    assert refused.value.code == UNAUTHORIZED


def test_only_the_members_account_moves_a_primary(clients):
    """It makes the preferred member the primary; the routers' account never asks a member for anything."""
    with pytest.raises(OperationFailure) as refused:
        clients["router"].admin.command({"replSetStepDown": 60})
    assert refused.value.code == UNAUTHORIZED
