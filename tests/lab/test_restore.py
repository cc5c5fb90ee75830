"""Restores on real hosts: onto the platform that the backup is of, after a failure in the middle, onto other hosts."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from lab.night_watch import RESTORE_ID, NightWatch
from lab.platform_file import write_platform_file
from lab.topology import load_platform
from tests.faults import afterwards
from tests.lab import evidence, restoring, stories
from tests.lab.conftest import ROOT
from tests.lab.restoring import Backup
from vitam_operators.restores import checking

pytestmark = pytest.mark.restores
PLATFORM, SPARE = "allinone", "spare"
LEFT = "ls -d /vitam/data/mongo?/db.* /vitam/backup/restore-* 2> /dev/null || true"
PASSWORD = "hush-of-the-lab-repository"


@pytest.fixture(scope="module")
def run(platform_up: Callable[..., Path]) -> Path:
    """Have the platform up."""
    return platform_up(PLATFORM, window=stories.window_far_away())


@pytest.fixture(scope="module")
def backup(run: Path) -> Backup:
    """Have a night and a drill of it."""
    return Backup(PLATFORM, run, {})


@pytest.fixture(scope="module")
def documents(backup: Backup) -> dict[str, evidence.Counts]:
    """What each copy holds, by full scan in a mongod of its own."""
    return {name: evidence.count_in_copy(PLATFORM, part) for name, part in backup.parts.items()}


@pytest.fixture(scope="module")
def restores(backup: Backup, airflow: Callable[[Path], NightWatch]) -> NightWatch:
    """An operator at a real Airflow who looks at restores."""
    return NightWatch(airflow(backup.run).stack, RESTORE_ID)


def test_a_failure_in_the_middle_puts_back_what_was_there(backup: Backup) -> None:
    """The sets run on the restored data, then a check fails: the platform is as it was, with all that was written."""
    backup.spoil()
    before = evidence.documents(PLATFORM, backup.run)["mongo-data-shard0"]["metadata.Unit"]
    ended = restoring.by_hand(PLATFORM, RESTORE_ID, failing={"check_set": "before"})
    assert ended["state"] == "failed"
    assert set(ended["states"]["put_back_data"]) == {"success"}
    assert evidence.documents(PLATFORM, backup.run)["mongo-data-shard0"]["metadata.Unit"] >= before
    stories.platform_is_as_before(PLATFORM, backup.run, backup.units)
    assert (evidence.on(PLATFORM, LEFT), afterwards.leftovers(PLATFORM)) == ("", set())


def test_who_marks_the_approval_as_a_success_has_approved_nothing(backup: Backup, restores: NightWatch) -> None:
    """Airflow lets anybody do it: the next step asks for the answer itself, and nothing was touched."""
    run_id = restores.trigger()
    restores.await_question(run_id, "approve_restore")
    path = f"/dags/{RESTORE_ID}/dagRuns/{run_id}/taskInstances/approve_restore/-1"
    restores.patch(path, {"new_state": "success"})
    assert restores.watch(run_id, lambda line: None) == "failed"
    assert "NotApprovedError" in stories.failures(restores, run_id)
    stories.platform_is_as_before(PLATFORM, backup.run, backup.units)


def test_what_was_written_since_is_gone_and_what_was_lost_is_back(
    backup: Backup, documents: dict[str, evidence.Counts], restores: NightWatch
) -> None:
    """Added, deleted, dropped, a mongod that starts no more; approved in Airflow, and approved again to be removed."""
    backup.spoil()
    restoring.damage(PLATFORM, "/vitam/data/mongod/db")
    run_id = restores.trigger()
    restores.answer(run_id, "approve_restore", "Approve")
    restores.await_question(run_id, "approve_removal")
    assert "db.vitam-before-" in evidence.on(PLATFORM, LEFT), "until somebody approves its removal"
    restoring.holds_the_backup(PLATFORM, backup.run, documents)
    stories.platform_is_as_before(PLATFORM, backup.run, backup.units)
    restores.answer(run_id, "approve_removal", "Approve")
    assert restores.watch(run_id, print) == "success", stories.failures(restores, run_id)
    assert (evidence.on(PLATFORM, LEFT), afterwards.leftovers(PLATFORM)) == ("", set())


def test_copies_of_restic_onto_other_host_names(
    run: Path, platform_up: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sets of three members on other hosts: each has all documents, without an initial sync."""
    monkeypatch.setenv("AIRFLOW_CONN_LAB_RESTIC", json.dumps({"conn_type": "generic", "password": PASSWORD}))
    backup = Backup(PLATFORM, run, {"copy": {"engine": "restic"}})
    records = f"file://{ROOT}/lab/run/{SPARE}/records/{PLATFORM}"
    there = platform_up(SPARE)
    handed = {"records": records, "held_by": {PLATFORM: "spare2"}}
    write_platform_file(SPARE, {"window": stories.window_far_away(), "restore": handed})
    backup.hand_over(there, "spare2")
    units, synced = evidence.running_units(SPARE), restoring.initial_syncs(SPARE)
    ended = restoring.by_hand(SPARE, RESTORE_ID)
    assert ended["state"] == "success", ended["log"][-3000:]
    counts = {n: checking.data_of(part["kind"], part["mongodb"]["counts"]) for n, part in backup.parts.items()}
    restoring.holds_the_backup(SPARE, there, counts)
    stories.platform_is_as_before(SPARE, there, units)
    assert restoring.initial_syncs(SPARE) == synced
    assert [evidence.on(host, LEFT) for host in load_platform(SPARE).hosts] == ["", "", ""]
