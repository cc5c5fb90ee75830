"""The restart guard in a night: armed before the first stop, and the last to go; until then units are held."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.dags.half import HalfNight
from vitam_operators import guard
from vitam_operators.errors import (
    GuardHeldError,
    GuardNotArmedError,
    LookFailedError,
    NightClosedError,
    NotHealthyError,
    UnguardedError,
)

WORKER = {"host": "worker-1"}
OPENED = ["check_host", "check_cluster", "plan_night", "open_backup", "arm_restart_guard"]


def foreign_guard(night, host: str, **changes):
    """Arm a host's guard as another run would."""
    until = (dt.datetime.now(dt.UTC) + dt.timedelta(hours=9)).replace(microsecond=0)
    plan = {"backup": "20200101T200000Z", "run_id": "another", "fires_at": until.isoformat()}
    for command in guard.arm({**plan, "databases": [], "services": [], **changes}, stop_s=60):
        assert night.fake.hosts[host].answer(command.line, command.stdin or "")[0] in command.ok
    night.fake.changes.clear()
    night.before = night.fake.snapshot()
    return night.fake.hosts[host].guard


# --- whose host it is ------------------------------------------------------------------------------------------------


def test_another_runs_guard_ends_the_night_before_it_begins(nights):
    """Two Airflows over one platform, or a run that died: what the one has stopped the other takes for usual."""
    night = nights("tiny")
    theirs = foreign_guard(night, "data")
    before = dict(theirs.texts)
    night.run()
    assert (night.state, night.different, night.changes) == ("failed", set(), [])
    assert sorted(night.states["check_host"]) == ["failed", "success"]
    assert theirs.texts == before
    with pytest.raises(
        LookFailedError, match=r"data: its restart guard is that of backup 2020.* \(run another\) and fires"
    ):
        HalfNight(night).run("check_host", host="data")


def test_a_guard_that_has_fired_is_a_warning(nights):
    """That night is over, however it ended; this one tells of it, and is a night as any other."""
    night = nights("tiny")
    foreign_guard(night, "app").fired(left_down=["vitam-logbook.service"])
    night.run()
    assert night.state == "success"
    assert night.different == {"guard of app"}, "the old one is gone as well"
    (told,) = night.records.opened["warnings"]
    assert told.startswith("app: the restart guard of backup 20200101T200000Z fired at 2026-11-24T07:00:01+00:00")
    assert told.endswith("left down: vitam-logbook.service")


def test_a_run_that_is_begun_again_finds_its_own_guard(half):
    """It is no stranger's: the run goes on, and arms it for the same moment again."""
    half.run("arm_restart_guard")
    first = half.fake.hosts["app"].guard.plan
    half.until(*OPENED)
    assert half.fake.hosts["app"].guard.plan | {"armed_at": first["armed_at"]} == first
    assert half.fake.hosts["app"].guard.armed


def test_a_host_that_another_run_took_after_the_look_is_not_touched(half):
    """Between look and arming are seconds: the plan on the host is the lock."""
    theirs = foreign_guard(half, "data-4")
    before = dict(theirs.texts)
    with pytest.raises(
        GuardHeldError, match=r"data-4: its restart guard is that of backup .* clear the task disarm_res"
    ):
        half.run("arm_restart_guard", host="data-4")
    assert theirs.texts == before
    assert half.run("disarm_restart_guard", host="data-4") is None
    assert (theirs.texts, theirs.armed) == (before, True)


# --- armed -----------------------------------------------------------------------------------------------------------


def test_armed_for_the_end_of_the_window(half):
    """It starts what ran there, in the order of the starts, and knows where every set has its members."""
    answers = half.run("arm_restart_guard")
    assert {answer["fires_at"] for answer in answers} == {half.records.opened["window"]["end"][:19] + "+00:00"}
    plan = half.fake.hosts["offer-1"].guard.plan
    assert plan["databases"] == ["vitam-mongod.service", "vitam-mongoc.service", "vitam-mongos.service"]
    offers = ["vitam-offer.service", "vitam-offer-log-compaction.timer"]
    assert [service["unit"] for service in plan["services"]] == offers
    assert plan["services"][0]["status_url"] == "http://10.1.0.21:29900/admin/v1/status"
    assert ["10.1.0.21:27019", "10.1.0.22:27019"] in plan["sets"], "the arbiter on worker-1 is never the primary"
    assert len(plan["sets"]) == 5
    assert plan["copies"] == f"/vitam/backup/{half.records.label}"
    timers = [service for service in half.fake.hosts["app"].guard.plan["services"] if ".timer" in service["unit"]]
    assert {service["status_url"] for service in timers} == {""}
    assert {service["wave"] for service in timers} == {max(service["wave"] for service in plan["services"])}
    assert timers[0] == half.fake.hosts["app"].guard.plan["services"][-len(timers)], "what starts by itself starts last"


def test_the_guard_has_the_platform_files_times(half):
    """A bound of our own that is shorter than what the platform file grants ends what would have come up."""
    half.run("arm_restart_guard")
    plan, timeouts = half.fake.hosts["data-1"].guard.plan, half.dag.get_task("plan_night").platform.timeouts
    assert (plan["primary_s"], plan["service_s"]) == (timeouts.mongod_start_s, timeouts.service_start_s)
    assert plan["again_for_s"] > plan["primary_s"], "what ends since a set came late is tried again"


def test_the_guard_starts_elasticsearch_with_the_databases(half):
    """Both take long, and neither asks the other."""
    half.run("arm_restart_guard")
    plans = [host.guard.plan for host in half.fake.hosts.values()]
    first = {service["unit"] for plan in plans for service in plan["services"] if service["wave"] == 0}
    assert first == {cluster.unit for cluster in half.dag.get_task("plan_night").platform.elasticsearch}


def test_a_timer_that_does_not_run_is_no_guard(half):
    """Nothing may stop on the word of a file that was written."""
    half.fake.hosts["data-4"].guard.timer_dies = True
    with pytest.raises(GuardNotArmedError, match=r"data-4: .* was started, but it does not run and fires at None"):
        half.run("arm_restart_guard", host="data-4")


def test_a_guard_that_would_fire_at_another_moment_is_none(half, monkeypatch):
    """A host that reads the moment otherwise would start the platform in the middle of the copies, or never."""
    host = half.fake.hosts["data-4"]
    monkeypatch.setattr(host.guard, "_next_firing", lambda: "Tue 2030-01-01 00:00:00 UTC")
    with pytest.raises(GuardNotArmedError, match=r"but it runs and fires at 2030-01-01 00:00:00\+00:00, expected"):
        half.run("arm_restart_guard", host="data-4")


def test_no_guard_is_armed_once_the_restart_has_begun(half):
    """The task was cleared too late: nobody would disarm it any more."""
    half.run("end_copies")
    with pytest.raises(NightClosedError):
        half.run("arm_restart_guard")
    assert half.fake.changes == []


GUARDED_STEPS = [
    ("stop_worker", WORKER, "worker-1"),
    ("stop_shard_primary", {"cluster": "mongo-data", "replica_set": "shard0"}, "data-1"),
    ("hold_scheduling", {}, "app"),
    ("stop_elasticsearch", {"cluster": "elasticsearch-data", "host": "data-1"}, "data-1"),
]
UNGUARDED = {
    "there is no restart guard": lambda fake: fake.texts.pop(f"{guard.HOME}/plan.json"),
    "the timer of the restart guard does not run": lambda fake: setattr(fake, "armed", False),
    "the restart guard has fired at 2026-11-24T07:00:01": lambda fake: fake.fired(),
    "the restart guard is that of run another": lambda fake: fake.texts.update(
        {f"{guard.HOME}/plan.json": fake.texts[f"{guard.HOME}/plan.json"].replace("manual__steps", "another")}
    ),
}


@pytest.mark.parametrize(("step", "target", "host"), GUARDED_STEPS, ids=[step for step, _, _ in GUARDED_STEPS])
@pytest.mark.parametrize("found", UNGUARDED)
def test_nothing_stops_where_nobody_would_start_it_again(half, step, target, host, found):
    """The step was cleared alone, after the guard had gone: with Airflow dead, what it stops would stay down."""
    half.run("arm_restart_guard")
    UNGUARDED[found](half.fake.hosts[host].guard)
    half.fake.changes.clear()
    with pytest.raises(UnguardedError, match=f"{host}: {found}.*would stay down"):
        half.run(step, **target)
    assert [change for change in half.fake.changes if change[1] == "stop"] == []


# --- held ------------------------------------------------------------------------------------------------------------


def start_by_hand(night, host: str, unit: str):
    """What a person, or Ansible at its hour, does on a host."""
    night.fake.hosts[host].answer(f"sudo -n systemctl start --no-block -- {unit}", "")


def test_what_the_night_has_stopped_nobody_starts(cold):
    """A mongod that somebody starts during its copy makes two moments of one archive."""
    stopped = {(host, unit) for host, verb, unit in cold.fake.changes if verb == "stop"}
    assert {unit for host, unit in stopped if host == "data-1"} >= {"vitam-mongod.service", "vitam-mongoc.service"}
    assert ("app", "vitam-traceability-audit.timer") in stopped
    for host, unit in stopped:
        with pytest.raises(AssertionError, match="is held, and was started"):
            start_by_hand(cold, host, unit)


def test_what_the_night_has_not_stopped_can_be_started(cold):
    """Routers and the other members are nobody's business but their own."""
    for host, unit in [("data-1", "vitam-mongos.service"), ("data-2", "vitam-mongod.service")]:
        cold.fake.hosts[host].units[unit].end(0)
        start_by_hand(cold, host, unit)
        assert cold.fake.hosts[host].units[unit].active == "activating"


def test_what_was_started_after_the_look_is_not_stopped(look):
    """It was down at the look and mended since: neither the night nor a guard would start it again."""
    look.fake.hosts["worker-2"].units["vitam-worker.service"].end(0)
    look.until(*OPENED)
    start_by_hand(look, "worker-2", "vitam-worker.service")
    with pytest.raises(UnguardedError, match=r"worker-2: vitam-worker.service did not run at the look and was started"):
        look.run("stop_worker", host="worker-2")
    assert look.fake.hosts["worker-2"].units["vitam-worker.service"].active in ("active", "activating")


@pytest.mark.parametrize(
    ("step", "target", "host"),
    [
        ("start_worker", WORKER, "worker-1"),
        ("start_shard_primary", {"cluster": "mongo-data", "replica_set": "shard0"}, "data-1"),
        ("resume_scheduling", {}, "app"),
    ],
)
def test_a_step_that_is_cleared_late_starts_nothing_under_another_run(cold, step, target, host):
    """With a step of last night Airflow clears all its starts; a restore, or tonight's night, has stopped the host."""
    cold.until("end_copies")
    foreign_guard(cold, host)
    with pytest.raises(GuardHeldError, match=f"{host}: its restart guard is that of backup 20200101T200000Z"):
        cold.run(step, **target)
    assert [change for change in cold.fake.changes if change[:2] == (host, "start")] == []


def test_each_start_lets_go_of_its_own_unit(cold):
    """The others are still stopped: a service that comes up too early finds no database."""
    cold.until("end_copies")
    cold.run("start_worker", **WORKER)
    start_by_hand(cold, "worker-1", "vitam-worker.service")
    with pytest.raises(AssertionError, match=r"vitam-worker.service is held"):
        start_by_hand(cold, "worker-2", "vitam-worker.service")


def test_a_mongod_has_time_to_close_its_files(half):
    """systemd's 90 s and then SIGKILL would leave a crash to copy."""
    half.run("arm_restart_guard", host="data-1")
    drop_ins = half.fake.hosts["data-1"].guard.loaded
    longer = {unit for unit, text in drop_ins.items() if "TimeoutStopSec=3600" in text}
    assert longer == {"vitam-mongod.service", "vitam-mongoc.service", "vitam-mongos.service"}
    assert set(drop_ins) - longer == {"vitam-elasticsearch-data.service"}


# --- disarmed --------------------------------------------------------------------------------------------------------


def test_the_guard_stays_where_a_unit_stays_down(nights):
    """One worker does not come up: its host tries again at the window's end; the others are free."""
    night = nights("small")
    worker = night.fake.unit("worker@worker-1")
    worker.dies_at_start = True
    night.run(securing="none_running")
    assert night.state == "failed"
    assert night.different == {"vitam-worker.service@worker-1", "guard of worker-1"}
    assert night.fake.hosts["worker-1"].guard.armed
    again = HalfNight(night).go_on()
    with pytest.raises(
        NotHealthyError, match=r"worker-1: vitam-worker.service ran .* the guard stays and tries again at"
    ):
        again.run("disarm_restart_guard", **WORKER)
    worker.dies_at_start = False
    again.run("start_worker", **WORKER)
    assert again.run("disarm_restart_guard", **WORKER) == {"fired": False}
    assert night.different == set()


def test_a_guard_that_fired_in_this_night_is_in_its_records(cold):
    """The platform was up at eight, but not by this night: the manifest, if there is one, has to say so."""
    cold.until(*(step for step in cold.starts if step != "disarm_restart_guard"))
    cold.fake.hosts["app"].guard.fired()
    assert cold.run("disarm_restart_guard", host="app") == {"fired": True}
    assert cold.records.read("guard.app")["fired_at"] == "2026-11-24T07:00:01+00:00"
    assert not cold.fake.hosts["app"].guard.there


def test_disarmed_twice_and_never_armed(half):
    """Clearing the group start by hand is harmless, whatever there is."""
    for _ in range(2):
        assert half.run("disarm_restart_guard", host="app") == {"fired": False}
    assert half.fake.changes == []


def test_nothing_was_opened_nothing_is_disarmed(look):
    """The run failed at its look; the guard on the host, if there is one, is another's."""
    theirs = foreign_guard(look, "app")
    assert look.run("disarm_restart_guard", host="app") is None
    assert theirs.armed
