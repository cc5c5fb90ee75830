"""The scripts of the engine tar, run for real by bash as a host's systemd runs them."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import socket
import subprocess
import tarfile
from pathlib import Path, PurePosixPath

import pytest

from vitam_operators.archive import EXCLUDED_OF_MONGODB
from vitam_operators.config_copies import CopyConfig
from vitam_operators.engines.tar import TarEngine

FINISHED = {"p.tar", "p.tar.files", "p.tar.sha256", "p.tar.facts"}
ROLLED_BACK = "rollback/20f74796-d5ea-42f5-8c95-f79b39bad190/removed.2026-11-23T20-23-01.21.bson"
"""As MongoDB's manual has it, \"Rollbacks During Replica Set Failover\"."""

UNFINISHED = {"p.tar.partial", "p.tar.files", "p.tar.written"}


class Place:
    """A directory to copy, and a directory for copies."""

    def __init__(self, base: Path, name: str = "source") -> None:
        self.base, self.source = base, base / name
        self.source.mkdir()
        self.copies = CopyConfig(directory=str(base / "copies"), compression="none")
        self.target = base / "copies" / "L"

    def copy(self, exclude: tuple[str, ...] = (), through: str | None = None, within: str = "exec", **environment: str):
        job = TarEngine(self.copies).store(str(self.source), "L", "p", exclude)
        arguments = list(job.arguments)
        arguments[3] = through or arguments[3]
        return run(job.script, arguments, within, environment)

    def verify(self, **environment: str):
        job = TarEngine(self.copies).verify("L", "p")
        return run(job.script, list(job.arguments), "exec", environment)

    def extract(self, target: Path):
        engine = TarEngine(self.copies)
        job = engine.extract(engine.place("L", "p"), str(target))
        return run(job.script, list(job.arguments), "exec", {})

    def copy_and_verify(self, exclude: tuple[str, ...] = ()) -> None:
        ended_well(self.copy(exclude))
        ended_well(self.verify())

    @property
    def archive(self) -> Path:
        return Path(TarEngine(self.copies).place("L", "p"))

    @property
    def listed(self) -> list[str]:
        """The names in the list of files, which has type, mode, owner, size and time before them."""
        return [line.split(maxsplit=5)[5] for line in (self.target / "p.tar.files").read_text().splitlines()]

    @property
    def left(self) -> set[str]:
        return {path.name for path in self.target.iterdir()}


def run(script: str, arguments: list[str], within: str, environment: dict[str, str]):
    """As the transient unit does: bash -c, $0 the unit's name; `within` limits the process it runs in."""
    words = ["bash", "-c", f'{within} bash -c "$@"', "outer", script, "vitam-copy-L-p.service", *arguments]
    env = os.environ | environment
    return subprocess.run(words, capture_output=True, text=True, check=False, timeout=60, env=env, cwd="/")


def ended_well(done: subprocess.CompletedProcess) -> None:
    assert done.returncode == 0, done.stderr


def contents(place: Path) -> dict[str, tuple]:
    """Type, mode, owner, content and attributes of everything below a directory."""
    found = {}
    for path in sorted([place, *place.rglob("*")]):
        status = path.lstat()
        what = os.readlink(path) if path.is_symlink() else path.read_bytes() if path.is_file() else None
        more = {
            name: os.getxattr(path, name, follow_symlinks=False) for name in os.listxattr(path, follow_symlinks=False)
        }
        found[str(path.relative_to(place))] = (oct(status.st_mode), status.st_uid, status.st_gid, what, more)
    return found


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path)


def fill(source: Path) -> None:
    """A dbPath with directoryPerDB: an empty database directory, modes, a link, an empty lock."""
    (source / "metadata" / "collection").mkdir(parents=True)
    (source / "empty database").mkdir(mode=0o750)
    (source / "WiredTiger.wt").write_bytes(os.urandom(50_000))
    (source / "mongod.lock").touch(mode=0o600)
    (source / "metadata" / "collection" / "2-9.wt").write_bytes(b"x" * 70_000)
    (source / "metadata" / "link").symlink_to("../WiredTiger.wt")
    os.link(source / "WiredTiger.wt", source / "hard link")
    (source / "metadata").chmod(0o2751)
    if os.geteuid() == 0:
        os.chown(source / "WiredTiger.wt", 2001, 2000)
    with contextlib.suppress(OSError):  # not every file system has attributes
        os.setxattr(source / "WiredTiger.wt", "user.vitam", b"kept")


NAMES_OF_ALL_KINDS = (
    "é ü", "новый", "new\nline", "tab\t", 'quote"s\'', "back\\slash", "\\303", "-rf", "--help", " leading", "~", "$(x)",
    "d" * 200,
)  # fmt: skip


def fill_with_names(source: Path) -> None:
    for name in NAMES_OF_ALL_KINDS:
        (source / name).write_text(name, encoding="utf-8")
    Path(os.fsdecode(os.fsencode(source) + b"/not utf-8 \xff\xe9")).touch()
    (source / "dir\nectory é").mkdir()


@pytest.mark.parametrize("compression", ["zstd", "none"])
def test_what_is_extracted_is_what_was_copied(place, tmp_path, compression):
    """Empty directories, owners, modes and links: mongod does not start on less."""
    fill(place.source)
    place.copies = place.copies.model_copy(update={"compression": compression})
    place.copy_and_verify()
    back = tmp_path / "back"
    ended_well(place.extract(back))
    assert contents(back) == contents(place.source)
    assert os.path.samefile(back / "hard link", back / "WiredTiger.wt")


@pytest.mark.parametrize("name", ["a b", "it's", 'say "hi"', "$(touch x)", "${HOME}", "-C", "new\nline", "*"])
def test_a_source_with_a_nasty_name(tmp_path, name):
    place = Place(tmp_path, name)
    (place.source / "file").touch()
    place.copy_and_verify()
    assert place.listed == ["./", "./file"]


def test_the_checksum_is_that_of_the_archive(place):
    fill(place.source)
    ended_well(place.copy())
    known = hashlib.sha256(place.archive.read_bytes()).hexdigest()
    assert (place.target / "p.tar.sha256").read_text() == f"{known}  p.tar\n"
    assert (place.target / "p.tar.facts").read_text() == f"{place.archive.stat().st_size} {known} 9\n"
    assert place.left == FINISHED
    assert place.verify().stdout == "p.tar: OK\nread back 9 files\n"


def test_copies_are_nobody_elses_business(place):
    """The keyfile of the databases is in /vitam/conf."""
    fill(place.source)
    ended_well(place.copy())
    assert {oct(path.stat().st_mode & 0o777) for path in place.target.iterdir()} == {"0o600"}
    assert oct(place.target.stat().st_mode & 0o777) == "0o700"


def test_what_is_left_out_of_a_dbpath(place):
    """
    Only the patterns, and only at the top where they are anchored.

    Kind: data that is taken for what may go. With directoryPerDB a database named rollback is in ./rollback.
    """
    of_databases = ("rollback/collection-7-1.wt", "db/diagnostic.data/kept", "db/kept.wt")
    for name in ("diagnostic.data/metrics", ROLLED_BACK, *of_databases):
        (place.source / name).parent.mkdir(parents=True, exist_ok=True)
        (place.source / name).touch()
    for name in ("mongod.log", "kept.logs", "mongodb.sock", "rollback.kept"):
        (place.source / name).touch()
    place.copy_and_verify(EXCLUDED_OF_MONGODB)
    assert place.listed == [
        "./", "./db/", "./db/diagnostic.data/", "./db/diagnostic.data/kept", "./db/kept.wt", "./kept.logs",
        "./rollback/", f"./{PurePosixPath(ROLLED_BACK).parent}/", "./rollback/collection-7-1.wt", "./rollback.kept",
    ]  # fmt: skip


@pytest.mark.parametrize(("day", "later"), [("C", "C.UTF-8"), ("C.UTF-8", "C"), ("C.UTF-8", "C.UTF-8")])
def test_names_of_all_kinds_whatever_the_locale(place, day, later):
    """tar writes é as such in one locale and as numbers in another: the proof would fail on a name that is right."""
    fill_with_names(place.source)
    ended_well(place.copy(LC_ALL=day))
    ended_well(place.verify(LC_ALL=later))
    with tarfile.open(place.archive) as tar:
        assert {f"./{name}" for name in NAMES_OF_ALL_KINDS} < set(tar.getnames())
    assert len(place.listed) == len(NAMES_OF_ALL_KINDS) + 3


def test_a_socket_is_no_failure(place, monkeypatch):
    """mongod leaves its socket when it is killed; there is nothing in it to copy."""
    (place.source / "file").touch()
    monkeypatch.chdir(place.source)  # a socket's path may have 107 characters only
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("s")
    place.copy_and_verify()
    assert place.listed == ["./", "./file"]


def test_progress_can_be_read_from_tars_words(place):
    with (place.source / "big").open("wb") as file:
        file.truncate(50_000_000)
    done = place.copy()
    ended_well(done)
    assert TarEngine(place.copies).progress_bytes(done.stderr) == 40_960_000


def test_a_file_that_changes_while_it_is_read_leaves_no_archive(place, tmp_path):
    """Somebody writes: the copy is not of one moment. tar is held by the full pipe when the file grows."""
    (place.source / "growing").write_bytes(b"x" * 1_000_000)
    late = tmp_path / "late"
    late.write_text(f'#!/bin/sh\nsleep 0.3\necho more >> "{place.source}/growing"\nexec cat\n', encoding="utf-8")
    late.chmod(0o755)
    done = place.copy(through=str(late))
    assert done.returncode != 0
    assert "growing: file changed as we read it" in done.stderr
    assert place.left == UNFINISHED


def test_a_file_that_may_not_be_read_leaves_no_archive(place):
    """tar goes on to the end without it, and says so with its exit status only."""
    (place.source / "closed").touch(mode=0)
    as_anybody = "exec setpriv --bounding-set=-dac_override,-dac_read_search" if os.geteuid() == 0 else "exec"
    done = place.copy(within=as_anybody)
    assert done.returncode != 0
    assert "closed: Cannot open: Permission denied" in done.stderr
    assert place.left == UNFINISHED


@pytest.mark.parametrize("program", ["no-such-compressor", "false", "head -c 1000"])
def test_a_compressor_that_fails_leaves_no_archive(place, program):
    """`head` ends well but early: tar is cut off, and that counts."""
    (place.source / "file").write_bytes(os.urandom(3_000_000))
    assert place.copy(through=program).returncode != 0
    assert place.left == UNFINISHED


def test_a_full_disk_ends_the_copy_at_once(place):
    """The disk may be the one on which mongod is to start: nobody goes on for hours to write into nothing."""
    with (place.source / "big").open("wb") as file:
        file.truncate(200_000_000)
    done = place.copy(within="trap '' XFSZ; ulimit -f 1000; exec")
    assert done.returncode != 0
    assert "File too large" in done.stderr
    assert TarEngine(place.copies).progress_bytes(done.stderr) < 100_000_000
    assert place.left == UNFINISHED


def test_a_second_try_replaces_what_the_first_one_left(place):
    fill(place.source)
    place.target.mkdir(parents=True)
    for name in (*FINISHED, "p.tar.partial"):
        (place.target / name).write_text("left", encoding="utf-8")
    (place.target / "other.tar").touch()
    place.copy_and_verify()
    assert place.left == FINISHED | {"other.tar"}


def test_a_second_try_that_fails_leaves_no_archive_of_the_first(place):
    """The list of files is the second one's: beside the first one's archive it would be a lie."""
    fill(place.source)
    ended_well(place.copy())
    shutil.rmtree(place.source)
    assert "No such file or directory" in place.copy().stderr
    assert place.left <= UNFINISHED


@pytest.mark.parametrize("where", [0, 512, 30_000, -1])
def test_one_bit_that_flipped_is_found(place, where):
    fill(place.source)
    ended_well(place.copy())
    content = bytearray(place.archive.read_bytes())
    content[where] ^= 1
    place.archive.write_bytes(content)
    assert place.verify().returncode != 0


@pytest.mark.parametrize("name", sorted(FINISHED))
@pytest.mark.parametrize("harm", [Path.unlink, lambda path: path.write_bytes(path.read_bytes()[:-10])])
def test_whatever_is_lost_or_cut_is_found(place, harm, name):
    fill(place.source)
    ended_well(place.copy())
    harm(place.target / name)
    assert place.verify().returncode != 0


def forge(place: Place, content: bytes, names: tuple[str, ...]) -> None:
    """Put another archive in place, with a checksum that is right for it in the files named."""
    known = hashlib.sha256(place.archive.read_bytes()).hexdigest()
    place.archive.write_bytes(content)
    for name in names:
        text = (place.target / name).read_text().replace(known, hashlib.sha256(content).hexdigest())
        (place.target / name).write_text(text)


def test_a_right_checksum_is_not_enough(place):
    """It proves that the disk kept what was written, not that what was written is an archive."""
    fill(place.source)
    ended_well(place.copy())
    forge(place, b"nonsense", ("p.tar.sha256", "p.tar.facts"))
    done = place.verify()
    assert "p.tar: OK" in done.stdout
    assert done.returncode != 0


def test_another_archive_with_its_own_checksum_is_found(place):
    """The night noted what is in .facts: the proof has to be of that, not of what somebody put beside it."""
    fill(place.source)
    ended_well(place.copy())
    forge(place, place.archive.read_bytes() + bytes(10_240), ("p.tar.sha256",))
    assert place.verify().returncode != 0


def test_a_list_of_another_source_is_found(place):
    """Type, mode, owner, size and time of every file are those that the source had while it was stopped."""
    fill(place.source)
    ended_well(place.copy())
    listed = place.target / "p.tar.files"
    listed.write_text(listed.read_text().replace(" 50000 ", " 50001 ", 1), encoding="utf-8")
    assert "differ" in place.verify().stdout


# --- extracting ------------------------------------------------------------------------------------------------------


def test_what_is_there_is_not_written_over(place, tmp_path):
    fill(place.source)
    ended_well(place.copy())
    (tmp_path / "back").mkdir()
    assert "back is there already" in place.extract(tmp_path / "back").stdout


def test_a_damaged_archive_is_not_extracted(place, tmp_path):
    """Whoever restores it would find out only once mongod does not start."""
    fill(place.source)
    ended_well(place.copy())
    place.archive.write_bytes(place.archive.read_bytes()[:-1])
    assert "p.tar: FAILED" in place.extract(tmp_path / "back").stdout
    assert not (tmp_path / "back").exists()


def test_what_an_interrupted_extraction_left_is_swept(place, tmp_path):
    fill(place.source)
    ended_well(place.copy())
    (tmp_path / "back.partial").mkdir()
    (tmp_path / "back.partial" / "stranger").touch()
    ended_well(place.extract(tmp_path / "back"))
    assert contents(tmp_path / "back") == contents(place.source)
    assert not (tmp_path / "back.partial").exists()


# --- removing --------------------------------------------------------------------------------------------------------


def test_an_old_backup_is_removed_and_no_other(place):
    """Removing again finds nothing to do."""
    fill(place.source)
    ended_well(place.copy())
    (place.base / "copies" / "L2").mkdir()
    for _ in range(2):
        job = TarEngine(place.copies).remove("L", ("p",))
        ended_well(run(job.script, list(job.arguments), "exec", {}))
        assert [path.name for path in (place.base / "copies").iterdir()] == ["L2"]
