"""Drills of a backup that a night on a fake platform made: what they do, what they find, what they leave behind."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowSkipException
from pymongo.errors import OperationFailure

from tests.dags.half import HalfNight
from tests.dags.night import AFTER, BEFORE, DRILL, NightRun, load_dag
from tests.dags.quick import run_quickly
from tests.fakes.drills import FakeCopy, FakeDrills
from vitam_operators.errors import (
    BackupNotFitError,
    DrillFailedError,
    DrillInterruptedError,
    DrillRefusedError,
    HostUnreachableError,
    MongoUnreachableError,
    OperatorNeededError,
    RetryableError,
)
from vitam_operators.hooks.records import nights_of
from vitam_operators.nights import MANIFEST, Night
from vitam_operators.operators.base import NightOperator

SHARD, CONFIG, CONF = "mongo-data-shard0", "mongo-data-configsvr", "app-conf"
FILES = ("extract_files", "examine_files")
COUNTS = {"metadata.Unit": 100, "logbook.LogbookOperation": 40, "logbook.LogbookLifeCycleUnit": 20}


class Drill:
    """Drills of the newest backup of a fake platform on which a night has just ended."""

    def __init__(self, night: NightRun, dag: Any) -> None:
        self.night, self.dag, self.fake = night, dag, night.fake
        self.label = night.records.label
        self.manifest = self.file(MANIFEST).read_text(encoding="utf-8")
        self.told = len(self.fake.changes)
        self.state, self.states = "", {}

    def run(self, **params: Any) -> Drill:
        self.state, self.states = run_quickly(self.dag, dt.datetime.now(dt.UTC), params)
        return self

    def file(self, record: str) -> Path:
        return Path(str(self.night.records.directory / f"{record}.json"))

    def with_manifest(self, part: str, **mongodb: Any) -> None:
        """Let the manifest know of a part what a later version of the night notes."""
        content = json.loads(self.manifest)
        content["parts"][part]["mongodb"] = mongodb
        self.night.records.write(MANIFEST, content)
        self.manifest = self.file(MANIFEST).read_text(encoding="utf-8")

    @property
    def record(self) -> dict[str, Any]:
        """How the drill ended, as the backup's records have it."""
        return self.night.records.read("drill") or {}

    @property
    def copy(self) -> FakeCopy:
        """What the shard's copy holds."""
        return self.drills.copies[SHARD]

    @property
    def drills(self) -> FakeDrills:
        """Drills on the host that holds the databases' copies."""
        return self.fake.hosts["data"].drills

    @property
    def changes(self) -> list[str]:
        told = self.fake.changes[self.told :]
        return [f"{verb} {what.replace(self.label, 'L')} on {where}" for where, verb, what in told]

    @property
    def left(self) -> list[str]:
        """What of a drill is still on the hosts."""
        hosts = self.fake.hosts.values()
        units = [name for host in hosts for name in host.units if "drill" in name]
        return [*units, *(path for host in hosts for path in host.drills.extracted)]


@pytest.fixture
def drill(nights: Callable[..., NightRun], drill_dag: Any) -> Iterator[Drill]:
    """Give drills of a sealed backup; whatever a story does, they touch neither platform nor manifest."""
    night = nights("tiny").run()
    assert night.state == "success"
    made = Drill(night, drill_dag)
    yield made
    assert [name for name in night.different if "drill" not in name] == []
    assert made.file(MANIFEST).read_text(encoding="utf-8") == made.manifest
    assert {verb for _, verb, _ in made.fake.changes[made.told :]} <= {"run", "end", "forget", "remove"}
    assert [what for _, _, what in made.fake.changes[made.told :] if "drill" not in what] == []


@pytest.fixture
def drill_dag(platform_files: Callable[[str], Path]) -> Any:
    return load_dag(platform_files("tiny"), DRILL)


@pytest.fixture
def steps(drill: Drill) -> HalfNight:
    """Give single steps of a drill."""
    night = SimpleNamespace(fake=drill.fake, dag=drill.dag, run_after=drill.night.run_after, before=drill.night.before)
    half = HalfNight(night)
    half.params = {"backup": None}
    return half


def test_a_drill_of_a_good_backup(drill):
    """Every copy is extracted, every database opened and read; nothing is left of it."""
    drill.with_manifest(SHARD, counts=COUNTS, storage={"directoryPerDB": True})
    drill.run()
    assert (drill.state, drill.left) == ("success", [])
    assert set(drill.copy.validated) == {*COUNTS, "admin.system.version"}
    record = drill.record
    assert (record["state"], record["findings"]) == ("passed", [])
    assert record["sets"][SHARD] == {
        **{"host": "data", "state": "passed", "findings": [], "warnings": []},
        **{"collections": 4, "documents": 162},
    }
    assert record["sets"][CONF] == {"host": "app", "state": "passed", "findings": [], "files": 3}
    assert record["duration_s"] >= 0


def test_the_order_of_a_drill(drill):
    """A mongod opens what is extracted, and ends before that is removed."""
    drill.run()
    told = [change for change in drill.changes if SHARD in change]
    assert told == [
        f"run vitam-drill-extract-L-{SHARD}.service on data",
        f"run vitam-drill-L-{SHARD}.service on data",
        f"end vitam-drill-L-{SHARD}.service on data",
        f"end vitam-drill-extract-L-{SHARD}.service on data",
        f"remove /vitam/drill/L-{SHARD} on data",
    ]
    assert sum("vitam-drill-L-" in change and change.startswith("run") for change in drill.changes) == 2


def test_without_noted_counts_that_is_said(drill):
    """A backup of an earlier version (schema 1): it opens and is valid, and nobody claims more."""
    drill.with_manifest(SHARD)
    assert drill.run().state == "success"
    assert drill.record["sets"][SHARD]["warnings"] == [
        "counts were not noted: the documents cannot be compared with those before the stop"
    ]


HARM: dict[str, tuple[Callable[[Drill], Any], str]] = {
    "archive damaged": (
        lambda d: d.drills.damaged.add(SHARD),
        f"{SHARD}: the copy could not be extracted: vitam-drill-extract-LABEL-{SHARD}.service on data ended with",
    ),
    "mongod does not open it": (
        lambda d: d.drills.does_not_open.add(SHARD),
        f"{SHARD}: mongod did not open the copy on data: WiredTiger error message",
    ),
    "mongod dies of a collection": (
        lambda d: setattr(d.copy, "deadly", "metadata.Unit"),
        f"{SHARD}: mongod ended while it read metadata.Unit (WiredTiger error message",
    ),
    "collection not valid": (
        lambda d: d.copy.invalid.update({"metadata.Unit": "index t has 3 entries too few"}),
        f"{SHARD}: metadata.Unit is not valid: index t has 3 entries too few",
    ),
    "documents missing": (
        lambda d: d.copy.documents.update({"metadata.Unit": 99}),
        f"{SHARD}: metadata.Unit holds 99 documents, 100 were noted before the stop",
    ),
    "collection missing": (
        lambda d: d.copy.documents.pop("metadata.Unit"),
        f"{SHARD}: collection metadata.Unit is missing in the copy",
    ),
    "collection too many": (
        lambda d: d.copy.documents.update({"metadata.New": 1}),
        f"{SHARD}: collection metadata.New is in the copy, nobody noted it before the stop",
    ),
    "copy of another shard": (
        lambda d: setattr(d.copy, "shard", "shard7"),
        f"{SHARD}: the copy is that of shard shard7, not of shard0",
    ),
    "other shards listed": (
        lambda d: d.drills.copies[CONFIG].shards.append({"_id": "shard1", "host": "shard1/c:27019"}),
        f"{CONFIG}: config.shards lists shard0 (shard0/a:27019,b:27019), shard1 (shard1/c:27019), before the stop the",
    ),
    "files missing": (
        lambda d: setattr(d.fake.hosts["app"].drills, "lost_files", 1),
        f"{CONF}: 2 files were extracted, the copy has 3",
    ),
}


@pytest.mark.parametrize("harm", HARM)
def test_what_speaks_against_a_backup(drill, harm):
    """It is noted with the backup, the run is red, the other copies are examined all the same, nothing is left."""
    do, said = HARM[harm]
    drill.with_manifest(SHARD, counts=COUNTS)
    do(drill)
    drill.run()
    assert (drill.state, drill.left) == ("failed", [])
    assert drill.record["state"] == "failed"
    (finding,) = drill.record["findings"]
    assert finding.startswith(said.replace("LABEL", drill.label))
    others = [part for name, part in drill.record["sets"].items() if not finding.startswith(f"{name}:")]
    assert [part["state"] for part in others] == ["passed"] * (len(drill.record["sets"]) - 1)


def test_a_count_that_was_off_at_the_source_is_a_warning(drill):
    """After a crash MongoDB's own count can be wrong; the copy that says the same has what the source had."""
    drill.with_manifest(SHARD, counts=COUNTS)
    drill.copy.documents["metadata.Unit"], drill.copy.fast["metadata.Unit"] = 98, 100
    assert drill.run().state == "success"
    assert drill.record["sets"][SHARD]["warnings"] == [
        "metadata.Unit holds 98 documents, 100 were noted before the stop, as the copy's own count says: the source's "
        "count was off, as after a crash"
    ]


@pytest.mark.parametrize("when", [BEFORE, AFTER])
@pytest.mark.parametrize("task", sorted(load_dag(Path("tests/data/platforms/tiny.yaml").absolute(), DRILL).task_ids))
def test_whichever_step_fails_nothing_is_left(drill, task, when):
    """A directory of the size of the databases that stays would fill a disk within some nights."""
    drill.night.failing[task] = when
    drill.run()
    assert drill.state == "failed"
    if task != "remove_scratch" or when == AFTER:
        assert drill.left == []
    if task in ("choose_backup", "extract_copy", "open_copy", "examine_files") and when == BEFORE:
        assert drill.record == {}, "nothing was found, for nothing was examined"


def test_a_removal_that_was_marked_is_red(drill, monkeypatch):
    """Kind: green without its happening. The backup is proved, and what was extracted fills the disk."""
    own = NightOperator.execute
    marked = "remove_scratch"
    monkeypatch.setattr(
        NightOperator, "execute", lambda step, context: None if step.task_id == marked else own(step, context)
    )
    drill.run()
    assert (drill.state, drill.record["state"]) == ("failed", "passed")
    assert drill.left != []


# --- which backup --------------------------------------------------------------------------------------------------


def backup(first: Drill, name: str, **records: Any) -> Night:
    """Have another backup, with the copies of the first."""
    night = Night(nights_of(first.fake.platform).directory / name)
    night.write("open", {**first.night.records.opened, "label": name})
    for record, content in records.items():
        night.write(record, content or json.loads(first.manifest))
    return night


def chosen(steps: HalfNight, wanted: str | None = None) -> str:
    steps.params = {"backup": wanted}
    return str(steps.run("choose_backup"))


def test_the_newest_sealed_backup_without_a_drill_is_chosen(drill, steps):
    """One a night: the newest first, and once it has its drill, those before it."""
    backup(drill, "20990101T190000Z")
    backup(drill, "20980101T190000Z", manifest={}, pruned={"at": "then"})
    backup(drill, "20970101T190000Z", manifest={}, drill={"state": "passed", "run_id": "another"})
    backup(drill, "20000101T190000Z", manifest={})
    assert chosen(steps) == drill.label


def test_a_partial_backup_is_drilled_by_name_only(drill, steps):
    """Kind of fault: a part is proved, and it looks as if the whole were."""
    part = backup(drill, "20980101T190000Z", manifest={})
    files = {name: one for name, one in json.loads(drill.manifest)["parts"].items() if one["kind"] == "files"}
    part.write("open", {**part.opened, "copies": "files", "parts": list(files)})
    part.write("manifest", {**json.loads(drill.manifest), "copies": "files", "parts": files})
    assert chosen(steps) == drill.label
    drill.night.records.write("drill", {"state": "passed", "run_id": "another"})
    assert chosen(steps) == drill.label
    drill.night.records.write("drilling", {"run_id": "another"})
    assert chosen(steps, part.label) == part.label


def test_a_backup_whose_copies_are_away_is_not_chosen(drill, steps):
    """Kind of fault: counted by records alone; the drill would fail, and the backup would be damaged for good."""
    backup(drill, "20980101T190000Z", manifest={}, away={"since": "2098-01-02T03:00:00+00:00", "missing": {"x": "y"}})
    assert chosen(steps) == drill.label


def test_when_all_have_had_their_drill_the_newest_has_another(drill, steps):
    """Disks forget: a copy that was right in spring need not be in autumn."""
    drill.night.records.write("drill", {"state": "passed", "run_id": "another"})
    backup(drill, "20000101T190000Z", manifest={}, drill={"state": "failed", "run_id": "another"})
    assert chosen(steps) == drill.label


@pytest.mark.parametrize(
    ("records", "words"),
    [
        ({}, r"was never sealed"),
        ({"manifest": {}, "pruned": {"at": "then"}}, r"the copies of backup .* were removed"),
    ],
)
def test_backups_that_cannot_be_drilled(drill, steps, records, words):
    """What is asked for by name is not replaced by something else in silence."""
    backup(drill, "20000101T190000Z", **records)
    with pytest.raises(BackupNotFitError, match=words):
        chosen(steps, "20000101T190000Z")


@pytest.mark.parametrize("wanted", ["20000101T190000Z", "../x", "x"])
def test_a_backup_that_nobody_knows(steps, wanted):
    with pytest.raises(BackupNotFitError, match=r"there is no backup .*; the newest is 20"):
        chosen(steps, wanted)


def test_a_backup_on_a_host_that_is_gone(drill, steps):
    """Its copies may be anywhere; the drill does not guess."""
    content = json.loads(drill.manifest)
    content["parts"][SHARD]["host"] = "old-data"
    night = backup(drill, "20000101T190000Z", manifest=content)
    with pytest.raises(BackupNotFitError, match=rf"does not have: {SHARD} on old-data"):
        chosen(steps, night.label)


def test_no_backup_at_all_is_no_failure(nights, drill_dag):
    """The weekly drill of a platform that has none yet."""
    night = nights("tiny")
    night.clean()
    state, states = run_quickly(drill_dag, night.run_after, {})
    assert state == "skipped"
    assert {one for states in states.values() for one in states} == {"skipped"}


# --- again, and refused --------------------------------------------------------------------------------------------


def test_each_step_again_does_nothing_twice(drill, steps):
    """After a kill Airflow runs a task again, whatever its retries; a person clears tasks."""
    order = ("choose_backup", "extract_copy", "open_copy", "examine_copy", *FILES, "remove_scratch")
    for step in order:
        first, told = steps.run(step), list(drill.changes)
        again = steps.run(step)
        assert [change for change in drill.changes[len(told) :] if not change.startswith("end")] == [], step
        assert step in ("extract_copy", "extract_files") or again == first, step
    assert drill.copy.validated == sorted(drill.copy.documents)
    assert drill.left == []


def test_a_drill_that_is_cleared_after_its_end_reads_everything_anew(drill, steps):
    """What an earlier drill found says nothing about the copy of now."""
    order = ("choose_backup", "extract_copy", "open_copy", "examine_copy", *FILES, "remove_scratch")
    steps.until(*order)
    drill.night.records.write("drill", {"state": "passed", "run_id": "manual__steps"})
    drilling = drill.night.records.read("drilling") or {}
    drill.night.records.write("drilling", {**drilling, "began_at": "2026-01-01T00:00:00+00:00"})
    drill.copy.invalid["metadata.Unit"] = "rotten since"
    steps.until("choose_backup", "extract_copy", "open_copy")
    with pytest.raises(DrillFailedError, match="rotten since"):
        steps.run("examine_copy", part=SHARD)


def test_an_examination_goes_on_after_a_lost_connection(drill, steps, monkeypatch):
    """A large copy takes hours to read; what was read is not read again."""
    steps.until("choose_backup", "extract_copy", "open_copy")
    own, calls = FakeCopy._validate, []

    def once_lost(copy: FakeCopy, namespace: str, *, full: bool) -> Any:
        calls.append(namespace)
        if len(calls) == 3:
            raise HostUnreachableError("lost", hint="")
        return own(copy, namespace, full=full)

    monkeypatch.setattr(FakeCopy, "_validate", once_lost)
    with pytest.raises(HostUnreachableError):
        steps.run("examine_copy", part=SHARD)
    steps.run("examine_copy", part=SHARD)
    assert drill.copy.validated == sorted(drill.copy.documents)
    assert drill.fake.tunnels == {}


def test_an_examination_without_its_mongod_is_not_made(drill, steps):
    """Its steps before failed, or it was cleared alone: the way to do it again is said."""
    steps.run("choose_backup")
    with pytest.raises(AirflowSkipException, match="clear extract_copy with its downstream tasks"):
        steps.run("examine_copy", part=SHARD)


REFUSED: dict[str, tuple[Callable[[Drill], Any], str, str]] = {
    "no room": (
        lambda d: setattr(d.fake.hosts["data"], "free_bytes", 2_000_000),
        "extract_copy",
        rf"data has 1.9 MiB free in /vitam/drill, extracting {CONFIG}, {SHARD} needs 2.3 MiB \(1.2 times their size\)",
    ),
    "another series": (
        lambda d: setattr(d.drills, "version", "6.0.5"),
        "extract_copy",
        "was copied from MongoDB 5.0.14, /usr/bin/mongod on data is 6.0.5",
    ),
    "no mongod": (lambda d: setattr(d.drills, "version", ""), "extract_copy", "/usr/bin/mongod on data is not there"),
    "port taken": (
        lambda d: setattr(d.fake.unit("mongos@data"), "ports", (27017, 29020)),
        "open_copy",
        "port 29020 of data is in use",
    ),
}


@pytest.mark.parametrize("why", REFUSED)
def test_a_drill_that_cannot_be_made_says_nothing_about_the_backup(drill, steps, why):
    """Red, with the reason; but no backup is called bad because a disk is full."""
    do, step, words = REFUSED[why]
    do(drill)
    steps.until(*(s for s in ("choose_backup", "extract_copy") if s != step))
    with pytest.raises(DrillRefusedError, match=words) as refused:
        steps.run(step, part=SHARD)
    assert isinstance(refused.value, OperatorNeededError)
    steps.run("remove_scratch")
    assert (drill.run().state, drill.record, drill.left) == ("failed", {}, [])


PORT_TAKEN = "Failed to set up listener: SocketException: Address already in use"
ABORT = "Invariant failure !storageGlobalParams.readOnly"


def test_a_mongod_that_falls_of_its_own_is_started_again(drill, steps):
    """Its log proves nothing of the data: the next try opens the same copy, and judges by what it says then."""
    drill.drills.falls.append(PORT_TAKEN)
    steps.until("choose_backup", "extract_copy")
    with pytest.raises(DrillInterruptedError, match=r"says nothing about the copy: .*Address already in use") as fell:
        steps.run("open_copy", part=SHARD)
    assert isinstance(fell.value, RetryableError)
    assert "findings" not in (drill.night.records.read(f"drill.{SHARD}") or {})
    steps.run("open_copy")
    steps.run("examine_copy")
    assert drill.night.records.read(f"drill.{SHARD}")["state"] == "passed"


def test_a_second_try_is_not_judged_by_what_the_first_one_said(drill, steps):
    """Both are in the journal under one name: a checksum of the first, somebody who ends the second."""
    drill.drills.does_not_open.add(SHARD)
    steps.until("choose_backup", "extract_copy")
    with pytest.raises(DrillFailedError, match="did not open the copy"):
        steps.run("open_copy", part=SHARD)
    drill.drills.does_not_open.clear()
    drill.drills.falls.append(PORT_TAKEN)
    with pytest.raises(DrillInterruptedError, match="Address already in use"):
        steps.run("open_copy", part=SHARD)


def test_a_mongod_that_aborts_while_it_is_examined_says_nothing_about_the_backup(drill):
    """Seen on 5.0.32, each night: the backup is not called bad, and the next drill takes it again."""
    drill.copy.deadly, drill.copy.last_words = "metadata.Unit", ABORT
    drill.run()
    assert (drill.state, drill.record, drill.left) == ("failed", {}, [])


@pytest.mark.parametrize(
    "said",
    ["tar: ./a: Wrote only 1024 of 10240 bytes", "no space left on device\nunable to create lock in backend"],
    ids=["the drill's disk is full", "the repository's disk is full"],
)
def test_an_extraction_that_fails_without_proof_is_tried_again(drill, steps, said):
    """Neither tar nor restic says it as the kernel does."""
    drill.drills.extractions_fail.append(said)
    steps.run("choose_backup")
    with pytest.raises(DrillInterruptedError, match="says nothing about the copy"):
        steps.run("extract_copy", part=SHARD)
    steps.run("extract_copy", part=SHARD)
    assert len(drill.drills.extracted) == 1


def refuse(code: int, words: str) -> Any:
    """Have validate answer with an error."""

    def validate(copy: FakeCopy, namespace: str, *, full: bool) -> Any:
        raise OperationFailure(words, code)

    return validate


def test_a_refusal_that_proves_damage_is_a_finding(drill, steps, monkeypatch):
    """The mongod lives on, so that the other collections are examined too."""
    steps.until("choose_backup", "extract_copy", "open_copy")
    monkeypatch.setattr(FakeCopy, "_validate", refuse(301, "Data corruption detected"))
    with pytest.raises(DrillFailedError, match=r"metadata\.Unit is not valid: Data corruption detected"):
        steps.run("examine_copy", part=SHARD)


def test_a_refusal_that_proves_nothing_is_tried_again(drill, steps, monkeypatch):
    """Somebody killed the operation."""
    steps.until("choose_backup", "extract_copy", "open_copy")
    with monkeypatch.context() as once:
        once.setattr(FakeCopy, "_validate", refuse(11601, "operation was interrupted"))
        with pytest.raises(MongoUnreachableError, match="was interrupted"):
            steps.run("examine_copy", part=SHARD)
    steps.run("examine_copy", part=SHARD)


def test_a_directory_without_room_keeps_no_database_from_its_drill(drill):
    """An offer's objects may fit nowhere: the databases are proved, what was left out is named, the run is red."""
    drill.fake.hosts["app"].free_bytes = 10
    drill.run()
    assert (drill.state, drill.left) == ("failed", [])
    assert (drill.record["state"], drill.record["findings"]) == ("passed", [])
    assert drill.record["sets"][SHARD]["state"] == "passed"
    assert drill.record["sets"][CONF]["state"] == "no_room"
    (warning,) = drill.record["sets"][CONF]["warnings"]
    assert warning.startswith(f"app has 10 B free in /vitam/drill, extracting {CONF} needs")


def test_a_directory_that_finds_room_later_is_examined(drill, steps):
    """What the first try noted goes."""
    drill.fake.hosts["app"].free_bytes, before = 10, drill.fake.hosts["app"].free_bytes
    steps.until("choose_backup", "extract_copy")
    with pytest.raises(DrillRefusedError, match=f"extracting {CONF} needs"):
        steps.run("extract_files")
    drill.fake.hosts["app"].free_bytes = before
    steps.until(*FILES)
    record = drill.night.records.read(f"drill.{CONF}")
    assert (record["state"], record.get("warnings")) == ("passed", None)


def test_a_backup_of_which_nothing_had_room_is_not_proved(drill):
    """Databases without room are no drill, whatever became of the directories."""
    for host in ("app", "data"):
        drill.fake.hosts[host].free_bytes = 10
    assert (drill.run().state, drill.record, drill.left) == ("failed", {}, [])


def test_a_budget_of_collections(drill, monkeypatch):
    """The largest and those whose count is wrong always; the others by turns."""
    settings = drill.fake.platform.drill.model_copy(update={"collections": 2, "full": True})
    monkeypatch.setitem(vars(drill.fake.platform), "drill", settings)
    assert drill.run().state == "success"
    assert len(drill.copy.validated) == 2
    assert "metadata.Unit" in drill.copy.validated
