"""
What dies here is Airflow: a task, the triggerer, the scheduler, all of it. The platform runs again whatever does.

The nights are those of `solo2`. Copies are held with SIGSTOP, so that there is time to kill something meanwhile.
"""

from __future__ import annotations

import datetime as dt
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lab.night_watch import DAG_ID, NightWatch
from tests.faults import afterwards
from tests.faults.deaths import BY_FAULT, PLATFORM, told
from tests.faults.rows import SEALED
from tests.lab import evidence, stories
from tests.lab.conftest import lab_verb
from vitam_operators.nights import MANIFEST

UP_WITHIN_S = 60
HOLD_COPIES = """
touch /run/hold-copies
cat > /usr/local/bin/tar <<'END'
#!/bin/sh
while [ -e /run/hold-copies ]; do sleep 0.2; done
exec /usr/bin/tar "$@"
END
chmod 755 /usr/local/bin/tar
"""
"""Copies that begin from now on are at work until they are let go, however fast the machine is."""
LET_COPIES_GO = "rm -f /run/hold-copies"

pytestmark = [pytest.mark.faults, pytest.mark.long_faults]


class Death:
    """
    A night in which something dies while it copies.

    :param watch: the Airflow
    :param run: directory of the platform
    """

    def __init__(self, watch: NightWatch, run: Path) -> None:
        self.watch, self.stack, self.run = watch, watch.stack, run
        self.before = evidence.running_units(PLATFORM)
        self.run_id = ""

    def copying(self, window: dt.timedelta = dt.timedelta(hours=2), **conf: Any) -> None:
        """Trigger a night and bring it to where a copy is at work and its step waits in the triggerer."""
        self.window_end = dt.datetime.now(dt.UTC) + window
        evidence.on(PLATFORM, HOLD_COPIES)
        self.run_id = self.watch.trigger(window=window, **conf)
        self.watch.await_step(self.run_id, "stop_config_primary", ("success",))
        self.watch.await_step(self.run_id, "copy_shard", ("running", "deferred"))
        self.fault_at = time.time()

    def ends(self) -> str:
        """Let the copies go on, and wait for the end of the night."""
        evidence.on(PLATFORM, LET_COPIES_GO)
        return self.watch.watch(self.run_id, lambda line: None)

    def judged(self, fault: str) -> None:
        """The platform is as before, nothing is left on it, and only a sealed night is green."""
        sealed = stories.night_of(self.run, self.run_id).read(MANIFEST) is not None
        assert sealed == (BY_FAULT[fault].outcome == SEALED), stories.failures(self.watch, self.run_id)
        stories.platform_is_as_before(PLATFORM, self.run, self.before)
        assert afterwards.leftovers(PLATFORM) == set()
        told(fault, time.time() - self.fault_at)


@pytest.fixture
def death(airflow_of_solo2: tuple[NightWatch, Path]) -> Iterator[Death]:
    """A night that is about to begin; where its story broke off, it is ended, so that the next one can begin."""
    story = Death(*airflow_of_solo2)
    yield story
    evidence.on(PLATFORM, LET_COPIES_GO)
    if story.run_id and story.stack.running:
        story.watch.end(story.run_id)


def test_a_task_is_killed(death: Death) -> None:
    """kill -9 of the step that copies: its next try finds the copy at work and goes on waiting for it."""
    death.copying(copies="databases")
    for pid in death.stack.tasks():
        os.kill(pid, signal.SIGKILL)
    assert death.ends() == "success", stories.failures(death.watch, death.run_id)
    death.judged("kill -9 of the task")


def test_the_triggerer_is_killed(death: Death) -> None:
    """What it waited for is waited for again once it is back."""
    death.copying(copies="databases")
    death.watch.await_step(death.run_id, "copy_shard", ("deferred",))
    death.stack.kill_part("triggerer")
    death.stack.start("triggerer")
    assert death.ends() == "success", stories.failures(death.watch, death.run_id)
    death.judged("kill -9 of the triggerer")


def test_the_scheduler_is_killed(death: Death) -> None:
    """With all tasks that it runs: the night goes on when it is back, and copies nothing twice."""
    death.copying(copies="databases")
    death.stack.kill_part("scheduler")
    time.sleep(5)
    death.stack.start("scheduler")
    assert death.ends() == "success", stories.failures(death.watch, death.run_id)
    death.judged("kill -9 of the scheduler")


def test_the_run_is_marked_failed(death: Death) -> None:
    """Who marks the run failed in the UI wants it to end: copies end on their host, the platform starts in order."""
    death.copying()
    death.watch.patch(f"/dags/{DAG_ID}/dagRuns/{death.run_id}", {"state": "failed"})
    death.watch.await_step(death.run_id, "conclude_night", ("failed", "success"))
    assert death.watch.watch(death.run_id, lambda line: None) == "failed", "Airflow sees it at its next look at the run"
    death.judged("the run is marked failed")


def test_all_of_airflow_is_killed(death: Death) -> None:
    """Nobody starts it again: at the window's end the hosts start what they had, by themselves."""
    death.copying(window=dt.timedelta(seconds=300))
    death.stack.kill()
    time.sleep(max(0, (death.window_end - dt.datetime.now(dt.UTC)).total_seconds()))
    assert afterwards.up_within_s(PLATFORM, death.before, frozenset(), UP_WITHIN_S) is not None
    assert afterwards.still_unhealthy(PLATFORM, death.run, balancer="off") == []
    assert afterwards.leftovers(PLATFORM) == {f"guard on {PLATFORM}"}
    told("kill -9 of all of Airflow", (dt.datetime.now(dt.UTC) - death.window_end).total_seconds())
    lab_verb("reset", PLATFORM)
