"""Waits in the triggerer: they survive its restart, end in time, and tell why when they fail."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import logging
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import TaskDeferred

from tests.fakes.units import FakeUnit
from vitam_operators import errors
from vitam_operators.errors import (
    GivenUpError,
    HostUnreachableError,
    PrimaryError,
    StillStoppingError,
    StopNotProvedError,
)
from vitam_operators.hooks import kept_platforms
from vitam_operators.hooks.kept_platforms import platform_by
from vitam_operators.operators import base as operators
from vitam_operators.triggers import base as triggers
from vitam_operators.triggers.base import WaitTrigger, look_until, raised
from vitam_operators.triggers.mongo import BalancerIdle, BalancerIs, NobodyWrites, PrimaryElected
from vitam_operators.triggers.quiet import LogbookSecured, SchedulingHeld, WorkflowsDrained
from vitam_operators.triggers.units import UnitActive, UnitEnded, UnitHealthy, UnitStopped

WAITS = [
    UnitStopped("FILE", "app", "vitam-logbook.service", [9002, 29002], ran_before=True),
    UnitStopped("FILE", "data-1", "vitam-mongod.service", [27019], db_path="/vitam/data/mongod/db"),
    UnitActive("FILE", ["data-1", "data-2"], "vitam-mongod.service"),
    UnitHealthy("FILE", "app", "vitam-logbook.service", 29002),
    UnitEnded("FILE", "data-1", "vitam-copy-x-shard0.service", 1_000),
    WorkflowsDrained("FILE", ["app"]),
    LogbookSecured("FILE", "2026-11-24T00:00:00+01:00"),
    LogbookSecured("FILE", None),
    SchedulingHeld("FILE"),
    BalancerIdle("FILE", "mongo-data"),
    NobodyWrites("FILE", "mongo-data"),
    BalancerIs("FILE", "mongo-data", "full"),
    PrimaryElected("FILE", "mongo-data", "shard0", 300),
]


def in_seconds(seconds: float) -> dt.datetime:
    """The moment in so many seconds."""
    return dt.datetime.now(dt.UTC) + dt.timedelta(seconds=seconds)


async def event_of(trigger: WaitTrigger) -> dict[str, Any]:
    """The one event that a trigger yields."""
    events = [event.payload async for event in trigger.run()]
    assert len(events) == 1
    assert json.loads(json.dumps(events[0])) == events[0], "an event goes through the database as JSON"
    return events[0]


@pytest.fixture
def small(nights, platform_files):
    """The small platform, everything running."""
    night = nights("small")
    return SimpleNamespace(fake=night.fake, file=str(platform_files("small")))


@pytest.mark.parametrize("wait", WAITS, ids=lambda wait: type(wait).__name__)
def test_a_trigger_is_made_again_from_what_it_serialises(wait):
    """The triggerer restarts, and has nothing but the database."""
    trigger = WaitTrigger.of(wait, in_seconds(60), 10.0)
    path, arguments = trigger.serialize()
    module, _, name = path.rpartition(".")
    again = getattr(import_module(module), name)(**json.loads(json.dumps(arguments)))
    assert again.serialize() == trigger.serialize()
    module, _, name = again.wait.partition(":")
    assert getattr(import_module(module), name)(**again.arguments) == wait


async def test_done(small):
    """What the wait found goes to the step that waited."""
    wait = UnitHealthy(small.file, "app", "vitam-logbook.service", 29002)
    event = await event_of(WaitTrigger.of(wait, in_seconds(5), 1))
    assert event["state"] == "done"
    assert event["words"] == "vitam-logbook.service on app runs and is healthy"
    assert "active_since" in event["value"]


async def test_late(small):
    """What was still missing is told; nothing was killed for it."""
    wait = UnitStopped(small.file, "app", "vitam-logbook.service", [9002])
    event = await event_of(WaitTrigger.of(wait, in_seconds(0.2), 10))
    assert event["state"] == "late"
    assert event["words"].startswith("vitam-logbook.service on app is active (running)")
    assert small.fake.changes == []


async def test_failed(small):
    """Waiting longer is of no use: the step fails now, with the hint for the person on duty."""
    unit = small.fake.unit("mongod@data-1")
    unit.end(9)
    wait = UnitStopped(small.file, "data-1", unit.name, [27019], db_path="/vitam/data/mongod/db")
    event = await event_of(WaitTrigger.of(wait, in_seconds(5), 10))
    assert (event["state"], event["error"]) == ("failed", "StopNotProvedError")
    error = raised(event)
    assert isinstance(error, StopNotProvedError)
    assert "vitam-mongod.service on data-1 is down, but it did not end in order" in error.message
    assert "read journalctl -u vitam-mongod.service on data-1" in error.hint


async def test_a_triggerer_that_does_not_see_the_records_goes_on_by_the_file(small, tmp_path):
    """Kind: a wait that ends although all is well. The workers share the records; the triggerer need not see them."""
    wait = UnitHealthy(str(tmp_path / "20261123T190000Z" / "platform_kept.json"), "app", "vitam-logbook.service", 29002)
    event = await event_of(WaitTrigger.of(wait, in_seconds(5), 1, instead=small.file))
    assert event["state"] == "done"


async def test_a_records_disk_that_blinks_ends_no_wait(small, tmp_path):
    """Kind: the same, hours later: what a run keeps was read once, and is never written again."""
    kept = tmp_path / "20261123T190000Z" / "platform_kept.json"
    kept.parent.mkdir()
    kept.write_text(json.dumps(kept_platforms.kept(platform_by(small.file))))
    wait = UnitHealthy(str(kept), "app", "vitam-logbook.service", 29002)
    assert (await wait.look()).done
    kept.unlink()
    assert (await wait.look()).done


async def test_a_copy_that_failed_is_waited_for_no_longer(small):
    """A disk full at midnight: each look until the give-up time would find the same, with the platform down."""
    units = small.fake.hosts["data-1"].units
    units["vitam-copy-x.service"] = FakeUnit("vitam-copy-x.service")
    units["vitam-copy-x.service"].end(1)
    event = await event_of(WaitTrigger.of(UnitEnded(small.file, "data-1", "vitam-copy-x.service"), in_seconds(30), 10))
    assert (event["state"], event["error"]) == ("failed", "CopyFailedError")


async def test_a_host_that_is_away_for_a_while_is_waited_for(small, monkeypatch):
    """A network that blinks at 3 o'clock must not cost the night."""
    host = small.fake.hosts["app"]
    host.unreachable, looks = True, iter(range(100))

    async def sleep(seconds: float) -> None:
        host.unreachable = next(looks) < 10

    monkeypatch.setattr(triggers, "asyncio", SimpleNamespace(sleep=sleep))
    wait = UnitHealthy(small.file, "app", "vitam-logbook.service", 29002)
    event = await event_of(WaitTrigger.of(wait, in_seconds(5), 10))
    assert event["state"] == "done"
    assert next(looks) > 10


async def test_a_service_that_is_ill_is_not_healthy(small):
    """``active`` is what systemd thinks; a JVM that answers 503 serves nobody."""
    small.fake.vitam.ill.add(29002)
    wait = UnitHealthy(small.file, "app", "vitam-logbook.service", 29002)
    event = await event_of(WaitTrigger.of(wait, in_seconds(0.2), 10))
    assert event["words"] == "vitam-logbook.service on app runs, but its /admin/v1/status answers 503"


async def test_a_member_that_is_away_is_not_waited_for_as_long_as_a_primary(small):
    """Its host died in the night: the set can work, so Vitam has to, and the step says who is missing."""
    data = small.fake.replica_set("mongo-data", "shard0")
    away = next(member for member in data.members if member.host != data.primary)
    away.unit.end(9)
    wait = PrimaryElected(small.file, "mongo-data", "shard0", 1)
    began = dt.datetime.now(dt.UTC)
    event = await look_until(wait, in_seconds(60), 0.3, logging.getLogger("wait"))
    assert (event["state"], event["error"]) == ("failed", "NotHealthyError")
    assert f"{data.primary} is primary, not ready yet: {away.host}; after 1 s with a primary" in event["message"]
    assert dt.datetime.now(dt.UTC) - began > dt.timedelta(seconds=1)


async def test_after_an_election_the_others_have_their_time_again(small):
    """The first primary died while they came: nobody has waited for them with this one yet."""
    data = small.fake.replica_set("mongo-data", "shard0")
    data.members[2].unit.end(9)
    wait = PrimaryElected(small.file, "mongo-data", "shard0", 1)
    assert not (await wait.look()).done
    await asyncio.sleep(1.1)
    data.members[1].unit.end(9)
    with pytest.raises(PrimaryError):
        await wait.look()
    data.members[1].unit.run()
    assert "not ready yet" in (await wait.look()).words


async def test_a_set_without_a_primary_has_its_whole_time(small):
    """The others are counted from the election on, which has to come first."""
    data = small.fake.replica_set("mongo-data", "shard0")
    for member in data.members[1:]:
        member.unit.end(9)
    wait = PrimaryElected(small.file, "mongo-data", "shard0", 0)
    event = await look_until(wait, in_seconds(0.5), 0.1, logging.getLogger("wait"))
    assert (event["state"], "0 primaries" in event["words"]) == ("late", True)


async def test_a_stopped_unit_whose_port_is_taken_is_not_down(small):
    """A process that systemd lost sight of still writes."""
    small.fake.unit("logbook@app").end(143)
    small.fake.unit("metadata@app").ports += (9002,)
    wait = UnitStopped(small.file, "app", "vitam-logbook.service", [9002, 29002])
    event = await event_of(WaitTrigger.of(wait, in_seconds(0.2), 10))
    assert (event["state"], "port 9002 is still in use" in event["words"]) == ("late", True)


async def test_workflows_have_to_be_quiet_several_times(small):
    """Between two steps of a workflow the counter can be 0 for a moment."""
    small.fake.vitam.workflows_left = 0
    small.fake.vitam.begun = lambda: True
    wait = WorkflowsDrained(small.file, ["app"])
    assert not (await wait.look()).done
    small.fake.vitam.workflows_left = 1
    assert (await wait.look()).words == "1 workflows are running: INGEST (STARTED) 1"
    assert [(await wait.look()).done for _ in range(2)] == [False, True]


async def test_a_securing_that_failed_ends_the_night(small):
    """Logbooks that were not secured must not be what is kept."""
    securing = small.fake.hosts["app"].units["vitam-traceability-lfc-unit.service"]
    small.fake.secure_logbooks()
    securing.end(1)
    after = in_seconds(-60).isoformat()
    event = await event_of(WaitTrigger.of(LogbookSecured(small.file, after), in_seconds(5), 10))
    assert (event["state"], event["error"]) == ("failed", "SecuringFailedError")


@pytest.mark.parametrize("kind", [getattr(errors, name) for name in dir(errors) if name.endswith("Error")])
def test_each_error_comes_back_from_the_triggerer_as_itself(kind):
    """Its class decides whether the task is tried again."""
    if not issubclass(kind, errors.VitamBackupError):
        pytest.fail(f"{kind} has no hint")
    event = triggers._failure(kind("what happened", hint="what to do"))
    assert (type(raised(event)), str(raised(event))) == (kind, "what happened\nHINT: what to do")


def test_a_step_defers_after_some_seconds_until_its_own_limit(half, monkeypatch):
    """A worker is not held for an hour; and the deferral is bounded, because Airflow does not bound it."""
    half.run("arm_restart_guard")
    half.fake.unit("worker@worker-1").ignores_stop = True
    monkeypatch.setattr(operators, "PATIENCE_S", 0)
    with pytest.raises(TaskDeferred) as deferred:
        half.run("stop_worker", host="worker-1")
    trigger = deferred.value.trigger
    assert trigger.arguments["unit"] == "vitam-worker.service"
    assert trigger.poll_interval_s == operators.WaitingOperator.poll_interval_s
    left = dt.datetime.fromisoformat(trigger.until) - dt.datetime.now(dt.UTC)
    assert dt.timedelta(0) < left < deferred.value.timeout <= left + dt.timedelta(minutes=6)


@pytest.mark.parametrize(("state", "error"), [("late", StillStoppingError), ("failed", HostUnreachableError)])
def test_a_step_that_is_resumed_raises_what_the_triggerer_found(half, state, error):
    """The event is all that is left of the wait."""
    step = half.dag.get_task("stop_worker").unmap({"host": "worker-1"})
    event = {"state": state, "words": "still there", "error": error.__name__, "message": "away", "hint": "look"}
    run = SimpleNamespace(run_id="manual__steps", run_after=half.run_after)
    with pytest.raises(error, match=r"still there|away"):
        step.resume({"dag_run": run, "ti": half.instances.of("stop_worker", 0)}, event)
    half.rewrite_open(window={**half.records.opened["window"], "end": in_seconds(60).isoformat()})
    if state == "late":
        with pytest.raises(GivenUpError, match=r"stop_worker was still waiting: still there"):
            step.resume({"dag_run": run, "ti": half.instances.of("stop_worker", 0)}, event)
