"""A backup whose copies are away: what the catalogue says of it, and for how long it waits for them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.fakes import backups
from tests.unit.test_prune import A_DAY, FIRST, PARIS, backup, days_after, gone, nightly
from vitam_operators import catalogue, presence
from vitam_operators.config_copies import CopyConfig, KeepConfig, ResticConfig
from vitam_operators.engines.chosen import engine_of
from vitam_operators.nights import Nights
from vitam_operators.prune import decide

LABEL = "20261123T190000Z"
MISSING = {"app-conf": "/vitam/backup/x is not on app"}


@pytest.fixture
def night(tmp_path):
    """The records of a verified backup."""
    return backups.write(Nights(tmp_path), LABEL)


def test_a_backup_is_damaged_as_long_as_its_copies_are_away(night):
    """Kind of fault: what is gone is restored from, drilled and counted. Since when is noted once."""
    presence.note(night, MISSING)
    first = catalogue.entry(night)
    assert (first.state, first.reason) == ("damaged", "app-conf: /vitam/backup/x is not on app")
    night.write("away", {**night.read("away"), "since": "2026-11-24T03:00:00+00:00"})
    presence.note(night, MISSING)
    assert night.read("away")["since"] == "2026-11-24T03:00:00+00:00"
    presence.note(night, {})
    assert (catalogue.entry(night).state, catalogue.entry(night).away_since) == ("verified", None)
    presence.note(night, MISSING)
    assert night.read("away")["since"] > "2026-11-24T03:00:00+00:00"


def test_one_that_is_there_is_not_written_about(night):
    """Records of a year of nights do not change each night."""
    presence.note(night, {})
    assert night.read("away") is None


def test_what_else_speaks_against_a_backup_is_worse(night):
    """Kind of fault: a backup that its drill found damaged is good again because its copies are there again."""
    night.write("damaged", {"reason": "disk of data"})
    presence.note(night, MISSING)
    assert (catalogue.entry(night).reason, catalogue.entry(night).away_since) == ("disk of data", None)


@pytest.mark.parametrize(
    ("days", "newer", "goes"), [(6, "verified", False), (7, "verified", True), (99, "open", False)]
)
def test_what_is_away_is_waited_for(days, newer, goes):
    """Kind of fault: an old backup goes in the very night in which its disk is not mounted. Days count from then on."""
    now = FIRST + A_DAY * 300
    away = backup(FIRST, "damaged", away_since=now - A_DAY * days, reason="app-conf: gone")
    found = {one.backup.label: one for one in decide([backup(now - A_DAY, newer), away], KeepConfig(), now, PARIS)}
    assert found[away.label].keep is not goes
    assert goes or days == 99 or found[away.label].reason.endswith("away for less than 7 days")


def test_what_is_away_takes_no_place():
    """Kind of fault: counted by records alone."""
    known = nightly(9)
    away = [replace(one, state="damaged", away_since=one.opened_at + A_DAY * 300) for one in known[:3]]
    keep = KeepConfig(last=2, min_verified=1)
    assert len(gone([*away, *known[3:]], keep, days_after(300))) == len(known[3:]) - 2


@pytest.mark.parametrize(
    ("repository", "path"),
    [
        ("/srv/restic", f"/srv/restic/app-conf/snapshots/{'a' * 64}"),
        ("sftp:me@vault:/srv/restic", None),
        ("rest:https://vault/", None),
    ],
)
def test_by_what_a_copy_is_found(repository, path):
    """A snapshot of restic is a file of its repository; one that no host has is asked for by nobody."""
    restic = ResticConfig(repository=repository, password_conn_id="r")
    engine = engine_of(CopyConfig(engine="restic", restic=restic))
    assert engine.found_by(engine.place(LABEL, "app-conf"), "a" * 64) == path
    tar = engine_of(CopyConfig())
    assert tar.found_by(tar.place(LABEL, "app-conf"), "a" * 64) == f"/vitam/backup/{LABEL}/app-conf.tar.zst"
