"""What a backup does not hold: said in its manifest, not found out at the restore."""

from __future__ import annotations

import pytest

from tests.conftest import TESTS
from vitam_operators.left_out import left_out
from vitam_operators.parts import all_parts
from vitam_operators.platforms import check_platform, read_yaml

KEY = "/vitam/conf/mongod/keyfile"
ALWAYS = "the platform file, and Airflow's connections with all accounts and keys"
INDEXES = "the indexes of elasticsearch-data: Vitam makes them again from MongoDB"


def platform(*file_sets, **copies):
    content = read_yaml((TESTS / "data" / "platforms" / "tiny.yaml").read_text(encoding="utf-8"))
    return check_platform({**content, "copy": {"file_sets": list(file_sets), **copies}}, source="a test")


def told(of, *, planned=None, key_file=KEY, snapshots=()):
    names = [part.name for part in all_parts(of)] if planned is None else planned
    return list(left_out(of, names, {"mongo-data-shard0": {"host": "data", "key_file": key_file}}, snapshots))


def test_a_platform_without_any_file_set():
    """Its databases are there, and what opens them is not."""
    assert told(platform()) == [
        "/vitam/conf of app, data",
        "/vitam/data/offer of app",
        "/vitam/data/workspace of app",
        f"the keyfile of mongo-data-shard0: {KEY} on data",
        INDEXES,
        ALWAYS,
    ]


EVERYTHING = ({"name": "conf", "path": "/vitam/conf"}, {"name": "data", "path": "/vitam/data", "hosts": ["app"]})


@pytest.mark.parametrize(
    ("file_sets", "more"),
    [
        (EVERYTHING, []),
        (({"name": "conf", "path": "/vitam/conf", "exclude": ["mongod/keyfile"]}, EVERYTHING[1]), [KEY]),
        (({"name": "conf", "path": "/vitam/conf", "hosts": ["app"]}, EVERYTHING[1]), ["/vitam/conf of data", KEY]),
        ((EVERYTHING[0], EVERYTHING[1] | {"exclude": ["workspace"]}), ["/vitam/data/workspace of app"]),
    ],
    ids=["all", "key excluded", "other host", "workspace excluded"],
)
def test_what_a_file_set_has_is_not_left_out(file_sets, more):
    found = told(platform(*file_sets))
    assert [line.replace("the keyfile of mongo-data-shard0: ", "").replace(" on data", "") for line in found] == [
        *more,
        INDEXES,
        ALWAYS,
    ]


def of_provider(provider, *file_sets):
    content = read_yaml((TESTS / "data" / "platforms" / "tiny.yaml").read_text(encoding="utf-8"))
    content["hosts"][0]["offer_provider"] = provider
    return check_platform({**content, "copy": {"file_sets": list(file_sets)} if file_sets else {}}, source="a test")


@pytest.mark.parametrize("provider", ["openstack-swift-v3", "amazon-s3-v1"])
def test_objects_in_an_object_store(provider):
    """Nothing of them is on the host: no file set is missing, and no file set has them."""
    assert [line for line in told(of_provider(provider)) if "offer" in line] == [
        f"the objects of the offer on app: they are in its object store ({provider}), which needs a backup of its own"
    ]


def test_objects_on_tape():
    """The tapes are worth nothing without the offer's database; and what is not on a tape yet lies on the host."""
    on_tape, waiting = [line for line in told(of_provider("tape-library")) if "tape" in line]
    for demanded in (
        "on app: they are on tape",
        "backup_mongodb_tape_offer.yml",
        "log offer_tape_backup",
        "restore.md",
    ):
        assert demanded in on_tape
    assert waiting == "what waits for its tape in /vitam/data/offer of app: a file set that names these hosts has it"
    copied = of_provider("tape-library", {"name": "waiting", "path": "/vitam/data/offer", "hosts": ["app"]})
    assert [line for line in told(copied) if "waits for its tape" in line] == []


def test_with_the_file_sets_that_are_the_default_no_directory_is_left_out():
    assert told(of_provider("filesystem-hash")) == [INDEXES, ALWAYS]


def test_a_night_of_files_only_says_that_it_has_no_databases():
    of = platform(*EVERYTHING)
    found = told(of, planned=["app-conf", "data-conf", "app-data"])
    assert found[:2] == ["the data of mongo-data-shard0", "the data of mongo-data-configsvr"]


def test_a_file_set_that_was_not_planned_copies_nothing():
    of = platform(*EVERYTHING)
    assert "/vitam/conf of app, data" in told(of, planned=["mongo-data-shard0", "mongo-data-configsvr"])


def test_indexes_with_a_snapshot_are_in_it():
    assert INDEXES not in told(platform(), snapshots=["elasticsearch-data"])


def test_restics_password_is_not_in_restics_repository():
    restic = {"repository": "/srv/restic", "password_conn_id": "restic"}
    assert any("password of restic" in line for line in told(platform(engine="restic", restic=restic)))


def test_a_member_without_access_control_has_no_keyfile():
    assert not [line for line in told(platform(), key_file=None) if "keyfile" in line]
