"""A step that is marked and did nothing: whichever it is, the night is not green, and says which step it was."""

from __future__ import annotations

import pytest

from tests.dags.half import HalfNight
from vitam_operators import happened, messages
from vitam_operators import nights as records
from vitam_operators.errors import HostUnreachableError, NightClosedError, NotProvedError
from vitam_operators.operators import asked
from vitam_operators.operators import base as operators
from vitam_operators.operators.copies import CopyOperator
from vitam_operators.operators.services import StopUnitOperator

SILENT = "left no record that it happened"
BEFORE_COPIES = {
    "stop_worker": "stop_worker app",
    "await_workflows_drained": "await_workflows_drained",
    "hold_scheduling": "hold_scheduling",
    "await_balancer_idle": "await_balancer_idle mongo-data",
}


def mark(monkeypatch, task):
    """Mark a task as a success before it begins: Airflow runs nothing of it."""
    own = operators.NightOperator.execute

    def execute(step, context):
        return None if step.task_id == task else own(step, context)

    monkeypatch.setattr(operators.NightOperator, "execute", execute)


async def is_away(step, context):
    """Reach nobody."""
    raise HostUnreachableError("worker-1 does not answer", hint="look at it")


def forget(night, step):
    """Remove what a step has said of itself."""
    (night.directory / f"{happened.name_of(step.name, step.acted_on)}.json").unlink()


@pytest.mark.parametrize("task", BEFORE_COPIES)
def test_a_backup_is_not_sealed_when_a_step_before_its_copies_was_marked(nights, monkeypatch, task):
    """Kind: green without its happening. A stop, a drain, a wait or a hold that nobody did leaves a copy worthless."""
    night = nights("tiny")
    mark(monkeypatch, task)
    night.run()
    assert (night.state, night.different) == ("failed", set())
    assert night.records.read(records.MANIFEST) is None
    assert night.records.read(records.CONCLUSION)["platform_up"]
    findings = night.records.read(records.CONCLUSION)["findings"]
    assert [words for words in findings if words.startswith(f"{BEFORE_COPIES[task]} {SILENT}")]


def test_a_guard_that_nobody_disarmed_is_red(nights, monkeypatch):
    """Kind: green without its happening. A start or a disarm has its record, too; the backup is good."""
    night = nights("tiny")
    mark(monkeypatch, "disarm_restart_guard")
    ends: list[messages.NightEnd] = []
    monkeypatch.setattr(messages, "subject", lambda end: ends.append(end) or "")
    night.run()
    assert night.state == "failed"
    assert night.records.read(records.MANIFEST) is not None
    assert [(end.failed, end.good) for end in ends] == [("disarm_restart_guard app", False)]
    findings = night.records.read(records.CONCLUSION)["findings"]
    assert [words.partition(" left")[0] for words in findings] == [f"disarm_restart_guard {h}" for h in ("app", "data")]


@pytest.fixture
def green(nights):
    """A night that ended well, and its graph."""
    night = nights("tiny").run()
    assert night.state == "success"
    return night


def test_each_step_of_the_graph_is_asked(green):
    """Kind: green without its happening. No step is forgotten: neither one to come, nor one that had nothing to do."""
    steps = asked.steps_behind(green.dag, "open_backup")
    behind = green.dag.get_task("open_backup").get_flat_relative_ids(upstream=False)
    assert {step.name for step in steps} == behind - {"conclude_night"}
    states = {step.key: "success" for step in steps}
    assert asked.unproved(green.records, steps, states) == []
    for step in steps:
        said = green.records.read(happened.name_of(step.name, step.acted_on))
        forget(green.records, step)
        assert asked.unproved(green.records, steps, states) == [step]
        assert asked.unproved(green.records, steps, {**states, step.key: "failed"}) == []
        green.records.write(happened.name_of(step.name, step.acted_on), said)


def test_the_seal_asks_for_what_makes_copies_cold(green):
    """Nothing of the restart, nothing that costs no night by itself: for these the verdict is red, no more."""
    steps = asked.steps_before_copies(green.dag, "open_backup", CopyOperator)
    groups = {green.dag.get_task(step.name).task_group.group_id for step in steps}
    assert groups == {None, "front", "drain", "securing", "back", "elasticsearch", "mongodb"}
    assert {"snapshot_elasticsearch", "prefer_member"}.isdisjoint(step.name for step in steps)
    assert {step.name for step in steps if green.dag.get_task(step.name).task_group.group_id is None} == {
        "arm_restart_guard"
    }


def test_a_manifest_has_what_each_step_said(green):
    """What was asked for (securing at midnight) is not what happened: a reader of later years sees both."""
    steps = green.records.read(records.MANIFEST)["steps"]
    assert steps["await_workflows_drained"]["state"] == "no workflow is running, 2 in PAUSE"
    assert "ended_at" in steps["stop_worker@app"]
    assert "conclude_night" not in steps


def test_a_step_marked_as_skipped_is_no_step_that_skipped(green):
    """Kind: green without its happening. Who skips says why; what Airflow leaves out behind it has nothing to say."""
    steps = asked.steps_behind(green.dag, "open_backup")
    states = {step.key: "success" for step in steps}
    left_out = [step for step in steps if step.name == "leave_manifest"]
    disarmed = next(step for step in steps if step.name == "disarm_restart_guard")
    for step in (*left_out, disarmed):
        forget(green.records, step)
    marked = {**states, disarmed.key: "skipped", "resume_scheduling": "skipped"}
    behind = {**marked, "seal_backup": "skipped", **{step.key: "skipped" for step in left_out}}
    assert asked.unproved(green.records, steps, behind) == [disarmed]


def test_a_step_that_failed_again_and_was_marked_has_not_happened(half, monkeypatch):
    """Kind: green without its happening. What an earlier try did says nothing of the one that failed since."""
    half.until("arm_restart_guard")
    half.run("stop_worker", host="worker-1")
    record = happened.name_of("stop_worker", ["worker-1"])
    assert happened.has_happened(half.records, "stop_worker", ["worker-1"])
    monkeypatch.setattr(StopUnitOperator, "begin", is_away)
    with pytest.raises(HostUnreachableError):
        half.run("stop_worker", host="worker-1")
    assert "again_at" in half.records.read(record)
    assert not happened.has_happened(half.records, "stop_worker", ["worker-1"])


def test_a_step_that_refuses_leaves_what_it_said_before(cold):
    """Who clears a stop after the restart touches nothing: a backup that was sealed stays what it is."""
    first = cold.records.read(happened.name_of("stop_worker", ["worker-1"]))
    cold.until("end_copies")
    with pytest.raises(NightClosedError):
        cold.run("stop_worker", host="worker-1")
    assert cold.records.read(happened.name_of("stop_worker", ["worker-1"])) == first


def test_what_had_nothing_to_do_says_so_too(half):
    """A service that did not run is stopped by a step that finds nothing to stop."""
    half.fake.unit("worker@worker-1").end(143)
    half.until("arm_restart_guard")
    half.run("stop_worker", host="worker-1")
    assert happened.has_happened(half.records, "stop_worker", ["worker-1"])


def test_records_that_cannot_be_written_keep_no_step_from_its_work(half, monkeypatch):
    """The disk of the records is full: the proof is lost, the platform is not."""
    own = records.Night.write

    def write(night, name, record):
        if name.startswith(happened.KIND):
            raise OSError(28, "No space left on device")
        return own(night, name, record)

    monkeypatch.setattr(records.Night, "write", write)
    half.until("arm_restart_guard", "end_copies", "start_worker")
    assert not happened.has_happened(half.records, "start_worker", ["worker-1"])


def test_a_night_that_an_older_version_opened_is_judged_as_that_version_did(green):
    """Its steps left no records: who updates in the morning clears the verdict of last night and finds it green."""
    opened = {key: value for key, value in green.records.opened.items() if key != happened.ASKED_FOR}
    green.records.write(records.OPEN, opened)
    steps = asked.steps_behind(green.dag, "open_backup")
    for step in steps:
        forget(green.records, step)
    assert asked.unproved(green.records, steps, {step.key: "success" for step in steps}) == []


def test_a_seal_names_the_step_that_did_not_happen(green):
    """The step fails by itself, before the verdict: what it writes is what a restore trusts."""
    (drained,) = [s for s in asked.steps_behind(green.dag, "open_backup") if s.name == "await_workflows_drained"]
    forget(green.records, drained)
    (green.records.directory / f"{records.MANIFEST}.json").unlink()
    half = HalfNight(green).go_on()
    half.params["note"] = ""
    with pytest.raises(NotProvedError, match=f"await_workflows_drained {SILENT}"):
        half.run("seal_backup")
    assert green.records.read(records.MANIFEST) is None
