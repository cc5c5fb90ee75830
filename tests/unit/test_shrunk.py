"""A directory that is empty tonight. The kind of fault: what is found is copied, and nobody asks whether it is all."""

from __future__ import annotations

import pytest

from tests.conftest import TESTS
from tests.fakes import backups
from vitam_operators import shrunk
from vitam_operators.nights import Nights
from vitam_operators.platforms import check_platform, read_yaml
from vitam_operators.shrunk import is_shrunk

OFFER, SHARD = "offer-1-offer-data", "mongo-data-shard0"
FULL = {"offer-1": {OFFER: 50_000}, "data-1": {SHARD: 9_000_000}, "data-2": {SHARD: 9_000_000}}
HOSTS = {OFFER: "offer-1", SHARD: "data-1"}
OLD, NEW = "20261121T190000Z", "20261122T190000Z"


@pytest.fixture
def nights(tmp_path):
    return Nights(tmp_path)


def platform(**copies):
    """Give the small platform, whose offer keeps its objects in files."""
    content = read_yaml((TESTS / "data" / "platforms" / "small.yaml").read_text(encoding="utf-8"))
    content["copy"] |= copies
    return check_platform(content, source="a test")


def found(nights, sizes, accepted=(), **copies):
    """Return what is found tonight, by host and part."""
    own = platform(**copies)
    known = shrunk.known_sizes(own, sizes, nights.newest_first(), accepted)
    return list(shrunk.findings(own, sizes, known))


@pytest.mark.parametrize(
    ("now", "before", "finding"),
    [
        (100, 100, False),
        (100, 1000, False),
        (99, 1000, True),
        (0, 1000, True),
        (0, 0, False),
        (4096, 4096, False),
        (4096, 5000, True),
        (6, 5000, True),
        (4097, 5000, False),
        (10**12, 10**9, False),
    ],
)
def test_less_than_a_tenth_or_nothing(now, before, finding):
    """An empty directory takes 4096 bytes on ext4 and 6 on XFS, as du counts."""
    assert is_shrunk(now, before) == finding


def test_an_empty_directory_is_compared_with_the_last_backup(nights):
    """A file set whose disk is not mounted, and one member's dbPath."""
    backups.write(nights, OLD, hosts=HOSTS, sizes=FULL)
    assert found(nights, FULL) == []
    now = {**FULL, "offer-1": {OFFER: 4096}, "data-2": {SHARD: 300_000}}
    assert found(nights, now) == [
        f"data-2: {SHARD} holds 293.0 KiB in /vitam/data/mongod/db, backup {OLD} found 8.6 MiB there: is its disk "
        f"mounted? If it was emptied on purpose, trigger a run with {SHARD}@data-2 in the field 'Accepted'",
        f"offer-1: {OFFER} holds 4.0 KiB in /vitam/data/offer, backup {OLD} found 48.8 KiB there: is its disk "
        f"mounted? If it was emptied on purpose, trigger a run with {OFFER}@offer-1 in the field 'Accepted'",
    ]


def test_the_first_night_has_nothing_to_compare_with(nights):
    """A new platform is small, and a new member has no history."""
    assert found(nights, {"offer-1": {OFFER: 0}}) == []
    backups.write(nights, OLD, hosts=HOSTS, sizes={"offer-1": {OFFER: 50_000}})
    assert found(nights, {"data-3": {SHARD: 0}}) == []


@pytest.mark.parametrize("state", ["open", "incomplete"])
def test_only_backups_that_have_the_part_are_asked(nights, state):
    """A night that was refused, or has no copy of it, has noted what it found, too."""
    backups.write(nights, OLD, hosts=HOSTS, sizes=FULL)
    backups.write(nights, NEW, state, hosts=HOSTS, sizes={"offer-1": {OFFER: 0}})
    assert found(nights, {"offer-1": {OFFER: 0}})
    backups.write(
        nights, "20261123T190000Z", hosts={SHARD: "data-1"}, copies="databases", sizes={"offer-1": {OFFER: 0}}
    )
    assert found(nights, {"offer-1": {OFFER: 0}})


def test_the_newest_backup_that_has_it_decides(nights):
    """What was emptied on purpose, and accepted once, is what the next night is compared with."""
    backups.write(nights, OLD, hosts=HOSTS, sizes=FULL)
    empty = {"offer-1": {OFFER: 0}}
    assert found(nights, empty, accepted=[f"{OFFER}@offer-1"]) == []
    assert found(nights, empty, accepted=[f"{OFFER}@offer-2"])
    backups.write(nights, NEW, hosts=HOSTS, sizes=empty)
    assert found(nights, empty) == []


def test_a_file_set_that_may_be_empty(nights):
    """The platform file says which."""
    backups.write(nights, OLD, hosts=HOSTS, sizes=FULL)
    assert found(nights, {"offer-1": {OFFER: 0}}, allow_empty=["offer-data"]) == []


def test_workspace_may_be_empty_unless_it_is_said_otherwise():
    """On an idle platform it is, and it holds gigabytes after a large ingest."""
    assert platform().copies.allow_empty == ("workspace", "workspace-collect")


def test_records_of_an_earlier_release_have_no_sizes(nights):
    """Nothing is known, nothing is found."""
    backups.write(nights, OLD, hosts=HOSTS)
    assert found(nights, {"offer-1": {OFFER: 0}}) == []
