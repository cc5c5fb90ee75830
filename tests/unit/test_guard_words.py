"""What is said of a guard that a night finds on a host: a host belongs to one night, and a guard that fired is told."""

from __future__ import annotations

import pytest

from tests.fakes.guarded import END, PLAN, REPORT
from vitam_operators import guard
from vitam_operators.guard import GuardState

OWN, OTHER = PLAN["run_id"], "manual__2"
ARMED, UNARMED = GuardState(PLAN, None, True, END), GuardState(PLAN, None, False, None)
ENDED = REPORT | {"ended_at": "2026-11-24T07:01:00+00:00"}
FIRED, AT_WORK = GuardState(PLAN, ENDED, True, None), GuardState(PLAN, REPORT, True, None)
NONE = GuardState(None, None, False, None)


@pytest.mark.parametrize(
    ("state", "run_id", "words"),
    [
        (NONE, OWN, None),
        (ARMED, OWN, None),
        (UNARMED, OWN, None),
        (FIRED, OWN, None),
        (FIRED, OTHER, None),
        (
            ARMED,
            OTHER,
            "data-1: its restart guard is that of backup 20261123T190000Z (run scheduled__2026-11-23) and fires at "
            "2026-11-24 07:00:00 UTC: another night is on, or has died. If it is dead, clear the task "
            "disarm_restart_guard of run scheduled__2026-11-23; or on data-1, once Vitam runs there: ",
        ),
        (
            UNARMED,
            OTHER,
            "data-1: its restart guard is that of backup 20261123T190000Z (run scheduled__2026-11-23) and is not "
            "armed: another night is on, or has died. If it is dead, clear the task disarm_restart_guard",
        ),
        (
            AT_WORK,
            OTHER,
            "data-1: its restart guard is that of backup 20261123T190000Z (run scheduled__2026-11-23) and is at work: "
            "another night is on, or has died.",
        ),
    ],
)
def test_a_host_belongs_to_one_night(state, run_id, words):
    """Two Airflows, or a run that was deleted: what the one has stopped the other would take for its usual state."""
    found = guard.finding(state, "data-1", run_id)
    assert found is None if words is None else str(found).startswith(words)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (NONE, None),
        (ARMED, None),
        (UNARMED, None),
        (AT_WORK, None),
        (
            FIRED,
            "data-1: the restart guard of backup 20261123T190000Z fired at 2026-11-24T07:00:01+00:00, the night had "
            "not ended in order; left down: nothing",
        ),
        (
            GuardState(PLAN, ENDED | {"left_down": ["a.service", "b.service"]}, True, None),
            "data-1: the restart guard of backup 20261123T190000Z fired at 2026-11-24T07:00:01+00:00, the night had "
            "not ended in order; left down: a.service, b.service",
        ),
    ],
)
def test_a_guard_that_fired_is_told(state, words):
    """It is no reason not to make tonight's backup, but somebody has to learn of it."""
    assert guard.warning(state, "data-1") == words
