"""Restores on fake platforms: what stops, what is swapped, what is back after each failure, who has to approve."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import TriggerRule

from tests.dags.night import AFTER, BEFORE, NightRun, arguments_of, be_quick, load_dag
from tests.dags.quick import run_quickly
from tests.fakes.approvals import ADA, NOBODY, People
from tests.fakes.platform import FakePlatform
from vitam_operators.config_copies import RestoreConfig
from vitam_operators.hooks import kept_platforms
from vitam_operators.hooks.records import nights_of
from vitam_operators.nights import Night
from vitam_operators.operators.base import NightOperator
from vitam_operators.operators.restore_approvals import approvals_in
from vitam_operators.operators.restore_plans import OpenRestoreOperator, PlanRestoreOperator
from vitam_operators.platforms import platform_at

RESTORE = "vitam_restore"
SHARD, CONFIG = "mongo-data-shard0", "mongo-data-configsvr"
MONGOD, MONGOC = "/vitam/data/mongod/db", "/vitam/data/mongoc/db"
WRITTEN_SINCE = 7


class Restore:
    """A backup of a fake platform, on which somebody wrote since; and restores of it."""

    def __init__(self, night: NightRun, dag: Any, backup: Night, onto: FakePlatform, people: People) -> None:
        self.night, self.dag, self.backup, self.fake, self.people = night, dag, backup, onto, people
        for data in self.data(MONGOD):
            data.documents["metadata.Unit"] = WRITTEN_SINCE
        self.before = onto.snapshot()
        self.told = len(onto.changes)
        self.state, self.states = "", {}
        self.run_after = dt.datetime.now(dt.UTC)

    def data(self, path: str) -> list[Any]:
        """The data of each member that has a directory."""
        return [host.restores.data[path] for host in self.fake.hosts.values() if path in host.restores.data]

    def run(self, **params: Any) -> Restore:
        chosen = {"until": (self.run_after + dt.timedelta(hours=2)).isoformat(), "backup": self.backup.label, **params}
        self.state, self.states = run_quickly(self.dag, self.run_after, chosen)
        return self

    @property
    def documents(self) -> set[int]:
        """Documents of a collection, on each member."""
        return {data.documents["metadata.Unit"] for data in self.data(MONGOD)}

    @property
    def changes(self) -> list[str]:
        return [f"{verb} {what} on {where}" for where, verb, what in self.fake.changes[self.told :]]

    @property
    def different(self) -> set[str]:
        """What of the platform is not as it was before the restore."""
        after = self.fake.snapshot()
        return {name for name in self.before | after if self.before.get(name) != after.get(name)}

    @property
    def beside(self) -> list[str]:
        """Directories beside the data, and archives that were carried."""
        hosts = self.fake.hosts.values()
        names = [path for host in hosts for path in host.restores.data if ".vitam-" in path]
        return names + [path for host in hosts for path in host.files if "/restore-" in path]

    @property
    def red(self) -> set[str]:
        return {task for task, states in self.states.items() if set(states) - {"success"}}

    @property
    def records(self) -> Night:
        """The records of the newest restore."""
        home = nights_of(self.fake.platform).directory / "restores"
        return Night(sorted(home.iterdir())[-1])


@pytest.fixture
def make(
    nights: Callable[..., NightRun], platform_files: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Restore]:
    """Give restores of a backup that a night on platform tiny has made; onto another platform if so wished."""

    def restores(onto: str = "tiny", of: str = "tiny", **failing: str) -> Restore:
        night = nights(of, **failing).run()
        assert night.state == "success"
        fake, path = night.fake, platform_files(onto)
        if onto != of:
            monkeypatch.setenv("VITAM_BACKUP_PLATFORM", str(path))
            fake = FakePlatform(platform_at(str(path)))
            fake.install(monkeypatch)
            be_quick(monkeypatch)
            hand_over(night, fake)
        return Restore(night, load_dag(path, RESTORE), night.records, fake, People().install(monkeypatch))

    return restores


def hand_over(night: NightRun, fake: FakePlatform) -> None:
    """Copy records and the directory of the backup to the other platform, as docs/restore.md says."""
    records = Path(str(nights_of(fake.platform).directory))
    shutil.rmtree(records, ignore_errors=True)
    shutil.copytree(str(nights_of(night.fake.platform).directory), records)
    for theirs, ours in fake.platform.restore.held_by.items():
        for known in ("files", "archives"):
            content = getattr(night.fake.hosts[theirs], known)
            getattr(fake.hosts[ours], known).update(
                {n: v for n, v in content.items() if n.startswith("/vitam/backup/")}
            )


@pytest.fixture
def restore(make: Callable[..., Restore]) -> Restore:
    """Give a restore onto the platform itself."""
    return make()


# --- it ends well ----------------------------------------------------------------------------------------------------


def test_a_restore_onto_the_same_platform(restore):
    """Every member has what the backup holds; everything runs as before; nothing of the restore is left."""
    restore.run()
    assert (restore.state, restore.red) == ("success", set())
    assert restore.documents == {100}
    assert restore.different == set()
    assert restore.beside == []
    assert restore.records.opened["approved_by"] == "Ada"
    assert restore.records.read("report")["keep"] is True


def test_the_order_of_a_restore(restore):
    """All that can fail comes before the first stop; everything is down before anything is swapped."""
    restore.run()
    told = restore.changes
    first = {
        verb: next(i for i, c in enumerate(told) if c.startswith(verb)) for verb in ("arm", "stop ", "rename", "start")
    }
    last = {verb: max(i for i, c in enumerate(told) if c.startswith(verb)) for verb in ("stop ", "rename")}
    assert max(i for i, c in enumerate(told) if c.startswith("run ")) < first["arm"] < first["stop "]
    assert last["stop "] < first["rename"] < last["rename"] < first["start"]
    stopped = [c.split()[1] for c in told if c.startswith("stop ")]
    assert stopped[:4] == [
        f"vitam-{n}.service" for n in ("ingest-internal", "ingest-external", "access-internal", "access-external")
    ]
    assert stopped[-3:] == ["vitam-mongos.service", "vitam-mongod.service", "vitam-mongoc.service"]
    started = [c.split()[1] for c in told if c.startswith("start ")]
    assert started[:3] == ["vitam-mongod.service", "vitam-mongoc.service", "vitam-mongos.service"]


def test_what_the_copy_was_made_with_off_is_on_again(restore):
    """The balancer was off when the copy was made, and the restored data says so."""
    restore.run()
    assert [cluster.mode for cluster in restore.fake.clusters.values()] == ["full"]


def test_onto_other_host_names(make):
    """Sets of other members: each has the data, knows its set, its shards, and its config set by the name it has."""
    restore = make("spare").run()
    assert (restore.state, restore.red) == ("success", set())
    assert restore.documents == {100}
    shards, configs = restore.data(MONGOD), restore.data(MONGOC)
    assert (len(shards), len(configs)) == (2, 2)
    for data in shards:
        (config,) = data.stores["local.system.replset"]
        assert [m["host"] for m in config["members"]] == ["10.9.1.2:27019", "10.9.1.3:27019", "10.9.0.1:27019"]
        assert data.identity["configServer"] == "configsvr/10.9.1.2:27018,10.9.1.3:27018"
        assert "config.cache.databases" not in data.stores
    for data in configs:
        assert data.stores["config.shards"] == [{"_id": "shard0", "host": "shard0/10.9.1.2:27019,10.9.1.3:27019"}]
        assert data.stores["config.mongos"] == []
    carried = [
        change for change in restore.changes if change.startswith("carry") and not change.split()[1].endswith("sha256")
    ]
    assert [change.split()[-1] for change in carried] == ["two", "two"]
    assert restore.beside == []


def copied_by_restic(restore: Restore) -> None:
    """Make each database's copy a snapshot in a repository that is a directory of the host that holds the copies."""
    manifest = restore.backup.read("manifest")
    for name, record in manifest["parts"].items():
        record |= {"engine": "restic", "archive": f"/srv/restic/{name}#{restore.backup.label}"}
        holder = restore.fake.hosts[restore.fake.platform.restore.held_by[record["host"]]]
        holder.files[f"/srv/restic/{name}"] = 4096
        holder.archives[f"/srv/restic/{name}/config"] = "of restic"
    records = nights_of(restore.fake.platform).directory / restore.backup.label
    (records / "manifest.json").write_text(json.dumps(manifest))


def test_a_repository_of_restic_that_is_a_directory_is_carried(make, monkeypatch):
    """To each member but the one that has it; the password of the connection opens it there."""
    monkeypatch.setenv("AIRFLOW_CONN_TEST_RESTIC", json.dumps({"conn_type": "generic", "password": "hush"}))
    restore = make("spare")
    copied_by_restic(restore)
    restore.run()
    assert (restore.state, restore.red) == ("success", set())
    assert restore.documents == {100}
    assert sorted(change for change in restore.changes if change.startswith("carry")) == [
        f"carry /srv/restic/{part} on two" for part in (CONFIG, SHARD)
    ]
    assert restore.beside == []


def test_a_repository_that_every_host_reaches_needs_no_carrying(make, monkeypatch):
    """Nor is there anything on the holder for the look to miss."""
    monkeypatch.setenv("AIRFLOW_CONN_TEST_RESTIC", json.dumps({"conn_type": "generic", "password": "hush"}))
    restore = make("vaulted", of="vaulted").run()
    assert (restore.state, restore.red) == ("success", set())
    assert restore.documents == {100}
    assert [change for change in restore.changes if change.startswith("carry")] == []


def test_a_platform_that_is_down_comes_up(restore):
    """A mongod that does not run, and no service: a restore needs nobody's answer but the hosts'."""
    for host in restore.fake.hosts.values():
        for unit in host.units.values():
            if unit.running:
                unit.end(0)
    restore.run()
    assert restore.state == "success"
    assert restore.fake.unit("logbook@app").running
    assert restore.documents == {100}


# --- it fails --------------------------------------------------------------------------------------------------------

UNTOUCHED = ["carry_copy", "extract_copy", "recover_data", "rewrite_data"]
STOPPED = ["arm_restart_guard", "stop_ingest_internal", "hold_scheduling", "stop_worker", "stop_offer", "stop_router"]
DOWN = ["stop_shard_member", "stop_config_member", "swap_data"]
RUNS = ["start_restored_shard", "start_restored_config", "await_restored_set", "check_set"]


def fails_at(restore: Restore, monkeypatch: pytest.MonkeyPatch, task: str, when: str) -> Restore:
    """Run a restore in which a step fails."""
    restore.night.failing[task] = when
    return restore.run()


@pytest.mark.parametrize("when", [BEFORE, AFTER])
@pytest.mark.parametrize("task", [*UNTOUCHED, *STOPPED, *DOWN, *RUNS])
def test_wherever_it_fails_the_platform_is_as_before(restore, monkeypatch, task, when):
    """With its own data, running, and nothing left beside it. A check that said yes before its step failed counts."""
    fails_at(restore, monkeypatch, task, when)
    done = (task, when) == ("check_set", AFTER)
    assert restore.state == "failed"
    assert restore.documents == {100 if done else WRITTEN_SINCE}
    assert restore.different == set()
    assert [path for path in restore.beside if ".vitam-before-" not in path or not done] == []
    assert {"conclude_restore", task} <= restore.red


@pytest.mark.parametrize(
    ("task", "documents", "named"),
    [("stop_metadata", WRITTEN_SINCE, "stop_metadata app"), ("disarm_restart_guard", 100, "disarm_restart_guard data")],
)
def test_a_step_that_was_marked_is_never_green(restore, monkeypatch, capsys, task, documents, named):
    """Kind: green without its happening. Data that was put under a service that runs is no backup any more."""
    own = NightOperator.execute
    monkeypatch.setattr(
        NightOperator, "execute", lambda step, context: None if step.task_id == task else own(step, context)
    )
    restore.run()
    assert restore.state == "failed"
    assert restore.documents == {documents}
    assert f"{named} left no record that it happened" in capsys.readouterr().out
    assert (restore.fake.unit("metadata@app").running, restore.red & {task}) == (True, set())


def test_a_member_whose_data_is_not_put_back_keeps_its_guard(restore):
    """Its host could not be asked: started as it is, a set would hold two moments."""
    restore.night.failing |= {"check_set": BEFORE, "put_back_data": BEFORE}
    restore.run()
    assert {"start_shard_primary", "start_config_primary", "disarm_restart_guard"} <= restore.red
    assert restore.fake.hosts["data"].guard.armed
    report = restore.records.read("report")
    assert (report["platform_is"], report["keep"], report["put_back"]) == ("DOWN", False, False)
    assert f"{SHARD}@data: what was there before is not put back" in report["findings"]


def test_what_nobody_decided_is_decided_by_the_first_that_is_put_back(restore):
    """Decided later, from what the restore had noted, the old data would be taken for the restored one."""
    restore.night.failing["decide_restore"] = BEFORE
    restore.run()
    assert restore.records.read("decision")["keep"] is False
    assert (restore.documents, restore.different) == ({WRITTEN_SINCE}, set())


def test_a_copy_that_is_damaged_stops_nothing(restore):
    """Its checksum is proved while the platform runs."""
    restore.fake.hosts["data"].restores.damaged.add(SHARD)
    restore.run()
    assert restore.state == "failed"
    assert [change for change in restore.changes if change.startswith(("stop ", "rename", "arm"))] == []
    assert restore.beside == []


def test_data_of_another_shard_is_not_put_in_place(restore):
    """An archive under a wrong name."""
    (identity, _) = restore.fake.hosts["data"].restores.copies[SHARD].stores["admin.system.version"]
    identity["shardName"] = "shard1"
    restore.run()
    assert restore.state == "failed"
    assert restore.documents == {WRITTEN_SINCE}
    assert [change for change in restore.changes if change.startswith("stop ")] == []


def test_a_copy_with_other_counts_is_not_put_in_place(restore):
    """The manifest has noted what was there when all was quiet."""
    restore.fake.hosts["data"].restores.copies[SHARD].documents["metadata.Unit"] = 99
    restore.run()
    assert restore.state == "failed"
    assert [change for change in restore.changes if change.startswith("stop ")] == []


# --- who has to approve ----------------------------------------------------------------------------------------------


def ruled(restore: Restore, monkeypatch: pytest.MonkeyPatch, **rule: Any) -> Restore:
    """Give a restore whose platform file has another ``restore`` section."""
    platform = restore.fake.platform
    changed = platform.model_copy(update={"restore": RestoreConfig(**{**platform.restore.model_dump(), **rule})})
    monkeypatch.setattr("vitam_operators.hooks.kept_platforms.platform_at", lambda path: changed)
    return restore


GRACE = {"id": "grace", "name": "Grace"}
"""Who triggers (tests/dags/quick.py)."""


@pytest.mark.parametrize(
    ("answer", "who", "rule", "red", "says"),
    [
        (None, ADA, {}, "open_restore", "nor is an XCom"),
        ("Reject", ADA, {}, "approve_restore", "rejected by Ada"),
        (NOBODY, ADA, {}, "approve_restore", "nobody answered approve_restore within 12:00:00"),
        ("Approve", GRACE, {}, "approve_restore", "somebody else than who triggered"),
        ("Approve", None, {}, "approve_restore", "no answer of a person"),
        ("Approve", ADA, {"approvers": ["eve"]}, "approve_restore", "restore.approvers are eve"),
    ],
)
def test_without_an_approval_that_counts_nothing_is_touched(restore, monkeypatch, capsys, answer, who, rule, red, says):
    """
    Kind: who may trigger may also approve.

    Marking as a success, an XCom, one's own answer, a stranger's answer, a default: none is another person's approval.
    The run is red, and its log says who and why.
    """
    ruled(restore, monkeypatch, **rule)
    restore.people.answers["approve_restore"], restore.people.who = answer, who
    restore.run()
    assert (restore.changes, restore.state) == ([], "failed")
    assert restore.states[red] == ["failed"]
    out = capsys.readouterr().out
    assert says in out
    if answer == "Reject":
        assert "conclude_restore: nothing was touched: the restore was rejected by Ada" in out


@pytest.mark.parametrize(
    ("who", "rule"),
    [
        (GRACE, {"one_person": True}),
        ({"id": "7", "name": "ada"}, {"approvers": [{"id": "7", "name": "ada"}]}),
        (GRACE, {"approvers": ["grace", "ada"], "one_person": True}),
    ],
)
def test_who_may_approve_says_the_platform_file(restore, monkeypatch, who, rule):
    """Airflow knows a person by her id, which FAB makes a number; one who works alone may say so."""
    ruled(restore, monkeypatch, **rule)
    restore.people.who = who
    restore.run()
    assert restore.state == "success"
    assert restore.records.opened["approved_by"] == who["name"]
    ids = [a if isinstance(a, str) else a["id"] for a in rule.get("approvers", [])]
    assert {step: shown[1] for step, shown in restore.people.asked.items()} == {
        "approve_restore": ids,
        "approve_removal": ids,
    }


@pytest.mark.parametrize("triggered_by", [None, "ada"])
def test_a_run_that_nobody_can_approve_is_refused_at_the_look(restore, monkeypatch, triggered_by):
    """Before anybody is asked: who triggered is not known, or is the only approver."""
    ruled(restore, monkeypatch, approvers=["ada"] if triggered_by else [])
    monkeypatch.setattr("tests.dags.quick.TRIGGERED_BY", triggered_by)
    restore.run()
    assert restore.states["plan_restore"] == ["failed"]
    assert restore.people.asked == {}


def test_what_is_approved_is_what_was_planned(restore, monkeypatch):
    """Kind: whoever may trigger may write an XCom. The plan that is shown and opened is that of the records."""
    planned = PlanRestoreOperator.execute
    forged = {"restored": "19990101T000000Z", "words": "Nothing of interest."}
    monkeypatch.setattr(PlanRestoreOperator, "execute", lambda step, context: {**planned(step, context), **forged})
    restore.run()
    assert restore.state == "success"
    assert restore.backup.label in restore.people.asked["approve_restore"][0]
    assert restore.records.opened["restored"] == restore.backup.label


def test_an_answer_to_an_older_plan_does_not_count(restore, monkeypatch):
    """Kind: an approval that outlives what it was about. Here the plan is made again between answer and opening."""
    opened = OpenRestoreOperator.execute

    def planned_again(step: Any, context: Any) -> Any:
        records = approvals_in(step, context)
        records.write("plan_restore", {**records.read("plan_restore"), "planned_at": "later"})
        return opened(step, context)

    monkeypatch.setattr(OpenRestoreOperator, "execute", planned_again)
    restore.run()
    assert restore.states["open_restore"] == ["failed"]
    assert restore.changes == []


def test_an_answer_where_nobody_sees_the_question_is_none(restore, capsys):
    """A worker without the records' directory: the answer cannot be kept, nor compared with what was asked."""
    asked = restore.people.answer

    def away(step: Any, context: Any) -> Any:
        (approvals_in(step, context).directory / f"{step.task_id}.json").unlink()
        return asked(step, context)

    restore.people.answer = away
    restore.run()
    assert (restore.states["approve_restore"], restore.changes) == (["failed"], [])
    assert "this run has asked, and" in capsys.readouterr().out


def test_a_question_that_airflow_would_show_as_it_was_is_not_asked(restore, capsys):
    """A run that is cleared has another plan, and Airflow keeps the words that it showed first."""
    restore.people.answers["approve_restore"] = "Reject"
    restore.run()
    restore.people.answers.clear()
    restore.run(until=(restore.run_after + dt.timedelta(hours=3)).isoformat())
    assert restore.states["approve_restore"] == ["failed"]
    out = capsys.readouterr().out
    assert "Airflow would show it as it was then" in out
    assert out.count("was rejected by Ada") == 2, "of the first run's step and verdict: the answer counts no more"
    assert restore.changes == []


def removal_answered_by(restore: Restore, who: dict[str, str]) -> None:
    """Have another person answer the second question."""
    asked = restore.people.answer

    def second(step: Any, context: Any) -> Any:
        restore.people.who = who if step.task_id == "approve_removal" else ADA
        return asked(step, context)

    restore.people.answer = second


def test_who_may_approve_says_no_run(restore, monkeypatch, tmp_path):
    """Kind: a rule that is read from where the one it binds may write. Here an XCom names another platform file."""
    opened, lax = OpenRestoreOperator.execute, tmp_path / "platform_kept.json"
    platform = restore.fake.platform
    rule = platform.restore.model_copy(update={"one_person": True})
    lax.write_text(json.dumps(kept_platforms.kept(platform.model_copy(update={"restore": rule}))))

    def forged(step: Any, context: Any) -> Any:
        label = opened(step, context)
        context["ti"].xcom_push("platform_kept", str(lax))
        return label

    monkeypatch.setattr(OpenRestoreOperator, "execute", forged)
    removal_answered_by(restore, GRACE)
    restore.run()
    assert restore.states["approve_removal"] == ["failed"]
    assert [path for path in restore.beside if ".vitam-before-" in path]


@pytest.mark.parametrize(
    ("answer", "who", "state"), [(None, ADA, "failed"), ("Reject", ADA, "success"), ("Approve", GRACE, "failed")]
)
def test_without_a_second_approval_what_was_there_is_kept(restore, answer, who, state):
    """It is the only way back. A rejection ends the restore well; who rejected it stands in the log."""
    removal_answered_by(restore, who)
    restore.people.answers["approve_removal"] = answer
    restore.run()
    assert (restore.documents, restore.state) == ({100}, state)
    kept = [path for path in restore.beside if ".vitam-before-" in path]
    assert [path.partition(".")[0] for path in kept] == [MONGOD, MONGOC]


# --- what is refused -------------------------------------------------------------------------------------------------


def test_the_newest_drilled_is_the_default(restore):
    """What nobody proved is restored only by name."""
    restore.run(backup=None)
    assert restore.states["choose_backup"] == ["failed"]
    assert restore.changes == []
    restore.backup.write("drill", {"state": "passed"})
    restore.run(backup=None)
    assert restore.state == "success"


def test_a_partial_backup_is_restored_by_name_only(restore):
    """Kind of fault: a part is taken for the whole: what it lacks would stay as the disaster left it."""
    restore.backup.write("drill", {"state": "passed"})
    opened = restore.backup.opened
    more = [*opened["platform_parts"], "app-offer"]
    restore.backup.write("open", {**opened, "copies": "databases", "platform_parts": more})
    restore.run(backup=None)
    assert restore.states["choose_backup"] == ["failed"]
    restore.run(backup=restore.backup.label)
    assert restore.states["choose_backup"] == ["success"]


def no_room(host: Any) -> None:
    host.free_bytes = 1000


def mounted(host: Any) -> None:
    host.restores.mounts.add(MONGOD)


def other_mongod(host: Any) -> None:
    host.drills.version = "7.0.1"


def no_setpriv(host: Any) -> None:
    host.missing_tools = ("setpriv",)


def archive_gone(host: Any) -> None:
    for path in [path for path in host.files if path.startswith("/vitam/backup/")]:
        del host.files[path]


def no_sudo(host: Any) -> None:
    host.sudo = False


@pytest.mark.parametrize("fault", [no_room, mounted, other_mongod, no_setpriv, archive_gone, no_sudo])
def test_what_a_restore_needs_is_looked_at_first(restore, fault):
    """All of it is found before anybody is asked to approve anything."""
    fault(restore.fake.hosts["data"])
    restore.run()
    assert restore.state == "failed"
    assert restore.states["plan_restore"] == ["failed"]
    assert restore.changes == []


# --- the graph -------------------------------------------------------------------------------------------------------


def test_restarts_are_teardowns_that_run_whatever_failed(platform_files):
    """As in a night: out of reach of "mark run as failed", and not skipped when the setup is marked."""
    dag = load_dag(platform_files("small"), RESTORE)
    starts = [task for task in dag.tasks if task.task_group.group_id == "start"]
    assert {task.task_id for task in starts} >= {"decide_restore", "put_back_data", "disarm_restart_guard"}
    for task in starts:
        assert task.is_teardown, task.task_id
        assert TriggerRule(task.trigger_rule) == TriggerRule.ALL_DONE, task.task_id
        assert arguments_of(task)["retries"] >= 2, task.task_id
    assert [task.task_id for task in dag.tasks if not task.downstream_task_ids] == ["conclude_restore"]
    assert dag.get_task("conclude_restore").on_failure_fail_dagrun
    assert dag.get_task("report_restore").is_teardown, "who ends a restore is told what the platform runs on"


def test_who_is_asked_has_the_time_that_the_question_grants(platform_files):
    """Kind: a bound that is not meant for people. A restore is answered today, a removal whenever somebody is sure."""
    dag = load_dag(platform_files("small"), RESTORE)
    bounds = {name: dag.get_task(name).response_timeout for name in ("approve_restore", "approve_removal")}
    assert bounds == {"approve_restore": dt.timedelta(hours=12), "approve_removal": None}


def test_every_member_of_every_set_is_a_target(platform_files):
    """Two clusters, three members each, an arbiter that has no data."""
    dag = load_dag(platform_files("small"), RESTORE)
    targets = [(t["part"], t["host"]) for t in dag.get_task("swap_data").expand_input.value]
    assert len(targets) == len(set(targets)) == 3 + 3 + 2 + 3 + 1
    assert ("mongo-offer-shard0", "worker-1") not in targets
