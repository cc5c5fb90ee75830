"""Snapshots that share blocks: what hinders them, which method is chosen, and the script on a real XFS."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.test_archive import answered
from tests.unit.test_tar_scripts import contents, ended_well, fill, run
from vitam_operators import reflink
from vitam_operators.engines.base import Stored

HINDERED = {"mongo-data-shard0": "", "mongo-data-configsvr": "cp: Operation not supported"}


@pytest.mark.parametrize(
    ("wanted", "chosen"),
    [
        ("auto", {"mongo-data-shard0": "reflink", "mongo-data-configsvr": "direct (cp: Operation not supported)"}),
        ("direct", dict.fromkeys(HINDERED, "direct (the platform file says so)")),
    ],
)
def test_the_method(wanted, chosen):
    """`auto` takes what is possible for each dbPath, and keeps the reason."""
    assert reflink.methods(wanted, HINDERED) == chosen
    assert reflink.findings(wanted, "data1", HINDERED) == []


def test_reflink_where_it_cannot_be_is_a_mistake():
    """Who asks for seconds does not get hours instead."""
    assert reflink.findings("reflink", "data1", HINDERED) == [
        "data1: mongo-data-configsvr cannot be snapshotted: cp: Operation not supported; set copy.method to auto or "
        "direct, or put its dbPath on XFS or Btrfs"
    ]


@pytest.mark.parametrize(
    ("output", "why"),
    [
        ("64768\n64768\n", ""),
        ("64768\n64769\n", "its journal is on another file system"),
    ],
)
def test_what_hinders(output, why):
    assert reflink.hindrance("/db").read(output) == why


@pytest.mark.parametrize(
    ("errors", "why"),
    [
        ("cp: failed to clone 'b' from 'a': Operation not supported",) * 2,
        ("stat: cannot statx '/db/journal': No such file or directory",) * 2,
        ("sudo: unable to resolve host data1\ncp: no\nsudo: unable to resolve host data1", "cp: no"),
        ("sudo: a password is required",) * 2,
        ("", "exit status 1"),
    ],
)
def test_what_a_try_says_that_failed(errors, why):
    """Whatever sudo warned of around it."""
    assert reflink.hindrance("/db").read_failure(1, errors) == why


@pytest.mark.parametrize(("free", "size", "little"), [(19, 100, True), (20, 100, False), (0, 0, False)])
def test_room_for_what_changes(free, size, little):
    """A file system that is full stops mongod: with little room the copy is made while it is down."""
    assert reflink.too_little_room(free, size) is little


def test_two_sets_on_one_disk_share_its_room():
    """A shard and the config set of a host: each alone would find room for its changes, both do not."""
    shard, config, other = (reflink.Room("a", 30), reflink.Room("a", 30), reflink.Room("b", 30))
    rooms = {"shard": shard, "config": config, "other": other}
    assert list(reflink.without_room(rooms, {"shard": 100, "config": 60, "other": 100})) == ["shard", "config"]
    assert list(reflink.without_room(rooms, {"shard": 100, "config": 40, "other": 151})) == ["other"]


# --- on a real XFS ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def xfs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An XFS in a file; needs root and a kernel that has XFS."""
    base = tmp_path_factory.mktemp("xfs")
    image, place = base / "image", base / "mounted"
    place.mkdir()
    with image.open("wb") as file:
        file.truncate(400 * 2**20)
    for words in (["mkfs.xfs", "-q", "-m", "reflink=1", str(image)], ["mount", "-o", "loop", str(image), str(place)]):
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        if done.returncode:
            said = f"no XFS could be mounted here: {done.stderr.strip()}"
            assert not os.environ.get("CI"), said
            pytest.skip(said)
    yield place
    subprocess.run(["umount", str(place)], check=True)


@pytest.fixture
def db_path(xfs: Path, tmp_path: Path) -> Path:
    """A dbPath on it."""
    place = xfs / tmp_path.name / "db"
    place.mkdir(parents=True)
    fill(place)
    (place / "journal").mkdir()
    return place


def take(db_path: Path, label: str = "L") -> subprocess.CompletedProcess:
    job = reflink.take(str(db_path), label)
    return run(job.script, list(job.arguments), "exec", {})


def shared_extents(path: Path) -> bool:
    """Ask the file system itself whether a file's blocks are those of another one, too."""
    done = subprocess.run(["xfs_io", "-r", "-c", "fiemap -v", str(path)], capture_output=True, text=True, check=True)
    flags = [int(line.split()[-1], 16) for line in done.stdout.splitlines()[2:]]
    return bool(flags) and all(flag & 0x2000 for flag in flags)


def test_a_snapshot_holds_all_and_copies_nothing(db_path):
    """Names, owners, modes, times, attributes; and every block is the source's own."""
    ended_well(take(db_path))
    snapshot = Path(reflink.snapshot_of(str(db_path), "L"))
    assert contents(snapshot) == contents(db_path)
    assert shared_extents(snapshot / "WiredTiger.wt")
    assert not shared_extents_of_a_copy(db_path)


def shared_extents_of_a_copy(db_path: Path) -> bool:
    """What the question answers of a file that was copied: it can answer no."""
    copy = db_path.parent / "copied"
    subprocess.run(["cp", "--reflink=never", db_path / "WiredTiger.wt", copy], check=True)
    return shared_extents(copy)


def test_what_is_written_later_is_not_in_it(db_path):
    ended_well(take(db_path))
    (db_path / "metadata" / "collection" / "2-9.wt").write_bytes(b"y" * 70_000)
    snapshot = Path(reflink.snapshot_of(str(db_path), "L"))
    assert (snapshot / "metadata" / "collection" / "2-9.wt").read_bytes() == b"x" * 70_000


def test_the_snapshot_of_an_earlier_night_goes(db_path):
    """Its copy was never made, or it would be gone: two would keep twice the blocks."""
    ended_well(take(db_path, "20261123T190000Z"))
    ended_well(take(db_path, "20261124T190000Z"))
    left = {path.name for path in db_path.parent.iterdir()}
    assert left == {"db", "db.vitam-backup-20261124T190000Z", "db.vitam-backup-20261124T190000Z.facts"}


def test_the_facts_of_a_snapshot(db_path):
    def facts() -> Stored | None:
        command = reflink.taken(str(db_path), "L")
        return command.read(answered(command))

    assert facts() is None
    ended_well(take(db_path))
    found = facts()
    assert found is not None
    assert found.files == 10
    answered(reflink.remove(str(db_path), "L"))
    assert facts() is None
    assert [path.name for path in db_path.parent.iterdir()] == ["db"]


def test_a_real_xfs_hinders_nothing(db_path):
    command = reflink.hindrance(str(db_path))
    assert command.read(answered(command)) == ""
    assert [path.name for path in db_path.parent.iterdir()] == ["db"]
    room = reflink.room_for_changes(str(db_path))
    assert room.read(answered(room)).free_bytes > 2**20


def test_where_blocks_cannot_be_shared_nothing_is_copied_instead(tmp_path):
    """On tmpfs or ext4 the script fails; it leaves nothing that looks like a snapshot."""
    place = Path("/dev/shm") / tmp_path.name / "db"
    place.mkdir(parents=True)
    fill(place)
    (place / "journal").mkdir()
    command = reflink.hindrance(str(place))
    tried = subprocess.run(
        ["sh", "-c", command.line.replace("sudo -n ", "")], capture_output=True, text=True, check=False
    )
    assert "failed to clone" in command.read_failure(tried.returncode, tried.stderr)
    assert take(place).returncode != 0
    assert not Path(reflink.snapshot_of(str(place), "L")).exists()
    subprocess.run(["rm", "-rf", place.parent], check=True)
