"""The engine tar: names, arguments, progress. Its scripts run in test_tar_scripts.py."""

from __future__ import annotations

import shlex

import pytest

from tests.unit.test_archive import answered
from tests.unit.test_restic import RESTIC
from vitam_operators.config_copies import CopyConfig
from vitam_operators.engines.base import Stored
from vitam_operators.engines.restic import ResticEngine
from vitam_operators.engines.tar import TarEngine

ZSTD = CopyConfig(directory="/vitam/backup", level=3, threads=2)
SHA256 = "ab" * 32
PLAIN = CopyConfig(directory="/mnt/b", compression="none")


# --- names and arguments ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("copies", "path"),
    [(ZSTD, "/vitam/backup/L-2/data1-conf.tar.zst"), (PLAIN, "/mnt/b/L-2/data1-conf.tar")],
)
def test_where_a_copy_lies(copies, path):
    assert TarEngine(copies).place("L-2", "data1-conf") == path


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
    assert list(TarEngine(copies).store("/vitam/conf", "L", "p", exclude).arguments) == arguments


@pytest.mark.parametrize(
    ("copies", "arguments"),
    [
        (ZSTD, ["/vitam/backup/L", "p.tar.zst", "zstd --quiet --decompress --stdout"]),
        (PLAIN, ["/mnt/b/L", "p.tar", "cat"]),
    ],
)
def test_what_the_reading_back_is_told(copies, arguments):
    assert list(TarEngine(copies).verify("L", "p").arguments) == arguments


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
    assert TarEngine(ZSTD).progress_bytes(words) == done_bytes


# --- what there is ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("output", "copied"),
    [
        ("", None),
        (f"1048576\n1048576 {SHA256} 17\n", Stored(1048576, SHA256, 17)),
        (f"1048575\n1048576 {SHA256} 17\n", None),
        ("1048576\n", None),
        (f"1048576\n1048576 {SHA256}\n", None),
    ],
)
def test_what_there_is_of_a_copy(output, copied):
    """An archive that is not as long as its copy noted is none."""
    assert TarEngine(ZSTD).stored("L", "p").read(output) == copied


def test_a_finished_copy_on_a_real_disk(tmp_path):
    """The archive has its name only when all is written; no archive is an answer, too (status 1 of stat and cat)."""
    command = TarEngine(CopyConfig(directory=str(tmp_path), compression="none")).stored("L", "p")
    place = tmp_path / "L"
    place.mkdir()
    assert command.read(answered(command)) is None
    (place / "p.tar.partial").write_bytes(b"12345")
    (place / "p.tar.facts").write_text(f"5 {SHA256} 2\n", encoding="utf-8")
    assert command.read(answered(command)) is None
    (place / "p.tar.partial").rename(place / "p.tar")
    assert command.read(answered(command)) == Stored(5, SHA256, 2)
    (place / "p.tar.facts").unlink()
    assert command.read(answered(command)) is None


def test_only_the_unfinished_is_removed():
    """Never the archive itself, and no `*`."""
    command = TarEngine(ZSTD).remove_unfinished("L", "p")
    assert shlex.split(command.line) == ["sudo", "-n", "rm", "-f", "--", "/vitam/backup/L/p.tar.zst.partial"]


@pytest.mark.parametrize("engine", [TarEngine(ZSTD), ResticEngine(RESTIC)], ids=["tar", "restic"])
@pytest.mark.parametrize("label", ["", ".", "..", "/", "L/..", "-r", "*", "L L", "L\n"])
def test_nothing_but_a_backup_is_removed(engine, label):
    """The label becomes a path that is removed with all below it, as root."""
    with pytest.raises(ValueError, match=r"is no label of a backup, nothing is removed"):
        engine.remove(label, ("p",))


def test_the_directory_of_a_backup_is_removed():
    assert TarEngine(ZSTD).remove("20261124T190000Z-2", ("p",)).arguments == ("/vitam/backup/20261124T190000Z-2",)
