"""What a night copies: a part forgotten here is a part that nobody misses until the restore."""

from __future__ import annotations

import io
import subprocess
import tarfile

import pytest

from vitam_operators import parts
from vitam_operators.config import Host, Platform
from vitam_operators.config_copies import CopyConfig, FileSet

SET = {"members": [{"host": "data1"}, {"host": "data2", "arbiter": True}]}


def cluster(name: str, *shards: str) -> dict:
    return {
        "name": name,
        "admin_conn_id": "admin",
        "localadmin_conn_id": "localadmin",
        "routers": ["data1"],
        "config_set": {"name": "configsvr", **SET},
        "shards": [{"name": shard, **SET} for shard in shards],
        "mongod": {"db_path": f"/vitam/data/{name}/db"},
    }


@pytest.fixture
def platform():
    return Platform.model_validate(
        {
            "name": "demo",
            "vitam_version": "7.0.1",
            "ssh_conn_id": "ssh",
            "hosts": [{"name": "data1", "address": "10.0.0.1"}, {"name": "data2", "address": "10.0.0.2"}],
            "mongodb": [cluster("mongo-data", "shard0", "shard1"), cluster("mongo-offer", "shard0")],
            "elasticsearch": [{"name": "data", "hosts": ["data1"]}],
            "securing": {"by": "timers"},
            "copy": {
                "file_sets": [
                    {"name": "conf", "path": "/vitam/conf"},
                    {"name": "offer", "path": "/vitam/data/offer", "hosts": ["data2"]},
                ]
            },
        }
    )


DATABASES = (
    "mongo-data-shard0",
    "mongo-data-shard1",
    "mongo-offer-shard0",
    "mongo-data-configsvr",
    "mongo-offer-configsvr",
)
FILES = ("data1-conf", "data2-conf", "data2-offer")


@pytest.mark.parametrize(
    ("choice", "names"),
    [("everything", DATABASES + FILES), ("databases", DATABASES), ("files", FILES)],
)
def test_what_is_planned(platform, choice, names):
    """One copy for each shard and config set of each cluster; a file set without hosts is on all of them."""
    assert parts.planned_parts(platform, choice) == names


def test_an_unknown_choice_is_not_an_empty_plan(platform):
    with pytest.raises(KeyError):
        parts.planned_parts(platform, "nothing")


def test_everything_is_all_there_is(platform):
    assert tuple(part.name for part in parts.all_parts(platform)) == parts.planned_parts(platform, "everything")


def test_shard_and_config_set_lie_in_different_places(platform):
    """Ports and paths of the two are easily swapped: a config set would be saved as a shard."""
    places = {part.name: (part.daemon.unit, part.daemon.port, part.db_path) for part in parts.shard_parts(platform)}
    places |= {part.name: (part.daemon.unit, part.daemon.port, part.db_path) for part in parts.config_parts(platform)}
    assert places["mongo-data-shard1"] == ("vitam-mongod.service", 27019, "/vitam/data/mongo-data/db")
    assert places["mongo-offer-configsvr"] == ("vitam-mongoc.service", 27018, "/vitam/data/mongoc/db")


@pytest.mark.parametrize(
    ("provider", "hosts"),
    [
        (None, ["data1", "data2"]),
        ("filesystem", ["data1", "data2"]),
        ("filesystem-hash", ["data1", "data2"]),
        ("openstack-swift-v3", ["data1"]),
        ("amazon-s3-v1", ["data1"]),
        ("tape-library", ["data1"]),
    ],
)
def test_a_file_set_of_a_component_is_copied_where_that_is(platform, provider, hosts):
    """An offer that keeps its objects in an object store or on tape has none on its host; workspace always has."""
    places = [{"services": ["workspace", "offer"]}, {"services": ["offer"], "offer_provider": provider}, {}]
    of = platform.model_copy(
        update={
            "hosts": tuple(Host(name=f"data{n}", address=f"10.0.0.{n}", **more) for n, more in enumerate(places, 1)),
            "copies": CopyConfig(),
        }
    )
    found = [part.name for part in parts.files_parts(of)]
    offers = [f"{host}-offer" for host in hosts]
    assert found == ["data1-conf", "data2-conf", "data3-conf", *offers, "data1-workspace"]


@pytest.mark.parametrize("pattern", ["backup", "backup/", "./backup", ".//backup//"])
def test_what_is_left_out_is_left_out_however_it_is_written(tmp_path, pattern):
    """tar compares names: a slash at the end of a pattern matches no directory, and nothing would say so."""
    (tmp_path / "backup" / "old").mkdir(parents=True)
    (tmp_path / "kept").mkdir()
    file_set = FileSet(name="x", path=str(tmp_path), exclude=[pattern])
    assert not parts.holds(file_set, f"{tmp_path}/backup/old")
    words = ["tar", "--create", "--file=-", f"--directory={tmp_path}", "--anchored"]
    words += [f"--exclude=./{pattern}" for pattern in file_set.exclude]
    archive = subprocess.run([*words, "."], capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(archive)) as made:
        assert sorted(made.getnames()) == [".", "./kept"]


def test_file_sets_know_their_host_and_path(platform):
    found = [(part.kind, part.host, part.file_set.path) for part in parts.files_parts(platform)]
    assert found == [
        ("files", "data1", "/vitam/conf"),
        ("files", "data2", "/vitam/conf"),
        ("files", "data2", "/vitam/data/offer"),
    ]
