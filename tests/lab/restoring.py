"""A backup that is about to be put back, what is done to the platform before, and what has to be there afterwards."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from pymongo import MongoClient

from lab.platform_file import write_platform_file
from lab.sharding import insert_directly
from lab.topology import load_platform
from tests.lab import evidence, stories
from tests.lab.conftest import ROOT
from vitam_operators.engines.chosen import engine_name
from vitam_operators.hooks.records import nights_of
from vitam_operators.nights import Night
from vitam_operators.parts import DATABASES
from vitam_operators.platforms import platform_at

SHARD_PORT = 27019
PAUSED = "scheduler.quartz_paused_trigger_groups"


def by_hand(
    platform: str, dag_id: str, *, failing: dict[str, str] | None = None, tries: int = 3, **params: Any
) -> dict[str, Any]:
    """Run a DAG on a platform by tests/lab/by_hand.py; return the states of its tasks, and the log."""
    until = (dt.datetime.now(dt.UTC) + dt.timedelta(hours=2)).isoformat()
    asked = {"params": {"until": until, **params}, "failing": failing or {}, "tries": tries}
    words = [sys.executable, "-m", "tests.lab.by_hand", platform, dag_id]
    done = subprocess.run(words, cwd=ROOT, input=json.dumps(asked), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return {**found, "log": done.stdout + done.stderr}


class Backup:
    """
    A backup of a platform, made by hand and proved by a drill.

    :param platform: its name
    :param run: its directory
    :param settings: put over its platform file
    """

    def __init__(self, platform: str, run: Path, settings: dict[str, Any]) -> None:
        self.platform, self.run, self.units = platform, run, evidence.running_units(platform)
        write_platform_file(platform, {"window": stories.window_far_away()}, settings)
        night = by_hand(platform, "vitam_backup", securing="none_running")
        assert night["state"] == "success", night["log"][-3000:]
        drill = by_hand(platform, "vitam_restore_drill")
        assert drill["state"] == "success", drill["log"][-3000:]
        self.night: Night = nights_of(platform_at(str(run / "platform.yaml"))).newest_first()[0]

    @property
    def parts(self) -> dict[str, dict[str, Any]]:
        """Each database's part, as the manifest has it."""
        parts = (self.night.read("manifest") or {})["parts"]
        return {name: record for name, record in parts.items() if record["kind"] in DATABASES}

    @property
    def client(self) -> MongoClient[dict[str, Any]]:
        """The primary of the shard."""
        address = load_platform(self.platform).hosts[self.platform].address
        return evidence._client(self.run, self.platform, "mongo-data", address, SHARD_PORT)

    def spoil(self) -> None:
        """Write, remove, drop: what a restore is for."""
        with self.client as client:
            ids = [{"_id": f"since-{dt.datetime.now(dt.UTC).timestamp()}-{i}"} for i in range(50)]
            insert_directly(client.metadata.Unit, ids)
            client.logbook.LogbookOperation.delete_many({})
            client.masterdata.drop_collection("FileFormat")

    def hand_over(self, run: Path, host: str) -> None:
        """Copy records, the directory of the backup and restic's repositories to another platform (docs/restore.md)."""
        records = run / "records" / self.platform
        shutil.rmtree(records, ignore_errors=True)
        shutil.copytree(str(self.night.directory.parent), records)  # type: ignore[attr-defined]
        send = ["docker", "exec", f"vitam-lab-{self.platform}", "sh", "-c", f"tar -c -C /vitam {self._own}"]
        take = ["docker", "exec", "-i", f"vitam-lab-{host}", "tar", "-xp", "-C", "/vitam"]
        with subprocess.Popen(send, stdout=subprocess.PIPE) as sending:
            subprocess.run(take, stdin=sending.stdout, check=True)

    @property
    def _own(self) -> str:
        engines = {engine_name(record) for record in self.parts.values()}
        return f"backup/{self.night.label}{' restic' if 'restic' in engines else ''}"


def damage(platform: str, path: str) -> None:
    """Stop the mongod, and overwrite the head of its catalogue: it does not start any more."""
    lose = f"systemctl stop vitam-mongod; dd if=/dev/zero of={path}/_mdb_catalog.wt bs=4096 count=1 conv=notrunc"
    falls = "for i in $(seq 60); do systemctl is-active --quiet vitam-mongod || exit 0; sleep 1; done; exit 1"
    evidence.on(platform, f"{lose}; systemctl start vitam-mongod || exit 0; {falls}")


def holds_the_backup(platform: str, run: Path, documents: dict[str, evidence.Counts]) -> None:
    """
    Everything that was copied is there again; the lab's services have gone on writing since they started.

    A copy of Vitam 6 or 7 holds the pause of its scheduler's jobs: it has been taken back.
    """
    found = evidence.documents(platform, run)
    for name, counts in documents.items():
        lost = {n: (number, found[name].get(n, 0)) for n, number in counts.items() if found[name].get(n, 0) < number}
        assert lost in ({}, {PAUSED: (1, 0)}), f"{name}: in the backup, and there now"
        assert found[name].get(PAUSED, 0) == 0
        written = sum(found[name].values()) - sum(counts.values())
        assert 0 <= written < 1000, f"{name}: {written} documents more than the backup has"


def initial_syncs(platform: str) -> list[str]:
    """Count the initial syncs that each member of the shard has ever done."""
    script = "grep -ci 'initial sync done' /vitam/log/mongod/mongod.log || true"
    return [evidence.on(host, script) for host in load_platform(platform).hosts]
