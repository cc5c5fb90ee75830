"""From a Vitam inventory to a platform file: what is read, what is doubted, what is refused."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
import yaml

from vitam_operators import ansible_programs, inventory
from vitam_operators.ansible_inventory import Inventory, read_inventory
from vitam_operators.errors import ConfigError
from vitam_operators.inventory import as_yaml, draft, merged, with_settings
from vitam_operators.inventory_topology import topology
from vitam_operators.platforms import check_platform, load_platform

INVENTORIES = Path(__file__).parents[1] / "data" / "inventories"
REGION = INVENTORIES / "region" / "hosts"
VAULTED = INVENTORIES / "region" / "group_vars" / "all" / "vault-vitam.yml"
VAULT_PASSWORD = "only for tests"
SECRET = "correct-horse-battery-staple"


@pytest.fixture(scope="module")
def region():
    return read_inventory(REGION)


@pytest.fixture(scope="module")
def single():
    return read_inventory(INVENTORIES / "single")


@pytest.fixture
def vault_password_file(tmp_path):
    path = tmp_path / "password"
    path.write_text(VAULT_PASSWORD)
    return path


def platform_of(read, **options):
    return check_platform(draft(read, **options).content, source="it")


# --- through Ansible --------------------------------------------------------------------------------------------------


def test_a_whole_platform(region):
    """Two shards, an arbiter, an offer with a cluster of its own: all that a night needs but the secrets."""
    platform = platform_of(region)
    assert (platform.name, platform.vitam_version, platform.ssh_conn_id) == ("region", "7.0.1", "vitam_region_ssh")
    data, offer = platform.mongodb
    assert (data.name, data.routers) == ("mongo-data", ("data1", "data2"))
    assert (data.config_set.name, data.config_set.data_hosts) == ("configsvr", ("data1", "data2", "data3"))
    assert [(shard.name, shard.data_hosts) for shard in data.shards] == [
        ("shard0", ("data1", "data2", "data3")),
        ("shard1", ("data4", "data5")),
    ]
    assert [member.host for member in data.shards[1].members if member.arbiter] == ["vote1"]
    assert (offer.name, offer.routers, offer.shards[0].data_hosts) == ("offer-region-1", ("offer1",), ("offer1",))
    assert offer.localadmin_conn_id == "vitam_region_offer_region_1_localadmin"
    assert platform.elasticsearch[0].hosts == ("data1", "data2", "data3")
    assert (platform.securing.by, platform.securing.platform_secret_conn_id) == ("quartz", "vitam_region_secret")


def test_services_come_from_the_groups(region):
    """Each group hosts_<component> is a service; those of the storage have names of their own."""
    platform = platform_of(region)
    assert platform.host("front1").services == ("ingest-external", "access-external", "collect-external", "ihm-demo")
    assert platform.hosts_of("worker") == ("app1", "app2")
    assert platform.hosts_of("storage") == ("app2",)
    assert platform.hosts_of("offer") == ("offer1",)
    assert platform.hosts_of("functional-administration") == ("app1",)


def test_addresses_and_ports_come_from_the_variables(region):
    """Those beside the inventory, too: host_vars with a template, group_vars with a port that is not Vitam's."""
    platform = platform_of(region)
    data5, app1 = platform.host("data5"), platform.host("app1")
    assert (data5.address, data5.ssh_port, data5.service_ip, data5.admin_ip) == (
        "10.1.0.25",
        2222,
        "10.1.1.25",
        "10.1.0.25",
    )
    assert (app1.address, app1.ssh_port, app1.service_ip) == ("10.1.0.12", 22, "10.1.1.12")
    assert [cluster.mongod.port for cluster in platform.mongodb] == [27119, 27119]
    assert platform.mongodb[0].mongos.port == 27017


def test_without_the_vaults_password_encrypted_files_are_left_out(region):
    """Ansible alone would refuse the whole inventory; what is in the vault is not needed here."""
    assert region.left_out == (str(VAULTED),)
    assert draft(region).warnings == (
        f"{VAULTED} is encrypted and was left out: what it sets beside passwords is not known, and Vitam's own value "
        "is taken; see --vault-password-file",
    )


def test_with_the_vaults_password_nothing_is_left_out_and_no_secret_gets_out(vault_password_file, capsys):
    """The vault is read, as a name in it shows; of its passwords nothing is printed."""
    assert inventory.main([str(REGION), "--vault-password-file", str(vault_password_file)]) == 0
    printed = capsys.readouterr()
    assert "\nname: region-of-the-vault\n" in printed.out
    assert "left out:" not in printed.err
    assert SECRET not in printed.out + printed.err


def test_a_wrong_vault_password_is_ansibles_error(tmp_path):
    """With Ansible's own words, and none of the secrets."""
    wrong = tmp_path / "password"
    wrong.write_text("something else")
    with pytest.raises(ConfigError, match=r"ansible-inventory cannot read .*Decryption failed") as error:
        read_inventory(REGION, wrong)
    assert SECRET not in str(error.value)


def test_an_old_platform_on_one_host(single):
    """Names of groups with dashes, no scheduler, no word about the version, the offer in the data's cluster."""
    platform = platform_of(single, vitam_version="5.0")
    assert (platform.name, platform.vitam_version, platform.securing.by) == ("single", "5.0", "timers")
    assert not platform.primary_site
    assert [cluster.name for cluster in platform.mongodb] == ["mongo-data"]
    assert platform.mongodb[0].shards[0].data_hosts == ("archive",)
    assert len(platform.host("archive").services) == 12


def test_doubts_are_told(single):
    """The file is right, but a person should look: unknown services would go on writing during the copy."""
    assert draft(single, vitam_version="5.0").warnings == (
        "group hosts_siegfried is not known: its services will be neither stopped nor started",
        "this is a secondary site (primary_site=false), where Vitam runs a part of its services only and secures "
        "nothing: what does not run when the night begins stays down",
        "host archive is in hosts_mongod_data and in hosts_mongod_offer, but a host has one mongod: both are taken to "
        "be the one cluster mongo-data, copied once",
        "offer offer-fs-1 of archive has no MongoDB cluster of its name: its data are taken to be in mongo-data",
    )


def test_the_verb_prints_a_file_that_can_be_read_again(single, monkeypatch, tmp_path, capsys):
    """Warnings are in it as comments, and on the standard error for whoever redirects the output."""
    monkeypatch.setattr(inventory, "read_inventory", lambda path, password_file: single)
    assert inventory.main([str(INVENTORIES / "single"), "--name", "archives", "--vitam-version", "4.0.7"]) == 0
    out, err = capsys.readouterr()
    path = tmp_path / "platform.yaml"
    path.write_text(out)
    platform = load_platform(path)
    assert (platform.name, platform.vitam_version) == ("archives", "4.0.7")
    assert err.startswith("WARNING: group hosts_siegfried is not known")
    assert "# WARNING: group hosts_siegfried is not known: its services will be neither stopped nor started\n" in out
    assert "# Airflow needs the connections vitam_archives_mongo_data_admin," in out


def test_an_inventory_without_databases(monkeypatch, capsys):
    """Somebody took the file of the front zone for the whole platform: all that is missing is said at once."""
    front = Inventory("front", {"front1": {}}, {"hosts_ingest_external": ("front1",)})
    monkeypatch.setattr(inventory, "read_inventory", lambda path, password_file: front)
    assert inventory.main(["front"]) == 1
    assert capsys.readouterr() == (
        "",
        "no platform file can be made from front:\n"
        "  there are no MongoDB hosts: the groups hosts_mongos_data, hosts_mongoc_data, hosts_mongod_data and those of "
        "_offer are empty or missing\n"
        "  there are no Elasticsearch hosts: the group hosts_elasticsearch_data is empty or missing\n"
        "  no host has logbook, whose securing a night waits for: the group hosts_logbook is empty or missing\n"
        "  Vitam's version is not known: it has no force_vitam_version; give --vitam-version, such as --vitam-version "
        "7.0.1\n"
        "HINT: mend the inventory; groups and variables are those of Vitam's deployment/environments\n",
    )


def test_an_inventory_that_ansible_cannot_read(tmp_path):
    """Ansible takes a broken file for an empty inventory and ends with 0."""
    broken = tmp_path / "hosts"
    broken.write_text("[hosts\nfront1\n")
    with pytest.raises(ConfigError, match=r"ansible-inventory cannot read .*hosts"):
        read_inventory(broken)


def test_no_inventory(tmp_path):
    """Ansible would warn, and go on with localhost."""
    with pytest.raises(ConfigError, match="there is no inventory at"):
        read_inventory(tmp_path / "hosts")


def test_an_encrypted_inventory(tmp_path):
    """Without hosts there is nothing to leave out."""
    path = tmp_path / "hosts"
    path.write_text("$ANSIBLE_VAULT;1.1;AES256\n6162\n")
    with pytest.raises(ConfigError, match="is encrypted") as error:
        read_inventory(path)
    assert error.value.hint == "give --vault-password-file"


def test_without_ansible(monkeypatch, tmp_path):
    """The package itself does not need Ansible: only who makes a platform file does."""
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setattr(ansible_programs.shutil, "which", lambda name: None)
    with pytest.raises(ConfigError, match="ansible-inventory is not installed") as error:
        read_inventory(INVENTORIES / "single")
    assert "pip install ansible-core" in error.value.hint


# --- what the variables say -------------------------------------------------------------------------------------------


def small(**changes):
    """An inventory with a host for each role, its variables changed by host name."""
    hosts = {name: {"mongo_cluster_name": "mongo-data"} for name in ("s1", "c1", "d1", "d2", "app1", "es1")}
    for variables in hosts.values():
        variables["force_vitam_version"] = "7.0.1"
    hosts["d1"]["mongo_shard_id"] = 0
    hosts["d2"]["mongo_shard_id"] = "1"
    for name, variables in changes.items():
        hosts[name] = {key: value for key, value in (hosts[name] | variables).items() if value is not None}
    groups = {
        "hosts_mongos_data": ("s1",),
        "hosts_mongoc_data": ("c1",),
        "hosts_mongod_data": ("d1", "d2"),
        "hosts_logbook": ("app1",),
        "hosts_processing": ("app1",),
        "hosts_scheduler": ("app1",),
        "hosts_elasticsearch_data": ("es1",),
    }
    return Inventory("hosts", hosts, groups)


def test_the_small_inventory_is_right():
    """What the tables below change one by one."""
    assert topology(small()).errors == topology(small()).warnings == ()


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        (
            {"d2": {"mongo_shard_id": 2}},
            "shard1 of mongo-data has no members: no host has mongo_shard_id=1, but one has 2",
        ),
        ({"d2": {"mongo_arbiter": "true"}}, "shard1 of mongo-data has arbiters only: no member holds data"),
        ({"d2": {"mongo_shard_id": None}}, "host d2 has a mongod, but its mongo_shard_id is not a number: missing"),
        ({"d2": {"mongo_shard_id": "one"}}, "host d2 has a mongod, but its mongo_shard_id is not a number: one"),
        ({"c1": {"mongo_cluster_name": None}}, "host c1 has a mongoc, but no mongo_cluster_name"),
        (
            {"c1": {"mongo_cluster_name": "other"}},
            "cluster mongo-data has no mongoc: no host of hosts_mongoc_data or _offer has that mongo_cluster_name",
        ),
        (
            {"c1": {"mongo_cluster_name": "other"}},
            "cluster other has no mongos: no host of hosts_mongos_data or _offer has that mongo_cluster_name",
        ),
    ],
)
def test_clusters_that_cannot_be_told(changes, error):
    """A shard that nobody copies, or a cluster half of which is unknown, must not become a platform file."""
    assert error in topology(small(**changes)).errors


@pytest.mark.parametrize(
    ("changes", "warning"),
    [
        (
            {"d2": {"mongo_shard_id": 0}},
            "shard0 of mongo-data has 2 members, an even number: is one missing? An arbiter is one, too",
        ),
        (
            {"app1": {"ip_service": "{{ ansible_eth0.ipv4.address }}"}},
            "ip_service of app1 is a template that only a playbook resolves ('ansible_eth0' is undefined): the address "
            "of ssh is taken",
        ),
    ],
)
def test_variables_that_raise_doubts(changes, warning):
    """The file is made, and the doubt is told."""
    found = topology(small(**changes))
    assert found.errors == ()
    assert warning in found.warnings


def test_missing_services_raise_doubts():
    """Without processing there are no workflows to wait for: rather a slip than a platform."""
    read = small()
    del read.groups["hosts_processing"]
    assert "no host has processing: the group hosts_processing is empty or missing" in topology(read).warnings


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("10.0.0.1", "10.0.0.1"),
        (5, "5"),
        (5.1, "5.1"),
        ("{{ ip_admin }}", "10.0.0.9"),
        ("{{ip_admin}}", "10.0.0.9"),
        ("{{ ip_admin | default('x') }}", "10.0.0.9"),
        ("{{ missing | default(ip_admin) }}:1", "10.0.0.9:1"),
        ("{{ lookup('env', 'HOME') }}", None),
        ("{{ ansible_eth0.ipv4.address }}", None),
        ("{{ address }}", None),
        ("", None),
        ({"__ansible_vault": "$ANSIBLE_VAULT;1.1;AES256"}, None),
    ],
)
def test_a_variable_as_text(value, text):
    """A template of other variables is filled; one that names itself ends, one for a playbook stays unread."""
    read = Inventory("hosts", {"app1": {"address": value, "ip_admin": "10.0.0.9"}}, {})
    assert read.text("app1", "address") == text


def test_vitam_installed_elsewhere():
    """Another root directory moves the databases, the configuration and the copies."""
    read = small(app1={})
    for variables in read.hosts.values():
        variables["vitam_defaults"] = {"folder": {"root_path": "/data/vitam"}}
        variables["elasticsearch"] = {"data": {"port_http": "9400"}}
    platform = platform_of(read)
    assert platform.mongodb[0].mongoc.db_path == "/data/vitam/data/mongoc/db"
    assert platform.copies.directory == "/data/vitam/backup"
    assert platform.copies.file_sets[0].path == "/data/vitam/conf"
    assert platform.elasticsearch[0].port == 9400


@pytest.mark.parametrize(
    ("version", "by"),
    [("4.0.7", "timers"), ("5.1", "timers"), ("6.0", "quartz"), ("7.0.1", "quartz"), ("10.0", "quartz")],
)
def test_the_version_tells_how_logbooks_are_secured(version, by):
    """The scheduler came with Vitam 6."""
    assert draft(small(), vitam_version=version).content["securing"]["by"] == by


def test_a_name_that_is_good_for_paths():
    """The site's name may have blanks; connection ids may stand in environment variables."""
    content = draft(small(), name="Archives de l'État / nord").content
    assert content["name"] == "Archives-de-l-tat-nord"
    assert content["ssh_conn_id"] == "vitam_Archives_de_l_tat_nord_ssh"


# --- settings ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("base", "over", "result"),
    [
        ({"a": 1, "b": 2}, {"b": 3, "c": 4}, {"a": 1, "b": 3, "c": 4}),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 3}}, {"a": {"b": 3, "c": 2}}),
        ({"a": [1, 2]}, {"a": [3]}, {"a": [3]}),
        (
            [{"name": "app1", "port": 1}, {"name": "app2"}],
            {"app1": {"port": 2}},
            [{"name": "app1", "port": 2}, {"name": "app2"}],
        ),
    ],
)
def test_settings_over_content(base, over, result):
    """Keys are merged, lists replaced, named entries changed by their names."""
    assert merged(base, over) == result


def test_settings_for_what_does_not_exist():
    """A key of a host that is no longer there is a mistake, not a new host."""
    with pytest.raises(ConfigError, match="the settings name app9, which the inventory does not have") as error:
        merged({"hosts": [{"name": "app1"}]}, {"hosts": {"app9": {"host_key": "x"}}})
    assert error.value.hint == "names there are app1"


def test_settings_and_host_keys_of_the_verb(single, monkeypatch, tmp_path, capsys):
    """What an inventory cannot tell: the window, the hosts' keys."""
    monkeypatch.setattr(inventory, "read_inventory", lambda path, password_file: single)
    settings, keys = tmp_path / "settings.yaml", tmp_path / "keys.json"
    settings.write_text("window: {start: '21:00'}\nrecords: file:///srv/records\n")
    keys.write_text(json.dumps({"archive": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5 root@archive"}))
    arguments = [
        str(INVENTORIES / "single"),
        "--vitam-version",
        "5.0",
        "--settings",
        str(settings),
        "--host-keys",
        str(keys),
    ]
    assert inventory.main(arguments) == 0
    platform = check_platform(yaml.safe_load(capsys.readouterr().out), source="it")
    assert platform.window.start.hour == 21
    assert platform.host("archive").host_key == "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5"


def test_wrong_settings_are_found_at_once():
    """A platform file that is wrong is not printed."""
    with pytest.raises(ConfigError, match="at windw: unknown key, did you mean 'window'"):
        with_settings(draft(small(), vitam_version="5.0"), [{"windw": {}}], "hosts")


def test_the_text_has_no_anchors():
    """Nobody reads ``&id001``: what two clusters share is written twice."""
    shared = {"port": 1}
    made = draft(small(), vitam_version="5.0")
    made.content["mongodb"] = [{"name": "a", "mongod": shared}, {"name": "b", "mongod": shared}]
    assert "&id" not in as_yaml(made, "hosts")
