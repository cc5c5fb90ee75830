"""Which backups stay: the rules one by one, then years of nights that hypothesis invents."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vitam_operators import prune
from vitam_operators.catalogue import PROVED, Backup
from vitam_operators.config_copies import CopyConfig, KeepConfig
from vitam_operators.prune import decide

PARIS = "Europe/Paris"
FIRST = dt.datetime(2025, 10, 1, 19, 0, tzinfo=dt.UTC)
A_DAY = dt.timedelta(days=1)
GOOD, SEALED, BAD = "verified", "sealed", ("incomplete", "damaged")


def backup(night_at: dt.datetime, state: str = GOOD, **more) -> Backup:
    """A backup of a moment; `attempt` makes its label another."""
    label = f"{night_at:%Y%m%dT%H%M%SZ}"
    label += f"-{more['attempt']}" if "attempt" in more else ""
    return Backup(label=label, state=state, night_at=night_at, **{"opened_at": night_at, **more})


def nightly(count: int, state: str = GOOD) -> list[Backup]:
    """A backup for each night, the newest first."""
    return [backup(FIRST + A_DAY * number, state) for number in reversed(range(count))]


def days_after(count: int) -> dt.datetime:
    """The morning after so many nights."""
    return FIRST + A_DAY * (count - 1) + dt.timedelta(hours=9)


def kept(backups, keep, now) -> dict[str, str]:
    """The days of the backups that stay, with the reasons."""
    return {d.backup.label[:8]: d.reason for d in decide(backups, keep, now, PARIS) if d.keep}


def gone(backups, keep, now) -> list[str]:
    """The labels of those that go."""
    return [d.backup.label for d in decide(backups, keep, now, PARIS) if not d.keep]


# --- the rules -------------------------------------------------------------------------------------------------------


def test_the_last():
    found = kept(nightly(30), KeepConfig(last=3), days_after(30))
    assert found == {
        "20251030": "younger than a day",
        "20251029": "last 2 of 3, verified 2 of 2",
        "20251028": "last 3 of 3",
    }


def test_the_newest_of_each_period():
    """A backup that two rules name takes a place in both."""
    found = kept(nightly(100), KeepConfig(last=0, daily=2, weekly=3, monthly=9), days_after(100))
    assert found == {
        "20260108": "younger than a day",
        "20260107": "verified 2 of 2, daily 2026-01-07",
        "20260104": "weekly 2026-W01",
        "20251231": "monthly 2025-12",
        "20251228": "weekly 2025-W52",
        "20251130": "monthly 2025-11",
        "20251031": "monthly 2025-10",
    }


def test_only_periods_that_have_a_backup_count():
    """After three months without a night, what was there before is still three days, not none."""
    backups = [backup(FIRST + A_DAY * 100), *nightly(10)]
    found = kept(backups, KeepConfig(last=0, daily=3), days_after(101))
    assert [day for day in found if day < "2026"] == ["20251010", "20251009"]


def test_of_a_day_with_two_backups_the_newer():
    """A run by hand before an upgrade, then the night's: a day is one backup."""
    noon, night = backup(FIRST.replace(hour=11)), backup(FIRST)
    assert gone([*nightly(5)[:4], night, noon], KeepConfig(last=1, daily=9), days_after(20)) == [noon.label]


def test_of_two_attempts_the_second():
    second, first = backup(FIRST, attempt=2), backup(FIRST)
    keep = KeepConfig(last=0, daily=9, min_verified=1)
    assert gone([second, first], keep, days_after(9)) == [first.label]


@pytest.mark.parametrize(
    ("timezone", "months"),
    [(PARIS, ["2026-03", "2026-04"]), ("UTC", ["2026-03"]), ("Asia/Tokyo", ["2026-04"])],
)
def test_days_and_months_are_those_of_the_platform(timezone, months):
    """A night that begins at 23:30 in Paris is of that day, not of the day that it is in UTC or elsewhere."""
    evening = backup(dt.datetime(2026, 3, 31, 21, 30, tzinfo=dt.UTC))
    morning = backup(dt.datetime(2026, 3, 31, 22, 30, tzinfo=dt.UTC))
    keep = KeepConfig(last=0, monthly=2, min_verified=1)
    reasons = [d.reason for d in decide([morning, evening], keep, days_after(500), timezone) if d.keep]
    found = [word for reason in reasons for word in reason.split(", ") if "monthly" in word]
    assert sorted(found) == [f"monthly {month}" for month in months]


def test_only_good_backups_take_a_place():
    """A week of nights that failed must not push the last good ones out."""
    bad = [replace(one, state="incomplete") for one in nightly(20)[:10]]
    found = kept([*bad, *nightly(10)], KeepConfig(last=3), days_after(20))
    assert [day for day, reason in found.items() if "last" in reason] == ["20251010", "20251009", "20251008"]


def test_what_goes_is_told_with_the_rules():
    """The log of a night in which something is removed for ever has to say why."""
    keep = KeepConfig(last=2, daily=3, weekly=4, monthly=5)
    (*_, last) = decide(nightly(30), keep.model_copy(update={"monthly": 0, "weekly": 0}), days_after(30), PARIS)
    assert (last.keep, last.reason) == (False, "not among the last 2 and 3 daily")
    assert prune.in_words(keep) == "the last 2, 3 daily, 4 weekly and 5 monthly"


def test_a_platform_file_that_says_nothing_fills_no_disk():
    """Kind of fault: accepted, and the disks fill until no night has room. After years there are 7 + 4 + 6 at most."""
    copies = CopyConfig()
    assert copies.keep is not None
    found = kept(nightly(800), copies.keep, days_after(800) + A_DAY)
    assert len(found) <= 7 + 4 + 6
    assert sum("daily" in reason for reason in found.values()) == 7


@pytest.mark.parametrize(
    ("copies", "words"),
    [
        (
            CopyConfig(),
            "of the old backups stay 7 daily, 4 weekly and 6 monthly, by default: the platform file has no copy.keep",
        ),
        (CopyConfig(keep=KeepConfig(last=3)), "of the old backups stay the last 3"),
        (CopyConfig(keep=None), "copy.keep is null: every backup stays"),
    ],
)
def test_the_rules_are_said_and_who_made_them(copies, words):
    """Kind of fault: something is removed by a rule that nobody wrote down, and nobody was told."""
    assert prune.rules_in_words(copies) == words


# --- what stays whatever the rules say -------------------------------------------------------------------------------


def test_the_newest_proved_ones_stay():
    """Sealed but not read back is less than proved: the last ones that were proved outlive every rule."""
    backups = [replace(one, state=SEALED) for one in nightly(20)[:10]] + nightly(10)
    found = kept(backups, KeepConfig(last=2, min_verified=3), days_after(20))
    assert [day for day, reason in found.items() if "verified" in reason] == ["20251010", "20251009", "20251008"]


@pytest.mark.parametrize("days", [0, 400])
def test_an_open_one_stays(days):
    """It may be the night that is on, or one that somebody is about to mend."""
    night = backup(FIRST, "open")
    assert kept([*nightly(9)[:8], night], KeepConfig(last=1), FIRST + A_DAY * days)["20251001"] == "open"


@pytest.mark.parametrize("state", ["incomplete", "damaged", GOOD, SEALED])
def test_a_young_one_stays(state):
    """Clocks jump, runs are cleared: a day is left to look at what was just made; a moment in the future is young."""
    old = backup(FIRST, state, opened_at=FIRST + A_DAY * 300)
    backups = [*nightly(200)[:100], old]
    for hours in (-48, 0, 23):
        assert old.label not in gone(backups, KeepConfig(incomplete_days=1), old.opened_at + dt.timedelta(hours=hours))
    assert old.label in gone(backups, KeepConfig(incomplete_days=1), old.opened_at + A_DAY)


@pytest.mark.parametrize("state", BAD)
@pytest.mark.parametrize(
    ("days", "newer", "reason"),
    [
        (6, GOOD, "younger than 7 days"),
        (7, GOOD, None),
        (7, SEALED, None),
        (400, "open", "but no newer one is good"),
        (400, "damaged", "but no newer one is good"),
        (400, "pruned", "but no newer one is good"),
    ],
)
def test_a_bad_one_goes_late_and_only_for_a_better_one(state, days, newer, reason):
    """What is left of a broken night may be all there is."""
    bad, good_before = backup(FIRST, state), backup(FIRST - A_DAY)
    backups = [backup(FIRST + dt.timedelta(hours=1), newer), bad, good_before]
    decisions = {d.backup.label: d for d in decide(backups, KeepConfig(), FIRST + A_DAY * days, PARIS)}
    found = decisions[bad.label]
    assert found.keep == (reason is not None)
    assert found.reason.startswith(state)
    assert (reason or f"older than 7 days, {backups[0].label} is good") in found.reason


def test_one_whose_records_are_broken_stays():
    """Its copies may be whole, and its manifest is beside them: a person decides."""
    broken = backup(FIRST, "damaged", unreadable=("manifest.json",), reason="manifest.json cannot be read (x)")
    found = kept([*nightly(99)[:98], broken], KeepConfig(last=1), days_after(99))
    assert found["20251001"] == "its copies may be whole: manifest.json cannot be read (x)"


def test_one_that_is_being_pruned_goes_on_whatever_the_rules_say_now():
    """Half of it may be gone: kept, it would look like a backup for ever."""
    half = backup(FIRST + A_DAY * 8, "being pruned", reason="not among the last 7")
    (found,) = [d for d in decide([half, *nightly(8)], KeepConfig(last=99), days_after(9), PARIS) if not d.keep]
    assert (found.backup, found.reason) == (half, "not among the last 7")


def test_of_a_pruned_one_nothing_is_decided():
    pruned = [replace(one, state="pruned") for one in nightly(20)[:19]]
    assert [d.backup.label[:8] for d in decide([*pruned, *nightly(1)], KeepConfig(), days_after(99), PARIS)] == [
        "20251001"
    ]


# --- commands --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("label", "directory"),
    [
        ("20261123T190000Z", "/vitam/backup"),
        ("20261123T190000Z", "/vitam/backup/"),
        ("20261123T190000Z", "/vitam/backup/20261124T190000Z"),
        ("20261123T190000Z", "vitam/backup/20261123T190000Z"),
        ("20261123T190000Z", "/vitam/../20261123T190000Z"),
        ("20261123T190000Z", ""),
        ("..", "/vitam/backup/.."),
        ("", "/vitam/backup/"),
        ("*", "/vitam/backup/*"),
        ("20261123T190000Z-2 /", "/vitam/backup/20261123T190000Z-2 /"),
        ("20261123T190000Z\n", "/vitam/backup/20261123T190000Z\n"),
    ],
)
def test_nothing_else_than_a_backups_own_directory_is_removed(label, directory):
    """``rm -rf`` as root: whatever the records say, one wrong word here is the platform."""
    for command in (prune.remove, prune.held_bytes):
        with pytest.raises(ValueError, match="is no directory of a backup"):
            command(label, directory)


@pytest.mark.parametrize(("output", "size_bytes"), [("4096\t/vitam/backup/x\n", 4096), ("", 0), ("\n", 0)])
def test_what_a_directory_holds(output, size_bytes):
    """Nothing, when an earlier try has removed it."""
    assert prune.held_bytes("20261123T190000Z", "/vitam/backup/20261123T190000Z").read(output) == size_bytes


# --- years of nights -------------------------------------------------------------------------------------------------

STATES = ("open", "incomplete", SEALED, GOOD, "drilled", "damaged", "unreadable", "none")
BIASED = [GOOD] * 8 + list(STATES)
KEEPS = st.builds(
    KeepConfig,
    last=st.integers(0, 10),
    daily=st.integers(0, 15),
    weekly=st.integers(0, 9),
    monthly=st.integers(0, 14),
    min_verified=st.integers(1, 6),
    incomplete_days=st.integers(1, 40),
)
NIGHTS = st.lists(st.tuples(st.sampled_from(BIASED), st.integers(0, 6 * 3600)), min_size=400, max_size=420)
"""State of each night's backup, and how many seconds after eight it was begun."""
DRILLS = st.dictionaries(st.integers(0, 419), st.integers(0, 9), max_size=40)
"""Nights before which a backup fails its drill, and which one of those that are left it is."""


def history(nights) -> list[Backup]:
    """The backups of invented nights, the oldest first."""
    made = []
    for number, (state, late_s) in enumerate(nights):
        night_at = FIRST + A_DAY * number + dt.timedelta(seconds=late_s)
        unreadable = ("manifest.json",) if state == "unreadable" else ()
        if state != "none":
            made.append(backup(night_at, "damaged" if unreadable else state, unreadable=unreadable))
    return made


def morning_after(made: Backup) -> dt.datetime:
    """When the night of a backup prunes: eleven hours later."""
    return made.opened_at + dt.timedelta(hours=11)


def proved(backups) -> list[str]:
    """The labels of what was read back without fault."""
    return [one.label for one in backups if one.state in PROVED]


@settings(max_examples=20, deadline=None, derandomize=True)
@given(nights=NIGHTS, drills=DRILLS, keep=KEEPS)
def test_years_of_nights(nights, drills, keep):
    """
    Each night that was sealed prunes; what holds then has to hold every day of the year.

    Never fewer proved backups than the floor, if there were as many; the newest good one, every open, young and
    unreadable one stays; pruning again removes nothing more.
    """
    store: list[Backup] = []
    for number, made in enumerate(history(nights)):
        failed = drills.get(number)
        store = [replace(one, state="damaged") if place == failed else one for place, one in enumerate(store)]
        store.insert(0, made)
        if not made.restorable:
            continue
        now, before = morning_after(made), store
        out = set(gone(store, keep, now))
        store = [one for one in store if one.label not in out]
        assert proved(store)[: keep.min_verified] == proved(before)[: keep.min_verified]
        assert store[0] == made
        removed = [one for one in before if one.label in out]
        assert not [one for one in removed if one.state == "open" or one.unreadable or now - one.opened_at < A_DAY]
        if made.night_at.day == 1:
            assert gone(store, keep, now) == []


@settings(max_examples=20, deadline=None, derandomize=True)
@given(nights=NIGHTS, keep=KEEPS)
def test_pruning_every_night_keeps_what_the_rules_promise(nights, keep):
    """
    A year of nightly pruning ends where pruning once at the end would have ended.

    Otherwise a backup that a rule will want one day - that of the month - would be gone before its day comes.
    """
    whole = list(reversed(history(nights)))
    nights_that_prune = [one for one in reversed(whole) if one.restorable]
    store: list[Backup] = []
    for made in reversed(whole):
        store.insert(0, made)
        if made.restorable:
            out = set(gone(store, keep, morning_after(made)))
            store = [one for one in store if one.label not in out]
    last = nights_that_prune[-1]
    until_then = whole[whole.index(last) :]
    at_once = set(gone(until_then, keep, morning_after(last)))
    promised = [one for one in whole if one.label not in at_once]
    assert [one.label for one in store] == [one.label for one in promised]


@settings(max_examples=10, deadline=None, derandomize=True)
@given(bad=st.sets(st.integers(0, 419), max_size=60), months=st.integers(1, 12))
def test_the_last_good_night_of_each_month_is_there_all_year(bad, months):
    """What "monthly: 12" says to a person, counted without the rules' own code."""
    made = [replace(one, state="incomplete") if i in bad else one for i, one in enumerate(reversed(nightly(420)))]
    keep, store = KeepConfig(last=1, daily=3, monthly=months, min_verified=1), []
    for one in made:
        store.insert(0, one)
        if one.restorable:
            out = set(gone(store, keep, morning_after(one)))
            store = [left for left in store if left.label not in out]
    last_of_month = {one.label[:6]: one.label for one in made if one.restorable}
    wanted = [label for _, label in sorted(last_of_month.items())][-months:]
    assert set(wanted) <= {one.label for one in store}
