"""Nights that end otherwise than they began: a host is booted, a run is begun again, Airflow is gone for good."""

from __future__ import annotations

import contextlib
import shlex

import pytest

from tests.dags.half import HalfNight
from tests.fakes.shell import CURL_LINE
from vitam_operators import nights as records
from vitam_operators.errors import HostUnreachableError, NotHealthyError, RecordsAwayError
from vitam_operators.on_host import restart_guard

OPENED = ["check_host", "check_cluster", "plan_night", "open_backup", "arm_restart_guard"]


def test_the_mongos_of_a_host_that_was_booted_is_started_again(cold):
    """No night stops a router, and no unit of Vitam starts at the boot: nobody else would."""
    cold.fake.hosts["data-2"].reboot()
    assert not cold.fake.unit("mongos@data-2").running
    assert cold.fake.hosts["data-2"].guard.armed
    cold.until(*cold.starts)
    assert cold.different == set()


def test_the_second_attempt_starts_what_the_first_left_down(half):
    """It found the worker down; only the first attempt knows that it ran before."""
    half.until("arm_restart_guard", "stop_worker", "end_copies")
    half.run("start_worker", host="worker-2")
    half.until("check_host", "check_cluster", "plan_night", "open_backup")
    assert half.records.opened["attempt"] == 2
    assert half.records.opened["units_before"]["worker-1"] == ["vitam-mongod.service", "vitam-worker.service"]
    half.until("arm_restart_guard", *half.starts)
    assert half.different == set()


@pytest.mark.parametrize("platform", ["small", "quartz"])
def test_the_second_attempt_resumes_what_the_first_held(nights, platform):
    """It ended before it held anything itself: a scheduler stayed paused, and no step was red."""
    night = nights(platform)
    night.clean()
    half = HalfNight(night).until(*OPENED, "hold_scheduling", "end_copies")
    half.until(*OPENED, *half.starts)
    assert half.different == set()


def fire(night, host: str, monkeypatch):
    """Let a host's guard fire: the program's own order of things, on units and ports that are fakes."""
    fake, answer = night.fake, night.fake.hosts[host].answer
    members = {m.address: (s, m) for c in fake.clusters.values() for s in (c.config_set, *c.shards) for m in s.members}

    def systemctl(verb, *words, **_):
        if verb == "show":
            units = [fake.hosts[host].units[name] for name in words[2:]]
            for unit in units:
                unit.look()
            return "\n\n".join(f"LoadState=loaded\nActiveState={unit.active}" for unit in units)
        if verb == "start":
            answer(shlex.join(["sudo", "-n", "systemctl", "start", "--no-block", "--", *words[1:]]), "")
        return ""

    def is_primary(address):
        replica_set, member = members[address]
        member.unit.look()
        return member.up and replica_set.hello(member)["ismaster"]

    def is_healthy(url):
        return answer(f"{CURL_LINE} --request GET {url}", "")[1].endswith("\n200")

    program = {"systemctl": systemctl, "is_primary": is_primary, "is_healthy": is_healthy}
    program |= {
        "is_resumed": lambda url: answer(f"{CURL_LINE} --request PUT {url}", "")[0] == 0,
        "end_copies": lambda plan: None,
    }
    program |= {"let_go": lambda plan: fake.hosts[host].guard.let_go(), "write": lambda path, report: None}
    for name, stand_in in program.items():
        monkeypatch.setattr(restart_guard, name, stand_in)
    for name in ("LOOK_EVERY_S", "ASK_SYSTEMD_EVERY_S", "SETTLES_WITHIN_S", "AGAIN_AFTER_S"):
        monkeypatch.setattr(restart_guard, name, 0.01)
    short = {"primary_s": 1, "service_s": 1, "again_for_s": 1}
    report = restart_guard.fire({**fake.hosts[host].guard.plan, **short}, "")
    fake.hosts[host].guard.fired(**report)
    return report


FIRST = {"offer-1": -2, "data": -1, **{f"data-{number}": -1 for number in range(1, 7)}}
"""Hosts fire one after the other here: those whose sets have no other member come first."""


@pytest.mark.parametrize("platform", ["small", "quartz"])
def test_the_guards_start_the_platform_when_nobody_else_does(nights, platform, monkeypatch):
    """Airflow is dead since the copies: at eight every host starts its own, and Airflow finds it so when it is back."""
    night = nights(platform)
    night.clean()
    half = HalfNight(night).until(*OPENED)
    kinds = ("stop_", "hold_", "await_balancer_idle", "await_nobody_writes")
    half.until(*(step for step in half.steps if step.startswith(kinds)))
    reports = [fire(half, host, monkeypatch) for host in sorted(half.fake.hosts, key=lambda h: FIRST.get(h, 0))]
    assert [(*report["left_down"], *report["without_primary"]) for report in reports] == [()] * len(reports)
    balancers = {f"balancer of {name}" for name in half.fake.clusters}
    assert half.different == balancers | {f"guard of {host}" for host in half.fake.hosts}
    half.until(*half.starts)
    assert half.different == set()
    assert set(half.records.all("guard")) == set(half.fake.hosts)


def test_a_paused_scheduler_keeps_its_guard(nights):
    """It runs, and starts no job: its guard would resume it at eight, and nothing else would."""
    night = nights("quartz")
    night.clean()
    half = HalfNight(night).until(*OPENED, "hold_scheduling")
    half.until(*(step for step in half.starts if step not in ("resume_scheduling", "disarm_restart_guard")))
    with pytest.raises(NotHealthyError, match="its jobs are still paused; the guard stays"):
        half.run("disarm_restart_guard")
    half.until("resume_scheduling", "disarm_restart_guard")
    assert half.different == set()


def test_a_scheduler_that_an_earlier_attempt_has_paused_keeps_its_guard(nights):
    """The second attempt held nothing itself, and has to see that the jobs go on all the same."""
    night = nights("quartz")
    night.clean()
    half = HalfNight(night).until(*OPENED, "hold_scheduling", "end_copies").until(*OPENED)
    half.until(*(step for step in half.starts if step not in ("resume_scheduling", "disarm_restart_guard")))
    with pytest.raises(NotHealthyError, match="its jobs are still paused"):
        half.run("disarm_restart_guard")


def test_a_set_comes_up_without_the_member_that_cannot_be_asked(cold):
    """The host of a secondary died meanwhile: the primary that the night stopped is started all the same."""
    stopped = [record for name, record in cold.records.all("stop").items() if name.startswith("mongo-")]
    cold.until("end_copies")
    for host in {f"data-{number}" for number in range(1, 7)} - {record["host"] for record in stopped}:
        cold.fake.hosts[host].unreachable = True
    for step in ("start_shard_primary", "start_config_primary"):
        for target in cold.dag.get_task(step).expand_input.value:
            with contextlib.suppress(HostUnreachableError):
                cold.run(step, **target)
    found = {cold.fake.hosts[record["host"]].units[record["unit"]].active for record in stopped}
    assert found <= {"active", "activating"}


def test_a_mongod_that_ends_while_it_starts_is_not_waited_for(cold):
    """Its set has other members: Vitam would be down half an hour longer for a unit that does not start by itself."""
    cold.until("end_copies")
    cold.fake.unit("mongod@data-1").dies_at_start = True
    with pytest.raises(NotHealthyError, match=r"^vitam-mongod\.service on data-1 is failed"):
        cold.run("start_shard_primary", cluster="mongo-data", replica_set="shard0")


def test_records_that_cannot_be_written_keep_nothing_down(half, monkeypatch):
    """The shared directory is full: the steps are red, and Vitam runs."""
    half.until("arm_restart_guard", "stop_worker")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(records.Night, "write", full)
    half.run("end_copies")
    with pytest.raises(OSError, match="No space left"):
        half.run("start_worker", host="worker-1")
    assert half.fake.hosts["worker-1"].units["vitam-worker.service"].running


def test_no_service_waits_long_for_a_balancer(half):
    """None of them needs it: after the first wait they start, and the step stays red."""
    half.fake.clusters["mongo-data"].mode = "off"
    with pytest.raises(NotHealthyError, match=r"after 300 s: .*off"):
        half.run("await_balancer_active", cluster="mongo-data")


def test_an_allocation_that_a_dead_night_has_left_is_not_taken_for_the_usual_one(nights):
    """Put back after each night, it would keep every replica from being allocated for ever."""
    night = nights("tiny")
    night.fake.elastics["elasticsearch-data"].allocation = "primaries"
    night.run()
    assert (night.state, night.different) == ("success", set())
    assert night.fake.elastics["elasticsearch-data"].allocation is None


@pytest.mark.parametrize("hangs", [False, True])
def test_what_cannot_be_swept_keeps_no_database_down(half, monkeypatch, hangs):
    """sudo refuses the removal of what a copy left, or its disk hangs: mongod starts, and the log says what stays."""
    half.until(*(step for step in half.steps if step.startswith(("arm_", "stop_shard_primary", "stop_config_primary"))))
    for host in half.fake.hosts.values():
        answer = host.answer

        def refuses(command: str, stdin: str, answer=answer):
            if not command.startswith("sudo -n rm -f -- /vitam/backup/"):
                return answer(command, stdin)
            if hangs:
                raise TimeoutError
            return 1, ""

        monkeypatch.setattr(host, "answer", refuses)
    half.until("end_copies", "start_shard_primary", "start_config_primary")
    assert half.fake.unit("mongod@data-1").active in ("active", "activating")


def test_a_worker_that_does_not_see_the_records_does_not_call_it_done(half, monkeypatch):
    """The share is not mounted there: nothing says what ran before, and a green start would start nothing."""
    half.until("arm_restart_guard", "stop_worker", "end_copies")
    monkeypatch.setattr(records.Nights, "latest", lambda *_: None)
    with pytest.raises(RecordsAwayError, match=r"this run has opened records, and .* has none of it"):
        half.run("start_worker", host="worker-1")


def test_a_worker_that_does_not_see_the_records_opens_no_others(half, monkeypatch):
    """The whole run is cleared; on that worker an attempt of its own would know nothing of what the first one did."""
    half.until("arm_restart_guard", "stop_worker", "end_copies")
    half.instances.xcoms.pop(("open_backup", "return_value"))
    monkeypatch.setattr(records.Nights, "latest", lambda *_: None)
    with pytest.raises(RecordsAwayError):
        half.run("open_backup")


# --- Elasticsearch ---------------------------------------------------------------------------------------------------

ELASTIC = {"cluster": "elasticsearch-data"}


@pytest.mark.parametrize("away", [False, True])
def test_elasticsearch_is_asked_at_a_node_that_answers(half, away):
    """Its first node is down, or that node's host is: the second one takes the flush, and says how it is."""
    first = half.fake.hosts["data-1"]
    first.units["vitam-elasticsearch-data.service"].end(0)
    first.unreachable = away
    half.run("flush_elasticsearch", **ELASTIC)
    assert ("data-2", "flush", "elasticsearch-data") in half.fake.changes
    half.run("await_elasticsearch", **ELASTIC)
    assert half.fake.elastics["elasticsearch-data"].allocation is None


def test_elasticsearch_that_was_off_before_the_night_is_not_waited_for(half):
    """Its stop finds it down, and says so; nobody waits half an hour of a night for what nobody starts."""
    for host in ("data-1", "data-2"):
        half.fake.hosts[host].units["vitam-elasticsearch-data.service"].end(143)
    half.until("check_host", "check_cluster", "plan_night")
    half.rewrite_open(units_before=half.instances.xcoms["plan_night", "return_value"][-1]["units_before"])
    half.until("arm_restart_guard", "flush_elasticsearch", "stop_elasticsearch", "end_copies", "start_elasticsearch")
    half.run("await_elasticsearch", **ELASTIC)


def test_elasticsearch_that_died_in_the_night_is_waited_for(half):
    """Its host was booted before its stop: no step has stopped it, one has started it."""
    for host in ("data-1", "data-2"):
        half.fake.hosts[host].units["vitam-elasticsearch-data.service"].boot()
    half.until("flush_elasticsearch", "end_copies", "start_elasticsearch")
    half.fake.elastics["elasticsearch-data"].ill = True
    with pytest.raises(NotHealthyError, match="Elasticsearch elasticsearch-data is away"):
        half.run("await_elasticsearch", **ELASTIC)


def test_elasticsearch_that_did_not_answer_before_its_stop_has_to_answer_afterwards(half):
    """No master, an overload: once stopped it has to come back; its settings were never known, and stay."""
    elastic = half.fake.elastics["elasticsearch-data"]
    elastic.ill = True
    half.run("flush_elasticsearch", **ELASTIC)
    half.run("await_elasticsearch", **ELASTIC)
    half.run("arm_restart_guard")
    half.run("stop_elasticsearch", cluster="elasticsearch-data", host="data-1")
    with pytest.raises(NotHealthyError, match="Elasticsearch elasticsearch-data is away"):
        half.run("await_elasticsearch", **ELASTIC)
    elastic.allocation, elastic.ill = "new_primaries", False
    half.run("await_elasticsearch", **ELASTIC)
    assert elastic.allocation == "new_primaries"
