"""
What a run left down is no usual state. Its kind of fault: a fact of an earlier run that the next one takes for chosen.

The earlier run ended somehow; at the look of this one the unit does not run.
"""

from __future__ import annotations

from typing import Any

import pytest

from vitam_operators import left_down
from vitam_operators.left_down import DownUnit
from vitam_operators.nights import Night

LABEL = "20261123T190000Z"
UNIT, HOST = "vitam-storage.service", "app"
NAME = f"{UNIT}@{HOST}"
WINDOW = {"start": "2026-11-23T19:00:00+00:00", "end": "2026-11-24T07:00:00+00:00"}
RAN = {"run_id": "scheduled__x", "window": WINDOW, "units_before": {HOST: [UNIT]}, "down_before": {}}
RESTED = {**RAN, "units_before": {HOST: []}, "down_before": {HOST: {UNIT: None}}}
OLD = {key: RESTED[key] for key in RESTED if key != "down_before"}
AT = "2026-11-24T05:00:00+00:00"
UP = {"platform_up": True, "left_down": [], "unseen": [], "concluded_at": AT}
DOWN = {**UP, "platform_up": False, "left_down": [NAME]}
FIRED = {"host": HOST, "backup": LABEL, "ended_at": "2026-11-24T07:01:00+00:00", "left_down": [UNIT]}


@pytest.fixture
def earlier(tmp_path):
    """Give what writes the records of an earlier night."""

    def write(label: str = LABEL, **records: Any) -> Night:
        night = Night(tmp_path / label)
        for name, record in records.items():
            night.write(name.replace("__", "."), record)
        return night

    return write


def found(*newest_first: Night, since: str | None = None, accepted: Any = (), fired: Any = (), backup: str = "x"):
    """Return what the look of today finds."""
    return list(left_down.findings([DownUnit(HOST, UNIT, since)], newest_first, fired, accepted, backup))


def test_a_unit_that_a_night_left_down_is_found(earlier):
    """The finding says where, since when, and both ways out."""
    assert found(earlier(open=RAN, conclusion=DOWN)) == [
        f"app: {UNIT} is down since backup {LABEL} (run scheduled__x), which found it running and did not get it up "
        f"again: start it (journalctl -u {UNIT}); if it is to stay down, trigger a run with {NAME} in the field "
        "'Accepted'"
    ]


@pytest.mark.parametrize(
    ("records", "fired", "debt"),
    [
        ({"conclusion": UP}, (), False),
        ({"conclusion": {**UP, "platform_up": False, "left_down": ["vitam-logbook.service@app"]}}, (), False),
        ({"conclusion": {**UP, "platform_up": False, "unseen": [HOST]}}, (), True),
        ({}, (), True),
        ({}, (FIRED,), True),
        ({}, ({**FIRED, "left_down": []},), False),
        ({"conclusion": DOWN}, ({**FIRED, "left_down": []},), False),
        ({"conclusion": DOWN}, ({**FIRED, "host": "data", "left_down": []},), True),
        ({"conclusion": {"platform_up": False, "concluded_at": AT}}, (), True),
        (
            {
                "conclusion": {"platform_up": False, "concluded_at": AT},
                "start__vitam-storage.service@app": {"healthy_at": AT},
            },
            (),
            False,
        ),
        ({"report": {"platform_up": False, "left_down": [NAME], "at": AT}}, (), True),
        ({"report": {"platform_up": True, "at": AT}}, (), False),
    ],
    ids=[
        "up",
        "another_unit_down",
        "host_not_seen",
        "died",
        "its_guard_left_it_down",
        "its_guard_got_it_up",
        "its_guard_got_it_up_later",
        "the_guard_of_another_host",
        "of_an_earlier_release",
        "of_an_earlier_release_but_healthy",
        "a_restore_left_it_down",
        "a_restore_got_it_up",
    ],
)
def test_what_an_earlier_run_says_of_the_unit(earlier, records, fired, debt):
    """What is not known counts as left down: a refusal is cheap."""
    assert bool(found(earlier(open=RAN, **records), fired=fired)) == debt


@pytest.mark.parametrize(
    ("since", "debt"), [("2026-11-24T04:59:00+00:00", True), ("2026-11-24T09:00:00+00:00", False), (None, True)]
)
def test_a_unit_that_somebody_started_since_and_stopped_is_their_choice(earlier, since, debt):
    """After a boot systemd knows no such moment: then it is asked for."""
    assert bool(found(earlier(open=RAN, conclusion=DOWN), since=since)) == debt


@pytest.mark.parametrize(("since", "debt"), [("2026-11-24T06:59:00+00:00", True), ("2026-11-24T07:02:00+00:00", False)])
def test_a_night_that_died_is_over_with_its_guard_or_its_window(earlier, since, debt):
    """The last start of the guard itself is nobody's choice."""
    assert bool(found(earlier(open=RAN), since=since)) == debt
    assert bool(found(earlier(open=RAN), since=since, fired=(FIRED,))) == debt


def test_a_person_accepts_it_once_and_for_all(earlier):
    """The run that was told so is opened with it: the next one finds that the unit was down already, and no debt."""
    debt = earlier(open=RAN, conclusion=DOWN)
    assert found(debt, accepted=[NAME]) == []
    assert found(debt, accepted=["vitam-logbook.service@app"])
    told = earlier("20261124T190000Z", open={**RESTED, "accepted": [NAME]}, conclusion=UP)
    assert found(told, debt) == []
    assert found(earlier("20261125T190000Z", open=RESTED, conclusion=UP), told, debt) == []


def test_a_night_of_an_earlier_release_does_not_hide_the_one_before(earlier):
    """It forgot what the one before had left down: that is the fault."""
    debt = earlier(open=RAN, conclusion=DOWN)
    assert found(earlier("20261124T190000Z", open=OLD, conclusion=UP), debt)


def test_an_attempt_of_its_own_is_no_finding(earlier):
    """A run that is cleared as a whole starts what its first attempt left down, and is red if it cannot."""
    assert found(earlier(open=RAN, conclusion=DOWN), backup=LABEL) == []
    assert found(earlier(f"{LABEL}-2", open=RAN, conclusion=DOWN), backup=LABEL) == []


def test_a_unit_that_no_run_knows(earlier):
    """It is new, or of another host."""
    assert found() == []
    assert found(earlier(open={**RAN, "units_before": {"data": [UNIT]}}, conclusion=DOWN)) == []
