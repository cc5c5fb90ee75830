"""
A night triggered by hand on the platform `medium`: 12 hosts, 2 shards of 3, an offer cluster, Quartz.

A job of Logbook begins while the front is stopped and runs for the better part of a minute: Vitam 7's own
`TraceabilityJob` takes minutes on a large logbook.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

from lab.night_watch import NightWatch
from tests.faults.breaking import behave, switch
from tests.lab import evidence, stories

PLATFORM, SCHEDULER = "medium", "app2"
JOB, JOB_S = "Logbook.OperationTraceabilityJob", 45
BEFORE_THE_WAIT = "  stop_access_internal "
"""A step of the front that others follow before the securing is waited for."""


class ToldWithAJob(stories.Told):
    """What a night printed, and when the job ends that begins behind a step of the front."""

    job_ends_at: dt.datetime | None = None

    def __call__(self, line: str) -> None:
        """Hear a step that ended."""
        super().__call__(line)
        if BEFORE_THE_WAIT in line and self.job_ends_at is None:
            self.job_ends_at = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=JOB_S)
            switch(SCHEDULER, "scheduler", f"job={JOB}:{JOB_S}")()


def test_a_night_by_hand(platform_up: Callable[..., Path], airflow: Callable[[Path], NightWatch]) -> None:
    """Everything stops once the job has ended, is copied, runs again; the copies hold what was there."""
    run = platform_up(PLATFORM, window=stories.window_far_away())
    before = evidence.running_units(PLATFORM)
    watch, told = airflow(run), ToldWithAJob(PLATFORM, run)
    run_id = watch.trigger(note="a night by hand")
    try:
        assert watch.watch(run_id, told) == "success", stories.failures(watch, run_id)
    finally:
        behave(SCHEDULER, "scheduler")()

    waited = next(step for step in watch.steps(run_id) if step["task_id"] == "await_logbook_cron")
    assert f"securing jobs are running: {JOB}" in watch.log_of(run_id, waited)
    assert told.job_ends_at is not None
    assert dt.datetime.fromisoformat(waited["end_date"]) >= told.job_ends_at
    stories.platform_is_as_before(PLATFORM, run, before)
    night = stories.night_of(run, run_id)
    stories.copies_hold_what_was_there(PLATFORM, night, told.documents)
    stories.files_extract(night)
    down = {name: start["down_s"] for name, start in night.all("start").items() if "down_s" in start}
    assert set(down) == set(told.documents)
