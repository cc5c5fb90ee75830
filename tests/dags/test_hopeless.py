"""
Nights that cannot come to anything, or to no good: they are refused at the look, and nothing is stopped for them.

Kind of fault: a run that is accepted as it is asked for, though its end can be seen from its beginning.
"""

from __future__ import annotations

import datetime as dt
import re

import pytest
import time_machine

from tests.dags.half import HalfNight
from vitam_operators.errors import LookFailedError
from vitam_operators.platforms import platform_at

LOOKS = ("check_host", "check_cluster")


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


@pytest.fixture
def look(nights):
    """Give a night on the tiny platform that was looked at."""

    def looked(**params: str) -> HalfNight:
        night = nights("tiny")
        night.clean()
        half = HalfNight(night)
        half.params |= params
        return half.until(*LOOKS)

    return looked


def findings(half: HalfNight) -> str:
    with pytest.raises(LookFailedError) as error:
        half.run("plan_night")
    assert half.fake.changes == []
    return error.value.message


@pytest.mark.parametrize(("moment", "left_s"), [("05:58", 120), ("05:31", 1740)])
def test_a_night_that_begins_minutes_before_it_is_given_up(look, monkeypatch, moment, left_s):
    """Airflow was down, or another run was on: a scheduled run begins whenever it may, not only by its late_start_s."""
    twenty = utc("2026-11-24 19:00")
    with time_machine.travel(utc(f"2026-11-25 {moment}"), tick=False):
        half = look()
        half.params["until"] = utc("2026-11-25 07:00").isoformat()
        half.run_after = twenty
        assert f"{left_s} s are left, at least 1800 s (window.least_s)" in findings(half)


def test_the_night_of_a_whole_half_hour_is_begun(look):
    """The limit itself is enough."""
    with time_machine.travel(utc("2026-11-25 05:30"), tick=False):
        half = look()
        half.run_after = utc("2026-11-24 19:00")
        half.params["until"] = utc("2026-11-25 07:00").isoformat()
        assert half.run("plan_night")["parts"]


@pytest.mark.parametrize("days", [1, 365])
def test_until_is_a_day_or_a_year_too_far(look, days):
    """A slip: the guards would be armed for then, and nobody but Airflow would start what it stopped."""
    half = look()
    half.params["until"] = (half.run_after + dt.timedelta(days=days, seconds=2)).isoformat()
    assert "more than 86400 s (window.longest_s) after" in findings(half)


def test_nothing_is_to_be_copied(look, tmp_path):
    """Only directories are asked for, and the platform file names none."""
    half = look(copies="files")
    platform = platform_at(half.dag.default_args["platform_file"])
    text = open(half.dag.default_args["platform_file"], encoding="utf-8").read()
    path = tmp_path / "platform.yaml"
    path.write_text(re.sub(r"(?s)\ncopy:.*", "\ncopy:\n  file_sets: []\n", text), encoding="utf-8")
    assert platform_at(str(path)) != platform
    half.dag.get_task("plan_night").own_platform_file, own = (
        str(path),
        half.dag.get_task("plan_night").own_platform_file,
    )
    try:
        assert "nothing is to be copied: the run was asked for files" in findings(half)
    finally:
        half.dag.get_task("plan_night").own_platform_file = own


def test_a_host_gets_another_name_during_the_look(look, monkeypatch):
    """It was looked at under its old name: a plan would have nothing of it under the new one."""
    half = look()
    host = next(iter(half.fake.hosts))
    for answer in half.instances.xcoms["check_host", "return_value"].values():
        answer["host"] = answer["host"].replace(host, "renamed")
    assert "renamed was looked at and is not in the platform file" in findings(half)
