"""Up at one look proves nothing. The kind of fault: a moment taken for a state."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest

from vitam_operators import restless as of_units
from vitam_operators.restless import pause_s, restless
from vitam_operators.systemd import UnitState

UNIT = "vitam-storage.service"
AT = dt.datetime(2026, 11, 23, 20, 0, 0, tzinfo=dt.UTC)
UP = UnitState(UNIT, "loaded", "active", "running", "success", 210, 0, 0, AT, AT, None, 0)
WAITING = {"active": "activating", "sub": "auto-restart", "result": "exit-code", "pid": 0, "exit_status": 1}
LATER = {"started_at": AT + dt.timedelta(seconds=8)}


def found(first, second):
    """Return what two looks find, each told by what differs from a unit that runs well."""
    states = (dataclasses.replace(UP, **changes) for changes in (first, second))
    return restless(*({UNIT: state} for state in states)).get(UNIT, "")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({}, {}),
        ({"restarts": 1}, {"restarts": 1}),
        ({"restarts": 12}, {"restarts": 12}),
        ({"restarts": None}, {"restarts": None}),
        ({"active": "activating", "sub": "start"}, {}),
        ({"active": "activating", "sub": "start"}, {"active": "activating", "sub": "start"}),
        ({"started_at": None, "restarts": None}, {"restarts": None}),
        ({}, LATER),
        ({"active": "inactive", "sub": "dead", "pid": 0}, {"restarts": 3}),
        ({"active": "active", "sub": "waiting", "restarts": None}, {"restarts": None, "active": "active"}),
    ],
    ids=[
        "never",
        "once",
        "often_but_long_ago",
        "not_counted",
        "it_starts",
        "it_starts_slowly",
        "nothing_known",
        "somebody_restarted_it",
        "it_did_not_run",
        "timer",
    ],
)
def test_a_unit_that_stands_still(first, second):
    """A unit that was restarted once and runs since is a good one: its night must not be red."""
    assert found(first, second) == ""


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        ({"restarts": 4}, {"restarts": 5, **LATER}, "5 restarts, exit status 0"),
        ({"restarts": 0}, {"restarts": 1, **LATER}, "1 restarts, exit status 0"),
        ({"restarts": 4, **WAITING}, {"restarts": 4, **WAITING}, "it waits for a restart (4 restarts), exit status 1"),
        ({"restarts": 4, **WAITING}, {"restarts": 5, **LATER}, "it waits for a restart (5 restarts), exit status 0"),
        ({}, {**WAITING, "restarts": None}, "it waits for a restart (restarts are not counted), exit status 1"),
        (
            {"restarts": None},
            {"restarts": None, **LATER},
            "it was started at 20:00:00 and again at 20:00:08 UTC, exit status 0",
        ),
    ],
    ids=["counted", "for_the_first_time", "waiting", "just_restarted", "just_ended", "before_systemd_235"],
)
def test_a_unit_in_a_restart_loop(first, second, words):
    """systemd calls it "activating", and every now and then "active"."""
    assert found(first, second) == f"systemd restarts it again and again: {words}"


def test_a_unit_that_ends_between_two_looks():
    """It ran at the look, and is down when the night begins."""
    down = {"active": "failed", "sub": "failed", "result": "exit-code", "pid": 0, "exit_status": 1}
    assert found({}, down) == "it has just ended: failed (failed), result exit-code, exit status 1, pid 0"


@pytest.mark.parametrize("between_s", [10, 2])
def test_where_something_was_restarted_the_second_look_comes_later(monkeypatch, between_s):
    """A service may live for twenty seconds before it ends again; both pauses follow from one number."""
    monkeypatch.setattr(of_units, "BETWEEN_LOOKS_S", between_s)
    assert pause_s({UNIT: UP, "x": dataclasses.replace(UP, restarts=None)}) == between_s
    assert pause_s({UNIT: UP, "x": dataclasses.replace(UP, restarts=2)}) == 3 * between_s
