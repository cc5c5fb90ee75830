"""The records of a night: what one step wrote, the next one and every second try can rely on."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from vitam_operators.errors import NightClosedError, OperatorNeededError
from vitam_operators.nights import PLATFORM, Night, Nights, backup_id, now_text, unpaid

ID = "20261123T190000Z"
UNITS = {"app": ["vitam-logbook.service"], "data": ["vitam-mongod.service"]}
OPENED = {"run_id": "scheduled__2026-11-23", "parts": ["conf"], "units_before": UNITS, "planned_at": "20:00"}
ANEW = {**OPENED, "planned_at": "02:30"}
RESTARTED = {"began_at": "2026-11-24T02:10:00+00:00"}


@pytest.fixture
def nights(tmp_path):
    return Nights(tmp_path / "records" / "demo")


@pytest.fixture
def night(nights):
    return nights.open(ID, OPENED)


# --- one record ------------------------------------------------------------------------------------------------------


def test_a_record_is_read_as_it_was_written(night):
    record = {"host": "data1", "path": 'a "b" é', "nested": {"list": [1, None, 2.5]}}
    assert night.write("stop.shard0", record) == record
    assert night.read("stop.shard0") == record


def test_what_was_not_written_is_none(night, nights):
    assert night.read("stop.shard0") is None
    assert nights.attempt("never", 1).read("open") is None


def test_a_later_record_takes_the_place_of_an_earlier_one(night):
    night.write("part.conf", {"files": 1, "old": True})
    night.write("part.conf", {"files": 2})
    assert night.read("part.conf") == {"files": 2}


def test_a_write_that_is_cut_off_leaves_the_earlier_record(night, monkeypatch):
    """The worker is killed in the middle of a write: half a record must not be found by the next try."""
    night.write("part.conf", {"files": 1})

    def full(_: int) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        night.write("part.conf", {"files": 2})
    with pytest.raises(OSError, match="No space left"):
        night.write("part.other", {"files": 3})
    assert night.read("part.conf") == {"files": 1}
    assert night.all("part") == {"conf": {"files": 1}}


def test_a_record_takes_its_name_in_one_step(night, monkeypatch):
    """Until the very last moment a reader finds the earlier one."""

    def cut_off(path: Path, target: Path) -> Path:
        raise OSError(f"killed before {target.name}")

    night.write("part.conf", {"files": 1})
    monkeypatch.setattr(Path, "rename", cut_off)
    with pytest.raises(OSError, match=r"killed before part\.conf\.json"):
        night.write("part.conf", {"files": 2})
    assert night.read("part.conf") == {"files": 1}


def test_what_cannot_be_written_as_json_changes_nothing(night):
    night.write("part.conf", {"files": 1})
    with pytest.raises(TypeError):
        night.write("part.conf", {"files": dt.timedelta(1)})
    assert night.read("part.conf") == {"files": 1}


@pytest.mark.parametrize("first", [{"units": ["a"]}, {}])
def test_what_is_written_once_stands(night, first):
    """What ran before is noted by the first try; a second one, with half the units stopped, would note nonsense."""
    assert night.write_once("before", first) == first
    assert night.write_once("before", {"units": []}) == first
    assert night.read("before") == first


def test_records_of_a_kind_each_under_its_own_name(night):
    """Names have dots and an @ of their own, and a kind is not the beginning of another one's name."""
    night.write("stop.vitam-worker.service@app1", {"n": 1})
    night.write("stop.mongo-data-shard0", {"n": 2})
    night.write("stopped.x", {"n": 3})
    night.write("stop", {"n": 4})
    (night.directory / "stop.draft.json.partial").write_text("{", encoding="utf-8")
    (night.directory / "stop.notes.txt").write_text("by hand", encoding="utf-8")
    assert night.all("stop") == {"vitam-worker.service@app1": {"n": 1}, "mongo-data-shard0": {"n": 2}}
    assert list(night.all("stop")) == ["mongo-data-shard0", "vitam-worker.service@app1"]


def test_a_night_without_a_directory_has_no_records(nights):
    assert nights.attempt("never", 1).all("stop") == {}


def test_records_are_for_people_too(night):
    """Readable, and the same text for the same content."""
    night.write("part.conf", {"b": 1, "a": 2})
    assert (night.directory / "part.conf.json").read_text(encoding="utf-8") == '{\n  "a": 2,\n  "b": 1\n}'


# --- attempts --------------------------------------------------------------------------------------------------------


def test_the_first_attempt_has_the_plain_name(night):
    assert night.label == ID
    assert night.opened == {**OPENED, "attempt": 1, "label": ID}


def test_opened_again_it_is_the_same_night(nights, night):
    """A retry of open_backup sees a platform half stopped: what the first try noted has to stand."""
    again = nights.open(ID, {**OPENED, "parts": []})
    assert again.label == ID
    assert again.opened["parts"] == ["conf"]
    assert nights.latest(ID).label == ID


def test_what_is_kept_is_of_the_opening_that_came_to_its_end(nights):
    """Kind: a run that works by a file which is not that of its plan. A first opening was cut off between two files."""
    nights.attempt(ID, 1).write(PLATFORM, {"name": "before the edit"})
    assert nights.open(ID, OPENED, {"name": "of the plan"}).read(PLATFORM) == {"name": "of the plan"}
    assert nights.open(ID, OPENED, {"name": "edited since"}).read(PLATFORM) == {"name": "of the plan"}


def test_after_a_restart_a_new_attempt_is_opened(nights, night):
    """The platform has run since: a copy of now and one of before must not lie in one backup."""
    night.write("part.conf", {"files": 1})
    night.write("restart", RESTARTED)
    second = nights.open(ID, {**ANEW, "parts": ["conf", "shard0"]})
    assert second.label == f"{ID}-2"
    assert second.opened == {**ANEW, "parts": ["conf", "shard0"], "attempt": 2, "label": f"{ID}-2"}
    assert second.all("part") == {}
    assert night.opened["parts"] == ["conf"]
    second.write("restart", RESTARTED)
    assert nights.open(ID, {**ANEW, "planned_at": "03:00"}).label == f"{ID}-3"
    assert nights.latest(ID).opened["attempt"] == 3


def test_after_a_restart_nothing_is_opened_with_the_plan_of_before(nights, night):
    """Airflow clears open_backup along with any step: that would leave an empty night that nobody concludes."""
    night.write("restart", RESTARTED)
    assert nights.open(ID, OPENED).label == ID
    with pytest.raises(NightClosedError):
        nights.latest(ID).require_cold()


def test_the_id_of_another_run_is_refused(nights, night):
    """Two runs triggered within one second have one id: the second must not write into the first one's night."""
    with pytest.raises(OperatorNeededError) as raised:
        nights.open(ID, {**OPENED, "run_id": "manual__1"})
    assert raised.value.message == (f"backup {ID} belongs to run scheduled__2026-11-23, this is run manual__1")
    assert raised.value.hint == "trigger a new run a second later"
    assert nights.latest(ID).opened["run_id"] == OPENED["run_id"]


def test_the_id_of_another_run_is_refused_after_a_restart_too(nights, night):
    night.write("restart", RESTARTED)
    with pytest.raises(OperatorNeededError, match="belongs to run"):
        nights.open(ID, {**OPENED, "run_id": "manual__1"})
    assert nights.latest(ID).label == ID


def test_no_attempt_was_opened(nights):
    assert nights.latest(ID) is None


def test_two_backups_are_two_nights(nights, night):
    other = nights.open("20261124T190000Z", {**OPENED, "run_id": "scheduled__2026-11-24"})
    other.write("restart", RESTARTED)
    assert nights.open(ID, OPENED).label == ID
    assert night.read("restart") is None


@pytest.mark.parametrize(
    ("concluded", "now", "has_to_run"),
    [
        ({"platform_up": False}, {"app": [], "data": ["mongod"]}, {"app": ["logbook"], "data": ["mongod"]}),
        (None, {"app": [], "data": []}, {"app": ["logbook"], "data": ["mongod"]}),
        ({"platform_up": False}, {"app": ["worker"], "data": []}, {"app": ["logbook", "worker"], "data": ["mongod"]}),
        ({"platform_up": False}, {"new": ["offer"]}, {"app": ["logbook"], "data": ["mongod"], "new": ["offer"]}),
        ({"platform_up": True}, {"app": [], "data": ["mongod"]}, {"app": [], "data": ["mongod"]}),
    ],
)
def test_what_an_earlier_attempt_left_down_the_next_one_starts(nights, concluded, now, has_to_run):
    """The second attempt finds the logbook down; to take that for its usual state would leave it down for good."""
    first = nights.open(ID, {**OPENED, "units_before": {"app": ["logbook"], "data": ["mongod"]}})
    first.write("restart", RESTARTED)
    if concluded is not None:
        first.write("conclusion", concluded)
    second = nights.open(ID, {**ANEW, "units_before": now})
    assert second.opened["units_before"] == has_to_run
    second.write("restart", RESTARTED)
    third = nights.open(ID, {**OPENED, "units_before": {}})
    assert third.opened["units_before"] == has_to_run


# --- debts -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("newest_first", "owes"),
    [
        ([], None),
        ([None, None], None),
        ([{"mode_found": "full"}], 0),
        ([{"mode_found": "full", "put_back_at": "05:00"}], None),
        ([None, {"mode_found": "full"}], 1),
        ([{"mode_found": "full", "put_back_at": "05:00"}, {"mode_found": "full"}], None),
        ([{"mode_found": "full"}, {"mode_found": "full", "put_back_at": "05:00"}], 0),
    ],
)
def test_the_night_that_left_a_balancer_off(tmp_path, newest_first, owes):
    """Only the last night that switched it off counts; a night that never came so far, or a later debt paid, do not."""
    made = [Night(tmp_path / str(number)) for number in range(len(newest_first))]
    for night, record in zip(made, newest_first, strict=True):
        if record is not None:
            night.write("balancer.mongo-data", record)
        night.write("balancer.mongo-offer", {"mode_found": "full", "put_back_at": "05:00"})
    assert unpaid(made, "mongo-data") is (None if owes is None else made[owes])


def test_nights_newest_first(nights, night):
    """Attempts of one night are in their order too; what was never opened is none."""
    night.write("restart", RESTARTED)
    nights.open(ID, ANEW)
    nights.open("20261124T190000Z", {**OPENED, "run_id": "scheduled__2026-11-24"})
    nights.attempt("20261125T190000Z", 1).write("balancer.mongo-data", {})
    assert [found.label for found in nights.newest_first()] == ["20261124T190000Z", f"{ID}-2", ID]


def test_a_night_that_lost_what_it_was_opened_with_still_owes_its_balancer(nights, night):
    """Kind: a torn record that costs more than it held. "Off" would become what the balancer is put back to."""
    night.write("balancer.mongo-data", {"mode_found": "full"})
    (night.directory / "open.json").write_text("")
    for _ in range(2):
        assert unpaid(nights.newest_first(), "mongo-data").label == night.label
        assert night.read("open") is None


def test_a_platform_without_a_night(nights):
    assert nights.newest_first() == []


# --- cold or not -----------------------------------------------------------------------------------------------------


def test_a_night_is_cold_until_its_restart_begins(night):
    night.require_cold()
    night.write("restart", RESTARTED)
    with pytest.raises(NightClosedError) as raised:
        night.require_cold()
    assert raised.value.message == (
        f"the restart after backup {ID} began at 2026-11-24T02:10:00+00:00: what is stopped or copied now "
        "would not be of the same moment as the rest"
    )
    assert raised.value.hint == (
        "trigger a new run of vitam_backup, or clear this run as a whole while its window is open"
    )


def test_a_night_that_was_never_opened(nights):
    with pytest.raises(NightClosedError) as raised:
        _ = nights.attempt("never", 2).opened
    assert raised.value.message == "backup never-2 was never opened"
    assert raised.value.hint == "clear the task open_backup, or trigger a new run"


# --- names and times -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("run_after", "identifier"),
    [
        ("2026-11-23T19:00:00+00:00", "20261123T190000Z"),
        ("2026-11-23T20:00:00+01:00", "20261123T190000Z"),
        ("2026-10-25T02:30:00+02:00", "20261025T003000Z"),
        ("2026-10-25T02:30:00+01:00", "20261025T013000Z"),
        ("2026-11-23T19:00:00.999999+00:00", "20261123T190000Z"),
    ],
)
def test_the_id_is_the_runs_moment_in_utc(run_after, identifier):
    """In local time two runs of the night on which the clocks go back could have one id."""
    assert backup_id(dt.datetime.fromisoformat(run_after)) == identifier


def test_moments_in_records_have_seconds_and_a_zone():
    before = dt.datetime.now(dt.UTC).replace(microsecond=0)
    moment = dt.datetime.fromisoformat(now_text())
    assert moment.utcoffset() == dt.timedelta(0)
    assert moment.microsecond == 0
    assert before <= moment <= dt.datetime.now(dt.UTC)


def test_records_of_a_directory_by_hand(tmp_path):
    """The format is open: what a person or another program wrote is read."""
    (tmp_path / "plan.json").write_text(json.dumps({"a": 1}), encoding="utf-8")
    assert Night(tmp_path).read("plan") == {"a": 1}
