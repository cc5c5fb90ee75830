"""
Nights of which a record is lost in the middle: a disk that was full, a power cut.

Kind of fault: a record that is torn or empty. It may cost what it held, never a restart; and it is never kept quiet.
"""

from __future__ import annotations

import errno

import pytest

from tests.fakes.backups import write
from vitam_operators import nights as records
from vitam_operators import record_files
from vitam_operators.errors import BackupNotFitError, NightClosedError, NotProvedError, StopNotProvedError
from vitam_operators.nights import HELD, OPEN, PRUNED, RESTART, Nights
from vitam_operators.operators.base import NightOperator
from vitam_operators.operators.drills import ChooseBackupOperator


def empty(night, name: str) -> None:
    path = night.directory / f"{name}.json"
    assert path.stat().st_size
    path.write_text("")


def test_every_record_is_emptied_before_the_restart(cold):
    """Whichever of them it is: all at once. What ran before is in Airflow's plan, and in the guards' on the hosts."""
    for path in cold.records.directory.glob("*.json"):
        path.write_text("")
    cold.until(*cold.starts)
    assert cold.different == set()
    assert {f"stop.{unit}" for unit in ("mongo-data-shard0", "vitam-storage.service@app")} <= set(
        cold.records.unreadable()
    )


def test_airflow_has_no_plan_any_more(cold):
    """The opening is lost and plan_night cleared: the hosts' guards and the stops' records say what ran."""
    del cold.instances.xcoms["plan_night", "return_value"]
    empty(cold.records, OPEN)
    cold.until(*cold.starts)
    assert cold.different == set()
    assert cold.records.opened["parts"] == []
    with pytest.raises(NotProvedError, match="no part was planned"):
        cold.run("conclude_night")


def test_nothing_can_be_written_nor_set_aside(cold, monkeypatch):
    """The disk is still full while the platform starts: the steps go on and say so, the verdict does, too."""
    empty(cold.records, OPEN)
    empty(cold.records, HELD)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(record_files, "_write_synced", full)
    monkeypatch.setattr(type(cold.records.directory), "rename", full)
    cold.until(*cold.starts)
    assert cold.different == set()
    with pytest.raises(NotProvedError, match="nothing can be written in"):
        cold.run("conclude_night")


def test_a_stop_does_fail_when_nothing_can_be_written(half, monkeypatch):
    """What is stopped and noted nowhere, nobody would find: a stop is no start."""
    half.until("arm_restart_guard")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(record_files, "_write_synced", full)
    with pytest.raises(OSError, match="No space left"):
        half.run("stop_worker", host="worker-1")
    assert half.fake.hosts["worker-1"].units["vitam-worker.service"].running


def test_no_second_primary_is_stopped(cold):
    """The record of which member was stopped is lost: the one elected since is not the one that is cold."""
    empty(cold.records, "stop.mongo-data-shard0")
    for _ in range(2):
        with pytest.raises(StopNotProvedError, match="cannot be read"):
            cold.run("stop_shard_primary", cluster="mongo-data", replica_set="shard0")


def test_nothing_is_copied_after_a_restart_whose_record_is_lost(cold):
    """That it was written says that the restart began: a copy from then on would be of another moment."""
    cold.run("end_copies")
    empty(cold.records, RESTART)
    with pytest.raises(NightClosedError):
        cold.run("copy_shard")


def test_a_lost_stop_makes_a_sealed_night_red(nights, monkeypatch):
    """It is whole, but its manifest does not have that stop: green would say that all was noted."""
    night = nights("tiny")
    own = NightOperator.pre_execute

    def lose(step, *arguments):
        if step.task_id == "start_storage":
            stop = next(night.records.directory.glob("stop.vitam-storage.service@*.json"))
            stop.write_text("")
        return own(step, *arguments)

    monkeypatch.setattr(NightOperator, "pre_execute", lose)
    night.run()
    assert night.state == "failed"
    assert night.different == set()
    assert night.red == {"conclude_night"}
    assert night.records.read(records.MANIFEST)
    (finding,) = night.records.read(records.CONCLUSION)["findings"]
    assert "stop.vitam-storage.service@" in finding


def test_a_backup_that_was_pruned_is_not_drilled_for_a_lost_record(tmp_path):
    """That it was removed is a fact, be the record of it readable or not: its copies are not there."""
    night = write(Nights(tmp_path / "tiny"), "20261123T190000Z")
    night.write(PRUNED, {"reason": "old"})
    empty(night, PRUNED)
    for _ in range(2):
        with pytest.raises(BackupNotFitError, match="were removed"):
            ChooseBackupOperator._named([night], night.label)
