"""Kind of fault: a part is shown, measured or told as if it were the whole, and nobody misses the whole."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from tests.fakes import backups
from tests.fakes.told import ToldNight
from vitam_operators import catalogue, catalogue_command, conclusions, estimates, messages
from vitam_operators.messages import UP, NightEnd
from vitam_operators.nights import Nights
from vitam_operators.parts import FILES
from vitam_operators.platforms import load_platform
from vitam_operators.ui import charts
from vitam_operators.ui.metrics import metrics
from vitam_operators.ui.overview import Overview, overview_of
from vitam_operators.ui.wording import night_tone, night_words
from vitam_operators.wholeness import PARTIAL

PLATFORM = load_platform(Path(__file__).parents[1] / "data" / "platforms" / "small.yaml")
START = dt.datetime(2026, 11, 23, 19, tzinfo=dt.UTC)
A_DAY = dt.timedelta(days=1)


@pytest.fixture
def nights(tmp_path: Path) -> Nights:
    """The records of a platform."""
    return Nights(tmp_path)


def of_files_only(one: ToldNight) -> ToldNight:
    """Make a night one that was asked for files only."""
    content = one.night.read("manifest") or {}
    parts = {name: part for name, part in content["parts"].items() if part["kind"] == FILES}
    size = sum(part["size_bytes"] for part in parts.values())
    one.write("open", {**one.night.opened, "copies": "files", "parts": list(parts)})
    one.write("manifest", {**content, "copies": "files", "parts": parts, "size_bytes": size})
    return one


@pytest.fixture
def found(nights: Nights) -> tuple[ToldNight, Overview]:
    """Three whole nights that grow, then two of files only: the last whole one, and what the page says of all."""
    for day in range(3):
        last = ToldNight(PLATFORM, nights, START + day * A_DAY, growth=1 + day * 0.1).good()
    last.write("drill", {"state": "passed", "at": last.text()})
    for day in (3, 4):
        partial = of_files_only(ToldNight(PLATFORM, nights, START + day * A_DAY).good())
    partial.write("drill", {"state": "passed", "at": partial.text()})
    return last, overview_of(PLATFORM, nights, START + 4.6 * A_DAY)


def test_the_page_says_how_old_the_last_whole_backup_is(found):
    """A green page over five days without a database."""
    whole, seen = found
    assert seen.good is not None
    assert (seen.good.label, seen.missed) == (whole.label, 2)
    assert seen.good_night is seen.ended_whole
    assert seen.drilled is seen.good_night
    assert night_words(seen.nights[0]) == "files only; proved by a restore drill"
    assert (night_tone(seen.nights[0]), night_tone(seen.nights[2])) == ("none", "good")


def test_growth_and_room_are_those_of_whole_nights(found):
    """After a night of files only the next one fits on any disk."""
    whole, seen = found
    sizes = [backup.size_bytes for backup in seen.backups if backup.whole]
    assert seen.growth_bytes == (sizes[0] - sizes[-1]) // 2 > 0
    assert seen.room is not None
    on_host = [part for part in whole.sets() if whole.host(part) == seen.room.host]
    assert seen.room.needed_bytes > sum(whole.size(part) for part in on_host)
    drawn = charts.sizes(seen.nights)
    assert drawn is not None
    assert [size for _, _, size in drawn.points] == list(reversed(sizes))


def test_a_monitoring_counts_from_the_last_whole_backup(found):
    """An alarm on age and missed nights that a run of files only silences."""
    whole, seen = found
    lines = metrics(seen).splitlines()
    opened = dt.datetime.fromisoformat(whole.night.opened["opened_at"]).timestamp()
    assert f'vitam_backup_last_success_timestamp_seconds{{platform="small"}} {opened:.15g}' in lines
    assert 'vitam_backup_missed_nights{platform="small"} 2' in lines
    assert 'vitam_backup_state{platform="small",state="drilled"} 1' in lines


def test_a_night_of_files_says_nothing_of_how_long_a_whole_one_takes(nights):
    """The window looks long enough, until everything is copied again."""
    whole = ToldNight(PLATFORM, nights, START).good()
    partial = of_files_only(ToldNight(PLATFORM, nights, START + A_DAY).good())
    assert estimates.cold_s(whole.night) is not None
    assert estimates.cold_s(partial.night) is None


def test_the_subject_says_what_a_backup_holds():
    """ "Backup sealed", read on a telephone, is taken for all of it."""
    end = NightEnd("medium", UP, sealed=True, holds=PARTIAL["files"], size_bytes=1700, down_s=54)
    assert messages.subject(end) == "Vitam medium: backup of files only sealed, 1.7 KiB, down 54 s"


@pytest.mark.parametrize("state", ["sealed", "incomplete"])
def test_the_message_names_the_last_good_backup(nights, state):
    """It is the whole one, however many parts were copied since."""
    assert list(conclusions.backups_lines(catalogue.entries(nights))) == ["last good backup: none"]
    backups.write(nights, "20261123T190000Z", state)
    backups.write(nights, "20261124T190000Z", hosts={"app-conf": "app"}, copies="files")
    expected = "20261123T190000Z, verified" if state == "sealed" else "none"
    assert list(conclusions.backups_lines(catalogue.entries(nights))) == [f"last good backup: {expected}"]


def test_the_list_says_what_a_backup_holds(nights):
    """Whoever restores by hand chooses from it."""
    backups.write(nights, "20261123T190000Z")
    backups.write(nights, "20261124T190000Z", hosts={"app-conf": "app"}, copies="files")
    known = catalogue.entries(nights)
    assert [line.endswith("files only") for line in catalogue_command.table(known, START + 2 * A_DAY)] == [
        *(False, True, False)
    ]
    assert [(one["whole"], one["holds"]) for one in json.loads(catalogue_command.as_json(known))] == [
        *((False, "files only"), (True, "everything"))
    ]
