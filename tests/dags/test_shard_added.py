"""A cluster that changes between the look and its copy: kind of a backup that is green and lacks a part."""

from __future__ import annotations

import pytest

from tests.dags.half import HalfNight
from tests.fakes.mongo import FakeMember
from vitam_operators import nights as records
from vitam_operators.errors import NotProvedError
from vitam_operators.operators.mongo import StopBalancerOperator

ADDED = "mongo-data: shard shard9 was added since the look, it is in no copy"


def add_a_shard(night):
    """Somebody adds a shard, with its chunks."""
    night.fake.clusters["mongo-data"].listed = ["shard0", "shard9"]


def add_a_member(night):
    """Somebody adds a member to a set."""
    replica_set = night.fake.replica_set("mongo-data", "shard0")
    other = replica_set.members[0]
    replica_set.members.append(FakeMember("elsewhere", "10.9.0.9:27019", other.unit, arbiter=True))


@pytest.mark.parametrize("change", [add_a_shard, add_a_member])
def test_what_came_since_the_look_stops_nothing_of_mongodb(nights, monkeypatch, change):
    """Hours pass from the look to the balancer's stop; what came meanwhile is on no host that is copied."""
    night = nights("tiny")
    own = StopBalancerOperator.act

    async def act(step, context):
        change(night)
        return await own(step, context)

    monkeypatch.setattr(StopBalancerOperator, "act", act)
    night.run()
    assert (night.state, night.states["await_nobody_writes"]) == ("failed", ["failed"])
    assert night.records.read(records.MANIFEST) is None
    assert not [change for change in night.changes if change.startswith(("stop vitam-mongo", "run "))]


def test_what_came_until_the_seal_is_not_sealed(nights):
    """A backup is of the cluster that its own config set names; one that is sealed stays so, whatever comes later."""
    night = nights("tiny").run()
    assert night.state == "success"
    half = HalfNight(night).go_on()
    add_a_shard(night)
    half.run("seal_backup")
    (half.records.directory / f"{records.MANIFEST}.json").unlink()
    with pytest.raises(NotProvedError, match=ADDED):
        half.run("seal_backup")
    assert half.records.read(records.MANIFEST) is None
