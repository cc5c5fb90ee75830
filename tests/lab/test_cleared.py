"""
What a tired person clicks in the UI, done through Airflow's API to nights of a real platform.

Nothing is copied twice, stopped twice, or copied from what runs; no restart is lost; only what is sealed is green.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lab.night_watch import DAG_ID, NightWatch
from tests.faults import afterwards
from tests.faults.breaking import behave, switch
from tests.lab import evidence, stories
from tests.lab.test_airflow_dies import HOLD_COPIES, LET_COPIES_GO
from tests.lab.test_airflow_dies_everywhere import copies_begun
from vitam_operators.hooks.records import nights_of
from vitam_operators.nights import MANIFEST, Night
from vitam_operators.platforms import platform_at

PLATFORM = "solo2"
WITHIN_S = 900
GONE_WITHIN_S = 120

pytestmark = [pytest.mark.faults, pytest.mark.long_faults]


class Clicks:
    """
    A person at the UI, and the night that they look at.

    :param watch: the Airflow
    :param run: directory of the platform
    """

    def __init__(self, watch: NightWatch, run: Path) -> None:
        self.watch, self.run = watch, run
        self.before = evidence.running_units(PLATFORM)
        self.run_id = ""

    def begin(self, **conf: Any) -> None:
        """Trigger a night."""
        self.run_id = self.watch.trigger(copies="databases", **conf)

    def copying(self) -> None:
        """Bring the night to where its copies are at work, and hold them there."""
        evidence.on(PLATFORM, HOLD_COPIES)
        self.watch.await_step(self.run_id, "copy_shard", ("running", "deferred"), WITHIN_S)

    def clear(self, *tasks: str, downstream: bool = False) -> None:
        """Clear tasks of the run."""
        body = {"dry_run": False, "dag_run_id": self.run_id, "task_ids": list(tasks), "only_failed": False}
        self.watch.post(f"/dags/{DAG_ID}/clearTaskInstances", {**body, "include_downstream": downstream})

    def clear_run(self) -> None:
        """Clear the whole run."""
        self.watch.post(f"/dags/{DAG_ID}/dagRuns/{self.run_id}/clear", {"dry_run": False})

    def mark(self, task: str, state: str, map_index: int = 0) -> None:
        """Mark an instance of a task."""
        path = f"/dags/{DAG_ID}/dagRuns/{self.run_id}/taskInstances/{task}/{map_index}"
        self.watch.patch(path, {"new_state": state})

    def mark_and_await_its_end(self, task: str, state: str) -> None:
        """Mark a task, and wait until its process is gone: Airflow ends it at its next heartbeat."""
        working, until = set(self.watch.stack.tasks()), time.monotonic() + GONE_WITHIN_S
        self.mark(task, state)
        while working & set(self.watch.stack.tasks()):
            assert time.monotonic() < until, f"{task} was marked, and its process still runs"
            time.sleep(1)

    def ends(self) -> str:
        """Let copies go on, and wait for the end of the run."""
        evidence.on(PLATFORM, LET_COPIES_GO)
        return self.watch.watch(self.run_id, lambda line: None)

    def over(self) -> None:
        """End the night where its story broke off, so that the next one can begin."""
        evidence.on(PLATFORM, LET_COPIES_GO)
        self.watch.end(self.run_id)

    @property
    def attempts(self) -> list[Night]:
        """The attempts of this run, the first one first."""
        nights = nights_of(platform_at(str(self.run / "platform.yaml"))).newest_first()
        return [night for night in nights if night.opened["run_id"] == self.run_id][::-1]

    def platform_is_whole(self) -> None:
        """Everything runs as before, and nothing is left on the host."""
        stories.platform_is_as_before(PLATFORM, self.run, self.before)
        assert afterwards.leftovers(PLATFORM) == set()


@pytest.fixture(scope="module")
def clicks(airflow_of_solo2: tuple[NightWatch, Path]) -> Iterator[Clicks]:
    """The person whose night is cleared again and again."""
    person = Clicks(*airflow_of_solo2)
    yield person
    person.over()


@pytest.fixture
def others(airflow_of_solo2: tuple[NightWatch, Path]) -> Iterator[Clicks]:
    """The person who has a night of their own."""
    person = Clicks(*airflow_of_solo2)
    yield person
    person.over()


def test_a_copy_that_is_cleared_while_it_works_goes_on(clicks: Clicks) -> None:
    """Its step begins again and finds the copy at work on the host: it is made once."""
    clicks.begin()
    clicks.copying()
    clicks.clear("copy_shard")
    assert clicks.ends() == "success", stories.failures(clicks.watch, clicks.run_id)
    (night,) = clicks.attempts
    assert night.read(MANIFEST) is not None
    assert copies_begun(night.label) == 1
    clicks.platform_is_whole()


@pytest.mark.parametrize("step", ["stop_worker", "stop_shard_primary", "copy_shard"])
def test_a_step_that_is_cleared_alone_after_the_night_touches_nothing(clicks: Clicks, step: str) -> None:
    """The restart is over: the step refuses, the run is red, the backup stays sealed and the platform up."""
    sealed = clicks.attempts[0].read(MANIFEST)
    clicks.clear(step)
    clicks.watch.await_step(clicks.run_id, step, ("failed",), WITHIN_S)
    assert "NightClosedError" in stories.failures(clicks.watch, clicks.run_id)
    assert [night.read(MANIFEST) for night in clicks.attempts] == [sealed]
    clicks.platform_is_whole()


def test_the_group_start_may_be_cleared_at_any_time(clicks: Clicks) -> None:
    """It is how the platform is started again by hand; where all runs it changes nothing."""
    clicks.clear("end_copies", downstream=True)
    clicks.watch.await_step(clicks.run_id, "conclude_night", ("success", "failed"), WITHIN_S)
    clicks.ends()
    clicks.platform_is_whole()


def test_the_whole_run_is_cleared(clicks: Clicks) -> None:
    """It is a night again, with an attempt and a backup of its own; the first backup stays what it was."""
    (first,) = clicks.attempts
    sealed = first.read(MANIFEST)
    clicks.clear_run()
    assert clicks.ends() == "success", stories.failures(clicks.watch, clicks.run_id)
    first, second = clicks.attempts
    assert second.label == f"{first.label}-2"
    assert first.read(MANIFEST) == sealed
    assert second.read(MANIFEST) is not None
    clicks.platform_is_whole()


def test_a_copy_is_marked_as_success_while_it_works(others: Clicks) -> None:
    """The mark makes no copy: the night is not sealed, the run not green. A second run meanwhile ends at its look."""
    others.begin()
    others.copying()
    second = others.watch.trigger(plan_only=True)
    assert others.watch.watch(second, lambda line: None) == "failed"
    assert "LookFailedError" in stories.failures(others.watch, second)
    others.mark_and_await_its_end("copy_shard", "success")
    assert others.ends() == "failed"
    assert [night.read(MANIFEST) for night in others.attempts] == [None]
    third = others.watch.trigger(plan_only=True)
    assert others.watch.watch(third, lambda line: None) == "success", "plan only, once the platform is free"
    others.platform_is_whole()


def test_a_stop_is_marked_as_failed_while_it_works(others: Clicks) -> None:
    """What comes behind it is not done, what it stopped is started; a run that ended so is never green."""
    switch(PLATFORM, "ingest-external", "stop_s=15")()
    others.begin()
    others.watch.await_step(others.run_id, "stop_ingest_external", ("running", "deferred"), WITHIN_S)
    others.mark("stop_ingest_external", "failed")
    assert others.ends() == "failed"
    assert [night.read(MANIFEST) for night in others.attempts] == [None]
    others.platform_is_whole()
    behave(PLATFORM, "ingest-external")()
