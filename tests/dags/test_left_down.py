"""Nights after one that left something down. The kind of fault: what a run left broken is taken for chosen."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.dags.test_messages import subjects, told  # noqa: F401
from vitam_operators import nights as records
from vitam_operators.errors import LookFailedError

STORAGE = "vitam-storage.service@app"


@pytest.fixture
def left(nights):
    """Give a platform on which a night could not start storage, and neither could its guard; the next one comes."""
    night = nights("tiny", start_storage="before")
    night.clean()
    night.clean = lambda: None
    night.run_after -= dt.timedelta(seconds=100)
    night.run()
    assert night.records.read(records.CONCLUSION)["left_down"] == [STORAGE]
    night.fake.hosts["app"].guard.fired(left_down=["vitam-storage.service"], ended_at=records.now_text())
    night.failing.clear()
    night.first, night.fake.changes[:] = night.records.label, []
    night.run_after += dt.timedelta(seconds=50)
    return night


def test_the_next_night_does_not_begin(left, capsys):
    """Storage would be backed up as down, "platform is UP", green, for ever."""
    left.run()
    assert (left.state, left.fake.changes) == ("failed", [])
    assert f"app: vitam-storage.service is down since backup {left.first}" in capsys.readouterr().out


def test_it_begins_once_a_person_accepts_that(left):
    """And so does the one after it, without being told again; both say what is down."""
    left.run(accepted=[STORAGE])
    assert (left.state, left.records.opened["accepted"]) == ("success", [STORAGE])
    assert (
        "app: vitam-storage.service does not run, and will not be started by this night"
        in (left.records.read(records.MANIFEST)["warnings"])
    )
    left.run_after += dt.timedelta(seconds=25)
    left.run()
    assert left.state == "success"
    assert not left.fake.unit("storage@app").running


def test_a_name_that_is_misspelt_accepts_nothing(left, capsys):
    """Both are said: what was written, and what stands."""
    left.run(accepted=["vitam-storage@app"])
    assert (left.state, left.fake.changes) == ("failed", [])
    said = capsys.readouterr().out
    assert f"app: vitam-storage.service is down since backup {left.first}" in said
    assert (
        f"the field 'Accepted' has 'vitam-storage@app', of which no finding can be, did you mean '{STORAGE}'?" in said
    )


def test_it_begins_once_the_unit_runs_again(left):
    """Then it is as before the first night, and is started again by this one."""
    left.fake.unit("storage@app").run()
    left.run()
    assert left.state == "success"
    assert left.fake.unit("storage@app").running


def test_a_night_that_is_told_of_in_vain_says_what_is_down(told):  # noqa: F811
    """The first line that is read in the morning: nothing was stopped, and something is down."""
    told.fake.unit("storage@app").end(1)
    told.failing = {"check_cluster": "before"}
    told.run()
    assert subjects(told)[0].endswith(" - nothing was stopped; down: vitam-storage on app")


def test_a_good_night_says_what_was_down_before(told):  # noqa: F811
    """Somebody stopped it by hand and forgot."""
    told.fake.unit("storage@app").end(0)
    told.run()
    assert told.state == "success"
    assert subjects(told)[0].endswith("; down before: vitam-storage on app")


def test_a_run_that_looks_again_in_the_middle_of_its_night(half):
    """It has stopped them itself: that is nobody's debt."""
    half.until("arm_restart_guard", "stop_access_external")
    half.until("check_host", "check_cluster", "plan_night")


def test_another_run_finds_what_a_dead_one_left(half):
    """Airflow was killed with the platform stopped, and the guard could not start a unit."""
    half.until("arm_restart_guard", "stop_access_external")
    for name, host in half.fake.hosts.items():
        left_down = ["vitam-access-external.service"] if name == "front" else []
        host.guard.fired(left_down=left_down, ended_at=records.now_text())
    half.as_run_of(hours=-1)
    with pytest.raises(LookFailedError, match=r"front: vitam-access-external\.service is down since backup"):
        half.until("check_host", "check_cluster").run("plan_night")
