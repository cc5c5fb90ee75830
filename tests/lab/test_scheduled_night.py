"""A night that nobody triggers, on `allinone`: one host, sets of one member, systemd timers (Vitam 5)."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

from lab.night_watch import DAG_ID, NightWatch
from tests.lab import evidence, stories

PLATFORM = "allinone"
ZONE = "Europe/Paris"
LENGTH = dt.timedelta(minutes=20)


def window_that_begins_soon() -> dict[str, str | int]:
    """Return a window whose start is the first whole minute at least 75 s away: Airflow is up by then."""
    start = (dt.datetime.now(ZoneInfo(ZONE)) + dt.timedelta(seconds=135)).replace(second=0, microsecond=0)
    end = start + LENGTH
    return {
        "start": f"{start:%H:%M}",
        "end": f"{end:%H:%M}",
        "timezone": ZONE,
        "restart_reserve_s": 240,
        "late_start_s": 240,
    }


def test_the_scheduler_starts_the_night(
    platform_up: Callable[..., Path], airflow: Callable[[Path], NightWatch]
) -> None:
    """The window begins, the scheduler starts the run by itself, and the night is over before the window is."""
    run = platform_up(PLATFORM)
    before = evidence.running_units(PLATFORM)
    run = platform_up(PLATFORM, window=window_that_begins_soon())
    watch, told = airflow(run), stories.Told(PLATFORM, run)
    watch.await_dag()
    known_at = dt.datetime.now(dt.UTC)
    started = await_scheduled_run(watch, within_s=240)
    run_id = started["dag_run_id"]
    assert started["run_type"] == "scheduled"
    assert watch.watch(run_id, told) == "success", stories.failures(watch, run_id)

    ended = watch.get(f"/dags/{DAG_ID}/dagRuns/{run_id}")
    could_start_at = max(known_at, moment(ended["data_interval_start"]))
    assert moment(ended["start_date"]) - could_start_at < dt.timedelta(seconds=60)
    assert moment(ended["data_interval_end"]) - moment(ended["data_interval_start"]) == LENGTH
    assert moment(ended["end_date"]) < moment(ended["data_interval_end"])

    stories.platform_is_as_before(PLATFORM, run, before)
    night = stories.night_of(run, run_id)
    stories.copies_hold_what_was_there(PLATFORM, night, told.documents)
    stories.files_extract(night)


def await_scheduled_run(watch: NightWatch, within_s: float) -> dict[str, str]:
    """Wait until the scheduler has started a run."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        for run in watch.get(f"/dags/{DAG_ID}/dagRuns")["dag_runs"]:
            return run
        time.sleep(1)
    raise AssertionError(f"no run was started within {within_s} s")


def moment(text: str) -> dt.datetime:
    """Read a moment as the API writes it."""
    return dt.datetime.fromisoformat(text)
