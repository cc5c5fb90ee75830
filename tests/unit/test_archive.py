"""The copies: names, arguments, sizes and progress. The scripts themselves run in test_archive_scripts.py."""

from __future__ import annotations

import os
import shlex
import subprocess

import pytest

from vitam_operators import archive
from vitam_operators.archive import Copied, MongodLock
from vitam_operators.config_copies import CopyConfig

ZSTD = CopyConfig(directory="/vitam/backup", level=3, threads=2)
SHA256 = "ab" * 32
PLAIN = CopyConfig(directory="/mnt/b", compression="none")


def answered(command) -> str:
    """What this machine answers, without sudo."""
    text = command.line.replace("sudo -n ", "")
    done = subprocess.run(["/bin/sh", "-c", text], capture_output=True, text=True, check=False)
    if done.returncode not in command.ok:
        raise subprocess.CalledProcessError(done.returncode, text)
    return done.stdout


# --- names and arguments ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("copies", "name", "directory"),
    [(ZSTD, "data1-conf.tar.zst", "/vitam/backup/L-2"), (PLAIN, "data1-conf.tar", "/mnt/b/L-2")],
)
def test_where_a_copy_lies(copies, name, directory):
    assert archive.archive_name("data1-conf", copies) == name
    assert archive.copy_directory("L-2", copies) == directory


def test_units_are_named_after_backup_and_part():
    """The name is the lock: systemd refuses a second unit of it, and the sudo rules know its beginning."""
    assert archive.copy_unit("L-2", "mongo-data-shard0") == "vitam-copy-L-2-mongo-data-shard0.service"
    assert archive.verify_unit("L-2", "mongo-data-shard0") == "vitam-verify-L-2-mongo-data-shard0.service"


@pytest.mark.parametrize(
    ("copies", "exclude", "arguments"),
    [
        (
            ZSTD,
            (),
            ["/vitam/conf", "/vitam/backup/L", "p.tar.zst", "zstd --quiet -3 -T2"],
        ),
        (
            PLAIN,
            ("./diagnostic.data", "./*.log"),
            ["/vitam/conf", "/mnt/b/L", "p.tar", "cat", "--anchored", "--exclude=./diagnostic.data",
             "--exclude=./*.log"],
        ),
        (
            PLAIN,
            ("a b", "--checkpoint-action=exec=reboot"),
            ["/vitam/conf", "/mnt/b/L", "p.tar", "cat", "--anchored", "--exclude=a b",
             "--exclude=--checkpoint-action=exec=reboot"],
        ),
    ],
)  # fmt: skip
def test_what_the_copy_is_told(copies, exclude, arguments):
    assert archive.copy_arguments("/vitam/conf", "L", "p", copies, exclude) == arguments


@pytest.mark.parametrize(
    ("copies", "arguments"),
    [
        (ZSTD, ["/vitam/backup/L", "p.tar.zst", "zstd --quiet --decompress --stdout"]),
        (PLAIN, ["/mnt/b/L", "p.tar", "cat"]),
    ],
)
def test_what_the_reading_back_is_told(copies, arguments):
    assert archive.verify_arguments("L", "p", copies) == arguments


# --- progress --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "done_bytes"),
    [
        ("", 0),
        ("Started vitam-copy-L-p.service - Vitam backup L: copy of p.", 0),
        ("tar: copied 2000", 20_480_000),
        ("Started vitam-copy-L-p.service - d.\ntar: copied 2000\ntar: copied 4000", 40_960_000),
        ("tar: copied 8000\ntar: ./a: file changed as we read it", 81_920_000),
        ("tar: ./x: Cannot stat: Permission denied", 0),
    ],
)
def test_progress_is_tars_last_checkpoint(words, done_bytes):
    assert archive.bytes_read(words) == done_bytes


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
    with pytest.raises(IndexError):
        archive.size_of("/nowhere").read("")


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


@pytest.mark.parametrize(
    ("output", "copied"),
    [
        ("", None),
        (f"1048576\n1048576 {SHA256} 17\n", Copied(1048576, SHA256, 17)),
        (f"1048575\n1048576 {SHA256} 17\n", None),
        ("1048576\n", None),
        (f"1048576\n1048576 {SHA256}\n", None),
    ],
)
def test_what_there_is_of_a_copy(output, copied):
    """An archive that is not as long as its copy noted is none."""
    assert archive.copied("L", "p", ZSTD).read(output) == copied


def test_a_finished_copy_on_a_real_disk(tmp_path):
    """The archive has its name only when all is written; no archive is an answer, too (status 1 of stat and cat)."""
    command = archive.copied("L", "p", CopyConfig(directory=str(tmp_path), compression="none"))
    place = tmp_path / "L"
    place.mkdir()
    assert command.read(answered(command)) is None
    (place / "p.tar.partial").write_bytes(b"12345")
    (place / "p.tar.facts").write_text(f"5 {SHA256} 2\n", encoding="utf-8")
    assert command.read(answered(command)) is None
    (place / "p.tar.partial").rename(place / "p.tar")
    assert command.read(answered(command)) == Copied(5, SHA256, 2)
    (place / "p.tar.facts").unlink()
    assert command.read(answered(command)) is None


def test_only_the_unfinished_is_removed():
    """Never the archive itself, and no `*`."""
    command = archive.remove_part("L", "p", ZSTD)
    assert shlex.split(command.line) == ["sudo", "-n", "rm", "-f", "--", "/vitam/backup/L/p.tar.zst.partial"]
