"""A platform file that became smaller. The kind of fault: what nobody asks for any more is taken for what never was."""

from __future__ import annotations

import pytest

from tests.fakes import backups
from vitam_operators import nights as records
from vitam_operators.hooks.records import nights_of

SHARD, GONE, CONF = "mongo-data-shard0", "mongo-data-shard9", "app-conf"
BEFORE, SINCE = "20200110T190000Z", "20200112T190000Z"
LARGER = {SHARD: "data", GONE: "data", CONF: "app"}
SAYS = "not in the platform file any more: "


@pytest.fixture
def night(nights):
    """A night that keeps the last 2 and 3 monthly ones, on a platform whose file has two shards no more."""
    made = nights("keeping")
    made.clean()
    made.clean = lambda: None
    return made


def earlier(night, label, hosts):
    """Write the records of a whole backup of long ago, and its copies."""
    backups.write(nights_of(night.fake.platform), label, hosts=hosts)
    for name, host in hosts.items():
        night.fake.hosts[host].files[f"/vitam/backup/{label}/{name}.tar.zst"] = 1000


def warned(night):
    """Return what the night warned of, of parts that the platform file has no more."""
    return [warning for warning in night.records.opened["warnings"] if warning.startswith(SAYS)]


def test_a_part_that_kept_backups_have_and_this_night_has_not(night):
    """A shard was taken out of the file: tonight's backup is whole by it, and is no backup of that shard."""
    earlier(night, BEFORE, LARGER)
    night.run()
    assert night.state == "success"
    (warning,) = warned(night)
    assert warning.startswith(f"{SAYS}{GONE}; they were last copied in backup {BEFORE}, and tonight's counts")
    assert warning in night.records.read(records.MANIFEST)["warnings"]


def test_the_last_backup_that_has_the_part_goes_tonight(night):
    """Newer ones without it take its place: the night says it before anything is removed."""
    earlier(night, BEFORE, LARGER)
    earlier(night, SINCE, {SHARD: "data", CONF: "app"})
    night.run()
    assert night.records.opened["prune"] == [{"backup": BEFORE, "reason": "not among the last 2 and 3 monthly"}]
    (warning,) = warned(night)
    assert warning.startswith(f"{SAYS}{GONE}; they go with the last backup that is pruned tonight")


@pytest.mark.parametrize("copies", ["everything", "files"])
def test_nothing_is_let_go(night, copies):
    """Also by a night that was asked for a part only: the platform still has the others."""
    earlier(night, BEFORE, {SHARD: "data", CONF: "app"})
    night.run(copies=copies)
    assert warned(night) == []
