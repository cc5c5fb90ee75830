"""Records as files: what a full disk, a power cut or a hand leaves of one costs what it held, and nothing else."""

from __future__ import annotations

import errno
import os
import stat

import pytest

from tests.fakes.backups import write
from vitam_operators import record_files
from vitam_operators.catalogue import DAMAGED, entry
from vitam_operators.errors import NightClosedError
from vitam_operators.nights import HELD, MANIFEST, OPEN, PRUNED, RESTART, Night, Nights

TORN = pytest.mark.parametrize(
    "left", [b"", b'{"host": "da', b"\xff\xfe\x00", b"[]", b"null"], ids=["empty", "cut", "bytes", "list", "null"]
)


@pytest.fixture
def night(tmp_path):
    return Night(tmp_path / "demo" / "20261123T190000Z")


@TORN
def test_what_cannot_be_read_is_set_aside_and_named(night, left, caplog):
    """Kind: torn or empty records. Nobody trips over one, neither now nor at the next reading."""
    night.write("stop.a@b", {"asked_at": "20:00"})
    (night.directory / "stop.a@b.json").write_bytes(left)
    assert night.read("stop.a@b") is None
    assert (night.directory / "stop.a@b.json.unreadable").read_bytes() == left
    assert "stop.a@b.json.unreadable" in caplog.text
    assert night.all("stop") == {}
    assert night.unreadable() == ["stop.a@b"]


def test_it_is_written_anew_and_stays_named(night):
    """Kind: torn or empty records. A step that runs again notes again; the verdict still knows."""
    night.write(HELD, {})
    (night.directory / "held.json").write_text("")
    night.write_once(HELD, {"asked_at": "20:00"})
    assert night.read(HELD) == {"asked_at": "20:00"}
    assert night.unreadable() == [HELD]


def test_one_that_cannot_be_set_aside_is_named_all_the_same(night, monkeypatch):
    """Kind: a disk that is full or read-only while the starts go on: nothing may depend on the setting aside."""
    night.write(HELD, {})
    (night.directory / "held.json").write_text("")

    def refused(*_: object) -> None:
        raise OSError("Read-only file system")

    monkeypatch.setattr(type(night.directory), "rename", refused)
    assert night.read(HELD) is None
    assert night.unreadable() == [HELD]


def test_a_record_is_on_the_disk_before_it_has_its_name(night, monkeypatch):
    """Kind: a power cut. Its content is synced before the rename, its directory after it."""
    night.write(HELD, {})
    done = []
    own_sync, own_rename = os.fsync, type(night.directory).rename

    def sync(descriptor: int) -> None:
        done.append(os.readlink(f"/proc/self/fd/{descriptor}").rpartition("/")[2])
        own_sync(descriptor)

    def rename(path, target):
        done.append(f"rename to {target.name}")
        return own_rename(path, target)

    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.setattr(type(night.directory), "rename", rename)
    night.write(HELD, {"asked_at": "20:00"})
    content, renamed, directory = done
    assert content.startswith("held.json.")
    assert (renamed, directory) == ("rename to held.json", night.label)


def test_a_shared_disk_that_syncs_no_directory_holds_records(night, monkeypatch):
    """Kind: a good night that is refused. Some file systems of other machines cannot sync a directory (EINVAL)."""
    own_sync = os.fsync

    def sync(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        own_sync(descriptor)

    monkeypatch.setattr(os, "fsync", sync)
    night.write(HELD, {"asked_at": "20:00"})
    assert night.read(HELD) == {"asked_at": "20:00"}


def test_a_full_disk_leaves_no_draft(night, monkeypatch):
    """Kind: a disk that is full. What was there before is there, and nothing beside it."""
    night.write(HELD, {"asked_at": "20:00"})

    def full(_: int) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        night.write(HELD, {})
    assert night.read(HELD) == {"asked_at": "20:00"}
    assert [path.name for path in night.directory.iterdir()] == ["held.json"]


def test_a_restart_whose_record_is_torn_has_begun(night):
    """Kind: a record whose being there is a fact of its own. What is copied after the restart is a wrong copy."""
    night.write(RESTART, {"began_at": "02:00"})
    (night.directory / "restart.json").write_text("")
    for _ in range(2):
        with pytest.raises(NightClosedError, match="cannot be read any more"):
            night.require_cold()


def test_a_night_whose_opening_is_torn_was_opened(tmp_path):
    """Kind: as above. It is no night that never was: its run says so, and no other takes its directory."""
    nights = Nights(tmp_path / "demo")
    night = nights.open("20261123T190000Z", {"run_id": "r", "units_before": {}, "planned_at": "20:00"})
    (night.directory / "open.json").write_text("")
    assert nights.latest("20261123T190000Z").label == night.label
    with pytest.raises(NightClosedError, match=r"cannot be read: .*open\.json"):
        _ = nights.latest("20261123T190000Z").opened
    assert Night(night.directory, {"run_id": "r"}).opened == {"run_id": "r"}


@pytest.mark.parametrize("name", [OPEN, MANIFEST, PRUNED])
def test_the_catalogue_still_says_that_a_backup_is_damaged(tmp_path, name):
    """Kind: torn records. Setting one aside must not make a damaged backup look like an unfinished or a whole one."""
    nights = Nights(tmp_path / "demo")
    night = write(nights, "20261123T190000Z")
    night.write(name, {})
    (night.directory / f"{name}.json").write_text("")
    before = entry(night)
    assert before.state == DAMAGED
    assert record_files.read(night.directory, name) is None
    after = entry(night)
    assert after.state == DAMAGED
    assert after.unreadable == before.unreadable == (f"{name}.json",)
