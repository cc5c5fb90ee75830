"""A restore as plain functions: what goes where, what is renamed when, what is written, what speaks against it."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from tests.conftest import TESTS
from vitam_operators.config_copies import CopyConfig
from vitam_operators.engines.chosen import ENGINES
from vitam_operators.errors import RestoreRefusedError
from vitam_operators.platforms import load_platform
from vitam_operators.privileges import sudoers
from vitam_operators.restores import bringing, checking, plans, rewriting, rights, swapping
from vitam_operators.restores.plans import Place
from vitam_operators.sudo_rules import is_allowed

LABEL = "20261124T190000Z"
SPARE = load_platform(TESTS / "data" / "platforms" / "spare.yaml")
MANIFEST: dict[str, Any] = {
    "backup": "20261123T190000Z",
    "parts": {
        "mongo-data-shard0": {"kind": "shard", "host": "data", "archive": "/b/shard.tar.zst", "size_bytes": 2048},
        "mongo-data-configsvr": {"kind": "config", "host": "data", "archive": "/b/config.tar.zst", "size_bytes": 1024},
        "app-conf": {"kind": "files", "host": "app", "archive": "/b/conf.tar.zst", "size_bytes": 10},
    },
}
RULES = sudoers(SPARE, "two")
PLACE = plans.place_named(SPARE, "mongo-data-shard0", "two")
PATH, BROUGHT, KEPT = PLACE.db_path, PLACE.brought(LABEL), PLACE.kept(LABEL)


def without(part: str, **changes: Any) -> dict[str, Any]:
    """Return the manifest without a part, or with others."""
    parts = {name: record for name, record in MANIFEST["parts"].items() if name != part}
    return {**MANIFEST, "parts": parts | changes}


# --- what goes where -------------------------------------------------------------------------------------------------


def test_every_member_with_data_gets_it():
    """Not only the one that was copied: no member has to copy from another. An arbiter has no data."""
    assert [place.name for place in plans.places(SPARE)] == [
        *("mongo-data-shard0@two", "mongo-data-shard0@three"),
        *("mongo-data-configsvr@two", "mongo-data-configsvr@three"),
    ]


def test_copies_are_looked_for_where_they_were_brought_to():
    """The host that made a copy may be lost; its directory was copied to a host of this platform."""
    assert plans.holder(SPARE, MANIFEST["parts"]["mongo-data-shard0"]) == "three"
    assert plans.holder(SPARE, {"host": "two"}) == "two"


@pytest.mark.parametrize(
    ("manifest", "words"),
    [
        (MANIFEST, []),
        (without("mongo-data-shard0"), ["replica set mongo-data-shard0 is not in backup 20261123T190000Z"]),
        (
            without("", **{"mongo-data-shard1": {"kind": "shard", "host": "data"}}),
            ["mongo-data-shard1 is in backup 20261123T190000Z, the platform has no such set"],
        ),
        (
            without("", **{"mongo-data-shard0": {"kind": "shard", "host": "elsewhere", "archive": "/b/p.tar"}}),
            ["mongo-data-shard0 is on elsewhere, which is no host of this platform: restore.held_by says who has it"],
        ),
        (
            without("", **{"mongo-data-shard0": {"kind": "shard", "host": "data", "engine": "borg"}}),
            ["mongo-data-shard0 was copied by borg, which is none of restic, tar"],
        ),
    ],
)
def test_a_backup_that_does_not_fit_is_refused(manifest, words):
    """Before anything is touched, and with all reasons at once."""
    assert list(plans.findings(SPARE, manifest)) == words


def test_copies_of_restic_need_to_be_told_of_restic():
    """Where its copies lie says the manifest; who knows the password, the platform file."""
    manifest = without("", **{"mongo-data-shard0": {"kind": "shard", "host": "data", "engine": "restic"}})
    platform = SPARE.model_copy(update={"copies": CopyConfig()})
    assert list(plans.findings(platform, manifest)) == [
        "mongo-data-shard0 was copied by restic: copy.restic is missing, it says which connection has the password"
    ]


def test_what_is_approved_says_what_is_replaced():
    """Who approves sees each directory, what is in it, and what comes in its place."""
    lines = plans.in_words(SPARE, MANIFEST, {"two": {"mongo-data-shard0": 4096}})
    assert lines[0] == (
        "two: /vitam/data/mongod/db, 4.0 KiB, is replaced by mongo-data-shard0 of three (copy of 2.0 KiB)"
    )
    assert "what is there (its size is not known)" in lines[1]
    assert plans.left_alone(MANIFEST) == ["app-conf"]


def test_sets_are_where_this_platform_has_them():
    """By Ansible's ip_service, as Vitam's own rs.conf() and config.shards have it; no arbiter in config.shards."""
    shard, config = plans.database_parts(SPARE)
    assert plans.addresses(SPARE, shard) == ["10.9.1.2:27019", "10.9.1.3:27019", "10.9.0.1:27019"]
    assert plans.connection_string(SPARE, shard) == "shard0/10.9.1.2:27019,10.9.1.3:27019"
    assert plans.connection_string(SPARE, config) == "configsvr/10.9.1.2:27018,10.9.1.3:27018"


# --- what is renamed when --------------------------------------------------------------------------------------------


class Disk:
    """Directories by name, each with what is in it; it knows the two commands of a swap."""

    def __init__(self, **there: str) -> None:
        names = {"path": PATH, "brought": BROUGHT, "kept": KEPT}
        self.there = {names[name]: content for name, content in there.items()}

    def run(self, commands: list[Any], die_after: int = 99) -> None:
        """Run commands, and die in the middle."""
        for command in commands[:die_after]:
            _, _, program, _, *words = command.line.split()
            if program == "mv":
                assert words[0] == "--"
                assert words[2] not in self.there, "what was there would be overwritten"
                self.there[words[2]] = self.there.pop(words[1])
            else:
                assert program == "rm"
                self.there = {path: content for path, content in self.there.items() if path not in words}

    @property
    def found(self) -> frozenset[str]:
        """What the fact says."""
        return frozenset(self.there)


@pytest.mark.parametrize("die_after", [0, 1, 2])
def test_a_swap_that_died_goes_on(die_after):
    """The connection breaks between two renames: the next try finds out what is left to do."""
    disk = Disk(path="old", brought="new")
    disk.run(swapping.swap(PLACE, LABEL, disk.found), die_after)
    disk.run(swapping.swap(PLACE, LABEL, disk.found))
    assert disk.there == {PATH: "new", KEPT: "old"}
    assert swapping.swap(PLACE, LABEL, disk.found) == []


@pytest.mark.parametrize(("swapped", "die_after"), list(itertools.product([0, 1, 2], [0, 1, 2])))
def test_what_was_kept_comes_back_from_anywhere(swapped, die_after):
    """Wherever the swap stopped, and wherever putting back stops: in the end the old data is where it was."""
    disk = Disk(path="old", brought="new")
    disk.run(swapping.swap(PLACE, LABEL, disk.found), swapped)
    disk.run(swapping.put_back(PLACE, LABEL, disk.found), die_after)
    disk.run(swapping.put_back(PLACE, LABEL, disk.found))
    assert disk.there == {PATH: "old", BROUGHT: "new"}
    assert swapping.put_back(PLACE, LABEL, disk.found) == []


def test_a_mongod_that_began_an_empty_set_in_between_does_not_win():
    """Between two renames the path is free, and a mongod that somebody starts makes its own directory there."""
    disk = Disk(path="empty", brought="new", kept="old")
    disk.run(swapping.put_back(PLACE, LABEL, disk.found))
    assert disk.there == {PATH: "old", BROUGHT: "empty"}


@pytest.mark.parametrize("there", [{}, {"path": "old"}, {"brought": "new"}, {"kept": "old"}])
def test_nothing_is_swapped_for_nothing(there):
    """What was brought is gone: the data that is there stays where it is."""
    disk = Disk(**there)
    with pytest.raises(RestoreRefusedError, match=f"{PATH}.vitam-restore-{LABEL}"):
        swapping.swap(PLACE, LABEL, disk.found)


def test_facts_of_a_swap():
    """stat prints what exists and is not well with the rest; a mount has another device than the directory above it."""
    assert swapping.there(PLACE, LABEL).read(f"{PATH}\n{KEPT}\n") == {PATH, KEPT}
    assert swapping.there(PLACE, LABEL).read("") == frozenset()
    assert swapping.own_file_system(PATH).read("2049\n2049\n") is False
    assert swapping.own_file_system(PATH).read("66\n2049\n") is True
    assert bringing.size_of("/b").read("2048\n") == 2048
    assert bringing.size_of("/b").read("") is None


def test_the_sudo_rules_let_it():
    """Each command that a restore runs as root, by the rules that are printed for a host."""
    commands = []
    for engine in ENGINES.values():
        pieces = engine(SPARE.copies).pieces(engine(SPARE.copies).place(LABEL, "mongo-data-shard0"))
        commands += rights.carrying_commands(pieces, LABEL, "mongo-data-shard0", SPARE.copies)
    for part in plans.database_parts(SPARE):
        commands += rights.place_commands(Place(part, "two"), LABEL)
    assert len(commands) > 40
    assert [command.line for command in commands if not is_allowed(command.line, RULES)] == []


@pytest.mark.parametrize(
    "line",
    [
        f"sudo -n mv -T -- {PATH} /etc/passwd",
        f"sudo -n mv -T -- /tmp/mine {PATH}",
        f"sudo -n rm -rf -- {PATH}",
        f"sudo -n rm -rf -- {PATH}.vitam-before-x",
        f"sudo -n rm -rf -- {KEPT}/../db",
        "sudo -n tar --extract --file=- --directory=/etc",
        f"sudo -n tar --extract --file=- --directory=/vitam/backup/restore-{LABEL}/../a.partial",
        "sudo -n tar --create --file=- --directory=/srv/restic -- .",
        "sudo -n tar --create --file=- --directory=/etc -- shadow",
    ],
)
def test_the_sudo_rules_reach_no_further(line):
    """The data itself may be renamed to the two names beside it, and never removed."""
    assert not is_allowed(line, RULES)


# --- what is written -------------------------------------------------------------------------------------------------

COPIED = {
    "_id": "shard0",
    "version": 7,
    "term": 3,
    "members": [{"_id": 4, "host": "10.1.0.2:27019", "priority": 10.0, "tags": {"room": "a"}}],
    "settings": {"replicaSetId": "kept"},
}


def test_the_same_members_keep_their_configuration():
    """Priorities and tags are somebody's work."""
    shard, _ = plans.database_parts(SPARE)
    assert rewriting.configuration(COPIED, shard.replica_set, ["10.1.0.2:27019"]) == COPIED


def test_other_members_get_a_new_configuration():
    """A version later, so that nobody who remembers the old one wins."""
    shard, _ = plans.database_parts(SPARE)
    config = rewriting.configuration(COPIED, shard.replica_set, plans.addresses(SPARE, shard))
    assert (config["version"], config["term"], config["settings"]) == (8, 3, {"replicaSetId": "kept"})
    assert [(m["_id"], m["host"], m["arbiterOnly"], m["priority"]) for m in config["members"]] == [
        (0, "10.9.1.2:27019", False, 1.0),
        (1, "10.9.1.3:27019", False, 1.0),
        (2, "10.9.0.1:27019", True, 0.0),
    ]
    assert rewriting.configuration(config, shard.replica_set, plans.addresses(SPARE, shard)) == config


def test_what_a_shard_is_told():
    """Its config set by the name that it has; the routing table's caches go, other collections stay."""
    writes = rewriting.of_shard("shard0", "configsvr/c:27018", ["cache.chunks.metadata.Unit", "transactions"])
    assert [(w.database, w.command, w.collection) for w in writes] == [
        ("admin", "update", "system.version"),
        ("admin", "delete", "system.version"),
        ("config", "drop", "cache.chunks.metadata.Unit"),
    ]
    (update,) = writes[0].more["updates"]
    assert update["u"]["$set"]["configsvrConnectionString"] == "configsvr/c:27018"


def test_what_a_config_set_is_told():
    """Each shard by its name in the cluster, which need not be that of its set; routers that are gone are forgotten."""
    shards = rewriting.shards_here({"first": "shard0/a:1"}, {"shard0": "shard0/b:2"})
    writes = rewriting.of_config(shards, ["shards", "mongos"])
    assert [(w.command, w.collection) for w in writes] == [("update", "shards"), ("delete", "mongos")]
    assert writes[0].more["updates"] == [{"q": {"_id": "first"}, "u": {"$set": {"host": "shard0/b:2"}}}]
    with pytest.raises(KeyError):
        rewriting.shards_here({"first": "shard9/a:1"}, {"shard0": "shard0/b:2"})


# --- what speaks against it ------------------------------------------------------------------------------------------


def test_only_what_vitam_writes_is_counted():
    """The cluster's own bookkeeping differs from one member to the next."""
    counts = {"metadata.Unit": 3, "admin.system.version": 2, "config.chunks": 4, "config.mongos": 1}
    assert checking.data_of("shard", counts) == {"metadata.Unit": 3}
    assert checking.data_of("config", counts) == {"config.chunks": 4, "metadata.Unit": 3}


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ({"metadata.Unit": 3}, []),
        ({"metadata.Unit": 3, "x.y": 0}, []),
        ({"metadata.Unit": 2}, ["set: metadata.Unit holds 2 documents, expected are 3"]),
        ({}, ["set: metadata.Unit holds 0 documents, expected are 3"]),
        ({"metadata.Unit": 3, "x.y": 1}, ["set: x.y holds 1 documents, expected are 0"]),
    ],
)
def test_documents_are_those_of_the_backup(found, words):
    """One too many is as wrong as one too few."""
    assert list(checking.count_findings("set", {"metadata.Unit": 3}, found)) == words


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ({"enabled": True, "shardName": "shard0", "configServer": "configsvr/b:2,a:1"}, []),
        ({"enabled": False}, ["sharding is not enabled"]),
        ({"enabled": True, "shardName": "shard1", "configServer": "configsvr/a:1,b:2"}, ["it says that it is shard1"]),
        ({"enabled": True, "shardName": "shard0", "configServer": "configserver/a:1,b:2"}, ["at configserver/a:1,b:2"]),
    ],
)
def test_a_shard_knows_who_it_is(state, words):
    """A restore by Vitam's own page leaves shards that look for a config set ``configserver``, which is none."""
    found = list(checking.identity_findings("set", "shard0", "configsvr/a:1,b:2", state))
    assert len(found) == len(words)
    assert all(word in finding.replace("shard shard", "shard") for word, finding in zip(words, found, strict=True))


def test_the_cluster_knows_where_its_shards_are():
    """In whatever order their members stand."""
    documents = [{"_id": "shard0", "host": "shard0/b:2,a:1"}]
    assert list(checking.shard_findings("c", {"shard0": "shard0/a:1,b:2"}, documents)) == []
    assert list(checking.shard_findings("c", {"shard0": "shard0/a:1"}, documents)) == [
        "c: config.shards has shard0 at shard0/b:2,a:1, expected shard0/a:1"
    ]
    answer = {"config": {"members": [{"host": "a:1"}]}}
    assert list(checking.configuration_findings("s", ["a:1"], answer)) == []
    assert list(checking.configuration_findings("s", ["b:2"], answer)) == ["s: rs.conf() has a:1, expected b:2"]
