"""
Every inventory that Vitam ships, and variants of what sites write, against a reader that is not ours.

They are no part of this project: ``../shared`` holds Vitam's deployment/environments of four tags, the variants, and
compare_inventory.py, which reads an inventory by itself and says how a platform file differs.
"""

from __future__ import annotations

import contextlib
import io
import runpy
import shutil
import sys
from pathlib import Path

import pytest
import yaml

from tests.fakes.ansible_forks import forks
from vitam_operators.ansible_inventory import read_inventory
from vitam_operators.errors import ConfigError
from vitam_operators.inventory import as_yaml, draft, with_settings

SHARED = next(
    (p / "shared" for p in Path(__file__).resolve().parents if (p / "shared" / "vitam").is_dir()), Path("away")
)
DEPLOYMENTS = SHARED / "vitam" / "deployments"
CASES = SHARED / "cases" / "vitam" / "inventories"
VARIANTS = SHARED / "cases" / "hosts" / "18-inventories"
COMPARE = SHARED / "cases" / "vitam" / "compare_inventory.py"

pytestmark = pytest.mark.skipif(
    not DEPLOYMENTS.is_dir(), reason="../shared/vitam/deployments is away: Vitam's own inventories are not read"
)

NO_HOSTS = ("there are no MongoDB hosts", "there are no Elasticsearch hosts", "no host has logbook")
NO_LOGBOOK = ("no host has logbook",)
UNDEFINED = ("Section [zone_applicative:children] includes undefined group 'hosts_metadata_collect'",)
REASONS = {"hosts.example": NO_HOSTS, "hosts.cots": NO_LOGBOOK}
"""Of Vitam's inventories those that are no platform: one to fill in, and databases for developers."""
REASONS_OF_TAG = {("6.2", "hosts.docker"): UNDEFINED, ("7.0.1", "hosts.docker"): UNDEFINED}


@pytest.fixture(scope="module", autouse=True)
def ansible():
    with forks():
        yield


def made(path, version):
    read = read_inventory(path)
    return with_settings(draft(read, vitam_version=version), [], read.source)


def differences(inventory, made, tmp_path):
    """What the other reader says, without its lines of statistics; it ends with the number of differences."""
    platform = tmp_path / "platform.yaml"
    platform.write_text(as_yaml(made, str(inventory)), encoding="utf-8")
    said = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(said):
        patch.setattr(sys, "argv", [str(COMPARE), str(inventory), str(platform)])
        runpy.run_path(str(COMPARE))
    lines = [line.strip() for line in said.getvalue().splitlines()]
    return [line for line in lines if "host var" not in line and not line.endswith("| bad 0")]


def content(path, version="7.0.1"):
    return made(path, version).content


@pytest.mark.parametrize("tag", ["4.0.7", "5.3", "6.2", "7.0.1"])
def test_vitams_own_inventories_where_shared_is_present(tag, tmp_path):
    """Ten of each tag: the platform file that the other reader expects, or an error that names the reason."""
    inventories = sorted((DEPLOYMENTS / tag / "environments").glob("hosts.*"))
    assert len(inventories) == 10
    for path in inventories:
        if reasons := REASONS.get(path.name) or REASONS_OF_TAG.get((tag, path.name)):
            with pytest.raises(ConfigError) as error:
                made(path, tag)
            assert [reason for reason in reasons if reason not in str(error.value)] == [], path
            continue
        found = made(path, tag)
        assert differences(path, found, tmp_path) == [], path
        assert "ports" not in found.content, path
        assert "minutes" not in found.content["securing"], path
        assert "port" not in found.content["elasticsearch"][0], path
        assert not any(
            role in cluster for cluster in found.content["mongodb"] for role in ("mongos", "mongoc", "mongod")
        )
        express = any("mongo-express" in warning for warning in found.warnings)
        single = {host["name"] for host in found.content["hosts"]} <= {"localhost", "vitam.dev"}
        assert express == (tag in ("4.0.7", "5.3") and not single), path


@pytest.mark.parametrize("variant", ["inl", "lat", "loc", "long", "old", "tmpl", "v6"])
def test_variants_of_what_sites_write_where_shared_is_present(variant, tmp_path):
    """Read as the other reader does; what is particular of each is below."""
    path = VARIANTS / variant / "hosts"
    found = made(path, "7.0.1")
    readable = tmp_path / "hosts"
    readable.write_text(path.read_text(encoding="utf-8", errors="replace"), encoding="utf-8")
    assert differences(readable, found, tmp_path) == []


def test_what_is_particular_of_the_variants_where_shared_is_present():
    """Old names, templates in dictionaries, IPv6, ranges, YAML."""
    assert content(VARIANTS / "old" / "hosts")["hosts"][0] | {"services": []} == {
        "name": "app1",
        "address": "10.20.0.5",
        "ssh_port": 2222,
        "services": [],
    }
    assert content(VARIANTS / "tmpl" / "hosts")["mongodb"][0]["mongod"] == {
        "port": 27219,
        "db_path": "/srv/v/data/mongod/db",
    }
    ipv6 = content(VARIANTS / "v6" / "hosts")["hosts"][0]
    assert (ipv6["address"], ipv6["service_address"]) == ("fd00:20::5", "fd00:21::5")
    members = content(VARIANTS / "range" / "hosts")["mongodb"][0]["shards"][0]["members"]
    assert members == [{"host": "mongo01"}, {"host": "mongo02"}, {"host": "mongo03"}]
    with pytest.raises(ConfigError, match="no host has scheduler"):
        content(VARIANTS / "yml" / "hosts")
    assert content(VARIANTS / "yml" / "hosts", "5.3")["hosts"][0]["address"] == "10.20.0.5"


def test_the_secondary_site_where_shared_is_present(tmp_path):
    """primary_site=false is the platform's."""
    found = made(CASES / "secondary" / "hosts", "7.0.1")
    assert differences(CASES / "secondary" / "hosts", found, tmp_path) == []
    assert found.content["primary_site"] is False


def test_the_forced_version_where_shared_is_present(tmp_path):
    """It is the version of the platform when nothing else is said; the inventory itself has no logbook."""
    forced = yaml.safe_load((CASES / "forced-version/group_vars/all/main/main.yml").read_text())["force_vitam_version"]
    environments = copied(tmp_path, "6.2")
    main = environments / "group_vars" / "all" / "main" / "main.yml"
    main.write_text(main.read_text() + f"\nforce_vitam_version: {forced!r}\n")
    assert content(environments / "hosts.example.small", None)["vitam_version"] == forced
    with pytest.raises(ConfigError, match="no host has logbook"):
        made(CASES / "forced-version" / "hosts.cots", None)


def test_the_other_port_of_elasticsearch_where_shared_is_present(tmp_path):
    """It stands in one of two files with the same key, which only hash_behaviour = merge keeps."""
    environments = copied(tmp_path, "7.0.1")
    for path in (CASES / "es-port" / "group_vars").rglob("*.yml"):
        (environments / path.relative_to(CASES / "es-port")).write_bytes(path.read_bytes())
    assert content(environments / "hosts.example.small")["elasticsearch"][0]["port"] == 9250


def copied(tmp_path, tag):
    """Vitam's deployment of a tag, to be changed."""
    shutil.copytree(DEPLOYMENTS / tag, tmp_path / tag, copy_function=shutil.copyfile)
    for path in (tmp_path / tag).rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    (tmp_path / tag).chmod(0o755)
    return tmp_path / tag / "environments"
