"""A night triggered by hand on the platform `medium`: 12 hosts, 2 shards of 3, an offer cluster, Quartz."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from lab.night_watch import NightWatch
from tests.lab import evidence, stories

PLATFORM = "medium"


def test_a_night_by_hand(platform_up: Callable[..., Path], airflow: Callable[[Path], NightWatch]) -> None:
    """The whole procedure: everything stops, is copied, runs again; the copies hold what was there."""
    run = platform_up(PLATFORM, window=stories.window_far_away())
    before = evidence.running_units(PLATFORM)
    watch, told = airflow(run), stories.Told(PLATFORM, run)
    run_id = watch.trigger(note="a night by hand")
    assert watch.watch(run_id, told) == "success", stories.failures(watch, run_id)

    stories.platform_is_as_before(PLATFORM, run, before)
    night = stories.night_of(run, run_id)
    stories.copies_hold_what_was_there(PLATFORM, night, told.documents)
    stories.files_extract(night)
    down = {name: start["down_s"] for name, start in night.all("start").items() if "down_s" in start}
    assert set(down) == set(told.documents)
