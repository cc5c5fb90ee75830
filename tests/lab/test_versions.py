"""Each Vitam on each MongoDB that a site may have it on: a night, its drill, a change of data, a restore."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lab.night_watch import RESTORE_ID
from lab.topology import load_platform
from tests.faults import afterwards
from tests.lab import evidence, restoring, stories, versions_seen
from tests.lab.conftest import lab_verb
from tests.lab.versions_seen import PAIRS, Row
from vitam_operators.nights import MANIFEST

pytestmark = pytest.mark.versions
PLATFORM = "allinone"
SYSTEM = (
    '. /etc/os-release; echo "$PRETTY_NAME, systemd $(systemctl --version | sed -n "1s/systemd //p" | cut -d" " -f1)"'
)


@pytest.fixture(params=PAIRS, ids=" on ".join)
def pair(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, str]]:
    """Have no platform there, and the next one made as this pair; afterwards it goes away, for it is nobody else's."""
    vitam, mongodb = request.param
    lab_verb("down", PLATFORM)
    monkeypatch.setenv("LAB_VITAM", vitam.partition(".")[0])
    monkeypatch.setenv("LAB_MONGODB", mongodb)
    yield vitam, mongodb
    lab_verb("down", PLATFORM)


def test_a_backup_of_it_is_sealed_drilled_and_put_back(pair: tuple[str, str], platform_up: Callable[..., Path]) -> None:
    """The copies hold what was there, the drill finds nothing, the restore brings it back, and the platform runs."""
    began = time.monotonic()
    run = platform_up(PLATFORM)
    backup = restoring.Backup(PLATFORM, run, {})
    noted = {member["version"] for part in backup.parts.values() for member in [part["mongodb"]]}
    assert (load_platform(PLATFORM).version, noted) == (pair[0], {pair[1]})
    assert (backup.night.read(MANIFEST) or {})["vitam_version"] == pair[0]
    documents = {name: evidence.count_in_copy(PLATFORM, part) for name, part in backup.parts.items()}

    backup.spoil()
    restored = restoring.by_hand(PLATFORM, RESTORE_ID)
    assert restored["state"] == "success", restored["log"][-3000:]
    restoring.holds_the_backup(PLATFORM, run, documents)
    assert evidence.on(PLATFORM, "ls -d /vitam/data/mongo?/db.* 2> /dev/null || true") == ""
    stories.platform_is_as_before(PLATFORM, run, backup.units)
    assert afterwards.leftovers(PLATFORM) == set()

    told = "night, drill, change of data, restore"
    day = f"{dt.datetime.now(dt.UTC):%Y-%m-%d}"
    hosts = evidence.on(PLATFORM, SYSTEM).strip()
    versions_seen.note(Row(*pair, hosts, told, round(time.monotonic() - began), day))
