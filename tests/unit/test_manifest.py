"""A backup is sealed when every part is there and was read back, and not one part earlier."""

from __future__ import annotations

import datetime as dt

import pytest

from vitam_operators import manifest
from vitam_operators.errors import NotProvedError
from vitam_operators.nights import Nights

SHA_A, SHA_B = "a" * 64, "b" * 64
OPENED = {
    "run_id": "manual__1",
    "parts": ["mongo-data-shard0", "data1-conf"],
    "platform": "demo",
    "vitam_version": "7.0.1",
    "opened_at": "2026-11-23T19:00:00+00:00",
    "window": {"start": "2026-11-23T19:00:00+00:00", "end": "2026-11-24T07:00:00+00:00"},
    "note": "before the upgrade",
    "securing": "midnight",
    "units_before": {"data1": ["vitam-mongod.service"]},
    "clusters": {"mongo-data": {"balancer": "full"}},
    "versions": {"data1": {}},
    "methods": {"data1": {"mongo-data-shard0": "reflink"}},
    "warnings": [],
    "copies": "everything",
    "tools": {"data1": {"tar": "1.34"}},
}
KINDS = {"mongo-data-shard0": "shard", "data1-conf": "files"}
UNCHANGED = {"proved_at": "2026-11-24T02:50:00+00:00", "since": "2026-11-23T23:08:00+00:00"}
QUIET = {"at": "2026-11-23T23:08:00+00:00", "sets": {"mongo-data-shard0": {"primary": "data1", "optime": [17, 1]}}}
MEMBER = {"host": "data1", "version": "6.0.5", "storage": {"directoryPerDB": True}}
COUNTS = {"counts": {"metadata.Unit": 725}, "counted_at": "2026-11-23T23:07:59+00:00"}
PHASES = {"front": {"began_at": "2026-11-23T19:00:00+00:00", "ended_at": "2026-11-23T19:02:00+00:00"}}
FIRED = {"backup": "L", "fired_at": "2026-11-24T07:00:00+00:00", "left_down": []}


def opened(tmp_path, **more):
    return Nights(tmp_path).open("L", OPENED | more)


def proved(tmp_path):
    night = opened(tmp_path)
    for number, (name, kind) in enumerate(KINDS.items()):
        night.write(f"part.{name}", {"kind": kind, "sha256": SHA_A, "size_bytes": 100 + number, "files": 3})
        night.write(f"proof.{name}", {"sha256": SHA_A, "read_back_at": "2026-11-24T03:00:00+00:00"})
    night.write("stop.mongo-data-shard0", {"host": "data1", "stopped_at": "2026-11-23T23:10:00+00:00"})
    night.write("start.mongo-data-shard0", {"down_s": 900.0})
    night.write("quiet.mongo-data", QUIET)
    night.write("unchanged.mongo-data-shard0", UNCHANGED)
    night.write("member.mongo-data-shard0", MEMBER)
    night.write("counts.mongo-data-shard0", COUNTS)
    return night


def built(night):
    same_base = {"mongo-data-shard0": True}
    return manifest.build(
        night, tool_version="0.1.0", phases=PHASES, not_in_backup=["the indexes of es"], same_base=same_base
    )


def test_nothing_is_missing(tmp_path):
    assert manifest.missing(proved(tmp_path)) == []


@pytest.mark.parametrize(
    ("lost", "found"),
    [
        (["part.data1-conf"], ["part data1-conf was not copied"]),
        (["proof.data1-conf"], ["part data1-conf was not read back"]),
        (["part.data1-conf", "proof.data1-conf"], ["part data1-conf was not copied"]),
        (
            ["part.data1-conf", "proof.mongo-data-shard0"],
            ["part data1-conf was not copied", "part mongo-data-shard0 was not read back"],
        ),
        (
            ["unchanged.mongo-data-shard0"],
            ["nobody proved that nothing was written to mongo-data-shard0 while it was copied"],
        ),
        (
            ["part.mongo-data-shard0", "proof.mongo-data-shard0", "unchanged.mongo-data-shard0"],
            ["part mongo-data-shard0 was not copied"],
        ),
    ],
)
def test_what_a_seal_lacks(tmp_path, lost, found):
    night = proved(tmp_path)
    for name in lost:
        (night.directory / f"{name}.json").unlink()
    assert manifest.missing(night) == found


@pytest.mark.parametrize("sha256", [SHA_B, "no archive", ""])
def test_a_copy_that_was_read_back_otherwise_than_written(tmp_path, sha256):
    """The archive on the disk is whole in itself, but is not the one that was copied."""
    night = proved(tmp_path)
    night.write("proof.data1-conf", {"sha256": sha256})
    assert manifest.missing(night) == ["part data1-conf was read back with another checksum than it was written with"]


def test_a_night_that_planned_nothing_is_no_backup(tmp_path):
    """None found must never be "nothing to do": that was a green night without a backup."""
    assert manifest.missing(opened(tmp_path, parts=[])) == ["no part was planned"]


def test_no_seal_and_all_reasons_at_once(tmp_path):
    night = opened(tmp_path)
    night.write("part.data1-conf", {"kind": "files", "sha256": SHA_A, "size_bytes": 1})
    with pytest.raises(NotProvedError) as raised:
        built(night)
    assert raised.value.message == (
        "backup L is not sealed: part mongo-data-shard0 was not copied; part data1-conf was not read back"
    )
    assert raised.value.hint == (
        "read the log of the first red task of this run; the platform was started all the same"
    )


def test_what_the_manifest_holds(tmp_path):
    """All that a restore, or a person years later, needs to know of a backup."""
    night = proved(tmp_path)
    night.write("done.stop_worker@app", {"ended_at": "2026-11-23T23:00:00+00:00"})
    content = built(night)
    sealed_at = dt.datetime.fromisoformat(content.pop("sealed_at"))
    assert abs((dt.datetime.now(dt.UTC) - sealed_at).total_seconds()) < 60
    proof = {"sha256": SHA_A, "read_back_at": "2026-11-24T03:00:00+00:00"}
    assert content == {
        "schema_version": 2,
        "backup": "L",
        "state": "sealed",
        "tool": {"name": "vitam-backup", "version": "0.1.0"},
        **{key: value for key, value in OPENED.items() if key != "parts"},
        "attempt": 1,
        "steps": {"stop_worker@app": {"ended_at": "2026-11-23T23:00:00+00:00"}},
        "stops": {"mongo-data-shard0": {"host": "data1", "stopped_at": "2026-11-23T23:10:00+00:00"}},
        "parts": {
            "mongo-data-shard0": {
                **{"kind": "shard", "sha256": SHA_A, "size_bytes": 100, "files": 3, "proof": proof},
                "same_base": True,
                "mongodb": {**MEMBER, **COUNTS},
            },
            "data1-conf": {"kind": "files", "sha256": SHA_A, "size_bytes": 101, "files": 3, "proof": proof},
        },
        "starts": {"mongo-data-shard0": {"down_s": 900.0}},
        "quiet": {"mongo-data": QUIET},
        "unchanged": {"mongo-data-shard0": UNCHANGED},
        "guards_fired": {},
        "indexes": {},
        "phases": PHASES,
        "not_in_backup": ["the indexes of es"],
        "warnings_of_night": [],
        "size_bytes": 201,
    }


@pytest.mark.parametrize(("kind", "missing"), [("shard", 1), ("config", 1), ("files", 0)])
def test_only_what_has_an_oplog_has_to_be_proved_unchanged(tmp_path, kind, missing):
    """Each database has one; a directory has none, and asking for its proof would seal nothing."""
    night = proved(tmp_path)
    night.write("part.mongo-data-shard0", {"kind": kind, "sha256": SHA_A, "size_bytes": 1})
    (night.directory / "unchanged.mongo-data-shard0.json").unlink()
    assert len(manifest.missing(night)) == missing


def test_a_guard_that_fired_stands_in_the_manifest(tmp_path):
    """Whoever reads it years later learns that the platform was started by its hosts, not by the night."""
    night = proved(tmp_path)
    night.write("guard.data1", FIRED)
    assert built(night)["guards_fired"] == {"data1": FIRED}


@pytest.mark.parametrize("key", [key for key in OPENED if key not in ("run_id", "parts")])
def test_a_key_that_the_night_did_not_note_is_an_error(tmp_path, key):
    """A manifest with a hole would be found out on the day of the restore."""
    night = proved(tmp_path)
    night.write("open", {name: value for name, value in night.opened.items() if name != key})
    with pytest.raises(KeyError, match=key):
        built(night)


def test_the_manifest_is_written_as_json(tmp_path):
    night = proved(tmp_path)
    content = night.write("manifest", built(night))
    assert night.read("manifest") == content


@pytest.mark.parametrize(
    ("record", "content", "warning"),
    [
        (
            "member.mongo-data-shard0",
            {"host": "data1", "not_noted": "not authorized"},
            "the member that mongo-data-shard0 was copied from was not noted: not authorized",
        ),
        (
            "counts.mongo-data-shard0",
            {"not_noted": "not authorized"},
            "the documents of mongo-data-shard0 were not counted: not authorized",
        ),
        (
            "quiet.mongo-data",
            {**QUIET, "not_noted": "not authorized"},
            "the chunks of mongo-data were not counted: not authorized",
        ),
        (
            "preferred.mongo-data-shard0",
            {"host": "data2", "why": "it is RECOVERING"},
            "mongo-data-shard0: new base: data1 was copied, not data2, which is preferred: it is RECOVERING",
        ),
    ],
)
def test_what_could_not_be_noted_is_a_warning_and_no_reason_not_to_seal(tmp_path, record, content, warning):
    """An account with fewer rights than Vitam's makes a backup with a hole in its notes, not no backup."""
    night = proved(tmp_path)
    night.write(record, content)
    assert built(night)["warnings_of_night"] == [warning]


def test_a_directory_has_nothing_of_mongodb(tmp_path):
    assert "mongodb" not in built(proved(tmp_path))["parts"]["data1-conf"]


def sealed_on(host, **more):
    return {"parts": {"mongo-data-shard0": {"host": host}, **more}}


@pytest.mark.parametrize(
    ("earlier", "same"),
    [
        ([], False),
        ([sealed_on("data1")], True),
        ([sealed_on("data2"), sealed_on("data1")], False),
        ([sealed_on("data1"), sealed_on("data2")], True),
        ([{"parts": {"data1-conf": {"host": "data1"}}}, sealed_on("data1")], True),
        ([{"parts": {}}] * 10 + [sealed_on("data1")], False),
    ],
    ids=["first", "same", "other", "same again", "files only between", "too long ago"],
)
def test_a_copy_has_the_base_of_the_last_one_of_its_set(tmp_path, earlier, same):
    """Files of two members differ: only those of the same one are in the repository already."""
    night = proved(tmp_path)
    night.write("part.mongo-data-shard0", {**night.read("part.mongo-data-shard0"), "host": "data1"})
    assert manifest.same_base(night, iter(earlier)) == {"mongo-data-shard0": same}
