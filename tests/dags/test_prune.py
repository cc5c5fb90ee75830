"""Old backups go at the end of a night that was sealed, on every host, and never half of one without a word."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest
from airflow.sdk import ObjectStoragePath
from airflow.sdk.exceptions import AirflowSkipException

from tests.dags.half import HalfNight
from tests.dags.test_guards import foreign_guard
from tests.fakes import backups
from vitam_operators import catalogue
from vitam_operators import nights as records
from vitam_operators.errors import PruneFailedError, StepFailedError
from vitam_operators.hooks.records import approvals_of, nights_of, restores_of
from vitam_operators.nights import Nights
from vitam_operators.operators.prune import PruneBackupsOperator, being_restored
from vitam_operators.rebuild import rebuild

OLD = [f"{day}T190000Z" for day in ("20191230", "20191231", "20200110", "20200111", "20200112", "20200113")]
STAYS = {"20191231T190000Z", "20200113T190000Z"}
"""The newest of each month, which is also one of the last two; the night itself is the other."""
GOES = set(OLD) - STAYS
NEWEST_FIRST = sorted(GOES, reverse=True)


def states(night) -> dict[str, str]:
    """The state of each backup."""
    return {backup.label: backup.state for backup in catalogue.entries(nights_of(night.fake.platform))}


def left(night, label: str) -> frozenset[str]:
    """The hosts that still have something of a backup."""
    hosts = night.fake.hosts.items()
    return frozenset(name for name, host in hosts if any(f"/{label}/" in path for path in host.files))


def removed(night) -> list[tuple[str, str, str]]:
    """What was removed."""
    return [change for change in night.fake.changes if change[1] == "prune"]


@pytest.fixture
def night(nights):
    """A night before which there are backups of long ago; they are not forgotten when it begins."""
    made = nights("keeping")
    made.clean()
    made.clean = lambda: None
    kept = nights_of(made.fake.platform)
    for label in OLD:
        backups.write(kept, label)
        for name, host in backups.HOSTS.items():
            made.fake.hosts[host].files[f"/vitam/backup/{label}/{name}.tar.zst"] = 1000
    return made


@pytest.fixture
def sealed(night):
    """A night that has come to its seal, step by step."""
    half = HalfNight(night)
    after = {"leave_manifest", "prune_backups", "conclude_night"}
    return half.until(*(step for step in half.steps if step not in after))


# --- a night that prunes ---------------------------------------------------------------------------------------------


def test_a_night_prunes_what_no_rule_keeps(night):
    """The copies are gone from every host, the others are as before, and the history stays visible."""
    night.run()
    assert (night.state, night.red, night.different) == ("success", set(), set())
    label = night.records.label
    assert states(night) == {label: "verified"} | {old: "pruned" if old in GOES else "verified" for old in OLD}
    assert {old: left(night, old) for old in OLD} == {old: set() if old in GOES else {"app", "data"} for old in OLD}
    assert left(night, label) == {"app", "data"}
    for old in GOES:
        kept = nights_of(night.fake.platform).named(old)
        pruned = kept.read(records.PRUNED)
        assert pruned["reason"] == "not among the last 2 and 3 monthly"
        assert (pruned["freed"], pruned["freed_bytes"]) == ({"app": 1000, "data": 1000}, 2000)
        assert pruned["began_at"] <= pruned["ended_at"]
        assert kept.read(records.MANIFEST) == backups.manifest(old)


def test_the_plan_says_it_before(night):
    """What the look announced is what goes, in the record of what was planned, too."""
    night.run()
    assert {going["backup"] for going in night.records.opened["prune"]} == GOES
    assert {going["reason"] for going in night.records.opened["prune"]} == {"not among the last 2 and 3 monthly"}


@pytest.mark.parametrize("over", [False, True])
def test_a_backup_that_is_being_restored_stays(night, over):
    """Approved at six in the evening, brought for hours: the one without the corruption would be gone at midnight."""
    window = {"start": "2026-01-01T00:00:00+00:00", "end": "2999-01-01T00:00:00+00:00", "restart_reserve_s": 60}
    restore = restores_of(night.fake.platform).named("20260101T000000Z")
    restore.write(records.OPEN, {"run_id": "r", "restored": NEWEST_FIRST[0], "window": window})
    if over:
        restore.write("report", {"keep": True})
    night.run()
    assert (NEWEST_FIRST[0] in {going["backup"] for going in night.records.opened["prune"]}) is over
    assert states(night)[NEWEST_FIRST[0]] == ("pruned" if over else "verified")
    assert left(night, NEWEST_FIRST[0]) == (set() if over else {"app", "data"})


@pytest.mark.parametrize("planned", [True, False], ids=["planned", "nothing known"])
def test_a_restore_that_lost_what_it_was_opened_with(night, planned):
    """Kind: a torn record of somebody else. It refuses no night, and what is restored stays as long as a plan says."""
    window = {"start": "2026-01-01T00:00:00+00:00", "end": "2999-01-01T00:00:00+00:00", "restart_reserve_s": 60}
    restore = restores_of(night.fake.platform).named("20260101T000000Z")
    restore.write(records.OPEN, {})
    (restore.directory / "open.json").write_text("")
    if planned:
        plan = {"restored": NEWEST_FIRST[0], "window": window}
        approvals_of(night.fake.platform).named(restore.label).write("plan_restore", plan)
    for _ in range(2):
        assert being_restored(night.fake.platform, dt.datetime.now(dt.UTC)) == ({NEWEST_FIRST[0]} if planned else set())


def test_nothing_is_pruned_on_a_host_of_another_run(sealed):
    """A kind of step that acts for its own run only: a restore may have begun, and read what no rule keeps."""
    foreign_guard(sealed, "data")
    with pytest.raises(PruneFailedError, match=r"on data: data: its restart guard is that of backup 20200101T200000Z"):
        sealed.run("prune_backups")
    assert {host for host, _, _ in removed(sealed)} == {"app"}
    assert {old: left(sealed, old) for old in GOES} == {old: {"data"} for old in GOES}


def test_plan_only_tells_and_removes_nothing(night, monkeypatch):
    """The way to try a new ``copy.keep`` by day."""
    half, told = HalfNight(night), []
    half.params["plan_only"] = True
    plan_night = half.dag.get_task("plan_night")
    monkeypatch.setattr(type(plan_night), "log", Log(told))
    half.until("check_host", "check_cluster")
    with pytest.raises(AirflowSkipException, match="plan only"):
        half.run("plan_night")
    assert {line for line in told if line.startswith("would prune")} == {
        f"would prune {label}: not among the last 2 and 3 monthly" for label in GOES
    }
    assert "of the old backups stay the last 2 and 3 monthly" in told
    assert set(states(night).values()) == {"verified"}
    assert night.fake.changes == []


class Log:
    """A log that is a list."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines

    def info(self, text: str, *arguments: object) -> None:
        """Note a line."""
        self.lines.append(text % arguments)

    warning = error = info


def test_whoever_keeps_all_loses_none(nights, monkeypatch):
    """``keep: null`` is said, not forgotten; the step says so."""
    made, told = nights("forever"), []
    made.clean()
    made.clean = lambda: None
    for label in OLD:
        backups.write(nights_of(made.fake.platform), label)
    monkeypatch.setattr(PruneBackupsOperator, "log", Log(told))
    made.run()
    assert (made.state, removed(made), told) == ("success", [], ["copy.keep is null: every backup stays"])
    assert made.records.opened["prune"] == []
    assert set(states(made).values()) == {"verified"}


def test_only_the_directory_of_the_backup_is_removed(night):
    """One command a backup and host, and each names it."""
    night.run()
    assert sorted(removed(night)) == sorted(
        (host, "prune", f"/vitam/backup/{label}") for label in GOES for host in ("app", "data")
    )


def test_a_directory_that_the_platform_file_has_no_more(sealed):
    """The copies of before copy.directory was changed are where their manifest says."""
    old = nights_of(sealed.fake.platform).named(OLD[0])
    content = old.read(records.MANIFEST)
    for part in content["parts"].values():
        part["archive"] = part["archive"].replace("/vitam/backup/", "/vitam/elsewhere/")
    old.write(records.MANIFEST, content)
    sealed.run("prune_backups")
    assert {path for _, _, path in removed(sealed) if OLD[0] in path} == {f"/vitam/elsewhere/{OLD[0]}"}


def test_what_an_incomplete_night_left(sealed):
    """Its copies take as much room as good ones: also on the host where one was only begun."""
    label = "20200109T190000Z"
    old = backups.write(nights_of(sealed.fake.platform), label, "incomplete")
    old.write("copy.app-conf", {"began_at": "x", "host": "app", "source": "/vitam/conf"})
    for host in ("app", "data"):
        sealed.fake.hosts[host].files[f"/vitam/backup/{label}/x.tar.zst.partial"] = 7
    sealed.run("prune_backups")
    assert (left(sealed, label), states(sealed)[label]) == (set(), "pruned")
    assert old.read(records.PRUNED)["freed_bytes"] == 14


def test_a_broken_record_keeps_its_backup_and_stops_nothing(night):
    """The night looks, prunes the others, and is green."""
    (nights_of(night.fake.platform).named(OLD[0]).directory / "manifest.json").write_text("{", encoding="utf-8")
    night.run()
    assert (night.state, states(night)[OLD[0]], left(night, OLD[0])) == ("success", "damaged", {"app", "data"})
    assert {label for label, state in states(night).items() if state == "pruned"} == GOES - {OLD[0]}


# --- a night whose prune fails ---------------------------------------------------------------------------------------


def test_a_prune_that_fails_makes_the_run_red_and_leaves_the_backup_sealed(night):
    """Red, for disks fill up unseen otherwise; but the night's own backup is as good as ever."""
    night.fake.hosts["app"].disk_fails = True
    night.run()
    assert (night.state, night.red, night.different) == ("failed", {"prune_backups", "conclude_night"}, set())
    assert states(night)[night.records.label] == "verified"
    assert {states(night)[old] for old in GOES} == {"being pruned"}
    conclusion = night.records.read(records.CONCLUSION)
    assert (conclusion["state"], conclusion["platform_up"]) == ("sealed", True)
    assert conclusion["findings"] == [
        "task prune_backups failed: old backups that were to go are still there, the next night goes on with them"
    ]


@pytest.mark.parametrize("task", ["prune_backups", "leave_manifest"])
def test_the_verdict_on_a_sealed_night_does_not_speak_of_proof(sealed, task):
    """Who reads "not proved" at eight in the morning would run the night again for nothing."""
    sealed.until("leave_manifest", "prune_backups")
    sealed.instances.states = {task: ["failed"]}
    with pytest.raises(StepFailedError) as judged:
        sealed.run("conclude_night")
    first, second = judged.value.message.splitlines()
    assert first == f"backup {sealed.records.label} is sealed and the platform is UP, but:"
    assert second.startswith(f"  task {task}")


def test_a_host_that_cannot_be_reached(sealed):
    """What began to go and lies there is named, is restored from no more, and goes with the next try."""
    for label in GOES:
        nights_of(sealed.fake.platform).named(label).write(records.PRUNED, {"began_at": "x", "reason": "of then"})
    sealed.fake.hosts["app"].unreachable = True
    with pytest.raises(PruneFailedError) as refused:
        sealed.run("prune_backups")
    first, asked, line = refused.value.message.splitlines()
    assert first == "old backups could not be removed everywhere:"
    assert asked.startswith("  app could not be asked for the copies of the backups that are to stay")
    assert line == f"  {', '.join(NEWEST_FIRST)} on app: host app is away"
    assert refused.value.hint.startswith(f"backup {sealed.records.label} is sealed all the same")
    assert {label: left(sealed, label) for label in GOES} == dict.fromkeys(GOES, frozenset({"app"}))
    restorable = {backup.label for backup in catalogue.entries(nights_of(sealed.fake.platform)) if backup.restorable}
    assert restorable == STAYS | {sealed.records.label}
    sealed.fake.hosts["app"].unreachable = False
    assert sealed.run("prune_backups") == {"pruned": NEWEST_FIRST, "freed_bytes": 2000 * len(GOES)}
    assert {label for label, state in states(sealed).items() if state == "pruned"} == GOES


def test_the_next_night_goes_on(night):
    """A host that was away all morning: nobody has to remember."""
    night.fake.hosts["data"].disk_fails = True
    night.run()
    assert {left(night, label) for label in GOES} == {frozenset({"data"})}
    night.fake.hosts["data"].disk_fails = False
    night.run_after -= dt.timedelta(minutes=1)
    night.run()
    assert night.state == "success"
    assert {states(night)[label] for label in GOES} == {"pruned"}
    assert {left(night, label) for label in GOES} == {frozenset()}


def test_a_host_that_the_platform_has_no_more(sealed):
    """It went with its copies, or nobody can reach it ever again: the record says so, and no night is red for it."""
    old = nights_of(sealed.fake.platform).named(OLD[0])
    old.write(records.MANIFEST, backups.manifest(OLD[0], hosts={"app-conf": "app", "mongo-data-shard0": "gone"}))
    sealed.run("prune_backups")
    pruned = old.read(records.PRUNED)
    assert (pruned["freed"], pruned["left_on"]) == ({"app": 1000, "gone": 0}, ["gone"])
    assert states(sealed)[OLD[0]] == "pruned"


# --- once more -------------------------------------------------------------------------------------------------------


def test_again_removes_nothing_more(sealed):
    """Cleared and run again on the same day, there is nothing left to do."""
    sealed.run("prune_backups")
    before = states(sealed)
    sealed.fake.changes.clear()
    assert sealed.run("prune_backups") == {"pruned": [], "freed_bytes": 0}
    assert (sealed.fake.changes, states(sealed)) == ([], before)


def test_a_worker_that_died_in_the_middle(sealed):
    """Of one backup a host is freed and noted, of the other freed and not noted: both go to their end."""
    noted, unnoted = (nights_of(sealed.fake.platform).named(label) for label in (OLD[0], OLD[2]))
    noted.write(records.PRUNED, {"began_at": "2020-02-01", "reason": "of then", "freed": {"app": 1000}})
    unnoted.write(records.PRUNED, {"began_at": "2020-02-01", "reason": "of then"})
    for label in (OLD[0], OLD[2]):
        del sealed.fake.hosts["app"].files[f"/vitam/backup/{label}/app-conf.tar.zst"]
    sealed.run("prune_backups")
    assert {key: noted.read(records.PRUNED)[key] for key in ("began_at", "reason", "freed_bytes")} == {
        **{"began_at": "2020-02-01", "reason": "of then", "freed_bytes": 2000}
    }
    assert unnoted.read(records.PRUNED)["freed"] == {"app": 0, "data": 1000}
    assert {left(sealed, label) for label in (OLD[0], OLD[2])} == {frozenset()}
    assert [path for host, _, path in removed(sealed) if host == "app" and OLD[0] in path] == []


@pytest.mark.parametrize("state", ["open", "incomplete"])
def test_a_night_that_was_not_sealed_prunes_nothing(sealed, state):
    """Cleared by hand, or marked: what is left may be the last that there is."""
    Path(f"{sealed.records.directory}/manifest.json").unlink()
    with pytest.raises(AirflowSkipException, match="was not sealed"):
        sealed.run("prune_backups")
    with pytest.raises(AirflowSkipException, match="no backup was sealed"):
        sealed.run("leave_manifest")
    assert removed(sealed) == []


def test_a_night_whose_seal_fails_prunes_nothing(night, monkeypatch):
    """By the graph, too."""
    night.failing = {"seal_backup": "before"}
    night.fail_at(monkeypatch)
    night.run()
    assert night.states["prune_backups"] == ["upstream_failed"]
    assert removed(night) == []


# --- the manifest beside the copies ----------------------------------------------------------------------------------


def test_the_manifest_is_left_beside_the_copies(night):
    """All records lost, any one host is enough to know the backup again."""
    night.run()
    label, content = night.records.label, night.records.read(records.MANIFEST)
    for host in ("app", "data"):
        assert json.loads(night.fake.hosts[host].texts[f"/vitam/backup/{label}/manifest.json"]) == content
        assert not [path for path in night.fake.hosts[host].texts if path.endswith(".partial")]


def test_a_host_without_a_part_gets_none(nights):
    """It has no directory for it."""
    made = nights("small").run(securing="none_running")
    with_parts = {part["host"] for part in made.records.read(records.MANIFEST)["parts"].values()}
    assert {name for name, host in made.fake.hosts.items() if host.texts} == with_parts
    assert (made.red, set(made.fake.hosts) - with_parts != set()) == (set(), True)


def test_the_catalogue_from_what_the_hosts_have(sealed, tmp_path):
    """The whole way: a night, its records lost, a manifest fetched from a host."""
    sealed.run("leave_manifest")
    label = sealed.records.label
    copy = tmp_path / "manifest.json"
    copy.write_text(sealed.fake.hosts["app"].texts[f"/vitam/backup/{label}/manifest.json"], encoding="utf-8")
    rebuilt = Nights(tmp_path / "records")
    assert rebuild(rebuilt, "keeping", [copy]) == [label]
    assert catalogue.entries(rebuilt) == catalogue.entries(nights_of(sealed.fake.platform))[:1]


def test_a_pruned_backup_gets_no_manifest_any_more(sealed):
    """Its directory is gone; a run of then that is cleared must not fail, nor make it anew."""
    sealed.records.write(records.PRUNED, {"began_at": "x", "ended_at": "y"})
    assert sealed.run("leave_manifest") == [None, None]
    assert [change for change in sealed.fake.changes if change[1] == "write"] == []


# --- records elsewhere -----------------------------------------------------------------------------------------------


def test_the_catalogue_of_records_in_object_storage():
    """As with s3://, where a directory is only the beginning of names."""
    stored = Nights(ObjectStoragePath("memory://catalogue/tiny"))
    assert catalogue.entries(stored) == []
    for label in OLD[:3]:
        backups.write(stored, label)
    stored.named(OLD[0]).write(records.PRUNED, {"began_at": "x", "ended_at": "y"})
    (stored.named(OLD[1]).directory / "manifest.json").write_text("{", encoding="utf-8")
    found = {backup.label: backup.state for backup in catalogue.entries(stored)}
    assert found == {OLD[2]: "verified", OLD[1]: "damaged", OLD[0]: "pruned"}
