"""What the page makes of the records of nights, without Airflow and without a browser."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from tests.fakes import backups
from tests.fakes.told import GIB, ToldNight
from vitam_operators.catalogue import entries
from vitam_operators.nights import Nights
from vitam_operators.platforms import load_platform
from vitam_operators.ui import charts
from vitam_operators.ui.overview import missed_since, overview_of
from vitam_operators.ui.reading import night_of
from vitam_operators.ui.render import render
from vitam_operators.ui.wording import age_words
from vitam_operators.ui.work import at_work

PLATFORM = load_platform(Path(__file__).parents[1] / "data" / "platforms" / "small.yaml")
START = dt.datetime(2026, 11, 23, 19, tzinfo=dt.UTC)
A_DAY = dt.timedelta(days=1)


@pytest.fixture
def nights(tmp_path):
    """The records of a platform."""
    return Nights(tmp_path)


def told(nights, start=START, **more):
    """A night that is told step by step."""
    return ToldNight(PLATFORM, nights, start, **more)


def seen(nights, now):
    """The newest night as the page reads it."""
    return night_of(nights, entries(nights)[0], now)


def phases(night, now):
    return {phase.name: phase.seconds(now) for phase in night.times.phases}


def test_the_phases_of_a_night_follow_each_other(nights):
    """They fill the time from the first stop to the end without a gap."""
    one = told(nights).good()
    night = seen(nights, one.now)
    assert list(phases(night, one.now)) == ["front", "drain", "back", "copy", "start", "after"]
    assert phases(night, one.now)["copy"] == 22 * 60
    ends = [phase.ended_at for phase in night.times.phases]
    assert ends[:-1] == [phase.began_at for phase in night.times.phases[1:]]
    conclusion = night.conclusion
    assert night.down_s == conclusion["down_s"] == night.times.down_s(one.now)
    assert not night.running
    assert not night.failed


def test_a_night_is_told_as_far_as_it_has_come(nights):
    """Whoever looks at two in the morning wants to know what it waits for, and since when."""
    one, now = told(nights).open(), START + dt.timedelta(hours=1)
    assert seen(nights, now).running
    assert seen(nights, now).down_s is None
    one.stopped("vitam-ingest-internal.service@front", {}, 4)
    one.write("stop.vitam-ingest-external.service@front", {"asked_at": one.text()})
    (work,) = at_work(nights, seen(nights, now))
    assert work.words == "stopping vitam-ingest-external.service on front"
    assert work.since == one.now
    one.until_cold().copy(only=1)
    words = [work.words for work in at_work(nights, seen(nights, one.now))]
    assert words[0] == f"1 of {len(one.night.opened['parts'])} parts are copied"
    assert words[1].startswith("copying mongo-")
    one.restart(begun_only=True)
    night = seen(nights, one.now)
    assert (night.running, night.backup.state) == (True, "incomplete")
    assert list(phases(night, one.now))[-1] == "start"
    one.prove()
    assert "the platform is up" in at_work(nights, seen(nights, one.now))[0].words


@pytest.mark.parametrize(
    ("after_h", "begun", "running"),
    [(1, False, True), (11.5, False, True), (14, False, False), (14, True, True), (38, True, False)],
)
def test_a_night_that_died_is_not_in_progress_for_ever(nights, after_h, begun, running):
    """Its window ends at 07:00 UTC; copies of a snapshot may outlast it, stops may not."""
    one = told(nights).open().until_cold()
    if begun:
        one.restart(begun_only=True)
    night = seen(nights, START + dt.timedelta(hours=after_h))
    assert night.running == running
    assert night.failed != running


def test_a_snapshot_is_the_copy_while_cold_what_is_shipped_later_is_not(nights):
    """With reflink Vitam is down for the seconds of a snapshot: the hours of the copy must not be drawn as cold."""
    one = told(nights).open().until_cold()
    for part in one.sets():
        one.write(f"snapshot.{part.name}", {"began_at": one.text(), "host": one.host(part)})
    one.later(6).restart().later(600).copy(minutes=60).prove().seal().conclude()
    found = phases(seen(nights, one.now), one.now)
    assert found["copy"] == 6
    assert found["after"] > 3600


def test_what_a_manifest_of_schema_2_tells_is_shown(nights):
    """Counts, what the graph's groups took, and what a restore will not find in the backup."""
    one = told(nights).good()
    text = shown(seen(nights, one.now), one.now)
    assert "861\u202f000" in text
    assert "the platform file, and Airflow" in text
    assert "copy: 22 min 00 s" in text


def test_what_a_manifest_of_schema_1_lacks_is_not_noted(nights):
    one = told(nights).good()
    manifest = one.night.read("manifest")
    for part in manifest["parts"].values():
        part.pop("mongodb", None)
    later = {"phases", "not_in_backup", "tools", "warnings_of_night"}
    kept = {key: value for key, value in manifest.items() if key not in later}
    one.write("manifest", kept | {"schema_version": 1})
    text = shown(seen(nights, one.now), one.now)
    assert text.count("not noted") >= 7
    assert "861" not in text


def test_records_of_another_shape_are_not_noted(nights):
    """The fakes of the catalogue's tests have no times at all, as nights of an old version may."""
    backups.write(nights, "20261123T190000Z")
    night = seen(nights, START + A_DAY)
    assert night.times.phases[-1].name in ("start", "after")
    assert night.down_s is None
    assert [part.files for part in night.parts] == [3, 3]
    assert "not noted" in shown(night, START + A_DAY)


@pytest.mark.parametrize("name", ["open", "manifest", "conclusion", "restart", "stop.x@y", "drill", "pruned"])
@pytest.mark.parametrize("broken", ["{", "[]", '{"parts": 3, "stops": [], "window": "x", "began_at": 5}'])
def test_no_broken_record_breaks_the_page(nights, name, broken):
    """The page is looked at on the day on which something is broken."""
    one = told(nights).good()
    (one.night.directory / f"{name}.json").write_text(broken, encoding="utf-8")
    told(nights, START - A_DAY).good()
    found = overview_of(PLATFORM, nights, one.now + A_DAY)
    assert len(found.nights) == 2
    assert all(shown(night, one.now) for night in found.nights)
    drawn = {"timeline": charts.timeline(found.nights, found.now), "sizes": charts.sizes(found.nights)}
    assert "20261122T190000Z" in render("overview.html", "UTC", overview=found, work=[], **drawn, **LINKS)


LINKS = {"base": "", "airflow": "", "embedded": False}


def shown(night, now):
    values = {"night": night, "now": now, "platform": PLATFORM, "work": [], "restore_dag": None}
    return render("night.html", "Europe/Paris", **values, **LINKS)


@pytest.mark.parametrize(
    ("nights_later", "missed"),
    [(0.4, 0), (0.6, 0), (1.4, 0), (1.51, 1), (3.6, 3)],
)
def test_missed_nights_are_windows_that_have_ended(nights_later, missed):
    """While tonight's window is open, tonight is not missed."""
    assert missed_since(START, START + nights_later * A_DAY, PLATFORM.window) == missed


@pytest.mark.parametrize(
    ("free_gib", "fits"),
    [(2000, True), (20, False)],
)
def test_whether_the_next_one_fits(nights, free_gib, fits):
    """What was free at the look, less what the night itself put there, against what a night takes with its growth."""
    for day in range(3):
        one = told(nights, START + day * A_DAY, growth=1 + day * 0.1, free_bytes=free_gib * GIB).good()
    room = overview_of(PLATFORM, nights, one.now + dt.timedelta(hours=1)).room
    on_host = sum(one.size(part) for part in one.sets() if one.host(part) == room.host)
    files = sum(p.size_bytes for p in seen(nights, one.now).parts if p.host == room.host) - on_host
    assert room.free_bytes == max(0, free_gib * GIB - on_host - files)
    assert room.needed_bytes > (on_host + files) * PLATFORM.copies.room_factor
    assert room.fits == fits


def test_what_is_pruned_makes_room(nights):
    first, last = told(nights).good(), told(nights, START + A_DAY).good()
    before = overview_of(PLATFORM, nights, last.now).room
    ended = (last.now + dt.timedelta(minutes=1)).isoformat()
    first.write("pruned", {"began_at": ended, "ended_at": ended, "freed": {before.host: 7 * GIB}})
    assert overview_of(PLATFORM, nights, last.now).room.free_bytes == before.free_bytes + 7 * GIB


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(-5, "0 s"), (59, "59 s"), (7500, "2 h 05 min"), (A_DAY.total_seconds(), "24 h 00 min"), (200000, "2 days")],
)
def test_ages(seconds, words):
    assert age_words(seconds) == words
