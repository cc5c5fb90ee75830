"""The rules of copy.keep against those of restic's own ``forget``, over the same moments."""

from __future__ import annotations

import datetime as dt
import json
import os
import random
import subprocess
from zoneinfo import ZoneInfo

import pytest

from tests.unit.test_prune import GOOD, PARIS, backup
from vitam_operators.config_copies import KeepConfig
from vitam_operators.prune import decide

ZONE = ZoneInfo(PARIS)
FIRST = dt.datetime(2025, 9, 20)
AT_ENDS = (
    *(dt.datetime(2025, 12, 28, 20), dt.datetime(2025, 12, 29, 20), dt.datetime(2026, 1, 1, 0, 30)),
    *(dt.datetime(2026, 1, 4, 23, 59), dt.datetime(2026, 10, 25, 4, 30)),
)
"""A year's end within an ISO week, the last minute of one, and a night on which the clock is put back."""
LONG_AFTER = dt.datetime(2027, 6, 1, tzinfo=dt.UTC)
RULES = (
    *({"last": 3}, {"daily": 5}, {"weekly": 8}, {"monthly": 4}, {"daily": 1, "weekly": 1}),
    {"last": 2, "daily": 4, "weekly": 9, "monthly": 5},
)


def moments() -> list[dt.datetime]:
    """Return moments of some fourteen months; their nights are irregular, and the same each time."""
    chosen = random.Random(7)
    days = chosen.sample(range(430), 10)
    nights = [FIRST + dt.timedelta(days=day, hours=chosen.choice([0, 5, 20, 23])) for day in days]
    return [night.replace(tzinfo=ZONE) for night in (*nights, *AT_ENDS)]


@pytest.fixture(scope="module")
def restic(tmp_path_factory):
    """Give restic on a repository that has a snapshot of each moment."""
    top = tmp_path_factory.mktemp("keep")
    (top / "file").write_text("x", encoding="utf-8")
    own = {"RESTIC_PASSWORD": "x", "TZ": PARIS, "RESTIC_REPOSITORY": str(top / "repository"), "HOME": str(top)}

    def run(*words: str) -> str:
        words = ("restic", "--no-cache", *words)
        return subprocess.run(words, env=os.environ | own, check=True, capture_output=True, text=True).stdout

    run("init")
    for moment in moments():
        run("backup", "--time", f"{moment:%Y-%m-%d %H:%M:%S}", str(top / "file"))
    return run


@pytest.mark.parametrize("rules", RULES, ids=str)
def test_the_same_stay_as_with_restic(restic, rules):
    """With fewer asked for than there are: newer restics also keep the oldest where a count is not used up."""
    asked = [word for rule, count in rules.items() for word in (f"--keep-{rule}", str(count))]
    told = json.loads(restic("forget", "--dry-run", "--json", "--group-by", "", *asked))
    theirs = {snapshot["time"][:16] for group in told for snapshot in group["keep"]}
    backups = [backup(moment.astimezone(dt.UTC), GOOD) for moment in moments()]
    keep = KeepConfig(**{"last": 0, **rules})
    decisions = decide(backups, keep, LONG_AFTER, PARIS)
    ours = {
        f"{one.backup.night_at.astimezone(ZONE):%Y-%m-%dT%H:%M}"
        for one in decisions
        if one.keep and not _only_read_back(one.reason)
    }
    assert ours == theirs


def _only_read_back(reason: str) -> bool:
    """Tell whether a backup stays by ``min_verified`` alone, which restic does not know."""
    return all(rule.startswith("verified") for rule in reason.split(", "))
