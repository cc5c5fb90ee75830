# ruff: noqa: E501 - the tables hold whole sentences
"""
The platform file is code's equal: whoever writes it says what runs as root, and where.

Kind: a value that is taken and then does harm, or does nothing in silence. Each is refused with its key's path.
"""

from __future__ import annotations

import copy

import pytest
import yaml

from tests.unit.test_platforms import CLUSTER, RESTIC, RIGHT, changed, mistakes
from vitam_operators.config_addresses import with_port
from vitam_operators.errors import ConfigError
from vitam_operators.platform_yaml import read_yaml
from vitam_operators.platforms import check_platform, load_platform

STEPS = "has '..' or '.' in it, write the path that it means"
ADDRESS = "is no address and no name of a host, such as '10.0.0.7', '2001:db8::7' or 'data1.example.org'"
MONGOD = "is no mongod, expected its path, such as '/usr/bin/mongod' or '/opt/mongodb/bin/mongod-6.0'"
DB = "mongodb.0 (mongo-data).mongod.db_path"
PATH = "expected an absolute path without spaces, quotes, '$' and a '/' at its end"
OWN = "each needs a directory of its own"


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        (["copy", "directory"], "/vitam/../etc", f"at copy.directory: {STEPS}, found '/vitam/../etc'"),
        (["drill", "directory"], "/vitam/./drill", f"at drill.directory: {STEPS}, found '/vitam/./drill'"),
        (["mongodb", 0, "mongod"], {"db_path": "/vitam/data/.."}, f"at {DB}: {STEPS}, found '/vitam/data/..'"),
        (["mongodb", 0, "mongod"], {"db_path": "/"}, f"at {DB}: {PATH}, found '/'"),
        (["mongodb", 0, "mongod"], {"db_path": "/vitam/my data/db"}, f"at {DB}: {PATH}, found '/vitam/my data/db'"),
        (["copy", "restic"], RESTIC | {"repository": "/srv/../etc/r"}, f"at copy.restic.repository: {STEPS}, found '/srv/../etc/r'"),
        (["copy", "restic"], RESTIC | {"repository": "sftp:v:/srv/../r"}, f"at copy.restic.repository: {STEPS}, found 'sftp:v:/srv/../r'"),
        (["records"], "file:///srv/../etc", f"at records: {STEPS}, found 'file:///srv/../etc'"),
        (["restore", "records"], "file:///srv/..", f"at restore.records: {STEPS}, found 'file:///srv/..'"),
        (["messages"], {"notifiers": [{"notifier": "os.system"}]}, "at messages.notifiers.0.notifier: is no notifier of Airflow's, but Python's own, found 'os.system'"),
        (["restore", "held_by"], {"old1": "dta1"}, "at restore.held_by: unknown host 'dta1', did you mean 'data1'?"),
        (["restore", "port"], 27018, "at restore.port: a restore on host 'data1' may need 27018 to 27019, 27018 is taken there"),
        (["elasticsearch", 0, "port"], 27017, "at elasticsearch.0 (es).port: port 27017 of host 'data1' is that of mongos of mongo-data, too"),
        (["elasticsearch"], [{"name": "es", "hosts": ["data1"]}, {"name": "log", "hosts": ["data1"], "port": 9201}], "at elasticsearch.1 (log).unit: vitam-elasticsearch-data.service of host 'data1' is that of es, too"),
        (["elasticsearch"], [{"name": "es", "hosts": ["data1"]}, {"name": "log", "hosts": ["data1"]}], "at elasticsearch.1 (log).port: port 9200 of host 'data1' is that of es, too"),
        (["drill", "mongod"], "/bin/sh", f"at drill.mongod: {MONGOD}, found '/bin/sh'"),
        (["drill", "mongod"], "/usr/bin/mongodump", f"at drill.mongod: {MONGOD}, found '/usr/bin/mongodump'"),
        (["mongodb", 0, "mongod"], {"unit": "sshd.service"}, "at mongodb.0 (mongo-data).mongod.unit: is no unit of MongoDB, expected a name with 'mongo' in it, found 'sshd.service'"),
        (["mongodb", 0, "mongos"], {"unit": "vitam-logbook.service"}, "at mongodb.0 (mongo-data).mongos.unit: is no unit of MongoDB, expected a name with 'mongo' in it, found 'vitam-logbook.service'"),
        (["elasticsearch", 0, "unit"], "systemd-logind.service", "at elasticsearch.0 (es).unit: is no unit of Elasticsearch, expected a name with 'elastic' or 'opensearch' in it, found 'systemd-logind.service'"),
        (["hosts", 0, "bound_units"], ["sshd.service"], "at hosts.0 (app1).bound_units.0: is a unit of the system, expected one that is bound to a unit of Vitam's, as an exporter, found 'sshd.service'"),
        (["securing", "timers"], ["vitam-x.timer"], "at securing.timers.0: expected the name of a timer without '.timer', such as 'vitam-traceability-audit', found 'vitam-x.timer'"),
        (["securing", "other_timers"], ["a b"], "at securing.other_timers.0: expected the name of a timer without '.timer', such as 'vitam-traceability-audit', found 'a b'"),
        (["hosts", 0, "address"], "10.0.0.1 x", f"at hosts.0 (app1).address: {ADDRESS}, found '10.0.0.1 x'"),
        (["hosts", 0, "address"], "-oProxyCommand=x", f"at hosts.0 (app1).address: {ADDRESS}, found '-oProxyCommand=x'"),
        (["hosts", 0, "address"], "root@10.0.0.1", f"at hosts.0 (app1).address: {ADDRESS}, found 'root@10.0.0.1'"),
        (["hosts", 0, "address"], "10.0.0.1:22", "at hosts.0 (app1).address: is no IPv6 address ('10.0.0.1:22' does not appear to be an IPv4 or IPv6 address); a port has a key of its own, found '10.0.0.1:22'"),
        (["hosts", 0, "admin_address"], "fe80::1%eth0", "at hosts.0 (app1).admin_address: is an address of one link alone, which services do not take; write one without '%', found 'fe80::1%eth0'"),
        (["hosts", 0, "service_address"], "", f"at hosts.0 (app1).service_address: {ADDRESS}, found ''"),
        (["copy", "file_sets"], [{"name": "x", "path": "/c", "exclude": ["*"]}], "at copy.file_sets.0 (x).exclude.0: leaves out nothing or everything, write what is left out, relative to path, found '*'"),
        (["copy", "file_sets"], [{"name": "x", "path": "/c", "exclude": ["a//b"]}], "at copy.file_sets.0 (x).exclude.0: leaves out nothing, as no path has '//' or '/./' in it; write it without, found 'a//b'"),
        (["copy", "file_sets"], [{"name": "x", "path": "/c", "exclude": ["[^a]"]}], "at copy.file_sets.0 (x).exclude.0: is not read alike by tar and restic; write '[!...]' for other letters, '[*]' for a '*' itself, found '[^a]'"),
    ],
)  # fmt: skip
def test_a_value_that_would_do_harm_or_nothing(path, value, sentence):
    """Paths that lead elsewhere, another program than a mongod, the system's units, what ssh would take for options."""
    assert sentence in mistakes(changed(path, value))


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        (["hosts", 0, "address"], "10.0.0.1\n", "at hosts.0 (app1).address: has a line's end or another control character in it, write it on one line, found '10.0.0.1\\n'"),
        (["ssh_conn_id"], "vitam_ssh ", "at ssh_conn_id: has a blank at an end, take that out, found 'vitam_ssh '"),
        (["messages"], {"mail": {"smtp_conn_id": "s", "to": ["a@b\nBcc: c@d"]}}, "at messages.mail.to.0: has a line's end or another control character in it, write it on one line, found 'a@b\\nBcc: c@d'"),
        (["mongodb", 0, "readers"], ["exporter\x1b[2J"], "at mongodb.0 (mongo-data).readers.0: has a line's end or another control character in it, write it on one line, found 'exporter\\x1b[2J'"),
        (["hosts", 0, "address"], "{{ app_ip }}", "at hosts.0 (app1).address: is a template that nobody fills in, write the value itself, found '{{ app_ip }}'"),
        (["mongodb", 0, "admin_conn_id"], "{% if x %}a{% endif %}", "at mongodb.0 (mongo-data).admin_conn_id: is a template that nobody fills in, write the value itself, found '{% if x %}a{% endif %}'"),
        (["messages"], {"notifiers": [{"notifier": "a.B", "arguments": {"text": "{{ subject }}"}}]}, "at messages.notifiers.0.arguments.text: is a template that nobody fills in, write the value itself, found '{{ subject }}'"),
    ],
)  # fmt: skip
def test_texts_that_no_key_wants(path, value, sentence):
    """Whatever the key: a line's end in an address, a blank that nobody sees, a template that nobody fills in."""
    assert [line for line in mistakes(changed(path, value)) if line.split(": ")[0] == sentence.split(": ")[0]] == [
        sentence
    ]


V5 = {"vitam_version": "5.3.1"}
TIMERS, QUARTZ, RESTICS = (
    {"by": "timers"},
    {"by": "quartz", "platform_secret_conn_id": "s"},
    {"engine": "restic", "restic": RESTIC},
)
SECONDARY = "primary_site is false, where no securing is waited for"
TAKE_OUT = "so that nobody reads this; take it out"


@pytest.mark.parametrize(
    ("changes", "sentences"),
    [
        (V5 | {"securing": TIMERS | {"minutes": [7], "settle_s": 5, "platform_secret_conn_id": "s"}}, [f"at securing.{key}: securing.by is 'timers', {TAKE_OUT}" for key in ("minutes", "settle_s", "platform_secret_conn_id")]),
        ({"securing": QUARTZ | {"timers": ["own"], "other_timers": []}}, [f"at securing.{key}: securing.by is 'quartz', {TAKE_OUT}" for key in ("timers", "other_timers")]),
        ({"copy": RESTICS | {"level": 3, "threads": 2}}, [f"at copy.{key}: copy.engine is 'restic', which compresses by itself, {TAKE_OUT}" for key in ("level", "threads")]),
        ({"copy": {"compression": "none", "level": 3}}, [f"at copy.level: copy.compression is 'none', {TAKE_OUT}"]),
        ({"timeouts": {"elasticsearch_snapshot_s": 60}}, [f"at timeouts.elasticsearch_snapshot_s: no cluster of elasticsearch has a snapshot_repository, no snapshot is asked for, {TAKE_OUT}"]),
        ({"primary_site": False, "securing": QUARTZ | {"wait_for": "next_run", "needs_processing": True} }, [f"at {key}: {SECONDARY}, {TAKE_OUT}" for key in ("securing.wait_for", "securing.needs_processing")]),
        ({"hosts": [*RIGHT["hosts"], {"name": "spare", "address": "10.0.0.9", "bound_units": ["exporter.service"]}]}, ["at hosts.3 (spare).bound_units: the host has no unit that a night stops, nothing is stopped with one; take it out"]),
        ({"elasticsearch": [{"name": "es", "hosts": ["data1", "data1"]}]}, ["at elasticsearch.0 (es).hosts: 'data1' stands there 2 times, names must differ"]),
        ({"copy": {"file_sets": [{"name": "x", "path": "/c", "hosts": ["data1", "data1"]}]}}, [f"at {where}: {name!r} stands there 2 times, names must differ" for where, name in (("copy.file_sets.0 (x).hosts", "data1"), ("the names of the copies (cluster-set and host-fileset)", "data1-x"))]),
    ],
)  # fmt: skip
def test_what_nobody_reads(changes, sentences):
    """A wish that is granted to nobody, as another key chose another way; and a node named twice. All at once."""
    assert mistakes(copy.deepcopy(RIGHT) | changes) == sentences


@pytest.mark.parametrize("unit", ["NetworkManager.service", "firewalld.service", "sssd.service", "podman.service"])
def test_units_by_which_a_host_is_reached_are_no_bound_ones(unit):
    """Kind: sudo rules for what the host itself stands on."""
    found = mistakes(changed(["hosts", 0, "bound_units"], [unit]))
    assert [line for line in found if "is a unit of the system" in line]


@pytest.mark.parametrize("repository", ["sftp:-F:/srv/r", "sftp:-oProxyCommand=x@v:/srv/r", "sftp:-l@v:/srv/r"])
def test_a_repository_that_ssh_would_take_for_an_option(repository):
    """restic hands account and host to ssh as words of its command line."""
    found = mistakes(changed(["copy", "restic"], RESTIC | {"repository": repository}))
    assert [line for line in found if line.startswith("at copy.restic.repository: expected a repository of restic")]


@pytest.mark.parametrize(
    "changes",
    [
        V5 | {"securing": TIMERS | {"minutes": [5, 15, 35], "settle_s": 90}},
        {"copy": RESTICS | {"level": 1, "compression": "none"}},
        {"primary_site": False, "securing": QUARTZ | {"wait_for": "none_running", "needs_processing": False}},
    ],
)
def test_what_is_written_as_it_would_be_asks_for_nothing(changes):
    """A default that is written out; and compression, by which archives of another engine are found."""
    check_platform(copy.deepcopy(RIGHT) | changes, source="p.yaml")


def test_words_for_people_may_have_lines():
    """A message is no name of anything."""
    content = changed(
        ["messages"], {"notifiers": [{"notifier": "a.B", "arguments": {"text": "{subject}\n\n{text}\n"}}]}
    )
    assert check_platform(content, source="p.yaml").messages.notifiers[0].arguments["text"].startswith("{subject}")


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        (["copy", "directory"], "/etc/vitam", "at copy.directory: /etc/vitam is the system's, take a directory such as '/vitam/backup'"),
        (["copy", "directory"], "/etc", "at copy.directory: /etc is the system's, take a directory such as '/vitam/backup'"),
        (["copy", "directory"], "/var/lib", "at copy.directory: /var/lib is everybody's, take a directory below it"),
        (["drill", "directory"], "/tmp/drill", "at drill.directory: /tmp/drill is emptied by the system, take a directory such as '/vitam/backup'"),
        (["copy", "restic"], RESTIC | {"repository": "/usr/"}, "at copy.restic.repository: /usr is the system's, take a directory such as '/vitam/backup'"),
        (["mongodb", 0, "mongod"], {"db_path": "/opt"}, f"at {DB}: /opt is everybody's, take a directory below it"),
        (["copy", "file_sets"], [{"name": "x", "path": "/proc/1"}], "at copy.file_sets.0 (x).path: /proc/1 holds no files, the kernel makes up what seems to be there"),
        (["copy", "directory"], "/vitam/data/mongod/db/backup", f"at copy.directory: /vitam/data/mongod/db/backup and /vitam/data/mongod/db of {DB} hold one another, {OWN}"),
        (["copy", "directory"], "/vitam/data/mongod", f"at copy.directory: /vitam/data/mongod and /vitam/data/mongod/db of {DB} hold one another, {OWN}"),
        (["copy", "restic"], RESTIC | {"repository": "/vitam/data/mongod/db/r"}, f"at copy.restic.repository: /vitam/data/mongod/db/r and /vitam/data/mongod/db of {DB} hold one another, {OWN}"),
        (["copy", "restic"], RESTIC | {"repository": "/vitam"}, f"at copy.restic.repository: /vitam and /vitam/backup of copy.directory hold one another, {OWN}"),
        (["copy", "restic"], RESTIC | {"cache_directory": "/srv/restic/cache"}, f"at copy.restic.cache_directory: /srv/restic/cache and /srv/restic of copy.restic.repository hold one another, {OWN}"),
        (["copy", "restic"], RESTIC | {"cache_directory": "/vitam/drill"}, f"at drill.directory: /vitam/drill is that of copy.restic.cache_directory, too, {OWN}"),
        (["mongodb", 0, "mongoc"], {"db_path": "/vitam/data/mongod/db"}, f"at mongodb.0 (mongo-data).mongoc.db_path: /vitam/data/mongod/db is that of {DB}, too, {OWN}"),
        (["mongodb", 0, "mongoc"], {"db_path": "/vitam/data"}, f"at mongodb.0 (mongo-data).mongoc.db_path: /vitam/data and /vitam/data/mongod/db of {DB} hold one another, {OWN}"),
        (["copy", "file_sets"], [{"name": "x", "path": "/vitam/backup/old"}], "at copy.file_sets.0 (x).path: it is inside copy.directory (/vitam/backup), which is no file set"),
        (["copy", "file_sets"], [{"name": "x", "path": "/vitam/data/mongod/db/x"}], "at copy.file_sets.0 (x).path: it is inside /vitam/data/mongod/db of members that run during the copy, which is no file set"),
        (["copy"], {"restic": RESTIC | {"cache_directory": "/c/cache"}, "file_sets": [{"name": "x", "path": "/c"}]}, "at copy.file_sets.0 (x).path: it holds copy.restic.cache_directory (/c/cache), put that under exclude"),
    ],
)  # fmt: skip
def test_directories_in_each_others_way(path, value, sentence):
    """A copy in a dbPath is copied the next night, a drill that is removed takes what is below it along."""
    assert sentence in mistakes(changed(path, value))


@pytest.mark.parametrize(
    "changes",
    [
        {"copy": {"directory": "/backup"}},
        {"copy": {"engine": "restic", "restic": RESTIC | {"repository": "/vitam/backup/r", "cache_directory": "/vitam/backup/c"}}},
        {"copy": {"directory": "/var/lib/vitam-backup", "restic": RESTIC | {"cache_directory": "/var/cache/vitam"}}},
        {"copy": {"file_sets": [{"name": "x", "path": "/etc/vitam"}, {"name": "y", "path": "/vitam", "exclude": ["data", "backup", "drill"]}]}},
        {"copy": {"directory": "/vitam/data/a/backup", "file_sets": [{"name": "x", "path": "/vitam", "exclude": ["data/", "drill"]}]}},
        {"drill": {"mongod": "/opt/mongodb-6.0/bin/mongod-6.0.27"}},
    ],
)  # fmt: skip
def test_directories_that_are_their_own(changes):
    """
    Below everybody's directories; and a pattern that names a parent of copy.directory leaves that out, too.

    Kind: a night that an older platform file had, refused: restic's own below the directory of all copies does no harm.
    """
    check_platform(copy.deepcopy(RIGHT) | changes, source="p.yaml")


@pytest.mark.parametrize(
    "changes",
    [
        {"copy": {"keep": {"last": 1, "min_verified": 50}}},
        {"timeouts": {"mongod_stop_s": 999_999, "service_start_s": 99_999}},
        {"window": {"restart_reserve_s": 1}},
        {"copy": {"file_sets": []}},
        {"start_order": []},
    ],
)
def test_what_stays_accepted(changes):
    """Each is of use to somebody, and does no harm: docs/decisions/0030."""
    check_platform(copy.deepcopy(RIGHT) | changes, source="p.yaml")


def test_two_daemons_on_two_hosts_may_have_one_path():
    """Each cluster has Vitam's own; only on one host they would be in each other's way."""
    other = CLUSTER | {"name": "offer", "routers": ["data3"], "shards": [{"name": "s", "members": [{"host": "data3"}]}]}
    other |= {"config_set": {"name": "c", "members": [{"host": "data3"}]}}
    content = copy.deepcopy(RIGHT) | {"mongodb": [CLUSTER, other]}
    content["hosts"].append({"name": "data3", "address": "10.0.0.4"})
    assert len(check_platform(content, source="p.yaml").mongodb) == 2


@pytest.mark.parametrize("written", ["2001:db8::7", "[2001:db8::7]"])
def test_ipv6(written):
    """Ansible has it with brackets, ssh and curl without; MongoDB has its members with brackets and port."""
    host = check_platform(changed(["hosts", 1, "service_address"], written), source="p.yaml").host("data1")
    assert (host.service_ip, with_port(host.service_ip, 27019)) == ("2001:db8::7", "[2001:db8::7]:27019")
    assert with_port("10.0.0.2", 27019) == "10.0.0.2:27019"


def test_a_template_without_quotes(tmp_path):
    """YAML reads keys in it. It is told with the other mistakes of the file, not as a crash (StackStorm/st2#893)."""
    path = tmp_path / "p.yaml"
    path.write_text(yaml.safe_dump(RIGHT).replace("10.0.0.1", "{{ app_ip }}").replace("vitam_small_ssh", "'a b '"))
    with pytest.raises(ConfigError) as error:
        load_platform(path)
    assert [line.strip() for line in error.value.message.splitlines()[1:]] == [
        "at hosts.0 (app1).address: is a template that nobody fills in, write the value itself, found '{{ app_ip }}'",
        "at ssh_conn_id: has a blank at an end, take that out, found 'a b '",
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ssh_port: 0100", "0100 would be 64, write it without 0 before it"),
        ("? [a, b]\n: c", "a key that is no text"),
    ],
)
def test_what_yaml_takes_for_something_else(text, words):
    """Of 0100 it makes 64 in silence."""
    with pytest.raises(yaml.YAMLError, match=words):
        read_yaml(text)
    assert read_yaml("a: 0\nb: -7\nc: 0.5\nd: 100") == {"a": 0, "b": -7, "c": 0.5, "d": 100}
