"""The catalogue: what the records of the nights say of each backup, whatever has become of them."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.fakes import backups
from tests.fakes.backups import manifest, opened
from vitam_operators import catalogue
from vitam_operators.nights import Nights

LABEL = "20261123T190000Z"
OTHER = "20261124T190000Z"
PASSED = {"state": "passed", "drilled_at": "2026-11-25T09:00:00+00:00"}


@pytest.fixture
def nights(tmp_path):
    """The records of a platform."""
    return Nights(tmp_path)


def only(nights):
    """The one entry that there is."""
    (found,) = catalogue.entries(nights)
    return found


def without_proof(label, name):
    content = manifest(label)
    del content["parts"][name]["proof"]
    return content


def read_back_as(label, name, sha256):
    content = manifest(label)
    content["parts"][name]["proof"]["sha256"] = sha256
    return content


# --- states ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "state"),
    [
        ({"open": opened(LABEL)}, "open"),
        ({"open": opened(LABEL), "part.app-conf": backups.part(LABEL, "app-conf", "app")}, "open"),
        ({"open": opened(LABEL), "restart": {"began_at": "2026-11-24T02:00:00+00:00"}}, "incomplete"),
        ({"open": opened(LABEL), "conclusion": {"state": "incomplete"}}, "incomplete"),
        ({"open": opened(LABEL), "restart": {}, "manifest": without_proof(LABEL, "app-conf")}, "sealed"),
        ({"open": opened(LABEL), "restart": {}, "manifest": manifest(LABEL)}, "verified"),
        ({"manifest": manifest(LABEL)}, "verified"),
        ({"open": opened(LABEL), "manifest": read_back_as(LABEL, "app-conf", "b" * 64)}, "damaged"),
        ({"open": opened(LABEL), "manifest": manifest(LABEL), "drill": PASSED}, "drilled"),
        ({"open": opened(LABEL), "manifest": manifest(LABEL), "drill": {"state": "running"}}, "verified"),
        ({"open": opened(LABEL), "manifest": manifest(LABEL), "drill": {"state": "failed"}}, "damaged"),
        ({"open": opened(LABEL), "restart": {}, "drill": PASSED}, "incomplete"),
        ({"open": opened(LABEL), "manifest": manifest(LABEL), "drill": PASSED, "damaged": {"reason": "x"}}, "damaged"),
        ({"open": opened(LABEL), "manifest": manifest(LABEL), "pruned": {"began_at": "now"}}, "being pruned"),
        ({"open": opened(LABEL), "manifest": manifest(LABEL), "pruned": {"ended_at": "now"}}, "pruned"),
        ({"open": opened(LABEL), "manifest": manifest(LABEL), "damaged": {}, "pruned": {"ended_at": "now"}}, "pruned"),
    ],
)
def test_the_state_of_a_backup(nights, written, state):
    """Whoever restores chooses by it, whoever prunes deletes by it."""
    for name, record in written.items():
        nights.named(LABEL).write(name, record)
    assert only(nights).state == state
    assert only(nights).restorable == (state in ("sealed", "verified", "drilled"))
    assert only(nights).proved == (state in ("verified", "drilled"))


def test_what_an_entry_tells(nights):
    """Enough to choose one, and to find its copies, without opening a file."""
    night = backups.write(nights, f"{LABEL}-2")
    night.write("manifest", manifest(night.label, note="before the upgrade", sealed_at="2026-11-24T03:00:00+00:00"))
    found = only(nights)
    assert (found.label, found.attempt, found.platform, found.run_id) == (
        f"{LABEL}-2",
        2,
        "tiny",
        f"scheduled__{LABEL}-2",
    )
    assert found.parts == ("app-conf", "mongo-data-shard0")
    assert (found.note, found.size_bytes) == ("before the upgrade", 2000)
    assert found.places == {host: f"/vitam/backup/{LABEL}-2" for host in ("data", "app")}
    assert found.night_at == found.opened_at == dt.datetime(2026, 11, 23, 19, tzinfo=dt.UTC)
    assert found.sealed_at == dt.datetime(2026, 11, 24, 3, tzinfo=dt.UTC)
    assert found.reason == ""


def test_an_incomplete_backup_tells_where_it_left_something(nights):
    """A copy that was begun and never ended has no record of its archive, but takes room on its host."""
    night = backups.write(nights, LABEL, "incomplete")
    night.write("copy.app-conf", {"began_at": "x", "host": "app", "source": "/vitam/conf"})
    assert only(nights).places == {"data": f"/vitam/backup/{LABEL}", "app": ""}
    assert (only(nights).parts, only(nights).size_bytes) == (("mongo-data-shard0",), 1000)


def test_newest_first_attempts_too(nights):
    """The tenth attempt of a night is newer than its second."""
    labels = [OTHER, f"{LABEL}-10", f"{LABEL}-2", LABEL]
    for label in sorted(labels):
        backups.write(nights, label)
    assert [backup.label for backup in catalogue.entries(nights)] == labels


def test_a_platform_without_backups(nights, tmp_path):
    assert catalogue.entries(nights) == []
    assert catalogue.entries(Nights(tmp_path / "none")) == []


def test_what_is_no_backup_is_left_out(nights, tmp_path):
    """A night that was never opened, somebody's notes, a directory of the file system, a date that is none."""
    nights.named(LABEL).write("balancer.mongo-data", {"mode_found": "full"})
    (tmp_path / "README").write_text("hello", encoding="utf-8")
    (tmp_path / OTHER).write_text("a file", encoding="utf-8")
    for name in ("lost+found", "20261323T190000Z", "20261123T190000Z-0", "20261123T190000Z-x"):
        nights.named(name).write("open", opened(LABEL))
    assert catalogue.entries(nights) == []


# --- broken records --------------------------------------------------------------------------------------------------

BROKEN = {"truncated": '{"run_id": "sch', "empty": "", "a list": "[]", "not text": b"\xff\xfe\x00"}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize("name", ["open", "manifest", "drill", "damaged"])
def test_a_broken_record_spoils_its_own_backup_alone(nights, tmp_path, name, broken):
    """A catalogue that ends in a traceback hides the good backups on the day on which they are needed."""
    backups.write(nights, LABEL)
    backups.write(nights, OTHER)
    content = broken if isinstance(broken, bytes) else broken.encode()
    (tmp_path / LABEL / f"{name}.json").write_bytes(content)
    good, bad = catalogue.entries(nights)
    assert (good.label, good.state) == (OTHER, "verified")
    assert (bad.label, bad.state, bad.restorable, bad.unreadable) == (LABEL, "damaged", False, (f"{name}.json",))
    assert bad.reason.startswith(f"{name}.json ")


@pytest.mark.parametrize(
    ("record", "words"),
    [
        ({"schema_version": 1}, "KeyError('parts')"),
        (manifest(LABEL) | {"parts": {"app-conf": {}}}, "KeyError"),
        (manifest(LABEL) | {"parts": ["app-conf"]}, "AttributeError"),
        (manifest(LABEL) | {"sealed_at": "yesterday"}, "ValueError"),
        (manifest(OTHER), f"'/vitam/backup/{OTHER}' is no directory of a backup"),
    ],
)
def test_a_manifest_that_no_night_wrote(nights, record, words):
    """JSON, but not what a seal writes: nothing is restored from it, and nothing is removed by it."""
    backups.write(nights, LABEL).write("manifest", record)
    found = only(nights)
    assert (found.state, found.unreadable) == ("damaged", ("manifest.json",))
    assert words in found.reason
    assert OTHER not in " ".join(found.places.values())


def test_a_manifest_that_is_lost_is_no_incomplete_night(nights, tmp_path):
    """Its copies are whole, and the manifest is beside them: pruned as incomplete, a good backup would be gone."""
    backups.write(nights, LABEL)
    (tmp_path / LABEL / "manifest.json").unlink()
    found = only(nights)
    assert (found.state, found.unreadable) == ("damaged", ("manifest.json",))
    assert found.reason == "manifest.json is lost, the night was concluded as sealed"


def test_records_that_cannot_be_read_at_all(nights, tmp_path, monkeypatch):
    """A storage that hiccups must not make a bad backup of a good one for good."""
    backups.write(nights, LABEL)
    read = type(tmp_path).read_text

    def hiccup(path, *arguments, **more):
        if path.name == "manifest.json":
            raise OSError("the storage is away")
        return read(path, *arguments, **more)

    monkeypatch.setattr(type(tmp_path), "read_text", hiccup)
    assert only(nights).unreadable == ("manifest.json",)
    assert only(nights).reason == "manifest.json cannot be read (the storage is away)"


def test_a_broken_pruned_record_of_a_half_removed_backup(nights, tmp_path):
    """Nobody knows what is left of it: it is not restorable, and a person has to look."""
    backups.write(nights, LABEL)
    (tmp_path / LABEL / "pruned.json").write_text("{", encoding="utf-8")
    assert (only(nights).state, only(nights).unreadable) == ("damaged", ("pruned.json",))


def test_a_broken_record_does_not_stop_the_look_at_earlier_nights(nights, tmp_path):
    """The next night's look asks all earlier ones for their debts."""
    backups.write(nights, LABEL)
    backups.write(nights, OTHER)
    (tmp_path / LABEL / "open.json").write_text("{", encoding="utf-8")
    assert [night.label for night in nights.newest_first()] == [OTHER, LABEL]


def test_a_draft_is_no_record(nights, tmp_path):
    """A worker that died while it wrote leaves one."""
    backups.write(nights, LABEL)
    (tmp_path / LABEL / "damaged.json.partial").write_text('{"reason": "x"}', encoding="utf-8")
    assert only(nights).state == "verified"
