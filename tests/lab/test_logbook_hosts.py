"""A night on Vitam 5 with two hosts of logbook: Vitam starts the securing timers on the last of them only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lab.components import SECURING
from lab.platform_file import write_platform_file
from tests.faults.breaking import all_of, behave, switch
from tests.lab import evidence, restoring, stories
from tests.lab.conftest import lab_verb

pytestmark = pytest.mark.restores
PLATFORM, FIRST, LAST = "spare", "spare1", "spare2"
SECURED = "journalctl --unit vitam-traceability-operations.service --output cat | grep -c ': secured' || true"


@pytest.fixture(autouse=True)
def gone_afterwards() -> Iterator[None]:
    """Take the platform away: a restore onto it wants it made after `allinone`, with the accounts of that one."""
    yield
    lab_verb("down", PLATFORM)


def test_it_waits_for_the_securing_where_that_runs(platform_up: Callable[..., Path]) -> None:
    """The units are on both hosts; on the first one they never ran, and the night waits for those of the last one."""
    run = platform_up(PLATFORM)
    write_platform_file(PLATFORM, {"window": stories.window_far_away()})
    units = evidence.running_units(PLATFORM)
    timers = {f"vitam-{name}.timer" for name in SECURING}
    assert (timers & units[FIRST], timers & units[LAST]) == (set(), timers)
    each_minute = [switch(LAST, name, "every-minute") for name in SECURING]
    all_of(*each_minute)()
    try:
        night = restoring.by_hand(PLATFORM, "vitam_backup", securing="next_run")
    finally:
        all_of(*(behave(LAST, name) for name in SECURING))()
    assert night["state"] == "success", night["log"][-3000:]
    assert (int(evidence.on(FIRST, SECURED)), int(evidence.on(LAST, SECURED)) > 0) == (0, True)
    stories.platform_is_as_before(PLATFORM, run, units)
