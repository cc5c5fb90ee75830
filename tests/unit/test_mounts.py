"""A disk that is not mounted. The kind of fault: what is missing is taken for what never was."""

from __future__ import annotations

import pytest

from tests.conftest import TESTS
from tests.fakes import backups
from vitam_operators import mounts
from vitam_operators.nights import Nights
from vitam_operators.platforms import check_platform, read_yaml

OLD, NEW = "20261121T190000Z", "20261122T190000Z"
OFFER, COPIES = "/vitam/data/offer", "/vitam/backup"
BEFORE = {"offer-1": {OFFER: OFFER, COPIES: "/"}}


@pytest.fixture
def nights(tmp_path):
    """Give the records of a backup that noted where everything is mounted."""
    made = Nights(tmp_path)
    backups.write(made, OLD, mounts=BEFORE)
    return made


def found(nights, now, accepted=()):
    """Return what is found tonight, by host and directory."""
    return list(mounts.findings(now, mounts.known_mounts(now, nights.newest_first(), accepted)))


def test_a_disk_that_was_mounted_and_is_not(nights):
    """What lies below its mount point is another directory of the same name."""
    assert found(nights, {"offer-1": {OFFER: "/", COPIES: "/"}}) == [
        f"offer-1: {OFFER} was on the disk mounted at {OFFER} (backup {OLD}), and is on that of /: mount it; if that "
        f"is as it should be, trigger a run with {OFFER}@offer-1 in the field 'Accepted'"
    ]


@pytest.mark.parametrize(
    "now",
    [BEFORE, {"offer-1": {COPIES: COPIES}}, {"offer-2": {OFFER: "/"}}, {"offer-1": {"/srv": "/"}}],
    ids=["as_before", "a_disk_of_its_own_since", "another_host", "another_directory"],
)
def test_what_is_no_loss(nights, now):
    """A copy directory that got a disk of its own is better off than before."""
    assert found(nights, now) == []


def test_the_newest_backup_decides(nights):
    """What was accepted once is what the next night is compared with; a night without a backup proves nothing."""
    gone = {"offer-1": {OFFER: "/"}}
    assert found(nights, gone, accepted=[f"{OFFER}@offer-1"]) == []
    assert found(nights, gone, accepted=[f"{COPIES}@offer-1"])
    backups.write(nights, NEW, "incomplete", mounts=gone)
    assert found(nights, gone)
    backups.write(nights, "20261123T190000Z", mounts=gone)
    assert found(nights, gone) == []


def test_the_first_night_has_nothing_to_compare_with(tmp_path):
    """Nor has one after nights of an earlier release."""
    records = Nights(tmp_path)
    assert found(records, BEFORE) == []
    backups.write(records, OLD)
    assert found(records, {"offer-1": {OFFER: "/"}}) == []


@pytest.mark.parametrize(
    ("copies", "own"),
    [
        ({}, []),
        ({"engine": "restic", "restic": {"repository": "/srv/restic", "password_conn_id": "x"}}, ["/srv/restic"]),
        ({"engine": "restic", "restic": {"repository": "sftp:vault:/srv", "password_conn_id": "x"}}, []),
        ({"restic": {"repository": "/srv/restic", "password_conn_id": "x"}}, []),
    ],
    ids=["tar", "restic_on_a_disk", "restic_elsewhere", "restic_for_old_copies"],
)
def test_the_directories_that_are_asked_for(copies, own):
    """From which a night copies, and to which."""
    content = read_yaml((TESTS / "data" / "platforms" / "small.yaml").read_text(encoding="utf-8"))
    content["copy"] |= {"directory": COPIES, **copies}
    platform = check_platform(content, source="a test")
    assert mounts.directories(platform, "offer-1")[-2 - len(own) :] == [OFFER, COPIES, *own]


VOL1, VOL2 = f"{OFFER}/vol1", f"{OFFER}/vol2"


def found_below(nights, now, accepted=()):
    """Return what is found tonight of disks below directories that are copied, by host."""
    below = {host: {OFFER: mounts_there} for host, mounts_there in now.items()}
    return list(mounts.findings_below(below, mounts.known_below(below, nights.newest_first()), accepted))


def test_a_disk_below_a_directory_that_is_away(tmp_path):
    """Its mount point is an empty directory: the copy would be made, read back and sealed without what is on it."""
    records = Nights(tmp_path)
    backups.write(records, OLD, mounts_below={"offer-1": {OFFER: [VOL1, VOL2]}})
    assert found_below(records, {"offer-1": [VOL1]}) == [
        f"offer-1: a disk was mounted at {VOL2}, below {OFFER} (backup {OLD}), and none is: mount it; if that is as it "
        f"should be, trigger a run with {VOL2}@offer-1 in the field 'Accepted'"
    ]
    assert found_below(records, {"offer-1": [VOL1, VOL2, f"{OFFER}/vol3"]}) == []
    assert found_below(records, {"offer-2": []}) == []


def test_a_disk_below_that_a_person_accepts_as_away(tmp_path):
    """Only that one; the backup of that night is what the next one is compared with."""
    records = Nights(tmp_path)
    backups.write(records, OLD, mounts_below={"offer-1": {OFFER: [VOL1, VOL2]}})
    assert len(found_below(records, {"offer-1": []}, accepted=[f"{VOL2}@offer-1"])) == 1
    backups.write(records, NEW, "incomplete", mounts_below={"offer-1": {OFFER: []}})
    assert len(found_below(records, {"offer-1": []})) == 2
    backups.write(records, "20261123T190000Z", mounts_below={"offer-1": {OFFER: [VOL1]}})
    assert found_below(records, {"offer-1": [VOL1]}) == []


def test_nothing_is_known_of_disks_below_after_an_earlier_release(nights):
    """Its nights did not note them."""
    assert found_below(nights, {"offer-1": []}) == []
