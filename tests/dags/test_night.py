"""Whole nights: everything stops in the manual's order, is copied, and runs again as before."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from vitam_operators import nights as records
from vitam_operators.operators import base as operators

STOPPED = [
    *("ingest-internal", "ingest-external", "access-internal", "access-external"),
    *("processing", "worker", "workspace"),
    *("security-internal", "functional-administration", "logbook", "metadata", "storage", "offer"),
    *("mongod", "mongoc"),
]
STARTED = [
    *("mongod", "mongoc", "offer", "storage", "metadata", "logbook", "functional-administration", "security-internal"),
    *("workspace", "processing", "worker", "access-internal", "access-external", "ingest-internal", "ingest-external"),
]
SET_ASIDE = ("elasticsearch-data",)
"""Stops and starts side by side with MongoDB: no order between the two."""


def services(told: list[str]) -> list[str]:
    """Leave out timers, and what has no place in the one order of the others."""
    return [name for name in told if not name.endswith(".timer") and name not in SET_ASIDE]


@pytest.fixture(scope="module")
def platform_home(platform_files):
    """Where the records of the small platform's nights are."""
    return platform_files("small").parent


def test_a_whole_night_under_airflow(airflow_database, nights, monkeypatch):
    """The main job, with every wait handed to the triggerer at once: green, copied, sealed, and all up again."""
    monkeypatch.setattr(operators, "PATIENCE_S", -1)
    night = nights("tiny").run(airflow=True, note="before the upgrade")
    assert (night.state, night.red, night.different) == ("success", set(), set())
    assert services(night.fake.verbs("stop")) == [name for name in STOPPED if name != "security-internal"]
    assert services(night.fake.verbs("start")) == [name for name in STARTED if name != "security-internal"]
    manifest = night.records.read(records.MANIFEST)
    assert (manifest["state"], manifest["note"]) == ("sealed", "before the upgrade")
    assert {"look", "front", "copy", "start"} < set(manifest["phases"])


@pytest.fixture
def whole_night(nights):
    """A night on the small platform that went well."""
    night = nights("small")
    night.fake.secure_logbooks()
    return night.run(securing="none_running")


def test_units_stop_in_the_manuals_order_and_start_in_the_figures(whole_night):
    """A service that stops before the one that feeds it loses what is on its way."""
    assert services(whole_night.fake.verbs("stop")) == STOPPED
    assert services(whole_night.fake.verbs("start")) == STARTED
    assert (whole_night.state, whole_night.different) == ("success", set())


def test_nothing_is_stopped_between_the_first_copy_and_the_last(whole_night):
    """A copy is of one moment: all stops come before it, all starts behind it."""
    kinds = [
        change.split()[0]
        for change in whole_night.changes
        if "vitam-verify" not in change and "vitam-ship" not in change
    ]
    copies = [number for number, kind in enumerate(kinds) if kind == "run"]
    assert kinds[copies[0] : copies[-1] + 2] == ["run", "end"] * len(copies)
    assert "start" not in kinds[: copies[0]]
    assert "stop" not in kinds[copies[-1] :]


def test_each_primary_is_copied_and_no_other_member(whole_night):
    """One member of each set is down, the others keep the cluster alive; an arbiter has no data at all."""
    stopped = [change for change in whole_night.changes if change.startswith("stop vitam-mongo")]
    assert sorted(stopped) == [
        "stop vitam-mongoc.service on data-1",
        "stop vitam-mongoc.service on offer-1",
        "stop vitam-mongod.service on data-1",
        "stop vitam-mongod.service on data-4",
        "stop vitam-mongod.service on offer-1",
    ]
    copied = {name: part["host"] for name, part in whole_night.records.all("part").items()}
    assert copied == {
        "app-conf": "app",
        "front-conf": "front",
        "offer-1-offer-data": "offer-1",
        "mongo-data-configsvr": "data-1",
        "mongo-data-shard0": "data-1",
        "mongo-data-shard1": "data-4",
        "mongo-offer-configsvr": "offer-1",
        "mongo-offer-shard0": "offer-1",
    }


def test_the_manifest_says_what_the_hosts_say(whole_night):
    """A restore years later has nothing but the manifest and the archives."""
    manifest = whole_night.records.read(records.MANIFEST)
    for part in manifest["parts"].values():
        host = whole_night.fake.hosts[part["host"]]
        assert (part["size_bytes"], part["sha256"]) == (host.files[part["archive"]], host.archives[part["archive"]])
        assert part["proof"]["sha256"] == part["sha256"]
    assert manifest["size_bytes"] == sum(part["size_bytes"] for part in manifest["parts"].values())
    assert manifest["units_before"]["worker-1"] == ["vitam-mongod.service", "vitam-worker.service"]
    assert manifest["clusters"]["mongo-offer"]["primaries"] == {
        "mongo-offer-configsvr": "offer-1",
        "mongo-offer-shard0": "offer-1",
    }
    assert {key.split("@")[0] for key in manifest["stops"] if "@" in key} >= {"vitam-logbook.service"}
    assert set(manifest["unchanged"]) == {name for name, part in manifest["parts"].items() if part["kind"] != "files"}
    assert {name: set(quiet["sets"]) for name, quiet in manifest["quiet"].items()} == {
        "mongo-data": {"mongo-data-configsvr", "mongo-data-shard0", "mongo-data-shard1"},
        "mongo-offer": {"mongo-offer-configsvr", "mongo-offer-shard0"},
    }
    assert manifest["guards_fired"] == {}


def test_the_manifest_says_what_was_copied_from_which_mongod(whole_night):
    """A restore refuses another version, opens with the same options, and counts what it got."""
    manifest = whole_night.records.read(records.MANIFEST)
    databases = {name: part for name, part in manifest["parts"].items() if part["kind"] != "files"}
    assert len(databases) == 5
    for name, part in databases.items():
        cluster, _, replica_set = name.rpartition("-")
        noted, fake = part["mongodb"], whole_night.fake.replica_set(cluster, replica_set)
        assert noted["host"] == part["host"] == manifest["stops"][name]["host"]
        assert (noted["version"], noted["fcv"], noted["term"]) == ("5.0.14", "5.0", 3)
        assert noted["storage"]["directoryPerDB"] is True
        assert noted["configuration"]["_id"] == replica_set
        assert noted["counts"].items() <= fake.documents.items()
        assert noted["noted_at"] <= part["began_at"]
    assert databases["mongo-data-shard0"]["mongodb"]["counts"]["metadata.Unit"] == 100
    assert not [part for name, part in manifest["parts"].items() if name not in databases and "mongodb" in part]


def test_the_manifest_says_what_the_clusters_were(whole_night):
    """Chunks twice: at the look, when the balancer may move one yet, and once it is stopped, as the copies have it."""
    manifest = whole_night.records.read(records.MANIFEST)
    for cluster in ("mongo-data", "mongo-offer"):
        shards = dict.fromkeys(manifest["clusters"][cluster]["shards"], 1)
        for noted in (manifest["clusters"][cluster], manifest["quiet"][cluster]):
            assert noted["cluster_id"] == "6b05d3c6e9300f40a37e56d5"
            assert noted["chunks"]["metadata.Unit"]["shards"] == shards


def test_the_manifest_says_how_long_each_phase_took_and_what_it_lacks(whole_night):
    """The first is what a window is planned by, the second what a restore asks a person for."""
    manifest = whole_night.records.read(records.MANIFEST)
    groups = {"look", "front", "drain", "securing", "back", "elasticsearch", "mongodb", "copy", "start", "after"}
    assert set(manifest["phases"]) == {"open", *groups}
    began = [manifest["phases"][name]["began_at"] for name in ("look", "open", "front", "back", "copy", "start")]
    assert began == sorted(began)
    assert all(phase["duration_s"] >= 0 for phase in manifest["phases"].values())
    assert set(manifest["tools"]) == set(whole_night.fake.hosts)
    assert manifest["tools"]["data-1"] == {"tar": "1.34", "zstd": "1.5.4", "sha256sum": "9.1"}
    assert "the indexes of elasticsearch-data: Vitam makes them again from MongoDB" in manifest["not_in_backup"]
    assert manifest["warnings_of_night"] == []


@pytest.mark.parametrize(
    ("command", "warned"),
    [
        ("getCmdLineOpts", "the member that mongo-data-shard0 was copied from was not noted"),
        ("listDatabases", "the documents of mongo-data-shard0 were not counted"),
    ],
)
def test_an_account_with_fewer_rights_makes_a_backup_with_a_warning(nights, command, warned):
    """A hole in the notes is told, and costs no night."""
    night = nights("tiny")
    night.fake.replica_set("mongo-data", "shard0").forbidden = (command,)
    night.run()
    assert (night.state, night.different) == ("success", set())
    (warning,) = night.records.read(records.MANIFEST)["warnings_of_night"]
    assert warning.startswith(f"{warned}: MongoDB at 10.1.0.2:27019 did not do what it was asked, {command}:")


def test_records_hold_no_secret(whole_night, platform_home):
    """Records go to places that Airflow's connections never go to."""
    texts = [path.read_text(encoding="utf-8") for path in platform_home.rglob("*.json")]
    assert texts
    assert not [text for text in texts if "platform-secret" in text]


def test_the_conclusion_is_the_summary_of_the_night(whole_night):
    """What the person on duty reads first."""
    conclusion = whole_night.records.read(records.CONCLUSION)
    assert (conclusion["state"], conclusion["platform_up"], conclusion["findings"]) == ("sealed", True, [])
    assert set(conclusion["primaries_down_s"]) == {name for name in conclusion["parts"] if name.startswith("mongo")}
    assert all(down_s >= 0 for down_s in conclusion["primaries_down_s"].values())


def test_what_did_not_run_before_stays_down(nights):
    """A secondary site, or a service under repair: whoever stopped it has a reason."""
    night = nights("small")
    for where in ("access-external@front", "worker@worker-2"):
        night.fake.unit(where).end(0)
    timer = night.fake.hosts["app"].units["vitam-traceability-audit.timer"]
    timer.end(0)
    night.before = night.fake.snapshot()
    night.run(securing="none_running")
    assert not night.before["vitam-worker.service@worker-2"]
    assert (night.state, night.different) == ("success", set())
    told = [change for change in night.changes if "guard" not in change]
    assert not [c for c in told if "worker-2" in c or "access-external" in c or timer.name in c]


def test_a_balancer_that_was_off_stays_off(nights):
    """Somebody switched it off for a reason that a backup does not know."""
    night = nights("small")
    night.fake.clusters["mongo-offer"].mode = "off"
    night.before = night.fake.snapshot()
    night.run(securing="none_running")
    assert (night.state, night.different) == ("success", set())
    assert {change for change in night.changes if "balancer on mongo-offer" in change} == set()


@pytest.mark.parametrize("airflow", [False, True])
def test_plan_only_changes_nothing(airflow_database, nights, airflow):
    """The way to look at a platform by day: not one command that changes anything, and a green run."""
    night = nights("tiny").run(airflow=airflow, plan_only=True)
    assert night.fake.changes == []
    assert night.state == "success"
    assert "success" not in night.states["open_backup"] + night.states["stop_worker"]


@pytest.mark.parametrize(("copies", "parts"), [("databases", {"shard0", "configsvr"}), ("files", {"conf"})])
def test_a_part_of_the_copies(nights, copies, parts):
    """Only what was asked for is copied, read back and sealed; all stops and starts as ever."""
    night = nights("tiny").run(copies=copies)
    assert (night.state, night.different) == ("success", set())
    sealed = night.records.read(records.MANIFEST)["parts"]
    assert {name.rpartition("-")[2] for name in sealed} == parts


def test_a_night_of_a_platform_with_a_scheduler(nights):
    """Vitam 6 and later: Quartz is paused before the back-end stops, and goes on once all is up."""
    night = nights("quartz").run()
    assert (night.state, night.different) == ("success", set())
    paused, resumed = night.changes.index("pause scheduler on app"), night.changes.index("resume scheduler on app")
    assert paused < night.changes.index("stop vitam-scheduler.service on app")
    assert night.changes.index("start vitam-scheduler.service on app") < resumed
    assert night.changes.index("start vitam-mongod.service on data") < resumed


def test_the_next_securing_is_waited_for(nights, monkeypatch):
    """Timers go on until the securing of this night is over; only then are they held."""
    night = nights("small")
    looks = iter(range(100))
    own = night.fake.hosts["app"].answer

    def answer(line: str, stdin: str) -> tuple[int, str]:
        if "vitam-traceability-operations.service" in line and next(looks) == 3:
            night.fake.secure_logbooks()
        return own(line, stdin)

    monkeypatch.setattr(night.fake.hosts["app"], "answer", answer)
    night.run(securing="next_run")
    assert next(looks) > 4
    assert (night.state, night.different) == ("success", set())


def test_a_window_that_is_over_stops_nothing(nights):
    """A run that was triggered for the past is refused at the look."""
    past = (dt.datetime.now(dt.UTC) - dt.timedelta(minutes=1)).isoformat()
    night = nights("tiny").run(until=past)
    assert (night.state, night.fake.changes) == ("failed", [])


def test_records_are_json_for_people(whole_night, platform_home):
    """Every record is a file that opens in any editor, none is half written."""
    files = sorted((platform_home / "records").rglob("*"))
    assert not [path for path in files if path.name.endswith(".partial")]
    for path in (path for path in files if path.is_file()):
        assert isinstance(json.loads(path.read_text(encoding="utf-8")), dict)


@pytest.mark.parametrize(("platform", "unit"), [("quartz", "scheduler@app"), ("tiny", "processing@app")])
def test_what_a_night_asks_need_not_run(nights, platform, unit):
    """A scheduler that does not run starts nothing, a processing that does not run has no workflow: both stay down."""
    night = nights(platform)
    night.fake.unit(unit).end(0)
    night.before = night.fake.snapshot()
    night.run()
    assert (night.red, night.different) == (set(), set())


def test_a_host_without_room_is_found_before_anything_stops(nights):
    """A disk that is too small is a finding of the look, not a refusal with the platform already down."""
    night = nights("small")
    for host in night.fake.hosts.values():
        host.free_bytes = 10
    night.run()
    assert (night.state, night.different, night.changes) == ("failed", set(), [])
    assert "success" not in night.states["open_backup"]
