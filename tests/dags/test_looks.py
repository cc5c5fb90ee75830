"""The look: what would spoil a night is told before anything is touched, and what only may is a warning in its plan."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from tests.fakes.mongo import client_of
from vitam_operators import nights as records
from vitam_operators.errors import CopyRefusedError, LookFailedError
from vitam_operators.hooks.records import nights_of

EARLIER = "20200101T200000Z"


def earlier_night(look, **written) -> records.Night:
    """A night of long ago with some records."""
    night = nights_of(look.fake.platform).open(EARLIER, {"run_id": "scheduled__2020-01-01", "units_before": {}})
    for name, record in written.items():
        night.write(name, record)
    return night


def planned(look, **params):
    """The plan after a look at everything."""
    look.params |= params
    return look.until("check_host", "check_cluster").run("plan_night")


# --- clocks ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("off_s", "words"), [(60, r"\+60"), (-60, "-60"), (3600, r"\+3600")])
def test_a_clock_that_is_off_ends_the_night_before_it_begins(nights, look, off_s, words):
    """The guard fires by it: an hour too early it would start the platform in the middle of the copies."""
    look.fake.hosts["app"].clock_off_s = off_s
    with pytest.raises(LookFailedError, match=rf"app: its clock is {words} s off Airflow's, at most 5"):
        look.run("check_host", host="app")
    night = nights("tiny")
    night.fake.hosts["app"].clock_off_s = off_s
    night.run()
    assert (night.state, night.changes) == ("failed", [])


@pytest.mark.parametrize("off_s", [0, 3, -3])
def test_a_clock_that_is_nearly_right(look, off_s):
    """Vitam's own services accept each other within ten seconds; a backup need not be stricter."""
    look.fake.hosts["app"].clock_off_s = off_s
    assert look.run("check_host", host="app")["host"] == "app"


# --- balancers -------------------------------------------------------------------------------------------------------


def test_a_balancer_that_an_earlier_night_left_off(look):
    """Taken for the usual state it would stay off for ever, and the shards grow apart."""
    earlier_night(look).write("balancer.mongo-data", {"mode_found": "full"})
    look.fake.clusters["mongo-data"].mode = "off"
    with pytest.raises(LookFailedError) as refused:
        planned(look)
    assert refused.value.message == (
        "the night cannot begin:\n"
        f"  mongo-data: the balancer is off since backup {EARLIER}, whose restart did not switch it on; clear "
        "start_balancer of run scheduled__2020-01-01, or run sh.startBalancer() through a mongos"
    )
    assert look.fake.changes == []


@pytest.mark.parametrize(
    ("mode", "record"),
    [
        ("off", None),
        ("off", {"mode_found": "full", "put_back_at": "2020-01-02T05:00:00+00:00"}),
        ("full", {"mode_found": "full"}),
    ],
    ids=["off_by_a_person", "off_by_a_person_after_the_night", "on_again_by_a_person"],
)
def test_a_balancer_that_no_night_left_off(look, mode, record):
    """Somebody switched it, and knows why."""
    if record is not None:
        earlier_night(look).write("balancer.mongo-data", record)
    look.fake.clusters["mongo-data"].mode = mode
    assert planned(look)["clusters"]["mongo-data"]["balancer"] == mode


def test_a_balancer_that_a_person_put_back_is_no_debt_any_more(look):
    """Seen on by a later look: whoever switches it off after that knows why."""
    earlier_night(look).write("balancer.mongo-data", {"mode_found": "full"})
    planned(look)
    look.fake.clusters["mongo-data"].mode = "off"
    assert planned(look)["clusters"]["mongo-data"]["balancer"] == "off"


def test_a_night_that_really_left_it_off_is_found(half):
    """From the records of real steps: stopped, restarted, but for the balancer's own start."""
    half.until("stop_balancer", "end_copies")
    first = half.records.label
    half.as_run_of(hours=-1)
    with pytest.raises(LookFailedError, match=rf"mongo-data: the balancer is off since backup {first}"):
        planned(half)
    half.as_run_of(hours=1)
    half.run("start_balancer")
    half.as_run_of(hours=-1)
    assert planned(half)["clusters"]["mongo-data"]["balancer"] == "full"


def test_a_run_that_looks_again_in_the_middle_of_its_night(half):
    """Its own balancer is off because it stopped it: that is no debt yet, and the night goes on."""
    half.until("stop_balancer")
    before = half.records.opened
    planned(half)
    half.run("open_backup")
    assert half.records.opened == before


# --- members ---------------------------------------------------------------------------------------------------------


def test_a_member_that_is_behind_on_purpose_is_no_finding(look):
    """It is an hour behind each night, and is never copied."""
    look.fake.replica_set("mongo-data", "shard0").members[2].delay_s = 3600
    assert look.run("check_cluster", cluster="mongo-data")["balancer"] == "full"


@pytest.mark.parametrize(
    ("unit", "words"),
    [
        ("mongod@data-2", "mongo-data-shard0 on data-2: nobody listens there: is the unit running"),
        ("mongoc@data-2", "mongo-data-configsvr on data-2: nobody listens there: is the unit running"),
        ("mongos@data-2", "mongo-data: mongos on data-2: nobody listens there: is the unit running"),
    ],
)
def test_each_server_that_the_night_will_ask_is_asked(look, unit, words):
    """The others of its set answer, and another router; at night nothing would be proved without this one."""
    look.fake.unit(unit).end(0)
    with pytest.raises(LookFailedError, match=words):
        look.run("check_cluster", cluster="mongo-data")


def test_a_cluster_of_which_nothing_answers_is_told_once_for_each_server(look):
    """A name that does not resolve, or a firewall, must not hide what else is wrong."""
    for host in ("data-1", "data-2", "data-3"):
        for daemon in ("mongos", "mongoc", "mongod"):
            if f"vitam-{daemon}.service" in look.fake.hosts[host].units:
                look.fake.unit(f"{daemon}@{host}").end(0)
    with pytest.raises(LookFailedError) as raised:
        look.run("check_cluster", cluster="mongo-data")
    found = raised.value.message
    assert "replica set shard0 has 0 primaries" in found
    assert "replica set configsvr has 0 primaries" in found
    assert "no answer" not in found


ELSEWHERE = (
    "mongo-data-shard0: mongod on data-1 keeps its data in /vitam/new/db, the platform file says db_path: "
    "/vitam/data/mongod/db"
)


def test_data_that_lies_elsewhere_than_the_platform_file_says(look):
    """It was moved to a larger disk: what stayed at the old place is closed, cold, and months old."""
    look.fake.replica_set("mongo-data", "shard0").members[0].db_path = "/vitam/new/db"
    with pytest.raises(LookFailedError, match=ELSEWHERE):
        look.run("check_cluster", cluster="mongo-data")


def test_a_primary_elected_since_whose_data_lies_elsewhere_is_not_stopped(half):
    """The look has seen another one."""
    half.until("arm_restart_guard")
    half.fake.replica_set("mongo-data", "shard0").members[0].db_path = "/vitam/new/db"
    with pytest.raises(CopyRefusedError, match=ELSEWHERE):
        half.run("stop_shard_primary", cluster="mongo-data", replica_set="shard0")
    assert half.fake.unit("mongod@data-1").running


JOURNAL = "/vitam/data/mongod/db/journal"


def test_data_behind_a_symbolic_link(look):
    """A copy would hold the link; a mongod that opened it on that host, the journal of the one that runs."""
    look.fake.hosts["data-1"].links.append(JOURNAL)
    with pytest.raises(LookFailedError, match=rf"mongo-data-shard0 on data-1: .* the symbolic link {JOURNAL}; stop"):
        look.run("check_host", host="data-1")
    assert look.fake.changes == []


def test_a_disk_that_is_mounted_below_a_dbpath_is_copied_while_mongod_is_down(look):
    """It shares no block with what lies around it: a snapshot would fail once all is stopped."""
    look.fake.hosts["data-1"].mounts.append(JOURNAL)
    assert look.run("check_host", host="data-1")["methods"]["mongo-data-shard0"] == (
        f"direct ({JOURNAL} is another file system)"
    )


def test_a_host_without_rights_says_all_that_is_wrong_with_it(look):
    """Nothing as root is tried there that would end the look before it has told."""
    host = look.fake.hosts["data-1"]
    host.sudo, host.missing_tools, host.clock_off_s = False, ("zstd",), 60
    with pytest.raises(LookFailedError) as refused:
        look.run("check_host", host="data-1")
    for finding in ("zstd is missing", "sudo asks for a password before it stops", "its clock is"):
        assert finding in refused.value.message


# --- the window ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("took", "warned"), [(dt.timedelta(minutes=50), False), (dt.timedelta(minutes=70), True)])
def test_a_window_that_looks_too_short_is_a_warning(look, took, warned):
    """Two hours are left, one is for the restart; the last night took longer than the other."""
    began = dt.datetime(2020, 1, 1, 23, tzinfo=dt.UTC)
    earlier_night(
        look,
        held={"asked_at": began.isoformat()},
        restart={"began_at": (began + took).isoformat()},
        manifest={"state": "sealed"},
    )
    found = [warning for warning in planned(look)["warnings"] if "the window looks too short" in warning]
    assert len(found) == warned


def test_the_plan_is_opened_with_its_warnings(look):
    """They stand in the manifest too."""
    look.fake.hosts["data-2"].free_bytes = 10
    planned(look)
    look.run("open_backup")
    assert [warning.partition(" has ")[0] for warning in look.records.opened["warnings"]] == ["data-2"]


# --- directories -----------------------------------------------------------------------------------------------------


def test_a_directory_of_a_file_set_that_is_missing(nights, look):
    """It was misspelt, or its disk is not mounted: a copy of nothing would be sealed."""
    host = look.fake.hosts["app"]
    host.files = {path: size for path, size in host.files.items() if not path.startswith("/vitam/conf/")}
    with pytest.raises(LookFailedError, match="app: file set conf: there is no /vitam/conf, its size cannot be told"):
        look.run("check_host", host="app")


# --- clients ---------------------------------------------------------------------------------------------------------


def test_clients_that_will_hold_the_night_are_named_by_the_look(look):
    """It would end at four in the morning, before the copies; they are connected all day."""
    look.fake.replica_set("mongo-data", "shard1").clients.append(client_of("vitamdb-localadmin", ""))
    look.fake.clusters["mongo-offer"].clients.append(client_of("vitamdb-admin", "nodejs"))
    look.fake.hosts["offer-1"].files["/vitam/script/restic/restic_backup"] = 1
    found = [words for words in planned(look)["warnings"] if "nothing is copied" in words]
    assert [words.partition(" is ")[0] for words in found] == [
        "offer-1: Vitam's restic backup",
        "mongo-data: a client from 10.0.0.7 as vitamdb-localadmin",
        "mongo-offer: nodejs from 10.0.0.7 as vitamdb-admin",
    ]
    look.run("open_backup")
    assert "warnings" not in look.records.opened["clusters"]["mongo-data"]


def test_a_server_that_cannot_be_asked_who_is_connected_is_named(look):
    """An account with a role of its own may not ask."""
    look.fake.replica_set("mongo-data", "shard1").forbidden = ("aggregate",)
    found = look.run("check_cluster", cluster="mongo-data")["warnings"]
    asked = [f"10.3.0.1{number}:27019" for number in (4, 5, 6)]
    assert [words.partition(" is not known")[0] for words in found] == [
        f"mongo-data: who is connected to {address}" for address in asked
    ]


def test_a_service_of_vitam_that_a_reader_lets_through_ends_the_night_before_it_begins(look, monkeypatch):
    """The address is a name in the platform file: only a look at the connections can tell."""
    passing = "readers let it through"
    monkeypatch.setattr("vitam_operators.clients.let_through", lambda platform, readers, found: [passing])
    with pytest.raises(LookFailedError, match=f"mongo-data: {passing}"):
        look.run("check_cluster", cluster="mongo-data")


# --- who is taken for a host -----------------------------------------------------------------------------------------


def test_a_connection_that_takes_anybody_for_a_host(look, monkeypatch):
    """Kind: a second place that overrides what was reviewed. Beside a key of the platform file it ends the night."""
    extra = {"no_host_key_check": True}
    monkeypatch.setenv("AIRFLOW_CONN_TEST_SSH", json.dumps({"conn_type": "ssh", "login": "x", "extra": extra}))
    says = "app: the Airflow connection test_ssh says 'no_host_key_check'"
    assert [w for w in look.run("check_host", host="app")["warnings"] if w.startswith(says)]
    platform = look.fake.platform
    pinned = [h.model_copy(update={"host_key": "ssh-ed25519 AAAA"}) if h.name == "app" else h for h in platform.hosts]
    changed = platform.model_copy(update={"hosts": tuple(pinned)})
    monkeypatch.setattr("vitam_operators.hooks.kept_platforms.platform_at", lambda path: changed)
    with pytest.raises(LookFailedError, match=says):
        look.run("check_host", host="app")
