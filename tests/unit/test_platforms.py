# ruff: noqa: E501 - the tables hold whole sentences
"""Reading a platform file: all mistakes at once, in words that say what to write instead."""

from __future__ import annotations

import copy
import os

import pytest
import yaml

from vitam_operators import platforms
from vitam_operators.errors import ConfigError
from vitam_operators.platforms import check_platform, load_platform, platform_at

CLUSTER = {
    "name": "mongo-data",
    "admin_conn_id": "a",
    "localadmin_conn_id": "l",
    "routers": ["data1"],
    "config_set": {"name": "configsvr", "members": [{"host": "data1"}]},
    "shards": [
        {"name": "shard0", "members": [{"host": "data1"}]},
        {"name": "shard1", "members": [{"host": "data2"}]},
    ],
}
RIGHT = {
    "name": "small",
    "vitam_version": "7.0.1",
    "ssh_conn_id": "vitam_small_ssh",
    "hosts": [
        {"name": "app1", "address": "10.0.0.1", "services": ["logbook", "scheduler", "processing"]},
        {"name": "data1", "address": "10.0.0.2"},
        {"name": "data2", "address": "10.0.0.3"},
    ],
    "mongodb": [CLUSTER],
    "elasticsearch": [{"name": "es", "hosts": ["data1"]}],
    "securing": {"by": "quartz", "platform_secret_conn_id": "s"},
}
OFFER = CLUSTER | {"name": "offer", "shards": [{"name": "shard0", "members": [{"host": "data2"}]}]}
MISSING = object()
RESTIC = {"repository": "/srv/restic", "password_conn_id": "r"}
REPOSITORY = "expected a repository of restic without an account's key in it: '/path', 'sftp:user@host:/path', 's3:https://host/bucket' or 'rest:https://host/'"


def changed(path, value):
    content = copy.deepcopy(RIGHT)
    *above, last = path
    holder = content
    for part in above:
        holder = holder.setdefault(part, {}) if isinstance(holder, dict) else holder[part]
    if value is MISSING:
        del holder[last]
    else:
        holder[last] = value
    return content


def mistakes(content):
    with pytest.raises(ConfigError) as error:
        check_platform(content, source="p.yaml")
    first, *lines = error.value.message.splitlines()
    assert first == "p.yaml is wrong:"
    assert error.value.hint == "config/platform.example.yaml explains every key"
    return [line.strip() for line in lines]


def test_right():
    """What the tables below change one by one is right as it is."""
    assert check_platform(RIGHT, source="p.yaml").name == "small"


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        (["securing"], MISSING, "at securing: missing, a value is needed"),
        (["hosts", 0, "address"], MISSING, "at hosts.0 (app1).address: missing, a value is needed"),
        (["windw"], {}, "at windw: unknown key, did you mean 'window'?"),
        (["hosts", 0, "ssh_prot"], 22, "at hosts.0 (app1).ssh_prot: unknown key, did you mean 'ssh_port'?"),
        (["hosts", 1, "color"], "red", "at hosts.1 (data1).color: unknown key"),
        (["copy", "compresion"], "zstd", "at copy.compresion: unknown key, did you mean 'compression'?"),
        (
            ["mongodb", 0, "shards", 1, "members", 0, "arbitre"],
            True,
            "at mongodb.0 (mongo-data).shards.1 (shard1).members.0 (data2).arbitre: unknown key, "
            "did you mean 'arbiter'?",
        ),
        (["window", "start"], 1200, "at window.start: is a number for YAML, write the time in quotes, such as '20:00', found 1200"),
        (["window", "start"], "20:00+02:00", "at window.start: has an offset, write the local time alone, such as '20:00', found '20:00+02:00'"),
        (["window", "end"], "8 am", "at window.end: expected a local time in quotes such as '20:00', found '8 am'"),
        (["window", "timezone"], "Europe/Pariss", "at window.timezone: is not a time zone, expected a name such as 'Europe/Paris', found 'Europe/Pariss'"),
        (["window", "timezone"], "Europe", "at window.timezone: is not a time zone, expected a name such as 'Europe/Paris', found 'Europe'"),
        (["window", "weekdays"], ["mondy"], "at window.weekdays.0: expected 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday' or 'sunday', found 'mondy', did you mean 'monday'?"),
        (["window", "weekdays"], [], "at window.weekdays: expected at least 1 entry, found nothing"),
        (["window", "blackout_dates"], ["24 December"], "at window.blackout_dates.0: expected a date such as 2026-12-24, found '24 December'"),
        (["window", "late_start_s"], 0, "at window.late_start_s: expected at least 1, found 0"),
        (["window", "late_start_s"], "long", "at window.late_start_s: expected a whole number, found 'long'"),
        (["window", "hold_until_window_end"], "perhaps", "at window.hold_until_window_end: expected true or false, found 'perhaps'"),
        (["window"], None, "at window: expected keys with values, found nothing"),
        (["vitam_version"], 7.0, "at vitam_version: expected a text, found 7.0, write it in quotes"),
        (["vitam_version"], "latest", "at vitam_version: expected Vitam's version such as '7.0.1', found 'latest'"),
        (["name"], "my platform", "at name: expected letters, digits, '_', '.' and '-', 63 at most, a letter or a digit first, found 'my platform'"),
        (["records"], "/var/backup", "at records: expected a URL such as 'file:///var/lib/vitam-backup', found '/var/backup'"),
        (["ssh_conn_id"], "", "at ssh_conn_id: expected a text that is not empty, found ''"),
        (["hosts"], [], "at hosts: expected at least 1 entry, found nothing"),
        (["hosts", 0], "app1", "at hosts.0: expected keys with values, found 'app1'"),
        (["hosts", 0, "services"], "logbook", "at hosts.0 (app1).services: expected a list, found 'logbook'"),
        (["hosts", 0, "ssh_port"], 70000, "at hosts.0 (app1).ssh_port: expected at most 65535, found 70000"),
        (["hosts", 0, "host_key"], "AAAAC3", "at hosts.0 (app1).host_key: expected a public host key such as 'ssh-ed25519 AAAAC3...', without host name and comment, found 'AAAAC3'"),
        (["securing", "by"], "cron", "at securing.by: expected 'timers' or 'quartz', found 'cron'"),
        (["copy", "directory"], "backup", "at copy.directory: expected an absolute path without spaces, quotes, '$' and a '/' at its end, found 'backup'"),
        (["copy", "keep"], {"min_verified": 0}, "at copy.keep.min_verified: expected at least 1, found 0"),
        (["copy", "keep"], {"dayly": 3}, "at copy.keep.dayly: unknown key, did you mean 'daily'?"),
        (["copy", "level"], 22, "at copy.level: expected at most 19, found 22"),
        (["restore", "approvers"], ["ada", 7], "at restore.approvers.1: is a number for YAML, write the account's id in quotes, such as '7', found 7"),
        (["restore", "approvers"], ["ada", {"id": "7", "nmae": "eve"}], "at restore.approvers.1.nmae: unknown key, did you mean 'name'?"),
        (["restore", "approvers"], [" ada"], "at restore.approvers.0.id: expected an account or a role, without blanks around it, in quotes if it is a number, found ' ada'"),
        (["restore", "approvers"], ["ada", {"id": "ada", "name": "Ada"}], "at restore.approvers: 'ada' stands there 2 times, names must differ"),
        (["access"], {"se": ["x"]}, "at access.se: unknown key, did you mean 'see'?"),
        (["access", "restore"], ["Op", "Op"], "at access.restore: 'Op' stands there 2 times, names must differ"),
        (["restore", "one_person"], "alone", "at restore.one_person: expected true or false, found 'alone'"),
        (["drill", "when"], "often", "at drill.when: expected 'each_backup', 'weekly' or 'by_hand', found 'often'"),
        (["drill", "cache_gb"], 0.1, "at drill.cache_gb: expected at least 0.25, found 0.1"),
        (["copy", "room_factor"], "much", "at copy.room_factor: expected a number, found 'much'"),
        (["copy", "engine"], "rsync", "at copy.engine: expected 'tar' or 'restic', found 'rsync'"),
        (["copy", "restic"], RESTIC | {"repository": "rest:https://me:hush@host/"}, f"at copy.restic.repository: {REPOSITORY}, found 'rest:...@host/'"),
        (["copy", "restic"], RESTIC | {"repository": "s3:https://key:hush@host/b"}, f"at copy.restic.repository: {REPOSITORY}, found 's3:...@host/b'"),
        (["copy", "restic"], RESTIC | {"repository": "backup"}, f"at copy.restic.repository: {REPOSITORY}, found 'backup'"),
        (["copy", "restic"], RESTIC | {"read_data_percent": 0}, "at copy.restic.read_data_percent: expected at least 1, found 0"),
        (["mongodb", 0, "mongod"], {"unit": "vitam-mongod"}, "at mongodb.0 (mongo-data).mongod.unit: expected a systemd unit such as 'vitam-mongod.service', found 'vitam-mongod'"),
    ],
)  # fmt: skip
def test_mistakes_of_one_value(path, value, sentence):
    """Where, what was expected, what was found, and what was probably meant."""
    assert sentence in mistakes(changed(path, value))


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        (["hosts", 2, "name"], "data1", "at hosts: 'data1' stands there 2 times, names must differ"),
        (["hosts", 2, "address"], "10.0.0.2", "at hosts.2 (data2).address: 10.0.0.2 port 22 is that of 'data1', too"),
        (["hosts", 0, "services"], ["logbok", "scheduler"], "at hosts.0 (app1).services: unknown service 'logbok', did you mean 'logbook'?"),
        (["hosts", 0, "services"], ["scheduler"] * 2, "at hosts.0 (app1).services: 'scheduler' stands there 2 times, names must differ"),
        (["copy", "keep"], {"last": 0}, "at copy.keep: last, daily, weekly and monthly are all 0, say which backups stay"),
        (["service_order"], ["acess-external"], "at service_order: unknown service 'acess-external', did you mean 'access-external'?"),
        (["start_order"], ["offer", "offer"], "at start_order: 'offer' stands there 2 times, names must differ"),
        (["mongodb"], [CLUSTER, CLUSTER], "at mongodb: 'mongo-data' stands there 2 times, names must differ"),
        (["mongodb"], [CLUSTER, OFFER], "at mongodb: port 27019 of host 'data2' is that of mongod of mongo-data and of mongod of offer"),
        (["mongodb"], [CLUSTER, OFFER], "at mongodb: unit vitam-mongod.service of host 'data2' is that of mongod of mongo-data and of mongod of offer"),
        (["mongodb", 0, "mongoc"], {"port": 27019}, "at mongodb: port 27019 of host 'data1' is that of mongoc of mongo-data and of mongod of mongo-data"),
        (["mongodb", 0, "routers"], ["dta1"], "at mongodb.0 (mongo-data).routers: unknown host 'dta1', did you mean 'data1'?"),
        (["mongodb", 0, "shards", 1, "name"], "shard0", "at mongodb.0 (mongo-data): 'shard0' stands there 2 times, names must differ"),
        (["mongodb", 0, "shards", 1, "members"], [{"host": "data1"}], "at mongodb.0 (mongo-data).shards.members: 'data1' stands there 2 times, names must differ"),
        (["mongodb", 0, "shards", 1, "members"], [{"host": "x"}], "at mongodb.0 (mongo-data).shards.1 (shard1).members: unknown host 'x'"),
        (["mongodb", 0, "shards", 1, "members"], [{"host": "data2", "arbiter": True}], "at mongodb.0 (mongo-data).shards.1 (shard1): 'shard1' has arbiters only, no member holds data"),
        (["mongodb", 0, "config_set", "members"], [{"host": "data1"}, {"host": "data2", "arbiter": True}], "at mongodb.0 (mongo-data).config_set.members: MongoDB allows no arbiter in a config set"),
        (["mongodb", 0, "shards", 0, "preferred"], "data2", "at mongodb.0 (mongo-data).shards.0 (shard0).preferred: unknown member with data 'data2', did you mean 'data1'?"),
        (["ports"], {"logbok": {"admin": 29003}}, "at ports: unknown component 'logbok', did you mean 'logbook'?"),
        (["ports"], {"worker": {"admin": 29105}}, "at ports.worker: no host has worker under services, nobody asks its ports; take this out"),
        (["ports"], {"logbook": {}}, "at ports.logbook: nothing is said, expected service, admin or both"),
        (["ports"], {"siegfried": {"admin": 29003}}, "at ports.siegfried.admin: siegfried has no such port in Vitam"),
        (["ports"], {"logstash": {"service": 29003}}, "at ports.logstash.service: logstash has no such port in Vitam"),
        (["ports"], {"logbook": {"service": 8203}}, "at ports.logbook: port 8203 of host 'app1' is that of logbook and of processing"),
        (["elasticsearch"], [{"name": "es", "hosts": ["es1"]}], "at elasticsearch.0 (es).hosts: unknown host 'es1'"),
        (["elasticsearch", 0, "verify"], False, "at elasticsearch.0 (es).scheme: ca_file and verify are for 'https', found 'http'"),
        (["elasticsearch"], [{"name": "es", "hosts": ["data1"], "scheme": "https", "ca_file": "/ca.pem", "verify": False}], "at elasticsearch.0 (es).verify: false, so that nothing is checked against ca_file; take one of the two out"),
        (["securing"], {"by": "quartz"}, "at securing.platform_secret_conn_id: needed to ask the scheduler for its current jobs"),
        (["hosts", 0, "services"], ["logbook"], "at securing.by: 'quartz' needs a host with the service 'scheduler', none has it"),
        (["window"], {"start": "20:00", "end": "20:00"}, "at window.end: the same as window.start (20:00), the window has no length"),
        (["window", "least_s"], 86_400, "at window.least_s: 86400 s have to be left, but the window has 39600 s before it is given up: no night would ever begin"),
        (["window"], {"start": "01:00", "end": "02:00"}, "at window.restart_reserve_s: 3600 s for the restart, but the window is 3600 s long: nothing is left for the backup"),
        (["window"], {"start": "23:30", "end": "01:00"}, "at window.late_start_s: a night may begin 1800 s late, but its 5400 s less 3600 s for the restart leave 1800 s: nothing would be left for the backup"),
        (["copy", "file_sets"], [{"name": "x", "path": "/vitam"}], "at copy.file_sets.0 (x).path: it holds copy.directory (/vitam/backup), put that under exclude"),
        (["copy", "file_sets"], [{"name": "x", "path": "/vitam/data"}], "at copy.file_sets.0 (x).path: it holds /vitam/data/mongod/db of members that run during the copy, put that under exclude"),
        (["copy", "file_sets"], [{"name": "x", "path": "/vitam"}], "at copy.file_sets.0 (x).path: it holds drill.directory (/vitam/drill), put that under exclude"),
        (["copy", "file_sets"], [{"name": "x", "path": "/c", "services": ["offr"]}], "at copy.file_sets.0 (x).services: unknown service 'offr', did you mean 'offer'?"),
        (["copy", "file_sets"], [{"name": "x", "path": "/c", "services": ["offer"], "hosts": ["app1"]}], "at copy.file_sets.0 (x).services: hosts are named, too; leave out one of the two"),
        (["copy", "file_sets"], [{"name": "x", "path": "/c", "exclude": ["/c/old"]}], "at copy.file_sets.0 (x).exclude.0: leads out of path, write it relative to path, such as 'backup', found '/c/old'"),
        (["copy", "file_sets"], [{"name": "x", "path": "/c", "exclude": ["../old"]}], "at copy.file_sets.0 (x).exclude.0: leads out of path, write it relative to path, such as 'backup', found '../old'"),
        (["copy", "file_sets"], [{"name": "x", "path": "/c", "exclude": ["./"]}], "at copy.file_sets.0 (x).exclude.0: leaves out nothing or everything, write what is left out, relative to path, found './'"),
        (["hosts", 0, "offer_provider"], "tape-library", "at hosts.0 (app1).offer_provider: the host has no service 'offer'"),
        (["mongodb", 0, "readers"], [{"acount": "exporter"}], "at mongodb.0 (mongo-data).readers.0.acount: unknown key, did you mean 'account'?"),
        (["mongodb", 0, "readers"], [{"address": "10.0.0.7/24"}], "at mongodb.0 (mongo-data).readers.0.address: is no address and no network such as '10.0.0.7' or '10.0.0.0/24' (10.0.0.7/24 has host bits set), found '10.0.0.7/24'"),
        (["drill"], {"directory": "/vitam/backup/drill"}, "at drill.directory: /vitam/backup/drill and /vitam/backup of copy.directory hold one another, each needs a directory of its own"),
        (["drill"], {"directory": "/vitam/data"}, "at drill.directory: /vitam/data and /vitam/data/mongod/db of mongodb.0 (mongo-data).mongod.db_path hold one another, each needs a directory of its own"),
        (["drill"], {"port": 27017}, "at drill.port: a drill on host 'data1' may need 27017 to 27018, 27018 is taken there"),
        (["drill"], {"port": 9200}, "at drill.port: a drill on host 'data1' may need 9200 to 9201, 9200 is taken there"),
        (["copy", "engine"], "restic", "at copy.restic: needed when copy.engine is 'restic', it says where the repository is"),
        (["copy"], {"restic": RESTIC, "file_sets": [{"name": "x", "path": "/srv"}]}, "at copy.file_sets.0 (x).path: it holds copy.restic.repository (/srv/restic), put that under exclude"),
        (["copy", "allow_empty"], ["cnf"], "at copy.allow_empty: unknown file set 'cnf', did you mean 'conf'?"),
        (["copy", "file_sets"], [{"name": "x", "path": "/c", "hosts": ["app2"]}], "at copy.file_sets.0 (x).hosts: unknown host 'app2', did you mean 'app1'?"),
    ],
)  # fmt: skip
def test_mistakes_of_values_that_are_right_one_by_one(path, value, sentence):
    """Names that nobody has, two processes on one port, a window without time: nothing of it waits for the night."""
    assert sentence in mistakes(changed(path, value))


@pytest.mark.parametrize(
    "repository",
    [
        "/srv/restic",
        "sftp:me@vault.example.org:/srv/r",
        "sftp:vault:/r",
        "s3:https://minio:9000/bucket/a",
        "rest:http://h/",
    ],
)
@pytest.mark.parametrize("engine", ["tar", "restic"])
def test_repositories_of_restic(repository, engine):
    """The section may stay when the engine is another: old copies are read and removed with it."""
    content = changed(["copy"], {"engine": engine, "restic": RESTIC | {"repository": repository}})
    assert check_platform(content, source="p.yaml").copies.engine == engine


def test_timers_need_the_host_of_the_logbook():
    """Vitam up to 5 secures by timers there."""
    content = changed(["securing"], {"by": "timers"}) | {"vitam_version": "5.1"}
    content["hosts"][0]["services"] = ["processing"]
    assert mistakes(content) == ["at securing.by: 'timers' needs a host with the service 'logbook', none has it"]


def test_what_secures_fits_the_version():
    """Timers that no longer exist would be waited for until the night is given up."""
    content = changed(["securing"], {"by": "timers"})
    assert mistakes(content) == ["at securing.by: Vitam 7.0.1 secures by 'quartz', found 'timers'"]


def test_a_secondary_site_needs_nothing_that_secures():
    """It has neither workflows nor a securing: the primary site has them."""
    content = changed(["securing"], {"by": "quartz"}) | {"primary_site": False}
    content["hosts"][0]["services"] = ["storage", "offer"]
    platform = check_platform(content, source="p.yaml")
    assert (platform.wait_for_securing, platform.securing_needs_processing) == ("none_running", False)


@pytest.mark.parametrize(
    "file_set",
    [
        {"path": "/vitam/data", "exclude": ["mongo[cd]/db"]},
        {"path": "/vitam/data", "exclude": ["mongo*"]},
        {"path": "/vitam/data", "hosts": ["app1"]},
        {"path": "/vitam", "exclude": ["backup/", "data", "drill"]},
        {"path": "/vitam/backups"},
    ],
)
def test_file_sets_that_leave_the_databases_out(file_set):
    """A pattern leaves out what is below, too; hosts without a database have nothing to leave out."""
    check_platform(changed(["copy", "file_sets"], [{"name": "x"} | file_set]), source="p.yaml")


def test_all_mistakes_come_at_once():
    """
    Those of single values and those behind them, so that nobody mends a file five times.

    The misspelt key is read as the one that was meant: no mistake is made up because of it.
    """
    content = changed(["window"], {"start": "20:00", "end": "20:00", "timezone": "Paris"})
    content["hosts"][0]["servces"] = content["hosts"][0].pop("services")
    content["mongodb"][0]["routers"] = ["data11"]
    assert mistakes(content) == [
        "at window.timezone: is not a time zone, expected a name such as 'Europe/Paris', found 'Paris'",
        "at hosts.0 (app1).servces: unknown key, did you mean 'services'?",
        "at window.end: the same as window.start (20:00), the window has no length",
        "at mongodb.0 (mongo-data).routers: unknown host 'data11', did you mean 'data1'?",
    ]


def test_mistakes_that_hide_others_are_still_told():
    """Where something needed is missing, the rest cannot be judged; what is seen is said."""
    content = changed(["mongodb"], MISSING)
    content["hosts"][0]["ssh_port"] = 0
    assert mistakes(content) == [
        "at hosts.0 (app1).ssh_port: expected at least 1, found 0",
        "at mongodb: missing, a value is needed",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "p.yaml holds no keys, found NoneType"),
        ("- name: x", "p.yaml holds no keys, found list"),
        ("name: [", "p.yaml is not YAML: while parsing"),
        ("name: x\nhosts: []\nname: y\n", "p.yaml is not YAML: key 'name' stands twice\n  in"),
        (
            "window:\n  start: 20:00\n",
            "at window.start: is a number for YAML, write the time in quotes, such as '20:00'",
        ),
    ],
)
def test_files_that_are_no_platform_files(tmp_path, monkeypatch, text, message):
    """Of two equal keys YAML would silently take the second, and of 20:00 it makes 1200."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "p.yaml").write_text(text)
    with pytest.raises(ConfigError) as error:
        load_platform((tmp_path / "p.yaml").relative_to(tmp_path))
    assert message in error.value.message


def test_no_file(tmp_path):
    """The hint says where one comes from."""
    with pytest.raises(ConfigError, match=r"there is no platform file at .*/p\.yaml") as error:
        load_platform(tmp_path / "p.yaml")
    assert "python -m vitam_operators.inventory" in error.value.hint


def test_a_directory_is_no_file(tmp_path):
    """A mistake of a path is a mistake of the operator, not a crash."""
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        load_platform(tmp_path)


def test_a_file_is_read_once_until_it_changes(tmp_path, monkeypatch):
    """A triggerer asks for it at each poll, for weeks; a change in between must still be seen."""
    path = tmp_path / "p.yaml"
    path.write_text(yaml.safe_dump(RIGHT))
    first = platform_at(str(path))
    assert platform_at(str(path)) is first
    path.write_text(yaml.safe_dump(RIGHT | {"name": "other"}))
    os.utime(path, ns=(1, 1))
    assert platform_at(str(path)).name == "other"
    path.unlink()
    with pytest.raises(ConfigError, match="there is no platform file"):
        platform_at(str(path))


def test_the_verb_says_what_a_right_file_describes(tmp_path, capsys):
    """Two lines to compare with what one knows of the platform."""
    path = tmp_path / "p.yaml"
    path.write_text(yaml.safe_dump(RIGHT))
    assert platforms.main([str(path)]) == 0
    assert capsys.readouterr().out == (
        f"{path} is right: platform small, Vitam 7.0.1: 3 hosts, 1 MongoDB cluster with 2 shards, "
        "1 Elasticsearch cluster.\nEach night from 20:00 to 08:00 (Europe/Paris).\n"
    )


def test_the_verb_ends_with_1_on_a_wrong_file(tmp_path, capsys):
    """A pipeline that checks platform files stops there."""
    path = tmp_path / "p.yaml"
    path.write_text(yaml.safe_dump(RIGHT | {"nmae": "x"}))
    assert platforms.main([str(path)]) == 1
    assert capsys.readouterr() == (
        "",
        f"{path} is wrong:\n  at nmae: unknown key, did you mean 'name'?\n"
        "HINT: config/platform.example.yaml explains every key\n",
    )


def test_the_verb_prints_the_schema(capsys):
    """As config/platform.schema.json holds it."""
    assert platforms.main(["--schema"]) == 0
    assert capsys.readouterr().out == platforms.schema_text()
