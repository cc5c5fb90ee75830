"""
Restores on real hosts: onto the platform that the backup is of, after a failure in the middle, onto other host names.

Steps run by tests/lab/by_hand.py, without Airflow's processes.
"""

from __future__ import annotations

import datetime as dt
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient

from lab.topology import load_platform
from tests.faults import afterwards
from tests.lab import evidence, stories
from tests.lab.conftest import ROOT
from vitam_operators.hooks.records import nights_of
from vitam_operators.nights import Night
from vitam_operators.platforms import platform_at

pytestmark = pytest.mark.restores
PLATFORM, SPARE = "allinone", "spare"
LEFT = "ls -d /vitam/data/mongo?/db.* /vitam/backup/restore-* 2> /dev/null || true"


def by_hand(platform: str, dag_id: str, *, failing: dict[str, str] | None = None, **params: Any) -> dict[str, Any]:
    """Run a DAG on a platform; return the states of its tasks."""
    until = (dt.datetime.now(dt.UTC) + dt.timedelta(hours=2)).isoformat()
    asked = {"params": {"until": until, **params}, "failing": failing or {}}
    words = [sys.executable, "-m", "tests.lab.by_hand", platform, dag_id]
    done = subprocess.run(words, cwd=ROOT, input=json.dumps(asked), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return {**found, "log": done.stderr}


class Backup:
    """A backup of the platform, proved by a drill, and what was counted when all was quiet."""

    def __init__(self, run: Path) -> None:
        self.run, self.units = run, evidence.running_units(PLATFORM)
        assert by_hand(PLATFORM, "vitam_backup", securing="none_running")["state"] == "success"
        assert by_hand(PLATFORM, "vitam_restore_drill")["state"] == "success"
        self.night: Night = nights_of(platform_at(str(run / "platform.yaml"))).newest_first()[0]
        self.documents = {
            part["name"]: evidence.count_in_copy(PLATFORM, part)
            for part in (
                {**record, "name": name} for name, record in (self.night.read("manifest") or {})["parts"].items()
            )
            if part["kind"] != "files"
        }

    @property
    def client(self) -> MongoClient[dict[str, Any]]:
        """The primary of the shard."""
        return evidence._client(
            self.run, PLATFORM, "mongo-data", load_platform(PLATFORM).hosts[PLATFORM].address, 27019
        )


@pytest.fixture(scope="module")
def backup(platform_up: Callable[..., Path]) -> Backup:
    """Have a night and a drill of it."""
    return Backup(platform_up(PLATFORM, window=stories.window_far_away()))


def spoil(backup: Backup) -> None:
    """Write, remove, drop: what a restore is for."""
    with backup.client as client:
        client.metadata.Unit.insert_many([{"_id": f"since-{i}"} for i in range(50)])
        client.logbook.LogbookOperation.delete_many({})
        client.masterdata.drop_collection("FileFormat")


def damage(path: str) -> None:
    """Stop the mongod, and take files from its data: it does not start any more."""
    script = f"systemctl stop vitam-mongod; cd {path} && rm WiredTiger.wt WiredTiger.turtle _mdb_catalog.wt"
    evidence.on(PLATFORM, f"{script}; systemctl start vitam-mongod; sleep 3; ! systemctl is-active vitam-mongod")


def test_a_failure_in_the_middle_puts_back_what_was_there(backup: Backup) -> None:
    """The sets run on the restored data, then a check fails: the platform is as it was, with all that was written."""
    spoil(backup)
    before = evidence.documents(PLATFORM, backup.run)["mongo-data-shard0"]["metadata.Unit"]
    ended = by_hand(PLATFORM, "vitam_restore", failing={"check_set": "before"})
    assert ended["state"] == "failed"
    assert set(ended["states"]["put_back_data"]) == {"success"}
    assert evidence.documents(PLATFORM, backup.run)["mongo-data-shard0"]["metadata.Unit"] >= before
    stories.platform_is_as_before(PLATFORM, backup.run, backup.units)
    assert (evidence.on(PLATFORM, LEFT), afterwards.leftovers(PLATFORM)) == ("", set())


def test_what_was_written_since_is_gone_and_what_was_lost_is_back(backup: Backup) -> None:
    """Added, deleted, dropped, the data damaged so that mongod does not start: each document is as it was copied."""
    spoil(backup)
    damage("/vitam/data/mongod/db")
    ended = by_hand(PLATFORM, "vitam_restore")
    assert ended["state"] == "success", ended["log"][-3000:]
    holds_the_backup(PLATFORM, backup.run, backup.documents)
    stories.platform_is_as_before(PLATFORM, backup.run, backup.units)
    assert (evidence.on(PLATFORM, LEFT), afterwards.leftovers(PLATFORM)) == ("", set())


def holds_the_backup(platform: str, run: Path, documents: dict[str, evidence.Counts]) -> None:
    """Everything that was copied is there again; the lab's services have gone on writing since they started."""
    found = evidence.documents(platform, run)
    for name, counts in documents.items():
        assert {n: found[name].get(n, 0) >= number for n, number in counts.items()} == dict.fromkeys(counts, True), name
        written = sum(found[name].values()) - sum(counts.values())
        assert 0 <= written < 1000, f"{name}: {written} documents more than the backup has"


def hand_over(backup: Backup, run: Path) -> None:
    """Copy records and the directory of the backup to the other platform, as docs/restore.md says."""
    records = run / "records" / PLATFORM
    shutil.rmtree(records, ignore_errors=True)
    shutil.copytree(str(backup.night.directory.parent), records)  # type: ignore[attr-defined]
    send = ["docker", "exec", f"vitam-lab-{PLATFORM}", "tar", "-c", "-C", "/vitam/backup", backup.night.label]
    take = ["docker", "exec", "-i", "vitam-lab-spare2", "tar", "-xp", "-C", "/vitam/backup"]
    with subprocess.Popen(send, stdout=subprocess.PIPE) as sending:
        subprocess.run(take, stdin=sending.stdout, check=True)


def test_onto_other_host_names(backup: Backup, platform_up: Callable[..., Path]) -> None:
    """Sets of three members on other hosts: each has all documents, without an initial sync."""
    records = f"file://{ROOT}/lab/run/{SPARE}/records/{PLATFORM}"
    handed = {"records": records, "held_by": {PLATFORM: "spare2"}}
    run = platform_up(SPARE, window=stories.window_far_away(), restore=handed)
    hand_over(backup, run)
    units, synced = evidence.running_units(SPARE), initial_syncs()
    ended = by_hand(SPARE, "vitam_restore")
    assert ended["state"] == "success", ended["log"][-3000:]
    holds_the_backup(SPARE, run, backup.documents)
    stories.platform_is_as_before(SPARE, run, units)
    assert initial_syncs() == synced
    assert [evidence.on(host, LEFT) for host in load_platform(SPARE).hosts] == ["", "", ""]


def initial_syncs() -> list[str]:
    """Count the initial syncs that each member of the shard has ever done."""
    script = "grep -ci 'initial sync done' /vitam/log/mongod/mongod.log || true"
    return [evidence.on(host, script) for host in load_platform(SPARE).hosts]
