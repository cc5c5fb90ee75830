"""
One night each in which a part of Airflow dies again and again: at the look, with the front stopped, drained, with the
primaries stopped, while it copies, while it starts services. The platform is that of test_airflow_dies.py.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from lab.night_watch import NightWatch
from tests.faults import afterwards
from tests.faults.deaths import PLATFORM, told
from tests.lab import evidence, stories
from vitam_operators.nights import MANIFEST

PLACES = (
    "check_host",
    "stop_access_external",
    "await_workflows_drained",
    "stop_shard_primary",
    "copy_shard",
    "start_storage",
)
BEGUN = ("running", "deferred", "success")
BACK_WITHIN_S = 900
"""A task whose process is gone is noticed after TASK_INSTANCE_HEARTBEAT_TIMEOUT, 120 s, and tried again."""

pytestmark = [pytest.mark.faults, pytest.mark.long_faults]


def kill_tasks(watch: NightWatch) -> None:
    """Kill -9 of the processes of the steps that run; wait for one, if none does."""
    until = time.monotonic() + 60
    while not (tasks := watch.stack.tasks()):
        assert time.monotonic() < until, "no step runs that could be killed"
        time.sleep(0.05)
    for pid in tasks:
        with suppress(ProcessLookupError):  # it ended by itself meanwhile
            os.kill(pid, signal.SIGKILL)


def kill_part(part: str) -> Callable[[NightWatch], None]:
    """Kill -9 of a part of Airflow with all that it has started; it is started again."""

    def kill(watch: NightWatch) -> None:
        watch.stack.kill_part(part)
        watch.stack.start(part)

    return kill


KILLS = {
    "kill -9 of the tasks at each place": kill_tasks,
    "kill -9 of the triggerer at each place": kill_part("triggerer"),
    "kill -9 of the scheduler at each place": kill_part("scheduler"),
}


@pytest.mark.parametrize("fault", KILLS)
def test_a_part_dies_at_each_place_of_one_night(airflow_of_solo2: tuple[NightWatch, Path], fault: str) -> None:
    """The night goes on where it was, stops and copies nothing twice, and is sealed."""
    watch, run = airflow_of_solo2
    before, began = evidence.running_units(PLATFORM), time.time()
    run_id = watch.trigger(copies="databases")
    try:
        for place in PLACES:
            watch.await_step(run_id, place, BEGUN, within_s=BACK_WITHIN_S)
            KILLS[fault](watch)
        assert watch.watch(run_id, lambda line: None) == "success", stories.failures(watch, run_id)
    finally:
        watch.end(run_id)
    night = stories.night_of(run, run_id)
    assert night.read(MANIFEST) is not None
    assert copies_begun(night.label) == 1
    stories.platform_is_as_before(PLATFORM, run, before)
    assert afterwards.leftovers(PLATFORM) == set()
    told(fault, time.time() - began)


def copies_begun(label: str) -> int:
    """Return how often systemd began the copy of the shard."""
    unit = f"vitam-copy-{label}-mongo-data-shard0.service"
    return evidence.on(PLATFORM, f"journalctl --unit={unit} --output=cat --no-pager").count("Started ")
