"""Which member can be made the primary, and when a copy has a new base."""

from __future__ import annotations

import datetime as dt

import pytest

from vitam_operators import preferred

NOW = dt.datetime(2026, 11, 24, 22, 0)


def member(name, state=2, text="SECONDARY", behind_s=0, health=1):
    moment = NOW - dt.timedelta(seconds=behind_s)
    return {"name": name, "state": state, "stateStr": text, "health": health, "optimeDate": moment}


A, B, C = member("a:1", 1, "PRIMARY"), member("b:1"), member("c:1")


def why(*states, **settings):
    members = [{"host": "a:1", "priority": 10}, {"host": "b:1", "priority": 10, **settings}, {"host": "c:1"}]
    return preferred.unfit("b:1", {"members": list(states)}, {"config": {"members": members}})


@pytest.mark.parametrize(
    ("state", "settings", "reason"),
    [
        (B, {}, None),
        (member("b:1", behind_s=10), {}, None),
        (member("b:1", behind_s=11), {}, "it is 11 s behind"),
        (member("b:1", 3, "RECOVERING"), {}, "it is RECOVERING"),
        (member("b:1", 8, "(not reachable/healthy)", health=0), {}, "it is (not reachable/healthy)"),
        (member("b:1", health=0), {}, "it is SECONDARY"),
        (B, {"priority": 1}, "its priority is 1, others have 10 and would take over"),
        (B, {"priority": 0, "hidden": True}, "its priority is 0, others have 10 and would take over"),
        (B, {"secondaryDelaySecs": 60}, "it is an arbiter, or behind on purpose"),
        (B, {"arbiterOnly": True}, "it is an arbiter, or behind on purpose"),
    ],
)
def test_who_can_be_made_the_primary(state, settings, reason):
    """Stepping down for one that cannot take over would leave the set without a primary for its whole timeout."""
    assert why(A, state, C, **settings) == reason


def test_a_host_that_is_not_in_the_set():
    assert preferred.unfit("d:1", {"members": [A]}, {"config": {"members": [{"host": "a:1"}]}}) == (
        "rs.conf() has no member d:1"
    )


@pytest.mark.parametrize(
    ("copied", "reason", "words"),
    [
        ("b", None, None),
        ("b", "it is RECOVERING", None),
        ("a", "it is RECOVERING", "s0: new base: a was copied, not b, which is preferred: it is RECOVERING"),
        ("a", None, "s0: new base: a was copied, not b, which is preferred: another member was elected afterwards"),
    ],
)
def test_a_new_base_is_told_when_another_was_copied(copied, reason, words):
    """What counts is who was copied in the end."""
    assert preferred.warning("s0", {"host": "b", "why": reason}, copied) == words
