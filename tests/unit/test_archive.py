"""What a copy is made of and where it goes: names of units, sizes, room, the lock of a mongod."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from vitam_operators import archive
from vitam_operators.archive import MongodLock
from vitam_operators.errors import CommandFailedError


def answered(command) -> str:
    """What this machine answers, without sudo."""
    text = command.line.replace("sudo -n ", "")
    done = subprocess.run(["/bin/sh", "-c", text], capture_output=True, text=True, check=False)
    if done.returncode not in command.ok:
        raise subprocess.CalledProcessError(done.returncode, text)
    return done.stdout


# --- names -----------------------------------------------------------------------------------------------------------


def test_units_are_named_after_backup_and_part():
    """The name is the lock: systemd refuses a second unit of it, and the sudo rules know its beginning."""
    assert archive.copy_unit("L-2", "mongo-data-shard0") == "vitam-copy-L-2-mongo-data-shard0.service"
    assert archive.verify_unit("L-2", "mongo-data-shard0") == "vitam-verify-L-2-mongo-data-shard0.service"


# --- facts of the disk -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("output", "size"),
    [("371432478\t/vitam/data/mongod/db\n", 371432478), ("4096\t/vitam/data/a 12 b\n", 4096)],
)
def test_size(output, size):
    assert archive.size_of("/vitam/data/mongod/db").read(output) == size


def test_size_of_a_directory_with_a_nasty_name(tmp_path):
    place = tmp_path / "a 'b' $(c)"
    place.mkdir()
    (place / "data").write_bytes(b"x" * 100_000)
    command = archive.size_of(str(place))
    assert 100_000 <= command.read(answered(command)) < 110_000


def test_a_file_that_vanishes_while_du_counts_is_no_failure():
    """A running mongod replaces files all the time; du then ends with 1, and its sum is good enough for a plan."""
    assert archive.size_of("/vitam/data/mongod/db").ok == {0, 1}


def test_a_directory_that_is_missing_is_named():
    """A file set may name one that a host does not have."""
    with pytest.raises(CommandFailedError, match="there is no /nowhere, its size cannot be told"):
        archive.size_of("/nowhere").read("")


def test_the_size_of_a_directory_behind_a_link_is_that_of_what_is_there(tmp_path):
    """An offer's objects are often on another disk; tar copies them, not the link."""
    (tmp_path / "disk").mkdir()
    (tmp_path / "disk" / "object").write_bytes(b"x" * 100_000)
    (tmp_path / "offer").symlink_to(tmp_path / "disk")
    command = archive.size_of(str(tmp_path / "offer"))
    assert 100_000 <= command.read(answered(command)) < 110_000


@pytest.mark.parametrize("output", ["      Avail\n77917954048\n", "Avail\n77917954048\n"])
def test_room(output):
    assert archive.room_at("/vitam/backup").read(output) == 77917954048


def test_room_where_nothing_is_yet(tmp_path):
    """Before the first night the directory does not exist: the one above it is on the same disk."""
    command = archive.room_at(f"{tmp_path}/not yet/$(there)/at all")
    assert command.read(answered(command)) > 0


@pytest.mark.parametrize(("content", "size"), [(b"", 0), (b"13021\n", 6)])
def test_the_lock_of_a_mongod(tmp_path, content, size):
    """Empty: mongod closed its files. A process id: it was killed, whatever systemd says of its exit status."""
    lock = tmp_path / "mongod.lock"
    lock.write_bytes(content)
    os.utime(lock, (1_795_468_800, 1_795_468_800))
    command = archive.mongod_lock(str(tmp_path))
    assert command.read(answered(command)) == MongodLock(size, 1_795_468_800)


def test_a_mongod_that_ran_meanwhile_has_changed_its_lock(tmp_path):
    """Empty before and after: systemd forgets when a unit that is not enabled ended, the lock does not."""
    lock = tmp_path / "mongod.lock"
    lock.touch()
    os.utime(lock, (1_795_468_800, 1_795_468_800))
    command = archive.mongod_lock(str(tmp_path))
    before = command.read(answered(command))
    lock.write_text("4711\n", encoding="utf-8")
    lock.write_text("", encoding="utf-8")
    after = command.read(answered(command))
    assert before.size_bytes == after.size_bytes == 0
    assert before != after


def test_no_lock_at_all_is_not_an_empty_one(tmp_path):
    with pytest.raises(subprocess.CalledProcessError):
        answered(archive.mongod_lock(str(tmp_path)))


def test_links_whose_data_no_copy_would_have(tmp_path):
    """A journal on another disk, a database moved by hand; what a copy leaves out anyway may be a link."""
    place = tmp_path / "a 'b' $(c)"
    (place / "metadata").mkdir(parents=True)
    for link in ("journal", "metadata/collection-1.wt", "diagnostic.data", "old.log"):
        (place / link).symlink_to(tmp_path)
    command = archive.links_in(str(place))
    assert sorted(command.read(answered(command))) == [f"{place}/journal", f"{place}/metadata/collection-1.wt"]


def test_a_dbpath_that_is_a_link_itself(tmp_path):
    """Its size would be that of the link, and a restore would rename the link: mongod may as well be told the place."""
    (tmp_path / "disk").mkdir()
    (tmp_path / "db").symlink_to(tmp_path / "disk")
    command = archive.links_in(str(tmp_path / "db"))
    assert command.read(answered(command)) == (f"{tmp_path}/db",)


def test_what_is_said_of_links():
    links = ["/db/journal", "/db/a", "/db/b", "/db/c"]
    assert archive.links_finding("mongo-data-shard0", "data1", []) is None
    assert archive.links_finding("mongo-data-shard0", "data1", links[:1]) == (
        "mongo-data-shard0 on data1: no copy would have what is behind the symbolic link /db/journal; stop that mongod "
        "and put the data itself there"
    )
    assert "links /db/journal, /db/a, /db/b;" in str(archive.links_finding("mongo-data-shard0", "data1", links))


def test_mounts_below_a_dbpath():
    """As the kernel tells them."""
    told = "/db x\n/dev/b /db\\040x/journal\\040y xfs rw 0 0\n/dev/b /db\\040x xfs rw 0 0\n/dev/b /db rw 0 0\n"
    assert archive.mounts_in("/link").read(told) == ("/db x/journal y",)


def test_where_a_directory_is_mounted():
    """The deepest mount above it; one that only begins with the same letters is none."""
    told = "".join(f"/dev/x {place} xfs rw 0 0\n" for place in ("/", "/vitam/data", "/vitam/data\\040b", "/vitam/da"))
    paths = ["/vitam/data/offer", "/vitam/data", "/vitam/data b/x", "/vitam/dat", "/vitam/da/x"]
    assert archive.mount_points(paths).read(told) == {
        "/vitam/data/offer": "/vitam/data",
        "/vitam/data": "/vitam/data",
        "/vitam/data b/x": "/vitam/data b",
        "/vitam/dat": "/",
        "/vitam/da/x": "/vitam/da",
    }


def test_what_is_mounted_below_a_directory():
    """Each disk once, blanks as blanks; neither its own mount nor one that only begins with the same letters."""
    places = ("/", "/vitam/data", "/vitam/data/b\\040c", "/vitam/data/b\\040c", "/vitam/data2", "/vitam/data/a/d")
    told = "".join(f"/dev/x {place} xfs rw 0 0\n" for place in places)
    told += "auto /vitam/data/e autofs rw 0 0\ntmpfs /vitam/data/f tmpfs rw 0 0\n"
    assert archive.mounts_below(["/vitam/data", "/vitam/none"]).read(told) == {
        "/vitam/data": ["/vitam/data/a/d", "/vitam/data/b c"],
        "/vitam/none": [],
    }


def test_mounts_below_a_directory_that_a_link_leads_to(tmp_path):
    """The kernel's list has real names. Below / there is a mount on every machine."""
    (tmp_path / "link").symlink_to("/")
    mounts = [line.split()[1] for line in Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()]
    place = next(place for place in mounts if place.count("/") > 1)
    command = archive.mounts_in(f"{tmp_path}/link{place.rpartition('/')[0]}")
    assert place in command.read(answered(command))
