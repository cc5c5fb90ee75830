"""Nights whose disks are away. The kind of fault: what is found is copied, and nobody asks whether it is all."""

from __future__ import annotations

import pytest

from tests.fakes import backups
from vitam_operators.errors import CopyRefusedError, LookFailedError
from vitam_operators.hooks.records import nights_of

EARLIER, OFFER = "20200101T200000Z", "offer-1-offer-data"
KINDS = ("arm_", "stop_", "hold_", "await_balancer_idle", "await_nobody_writes")
OBJECT = "/vitam/data/offer/object"


def sealed_before(half, **opened):
    """Write the records of a backup of long ago."""
    backups.write(nights_of(half.fake.platform), EARLIER, hosts={OFFER: "offer-1"}, **opened)


def test_an_offer_that_is_empty_tonight_ends_the_night_before_it_begins(look):
    """Its disk is not mounted: an empty directory would be stored, read back and sealed as any other."""
    sealed_before(look, sizes={"offer-1": {OFFER: 5_000}})
    look.fake.hosts["offer-1"].files[OBJECT] = 0
    with pytest.raises(LookFailedError, match=rf"offer-1: {OFFER} holds 0 B in /vitam/data/offer, backup {EARLIER}"):
        look.until("check_host", "check_cluster", "plan_night")
    assert look.fake.changes == []


def test_a_person_accepts_it(look):
    """It was emptied on purpose: tonight's backup is what the next one is compared with."""
    sealed_before(look, sizes={"offer-1": {OFFER: 5_000}})
    look.fake.hosts["offer-1"].files[OBJECT] = 0
    look.params["accepted"] = [f"{OFFER}@offer-1"]
    look.until("check_host", "check_cluster", "plan_night", "open_backup")
    assert OFFER not in look.records.opened["compared"].get("offer-1", {})


def test_a_disk_that_goes_between_the_look_and_the_copy(cold):
    """Six hours lie between them, and somebody works on the storage."""
    cold.rewrite_open(compared={"offer-1": {OFFER: {"backup": EARLIER, "size_bytes": 5_000}}})
    cold.fake.hosts["offer-1"].files[OBJECT] = 0
    with pytest.raises(CopyRefusedError, match=rf"offer-1: {OFFER} holds 0 B in /vitam/data/offer"):
        cold.run("copy_files", host="offer-1", file_set="offer-data")
    assert not [change for change in cold.fake.changes if change[1] == "run"]


def test_a_disk_that_is_not_mounted_tonight(look):
    """The offer's directory is there, and as large as ever: somebody restored into the mount point."""
    sealed_before(look, mounts={"offer-1": {"/vitam/data/offer": "/vitam/data"}})
    with pytest.raises(LookFailedError, match=r"offer-1: /vitam/data/offer was on the disk mounted at /vitam/data "):
        look.until("check_host", "check_cluster", "plan_night")
    look.fake.hosts["offer-1"].mounts.append("/vitam/data")
    look.until("check_host", "check_cluster", "plan_night")


VOLUME = "/vitam/data/offer/vol2"


def test_a_disk_below_a_copied_directory_that_is_not_mounted_tonight(look):
    """A volume of an offer: its mount point is empty, the rest of the offer is there."""
    sealed_before(look, mounts_below={"offer-1": {"/vitam/data/offer": [VOLUME]}})
    with pytest.raises(LookFailedError, match=rf"offer-1: a disk was mounted at {VOLUME}, below /vitam/data/offer "):
        look.until("check_host", "check_cluster", "plan_night")
    assert look.fake.changes == []
    look.fake.hosts["offer-1"].mounts.append(VOLUME)
    look.until("check_host", "check_cluster", "plan_night")


def test_a_person_accepts_a_disk_below_as_away(look):
    """Its data was moved: tonight's backup, without it, is what the next one is compared with."""
    sealed_before(look, mounts_below={"offer-1": {"/vitam/data/offer": [VOLUME]}})
    look.params["accepted"] = [f"{VOLUME}@offer-1"]
    look.until("check_host", "check_cluster", "plan_night", "open_backup")
    assert look.records.opened["mounts_below"]["offer-1"]["/vitam/data/offer"] == []


@pytest.mark.parametrize(
    ("mount", "says"),
    [
        ("/vitam/data/offer", "offer-1: /vitam/data/offer was on the disk mounted at /vitam/data/offer at the look"),
        ("/vitam/backup", "offer-1: /vitam/backup was on the disk mounted at /vitam/backup at the look"),
        (VOLUME, f"a disk was mounted at {VOLUME}, below /vitam/data/offer, at the look"),
    ],
)
def test_a_disk_that_is_unmounted_between_the_look_and_the_copy(look, mount, says):
    """Hours lie between them. Of what is copied, below it, or of the copies: they would fill the system's disk."""
    host = look.fake.hosts["offer-1"]
    host.mounts.append(mount)
    look.until("check_host", "check_cluster", "plan_night", "open_backup")
    look.until(*(task for task in look.steps if task.startswith(KINDS)))
    host.mounts.clear()
    with pytest.raises(CopyRefusedError, match=says):
        look.run("copy_files", host="offer-1", file_set="offer-data")
    host.mounts.append(mount)
    assert look.run("copy_files", host="offer-1", file_set="offer-data")["files"]
