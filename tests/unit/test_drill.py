"""The command lines of a drill, and the words that judge a copy."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
from pathlib import Path

import pytest

from vitam_operators import drill, drill_findings, scratch_mongod
from vitam_operators.commands import Command, existing
from vitam_operators.config_copies import DrillConfig
from vitam_operators.drill_findings import Expected
from vitam_operators.systemd import UnitState
from vitam_operators.triggers.drills import ended_by_itself

SETTINGS = DrillConfig()
SCRATCH = drill.scratch_of("20261124T190000Z-2", "mongo-data-shard0", SETTINGS)
UNIT = drill.mongod_unit("20261124T190000Z-2", "mongo-data-shard0")
EXPECTED = Expected("shard", {"a.big": 100, "a.b": 10, "a.c": 10, "a.d": 10, "a.e": 10})


def on_this_machine(command: Command) -> object:
    done = subprocess.run(
        ["sh", "-c", command.line.replace("sudo -n ", "")], capture_output=True, text=True, check=False
    )
    assert done.returncode in command.ok, done.stderr
    return command.read(done.stdout)


def test_the_facts_of_a_directory(tmp_path):
    """Names with a newline count once; what is not there is not there."""
    scratch = tmp_path / "x"
    (scratch / "empty").mkdir(parents=True)
    (scratch / "new\nline").touch()
    assert on_this_machine(drill.files_in(str(scratch))) == 3
    assert on_this_machine(existing([str(scratch), f"{scratch}.partial"])) == {str(scratch)}
    for name in ("x.partial", "x.key", "xy"):
        (tmp_path / name).touch()
    on_this_machine(drill.remove(str(scratch)))
    on_this_machine(drill.remove(str(scratch)))
    assert [path.name for path in tmp_path.iterdir()] == ["xy"]


def test_the_version_of_a_mongod_that_is_there_or_not(tmp_path):
    program = tmp_path / "mongod"
    assert on_this_machine(scratch_mongod.mongod_version(str(program))) == ""
    program.write_text("#!/bin/sh\necho 'db version v5.0.26'\necho 'Build Info: {'\n", encoding="utf-8")
    assert on_this_machine(scratch_mongod.mongod_version(str(program))) == ""
    program.chmod(0o755)
    assert on_this_machine(scratch_mongod.mongod_version(str(program))) == "5.0.26"
    assert scratch_mongod.series("5.0.26") == scratch_mongod.series("5.0.14") != scratch_mongod.series("5.2.0")


def opened(tmp_path: Path, owner: int, *, passable: bool) -> subprocess.CompletedProcess:
    """Run the script that opens a copy, with a program that says who it is in place of mongod."""
    scratch, program = tmp_path / "drill" / "L-p", tmp_path / "mongod"
    scratch.mkdir(parents=True)
    scratch.parent.chmod(0o700)
    os.chown(scratch, owner, owner)
    program.write_text('#!/bin/sh\nid -u; id -g; id -G; echo "$@"; cat "$9"\n', encoding="utf-8")
    program.chmod(0o755)
    for directory in (tmp_path, *tmp_path.parents[:-1]):
        directory.chmod(directory.stat().st_mode | 0o011)
    settings = SETTINGS.model_copy(update={"mongod": str(program)})
    job = scratch_mongod.opening(
        str(scratch), 29020, settings, {}, (), passable=str(scratch.parent) if passable else ""
    )
    return subprocess.run(
        ["bash", "-c", job.script, "unit", *job.arguments], capture_output=True, text=True, check=False
    )


@pytest.mark.skipif(
    os.geteuid() != 0 and not os.environ.get("CI"),  # in CI it fails rather than not run
    reason="as on a host: a transient unit is root before it is somebody else",
)
def test_a_copy_is_opened_by_the_owner_of_its_files(tmp_path):
    """As root, mongod would leave files that the owner cannot read; as anybody else it cannot read them itself."""
    done = opened(tmp_path, 2001, passable=True)
    assert done.returncode == 0, done.stderr
    user, group, groups, words, key = done.stdout.splitlines()
    assert (user, group, groups) == ("2001", "2001", "2001")
    assert len(key) == 64
    assert key not in words
    assert words.startswith(f"--dbpath {tmp_path}/drill/L-p --bind_ip 127.0.0.1 --port 29020 --nounixsocket --keyFile")
    assert oct((tmp_path / "drill" / "L-p.key").stat().st_mode) == "0o100600"
    assert oct((tmp_path / "drill").stat().st_mode & 0o777) == "0o711"


@pytest.mark.parametrize(
    ("storage", "more"),
    [
        ({}, ["--directoryperdb"]),
        ({"directoryPerDB": True}, ["--directoryperdb"]),
        ({"directoryPerDB": False}, []),
        (
            {"directoryPerDB": True, "wiredTiger": {"engineConfig": {"directoryForIndexes": True, "cacheSizeGB": 9}}},
            ["--directoryperdb", "--wiredTigerDirectoryForIndexes"],
        ),
    ],
)
def test_a_copy_is_opened_with_the_layout_that_it_has(storage, more):
    """With another one mongod refuses to start; nobody's cache of then is that of a drill."""
    words = list(scratch_mongod.opening("/d/x", 29019, SETTINGS, storage, scratch_mongod.RECOVERING).arguments)
    assert words[words.index("diagnosticDataCollectionEnabled=false") + 1 :] == more
    assert words[words.index("--wiredTigerCacheSizeGB") + 1] == "0.5"
    assert "--replSet" not in words


def test_collections_by_turns():
    """Over some nights each collection has its turn, the largest has it every night, a second try has the same."""
    fast = {name: number for name, number in (EXPECTED.counts or {}).items()}
    nights = [drill_findings.to_validate(f"202611{day}T190000Z", EXPECTED, fast, 2) for day in range(10, 30)]
    assert {len(chosen) for chosen in nights} == {2}
    assert all("a.big" in chosen for chosen in nights)
    assert {name for chosen in nights for name in chosen} == set(fast)
    assert nights[0] == drill_findings.to_validate("20261110T190000Z", EXPECTED, fast, 2)


def test_collections_whose_count_is_wrong_are_always_validated():
    fast = {**(EXPECTED.counts or {}), "a.b": 9, "a.c": 9}
    assert drill_findings.to_validate("L", EXPECTED, fast, 1) == ["a.b", "a.big", "a.c"]
    assert drill_findings.to_validate("L", EXPECTED, fast, 0) == sorted(fast)
    assert drill_findings.to_validate("L", EXPECTED, {}, 1) == []


@pytest.mark.parametrize(
    ("kind", "namespace", "data"),
    [
        ("shard", "metadata.Unit", True),
        ("shard", "metadata.system.views", False),
        ("shard", "config.transactions", False),
        ("shard", "config.shards", False),
        ("config", "config.shards", True),
        ("config", "config.mongos", False),
        ("config", "admin.system.users", False),
        ("shard", "local.oplog.rs", False),
    ],
)
def test_what_counts_as_data(kind, namespace, data):
    """The cluster itself writes while a night copies: such counts differ without a mistake."""
    assert drill_findings.is_data(kind, namespace) is data


def test_sizes_that_nobody_measured_are_guessed():
    manifest = {"parts": {"p": {"host": "h", "size_bytes": 10}}}
    assert drill_findings.source_bytes({"sizes": {"h": {"p": 33}}}, manifest, "p") == 33
    assert drill_findings.source_bytes({"sizes": {"h": {"p": 0}}}, manifest, "p") == 0
    assert drill_findings.source_bytes({}, manifest, "p") == 40


def ended(**changes) -> UnitState:
    """A unit of a drill that has ended with an exit status of its own."""
    own = {"active": "failed", "sub": "failed", "result": "exit-code", "exit_code": 1, "exit_status": 14}
    moments = {"started_at": dt.datetime.now(dt.UTC), "active_since": None, "inactive_since": None}
    return UnitState(unit="vitam-drill-x.service", load="loaded", pid=0, **(own | moments | changes))


@pytest.mark.parametrize(
    ("state", "itself"),
    [
        (ended(active="inactive", sub="dead", result="success", exit_status=0), False),
        (ended(result="timeout"), False),
        (ended(result="oom-kill", exit_code=2, exit_status=9), False),
        (ended(result="signal", exit_code=2, exit_status=15), False),
        (ended(started_at=None), False),
        (ended(), True),
        (ended(result="signal", exit_code=2, exit_status=6), True),
        (ended(result="core-dump", exit_code=3, exit_status=6), True),
    ],
    ids=["booted", "systemd's limit", "out of memory", "swept by hand", "since when?", "exit", "abort", "core dumped"],
)
def test_what_ended_a_drill_from_outside_is_not_the_copys_fault(state, itself):
    """A good backup that is called bad is not restored from, and pruned in a week."""
    assert ended_by_itself(state) is itself


PLACE = "/vitam/repository/mongo-data-shard0"


@pytest.mark.parametrize(
    ("said", "damage"),
    [
        ("a.tar.zst: FAILED\nsha256sum: WARNING: 1 computed checksum did NOT match", "a.tar.zst: FAILED"),
        (
            "sha256sum: a.tar.zst: No such file or directory\na.tar.zst: FAILED open or read",
            "sha256sum: a.tar.zst: No such file or directory",
        ),
        ("sha256sum: a.tar.zst.sha256: No such file or directory", None),
        ("sha256sum: a.tar.zst: Input/output error\na.tar.zst: FAILED open or read", None),
        ("bash: line 6: cd: /vitam/backup/L: No such file or directory", None),
        (
            "zstd: a : Decoding error (36) : Restored data doesn't match checksum \ntar: Unexpected EOF in archive",
            "zstd: a : Decoding error (36) : Restored data doesn't match checksum",
        ),
        ("tar: Unexpected EOF in archive\ntar: Error is not recoverable: exiting now", None),
        ("tar: ./a: Wrote only 1024 of 10240 bytes\nzstd: error 70 : Write error : Broken pipe", None),
        ("ignoring error for /db/a: ciphertext verification failed\nFatal: There were 2 errors", "ciphertext"),
        ("Fatal: load <index/2e200b050b>: invalid data returned", "invalid data returned"),
        ("ignoring error for /: id 82097 not found in repository", "not found in repository"),
        (f"ignoring error for /db/a: StreamPack: open {PLACE}/data/b3: no such file or directory", "StreamPack"),
        (f"one snapshot expected of L p in {PLACE}, found: none", "found: none"),
        ("ignoring error for /db/b: write /vitam/drill/o/b: no space left on device\nFatal: There were 2 errors", None),
        (f"Fatal: unable to open config file: stat {PLACE}/config: no such file or directory", None),
        ("Fatal: wrong password or no key found", None),
        ("Fatal: unable to create lock: repository is already locked exclusively by PID 7", None),
        ("write data: no space left on device\nmain.main\n\tmain.go:98\nunable to create lock in backend", None),
        ("", None),
    ],
)
def test_what_proves_that_a_copy_is_damaged(said, damage):
    """
    Words of coreutils 9.1, tar 1.34, zstd 1.5 and restic 0.14, seen over copies that were damaged, and over full disks.

    A repository or a directory that is not there at all may be a disk that is not mounted.
    """
    found = drill.extraction_damage(said)
    assert (found is None) is (damage is None)
    assert damage is None or damage in str(found)


def test_a_validation_that_is_not_full_is_no_warning():
    """Seen on MongoDB 4.2.6, at each collection."""
    told = ["Some checks omitted for speed. use {full:true} option to do more thorough scan.", "an index is odd"]
    assert drill_findings.validate_words("a.b", {"valid": True, "warnings": told}) == (None, ["a.b: an index is odd"])
