"""Kind of fault: what stays is counted by records alone: its copies are gone, and the last real ones are pruned."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.dags.test_prune import GOES, NEWEST_FIRST, STAYS, left, night, removed, sealed, states  # noqa: F401
from tests.fakes import backups
from vitam_operators import catalogue
from vitam_operators import nights as records
from vitam_operators.errors import BackupNotFitError, PruneFailedError
from vitam_operators.hooks.records import nights_of
from vitam_operators.operators.restores import ChooseRestoreOperator

IN_THEIR_PLACES = {"20200112T190000Z", "20191230T190000Z"}
"""Once those that should stay are away: the newest of the last two and of January, and that of December."""
BOTH = {"app", "data"}


def take_away(night, labels, hosts=("app", "data")):  # noqa: F811
    """Take the copies of some backups from their hosts, as a disk that is not mounted does; return what was there."""
    taken = {}
    for name in hosts:
        host = night.fake.hosts[name]
        for path in [path for path in host.files if any(f"/{label}/" in path for label in labels)]:
            taken[name, path] = host.files.pop(path)
    return taken


def entry(night, label):  # noqa: F811
    return catalogue.entry(nights_of(night.fake.platform).named(label))


def test_copies_that_are_gone_take_no_place(night):  # noqa: F811
    """The disk with the newest old copies is lost: the older ones, which are all there, are what is left."""
    take_away(night, STAYS)
    night.run()
    assert (night.state, night.red) == ("success", set())
    assert {label for label in GOES if left(night, label) == BOTH} == IN_THEIR_PLACES
    found = states(night)
    assert {label: found[label] for label in STAYS} == dict.fromkeys(STAYS, "damaged")
    assert {label for label in GOES if found[label] == "verified"} == IN_THEIR_PLACES
    gone = entry(night, "20200113T190000Z")
    assert gone.reason.startswith("app-conf: /vitam/backup/20200113T190000Z/app-conf.tar.zst is not on app; mongo-data")


def test_copies_that_come_back_take_their_places_again(sealed):  # noqa: F811
    """A disk that is not mounted one night: nothing is given up for it, and no record says "damaged" for ever."""
    taken = take_away(sealed, STAYS)
    sealed.run("prune_backups")
    since = entry(sealed, "20200113T190000Z").away_since
    sealed.run("prune_backups")
    assert entry(sealed, "20200113T190000Z").away_since == since is not None
    for (host, path), size in taken.items():
        sealed.fake.hosts[host].files[path] = size
    sealed.run("prune_backups")
    assert {label for label, state in states(sealed).items() if state == "verified"} == {*STAYS, sealed.records.label}
    assert {label: left(sealed, label) for label in STAYS} == dict.fromkeys(STAYS, BOTH)


@pytest.mark.parametrize("harm", ["one is gone", "one is shorter"])
def test_one_copy_is_enough_to_miss(sealed, harm):  # noqa: F811
    """A backup without one of its sets is none."""
    files, path = sealed.fake.hosts["data"].files, "/vitam/backup/20200113T190000Z/mongo-data-shard0.tar.zst"
    files[path] = 10
    if harm == "one is gone":
        del files[path]
    sealed.run("prune_backups")
    assert states(sealed)["20200113T190000Z"] == "damaged"
    assert left(sealed, NEWEST_FIRST[0]) == BOTH


def test_nothing_goes_while_a_host_cannot_be_asked(sealed):  # noqa: F811
    """Nobody knows what is left there; a day later is early enough, and no backup is called damaged for it."""
    sealed.fake.hosts["data"].unreachable = True
    with pytest.raises(PruneFailedError) as refused:
        sealed.run("prune_backups")
    assert refused.value.message.splitlines()[1] == (
        "  data could not be asked for the copies of the backups that are to stay, so no other one goes: "
        "host data is away"
    )
    assert (removed(sealed), set(states(sealed).values())) == ([], {"verified"})
    sealed.fake.hosts["data"].unreachable = False
    sealed.run("prune_backups")
    assert {label for label, state in states(sealed).items() if state == "pruned"} == GOES


def test_a_host_that_cannot_be_asked_makes_no_night_red_that_prunes_nothing(sealed):  # noqa: F811
    """There was nothing to do."""
    sealed.run("prune_backups")
    sealed.fake.hosts["data"].unreachable = True
    assert sealed.run("prune_backups") == {"pruned": [], "freed_bytes": 0}


def test_copies_on_a_host_that_the_platform_has_no_more(sealed):  # noqa: F811
    """Nothing of ours can reach them: they take no place, unless the platform file says who holds them now."""
    old = nights_of(sealed.fake.platform).named("20200113T190000Z")
    hosts = {"app-conf": "app", "mongo-data-shard0": "old-data"}
    old.write(records.MANIFEST, backups.manifest(old.label, hosts=hosts))
    sealed.run("prune_backups")
    assert entry(sealed, old.label).reason == "mongo-data-shard0: old-data is not in the platform file"
    assert left(sealed, NEWEST_FIRST[0]) == BOTH


def test_it_is_told_in_the_message(night, monkeypatch):  # noqa: F811
    """Kind of fault: a backup is lost, and every night after it is told as a good one."""
    told: list[str] = []
    monkeypatch.setattr(
        "vitam_operators.notifications.tell", lambda platform, own, subject, text, *_, **__: told.append(text)
    )
    take_away(night, STAYS)
    night.run()
    assert (
        "backup 20200113T190000Z is away: app-conf: /vitam/backup/20200113T190000Z/app-conf.tar.zst is not" in told[0]
    )


def test_a_restore_of_what_is_away_says_what_to_do():
    """Kind of fault: the disk is back, and nobody knows how to make the backup count again."""
    moment = dt.datetime(2020, 1, 13, 19, tzinfo=dt.UTC)
    gone = catalogue.Backup("20200113T190000Z", "damaged", moment, moment, away_since=moment, reason="app-conf: gone")
    with pytest.raises(BackupNotFitError, match="is damaged: app-conf: gone") as refused:
        ChooseRestoreOperator._named([gone], gone.label)
    assert "clear prune_backups" in refused.value.hint
