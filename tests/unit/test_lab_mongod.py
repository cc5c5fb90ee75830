"""The lab's mongods: which one belongs to which Vitam, and the two bytes by which they run on a Debian of today."""

from __future__ import annotations

import os
import subprocess

import pytest

from lab import mongod, mongod_binary
from lab.mongod import UnknownMongod

OLD, NEW = b"CURL_OPENSSL_3\0", b"CURL_OPENSSL_4\0"
OLD_HASH, NEW_HASH = bytes.fromhex("e3424a04"), bytes.fromhex("e4424a04")


@pytest.mark.parametrize(
    ("vitam", "asked", "version"),
    [
        ("4.0.7", None, "4.2.6"),
        ("5.3", None, "4.2.6"),
        ("6.2", None, "5.0.32"),
        ("7.0.1", None, "5.0.32"),
        ("5.3", "4.4.2", "4.4.2"),
        ("7.0.1", "6.0.27", "6.0.27"),
    ],
)
def test_which_mongod_a_platform_runs(monkeypatch, vitam, asked, version):
    """The one that its Vitam ships, unless LAB_MONGODB names another."""
    monkeypatch.delenv("LAB_MONGODB", raising=False)
    if asked:
        monkeypatch.setenv("LAB_MONGODB", asked)
    assert mongod.version_of(vitam) == version


@pytest.mark.parametrize(("vitam", "asked", "words"), [("7.0.1", "3.6", "LAB_MONGODB=3.6"), ("3.0", "", "Vitam 3.0")])
def test_a_mongod_that_the_lab_does_not_have(monkeypatch, vitam, asked, words):
    """It is answered with those that there are."""
    monkeypatch.setenv("LAB_MONGODB", asked)
    with pytest.raises(UnknownMongod) as caught:
        mongod.version_of(vitam)
    told = f"{words}: the lab has no such MongoDB\nhint: it has 4.2.6, 4.4.2, 5.0.32, 6.0.27"
    assert str(caught.value) == told


@pytest.mark.parametrize("name", ["CURL_OPENSSL_3", "CURL_OPENSSL_4", "GLIBC_2.2.5"])
def test_the_hash_by_which_the_linker_finds_a_name(name):
    """The last one is that of every Linux program (the example of the Linux Standard Base)."""
    known = {"CURL_OPENSSL_3": 0x044A42E3, "CURL_OPENSSL_4": 0x044A42E4, "GLIBC_2.2.5": 0x09691A75}
    assert mongod_binary.elf_hash(name.encode()) == known[name]


def test_two_bytes_of_the_program_change():
    """The digit of the name, and the lowest byte of its hash; nothing else."""
    program = b"\x7fELF" + OLD + b"code" + OLD_HASH + b"\x00end"
    assert mongod_binary.changed(program) == b"\x7fELF" + NEW + b"code" + NEW_HASH + b"\x00end"


@pytest.mark.parametrize(
    ("program", "words"),
    [
        (b"\x7fELF", "the text CURL_OPENSSL_3 stands 0 times, its hash stands 0 times"),
        (OLD + OLD + OLD_HASH, "the text CURL_OPENSSL_3 stands 2 times"),
        (OLD + OLD_HASH + OLD_HASH, "its hash stands 2 times"),
        (NEW + NEW_HASH, "the text CURL_OPENSSL_3 stands 0 times, its hash stands 0 times"),
    ],
)
def test_another_program_stays_as_it_is(tmp_path, program, words):
    """What does not ask for the old name exactly once is not touched, and that is said."""
    path = tmp_path / "mongod"
    path.write_bytes(program)
    with pytest.raises(SystemExit) as caught:
        mongod_binary.main(path)
    assert str(caught.value).startswith(f"{path}: {words}; expected each exactly once")
    assert path.read_bytes() == program
    assert list(tmp_path.iterdir()) == [path]


def test_the_changed_program_keeps_its_mode(tmp_path):
    """It can be run as before."""
    path = tmp_path / "mongod"
    path.write_bytes(OLD + OLD_HASH)
    path.chmod(0o751)
    mongod_binary.main(path)
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (NEW + NEW_HASH, 0o751)


@pytest.mark.skipif(
    bool(mongod.missing()) and not os.environ.get("CI"), reason="tools/setup puts the lab's mongods there"
)
@pytest.mark.parametrize("version", mongod.VERSIONS)
def test_each_starts_on_this_machine(version):
    """With the OpenSSL that lies beside it, and the libcurl of today."""
    words = [str(mongod.binary(version)), "--version"]
    done = subprocess.run(words, env=mongod.environment(), capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[:1] == [f"db version v{version}"], done.stderr
