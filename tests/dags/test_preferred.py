"""The same member is copied each night, where that can be had for nothing; a night never fails for it."""

from __future__ import annotations

import pytest

from vitam_operators import nights as records
from vitam_operators.hooks import elections

SHARD1 = {"cluster": "mongo-data", "replica_set": "shard1"}
PART = "mongo-data-shard1"
PREFERRED = "data-4"


@pytest.fixture(autouse=True)
def no_time_between_looks(monkeypatch):
    monkeypatch.setattr(elections, "LOOK_EVERY_S", 0.0)


@pytest.fixture
def elsewhere(nights):
    """A platform on which another member than the preferred one is the primary of shard1."""
    night = nights("small")
    shard1(night)._primary = "data-5"
    return night


def shard1(night):
    return night.fake.replica_set("mongo-data", "shard1")


def sealed(night):
    """The manifest of a night that went well."""
    night.run(securing="none_running")
    assert (night.state, night.different) == ("success", set())
    return night.records.read(records.MANIFEST)


def test_the_preferred_member_is_made_the_primary_and_copied(elsewhere):
    manifest = sealed(elsewhere)
    assert manifest["parts"][PART]["host"] == PREFERRED
    assert manifest["warnings_of_night"] == []
    assert shard1(elsewhere).frozen == set()


def late(night):
    """After the look it is a minute behind, and before the last look it has what it lacked."""
    fake, lags = shard1(night), iter([0, 60])
    status = fake.status

    def then():
        fake.lag_s = next(lags, 0)
        return status()

    fake.status = then


def of_low_priority(night):
    shard1(night).members[0].priority = 1


def refused(night):
    shard1(night).forbidden = ("replSetStepDown",)


def not_to_be_frozen(night):
    shard1(night).forbidden = ("replSetFreeze",)


def not_elected(night):
    """It steps down, and the preferred one is frozen by a person."""
    shard1(night).frozen.add(PREFERRED)
    night.before = night.fake.snapshot()


@pytest.mark.parametrize(
    ("hinder", "why"),
    [
        (late, "it is 60 s behind"),
        (of_low_priority, "its priority is 1, others have 10 and would take over"),
        (refused, "not authorized on admin to execute command replSetStepDown"),
        (not_to_be_frozen, "not authorized on admin to execute command replSetFreeze"),
        (not_elected, "it was not elected within"),
    ],
)
def test_what_hinders_it_costs_no_night(elsewhere, hinder, why):
    """A backup of the other member is one; only what is stored of it is more. No member is left frozen."""
    hinder(elsewhere)
    manifest = sealed(elsewhere)
    copied = manifest["parts"][PART]["host"]
    assert copied != PREFERRED
    (warning,) = manifest["warnings_of_night"]
    assert warning.startswith(f"{PART}: new base: {copied} was copied, not {PREFERRED}, which is preferred: ")
    assert why in warning


def test_a_set_without_a_preferred_member_is_left_as_it_is(elsewhere):
    elsewhere.fake.replica_set("mongo-data", "shard0")._primary = "data-2"
    manifest = sealed(elsewhere)
    assert manifest["parts"]["mongo-data-shard0"]["host"] == "data-2"
    assert "preferred.mongo-data-shard0" not in {path.stem for path in elsewhere.records.directory.iterdir()}


def test_once_a_primary_is_stopped_nobody_is_stepped_up_any_more(half):
    """A second try would make a member the primary that was not copied."""
    stops = [step for step in half.steps if step.startswith("stop_") and "primary" not in step]
    half.until("arm_restart_guard", *stops, "await_balancer_idle", "prefer_member", "await_nobody_writes")
    half.run("stop_shard_primary", **SHARD1)
    primary = shard1(half).primary
    assert primary != PREFERRED
    assert half.run("prefer_member", **SHARD1)["why"] is None
    assert shard1(half).primary == primary
