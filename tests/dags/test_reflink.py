"""Snapshots: MongoDB is down for seconds, and the copy is of the moment at which it was."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from airflow.sdk.exceptions import AirflowSkipException

from tests.dags.half import HalfNight
from tests.dags.night import NightRun
from vitam_operators.errors import CopyFailedError, CopyRefusedError
from vitam_operators.nights import MANIFEST

SHARD1 = {"cluster": "mongo-data", "replica_set": "shard1"}
PART = "mongo-data-shard1"
SNAPSHOT = "/vitam/data/mongod/db.vitam-backup-"


@pytest.fixture
def shared(cold: HalfNight) -> HalfNight:
    """A night with the snapshots taken and the platform up again."""
    return cold.until("copy_shard", "copy_config", "copy_files", *cold.starts)


def snapshots(half: HalfNight) -> list[str]:
    return [path for host in half.fake.hosts.values() for path in host.files if ".vitam-backup-" in path]


def test_the_primary_runs_again_before_its_copy_is_made(nights: Callable[..., NightRun]) -> None:
    """What takes hours is done with the platform up; the order is the method."""
    night = nights("small")
    night.fake.secure_logbooks()
    night.run(securing="none_running")
    told = [change for change in night.changes if PART in change or change == "start vitam-mongod.service on data-4"]
    assert told == [
        f"run vitam-copy--{PART}.service on data-4",
        f"end vitam-copy--{PART}.service on data-4",
        "start vitam-mongod.service on data-4",
        f"run vitam-ship--{PART}.service on data-4",
        f"end vitam-ship--{PART}.service on data-4",
        f"run vitam-verify--{PART}.service on data-4",
        f"end vitam-verify--{PART}.service on data-4",
    ]
    manifest = night.records.read(MANIFEST)
    assert manifest is not None
    assert manifest["methods"]["data-4"] == {PART: "reflink"}


def test_the_copy_is_that_of_the_snapshot(shared: HalfNight) -> None:
    """What MongoDB has written since is not in it."""
    shared.fake.hosts["data-4"].files["/vitam/data/mongod/db/metadata/new.wt"] = 5_000_000
    made = shared.run("ship_copy", **SHARD1)
    assert made["size_bytes"] == (shared.records.read(f"snapshot.{PART}") or {})["size_bytes"] == 1_000_000


def test_no_snapshot_is_left(shared: HalfNight) -> None:
    """Its blocks are kept as long as it is: the file system of the databases would fill up."""
    assert snapshots(shared)
    shared.run("ship_copy")
    assert not snapshots(shared)


def test_a_copy_from_a_snapshot_is_made_once(shared: HalfNight) -> None:
    """Cleared and run again, it finds the archive; the snapshot is gone by then."""
    shared.run("ship_copy", **SHARD1)
    before = list(shared.fake.changes)
    shared.run("ship_copy", **SHARD1)
    assert shared.fake.changes == before


def test_a_copy_that_fails_keeps_the_snapshot(shared: HalfNight) -> None:
    """The platform runs, the data of that moment are still there: there is time to make room and try again."""
    host = shared.fake.hosts["data-4"]
    host.copy_fails = True
    with pytest.raises(CopyFailedError, match=r"no space left"):
        shared.run("ship_copy", **SHARD1)
    assert [path for path in snapshots(shared) if path in host.files]
    host.copy_fails = False
    assert shared.run("ship_copy", **SHARD1)["size_bytes"] == 1_000_000


def test_a_copy_from_a_snapshot_needs_room(shared: HalfNight) -> None:
    shared.fake.hosts["data-4"].free_bytes = 100_000
    with pytest.raises(CopyRefusedError, match=r"data-4 has 97.7 KiB free in /vitam/backup"):
        shared.run("ship_copy", **SHARD1)


def test_half_a_snapshot_does_not_stay(cold: HalfNight) -> None:
    """The restart sweeps it up; without a snapshot there is nothing to copy later, and no seal."""
    host = cold.fake.hosts["data-4"]
    host.copy_fails = True
    with pytest.raises(CopyFailedError, match=r"failed to clone"):
        cold.run("copy_shard", **SHARD1)
    host.files[f"{SNAPSHOT}{cold.records.label}.partial/WiredTiger.wt"] = 1
    cold.until(*cold.starts)
    assert not snapshots(cold)
    with pytest.raises(AirflowSkipException, match=r"there is no snapshot of mongo-data-shard1"):
        cold.run("ship_copy", **SHARD1)


@pytest.mark.parametrize(
    ("shares", "room_bytes", "method"),
    [
        (True, 10**12, "reflink"),
        (False, 10**12, "direct (cp: Operation not supported)"),
        (True, 100_000, "direct (too little room beside it)"),
    ],
)
def test_the_look_chooses(look: HalfNight, shares: bool, room_bytes: int, method: str) -> None:
    """For each host, as nobody knows yet which member will be the primary; the plan says why."""
    host = look.fake.hosts["data-4"]
    host.shares_blocks, host.room_beside_bytes = shares, room_bytes
    look.until("check_host", "check_cluster", "plan_night", "open_backup")
    assert look.records.opened["methods"]["data-4"] == {PART: method}
