"""Who is connected: whose each connection is, who may stay, and what is said of the others."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from tests.conftest import TESTS
from vitam_operators import clients
from vitam_operators.clients import Client
from vitam_operators.config_readers import Reader
from vitam_operators.errors import ConfigError
from vitam_operators.platforms import check_platform, read_yaml


def connection(user: str | None = None, driver: str | None = None, application: str | None = None, **more) -> dict:
    """One line of ``$currentOp``, as MongoDB 5 and 7 write it; what is not given is not in it."""
    metadata = {
        **({"driver": {"name": driver, "version": "5.1"}} if driver else {}),
        **({"application": {"name": application}} if application else {}),
    }
    return {
        "type": "op",
        "active": False,
        "desc": "conn7",
        "client": "10.0.0.9:41234",
        **({"clientMetadata": metadata} if metadata else {}),
        **({"effectiveUsers": [{"user": user, "db": "admin"}]} if user else {}),
        **more,
    }


def words(operations: list[dict], *readers: Reader) -> list[str]:
    """Name the clients that may not stay."""
    return [str(client) for client in clients.clients(operations) if not clients.may_stay(client, readers)]


OURS = connection("vitamdb-localadmin", "PyMongo|async", "vitam-backup")
OUR_MONITOR = connection(None, "PyMongo|async", "vitam-backup")
CLUSTERS_OWN = connection("__system", "NetworkInterfaceTL-ReplNetwork")
FOR_SOMEBODY = connection("metadata", "NetworkInterfaceTL-TaskExecutorPool-0", runBy=[{"user": "__system"}])
THREAD = {"type": "op", "desc": "ftdc", "active": True}
VITAM = connection("metadata", "mongo-java-driver|sync")
LEGACY_SHELL = connection("root", "MongoDB Internal Client", "MongoDB Shell")
METADATA = "mongo-java-driver|sync from 10.0.0.9 as metadata"


@pytest.mark.parametrize(
    ("operations", "found"),
    [
        ([], []),
        ([THREAD], []),
        ([OURS, OUR_MONITOR, CLUSTERS_OWN, THREAD], []),
        ([OURS, VITAM], [METADATA]),
        ([OURS, FOR_SOMEBODY], []),
        ([OURS, connection("__system", "mongosh")], []),
        ([OURS, connection("__system")], []),
        ([OURS, VITAM, VITAM | {"client": "10.0.0.9:41235"}], [METADATA]),
        ([OURS, VITAM, VITAM | {"client": "10.0.0.8:41235"}], [METADATA, METADATA.replace("0.9", "0.8")]),
        ([OURS, VITAM | {"client": "[fd00::9]:41234"}], [METADATA.replace("10.0.0.9", "fd00::9")]),
        ([OURS, connection("root", "nodejs|mongosh", "mongosh 2.3")], ["mongosh 2.3 from 10.0.0.9 as root"]),
        ([OURS, LEGACY_SHELL], ["MongoDB Shell from 10.0.0.9 as root"]),
        ([OURS, connection("root")], ["a client from 10.0.0.9 as root"]),
        ([OURS, connection(None, "mongo-java-driver|sync")], []),
        ([OURS, connection(None)], []),
    ],
    ids=[
        *("nobody", "thread", "ours_and_the_clusters", "vitam", "mongos_for_a_client", "system_by_any_driver"),
        *("system_without_driver", "pool", "two_hosts", "ipv6", "a_person", "a_person_of_4.2"),
        *("no_metadata", "not_logged_in", "bare"),
    ],
)
def test_clients_that_may_write(operations, found):
    """An idle pool of a service that did not stop writes with the next request; who has not logged in cannot."""
    assert words(operations) == found


@pytest.mark.parametrize(
    ("operations", "found"),
    [
        ([OUR_MONITOR, connection(None, "NetworkInterfaceTL-ReplNetwork")], []),
        ([OUR_MONITOR, connection(None, "MongoDB Internal Client")], []),
        (
            [OUR_MONITOR, connection(None, "MongoDB Internal Client", "MongoDB Shell")],
            ["MongoDB Shell from 10.0.0.9 as no account"],
        ),
        (
            [OUR_MONITOR, connection(None, "mongo-java-driver|sync")],
            ["mongo-java-driver|sync from 10.0.0.9 as no account"],
        ),
        ([OUR_MONITOR, connection(None)], []),
    ],
)
def test_without_access_control_everybody_may_write(operations, found):
    """Then a driver's name is all that tells who it is; what never said hello has not sent a command either."""
    assert words(operations, Reader(account="exporter")) == found


@pytest.mark.parametrize(
    ("users", "allowed"),
    [
        (["exporter"], True),
        (["exporter", "pmm"], True),
        (["exporter", "metadata"], False),
        (["Exporter"], False),
        (["exporter2"], False),
    ],
)
def test_accounts_that_only_read_may_stay(users, allowed):
    """A monitoring that looks every ten seconds must not cost the night; with a second account it may write."""
    operation = connection(None, "mongo-go-driver", effectiveUsers=[{"user": user, "db": "admin"} for user in users])
    assert (words([OURS, operation], Reader(account="exporter"), Reader(account="pmm")) == []) is allowed


SHELL_WITH_A_NAME = connection("root", "MongoDB Internal Client", "my-script")
OPLOG_FETCHER = connection(None, "MongoDB Internal Client", "OplogFetcher")


@pytest.mark.parametrize(
    ("operations", "found"),
    [
        ([OURS, SHELL_WITH_A_NAME], ["my-script from 10.0.0.9 as root"]),
        (
            [OUR_MONITOR, connection(None, "MongoDB Internal Client", "my-script")],
            ["my-script from 10.0.0.9 as no account"],
        ),
        ([OUR_MONITOR, OPLOG_FETCHER], []),
        ([OURS, connection("__system", "MongoDB Internal Client", "OplogFetcher")], []),
        ([OURS, connection("root", "MongoDB Internal Client", "OplogFetcher")], ["OplogFetcher from 10.0.0.9 as root"]),
        (
            [OURS, connection("root", None, client="anonymous unix socket")],
            ["a client from anonymous unix socket as root"],
        ),
    ],
    ids=["shell", "shell_without_accounts", "member", "member_with_keyfile", "shell_that_pretends", "socket"],
)
def test_a_shell_is_no_member_whatever_it_calls_itself(operations, found):
    """Both have the same driver; with access control a member is ``__system`` (seen on 4.2.6, 4.4.2 and 5.0.32)."""
    assert words(operations) == found


EXPORTER = Client("mongodb_exporter", "mongo-go-driver", ("vitamdb-localadmin",), "10.0.0.50")


@pytest.mark.parametrize(
    ("reader", "stays"),
    [
        ({"account": "vitamdb-localadmin"}, True),
        ({"application": "mongodb_exporter"}, True),
        ({"application": "mongodb"}, False),
        ({"address": "10.0.0.50"}, True),
        ({"address": "10.0.0.0/24"}, True),
        ({"address": "10.0.1.0/24"}, False),
        ({"address": "fd00::/8"}, False),
        ({"account": "vitamdb-localadmin", "application": "mongodb_exporter", "address": "10.0.0.50"}, True),
        ({"account": "vitamdb-localadmin", "application": "mongosh 2.3"}, False),
        ({"account": "vitamdb-localadmin", "address": "10.0.0.51"}, False),
        ({"account": "exporter", "application": "mongodb_exporter"}, False),
    ],
)
def test_a_reader_has_all_that_is_said_of_it(reader, stays):
    """So a monitoring with Vitam's own account may stay, and whoever else has that account may not."""
    assert clients.may_stay(EXPORTER, [Reader(**reader)]) is stays


def test_without_accounts_a_reader_is_known_by_the_rest():
    nobody = Client("mongodb_exporter", "mongo-go-driver", (), "10.0.0.50")
    assert clients.may_stay(nobody, [Reader(application="mongodb_exporter")])
    assert not clients.may_stay(nobody, [Reader(account="exporter", application="mongodb_exporter")])


@pytest.mark.parametrize(
    ("reader", "message"),
    [
        ({}, "lets everybody through, give account, application or address"),
        ({"address": "monitoring.example.org"}, "is no address and no network such as '10.0.0.7'"),
        ({"address": "10.0.0.7/24"}, "has host bits set"),
        ({"account": ""}, "at least 1 character"),
        ({"user": "exporter"}, "Extra inputs are not permitted"),
    ],
)
def test_what_is_no_reader(reader, message):
    with pytest.raises(ValidationError, match=message):
        Reader(**reader)


def platform(*readers):
    """One host has all of Vitam's services (10.1.0.1), the other all databases (10.1.0.2)."""
    content = read_yaml((TESTS / "data" / "platforms" / "tiny.yaml").read_text(encoding="utf-8"))
    content["mongodb"][0]["readers"] = list(readers)
    return check_platform(content, source="a test")


@pytest.mark.parametrize(
    "reader",
    [
        "exporter",
        {"address": "10.1.0.2"},
        {"address": "10.9.0.0/16"},
        {"address": "10.1.0.0/16", "application": "mongodb_exporter"},
        {"address": "10.1.0.0/16", "account": "exporter"},
        {"account": "vitamdb-localadmin", "application": "metricbeat"},
        {"account": "vitamdb-admin", "address": "10.1.0.2"},
        {"account": "metadata", "application": "mongosh 2.3"},
    ],
)
def test_readers_that_are_none_of_vitams(reader):
    """Each of them names something that no service of Vitam has."""
    assert len(platform(reader).mongodb[0].readers) == 1


@pytest.mark.parametrize(
    ("reader", "found"),
    [
        ({"address": "10.1.0.1"}, "lets Vitam's own services on app through"),
        ({"address": "10.0.0.0/8"}, "lets Vitam's own services on app through"),
        ({"address": "0.0.0.0/0"}, "lets Vitam's own services on app through"),
        ("metadata", "lets Vitam's own services on app through"),
        ({"account": "logbook", "address": "10.1.0.0/24"}, "lets Vitam's own services on app through"),
        ({"application": "mongo-java-driver|sync"}, "lets Vitam's own services on app through"),
        ("vitamdb-admin", "lets everybody through who has Vitam's vitamdb-admin, which may write"),
    ],
)
def test_readers_that_would_let_vitam_itself_through(reader, found):
    """A network of all hosts is quickly written; a service that did not stop would write into the copies, unseen."""
    with pytest.raises(ConfigError) as refused:
        platform("exporter", reader)
    assert f"at mongodb.0 (mongo-data).readers.1: {found}" in refused.value.message


VITAMS = Client("mongo-java-driver|sync", "mongo-java-driver|sync", ("metadata",), "10.7.7.7")


def test_vitams_own_services_are_no_warning():
    """They run while the look is made, and stop before the copies; one on a host behind another address, too."""
    assert list(clients.in_the_way(platform(), (), [VITAMS])) == []
    from_its_host = Client("mongo-java-driver|sync", "mongo-java-driver|sync", ("renamed",), "10.1.0.1")
    assert list(clients.in_the_way(platform(), (), [from_its_host])) == []


def test_a_service_of_vitam_that_a_reader_lets_through_is_seen_while_it_runs():
    """From an address that no check of the file could know."""
    reader = Reader(address="10.7.0.0/16")
    assert list(clients.let_through(platform(), [reader], [VITAMS])) == [
        "readers let mongo-java-driver|sync from 10.7.7.7 as metadata through, which is a service of Vitam; name its "
        "account or application there"
    ]
    assert list(clients.let_through(platform(), [Reader(application="mongosh")], [VITAMS])) == []


@pytest.mark.parametrize(
    ("client", "advice"),
    [
        (Client("nodejs", "nodejs", ("vitamdb-admin",), "10.1.0.2"), "docker stop mongo-express"),
        (Client("nodejs", "nodejs", ("somebody",), "10.1.0.2"), "stop it before the night, or name it under readers"),
        (Client("mongosh 2.3", "nodejs|mongosh", ("vitamdb-admin",), "10.1.0.2"), "somebody's shell"),
        (Client("MongoDB Shell", "MongoDB Internal Client", ("root",), "10.1.0.2"), "somebody's shell"),
        (Client("mongodump", "mongo-go-driver", ("vitamdb-admin",), "10.1.0.1"), "Vitam's restic cron"),
        (Client("a client", "", ("vitamdb-localadmin",), "10.1.0.2"), "looks like metricbeat"),
        (Client("metricbeat", "mongo-go-driver", ("vitamdb-localadmin",), "10.1.0.2"), "looks like metricbeat"),
        (Client("x", "mongo-java-driver|sync", ("x",), "10.7.7.7"), "stop it before the night"),
    ],
)
def test_what_to_do_about_each(client, advice):
    """Whoever reads the plan by day has until the evening."""
    (words,) = clients.in_the_way(platform(), (), [client])
    assert words.startswith(f"{client} is connected and does not stop with Vitam")
    assert advice in words
    every = [Reader(application=client.application)]
    assert list(clients.in_the_way(platform(), every, [client])) == []
