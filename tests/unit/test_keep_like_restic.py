"""
The rules of copy.keep beside those of restic: what its own ``forget`` answered for the same moments and rules.

tests/data/answers/restic_forget.json has what was asked and what restic said: a year with its ends, ISO weeks that
belong to another year, nights begun after midnight, and the hour that is there twice.
"""

from __future__ import annotations

import datetime as dt
import json

import pytest

from tests.conftest import TESTS
from vitam_operators.catalogue import VERIFIED, Backup
from vitam_operators.config_copies import KeepConfig
from vitam_operators.prune import decide

ANSWERS = json.loads((TESTS / "data" / "answers" / "restic_forget.json").read_text(encoding="utf-8"))
MOMENTS = [dt.datetime.fromisoformat(text) for text in ANSWERS["moments"]]
LATER = max(MOMENTS) + dt.timedelta(days=365)
BACKUPS = [Backup(label=f"{at:%Y%m%dT%H%M%SZ}", state=VERIFIED, night_at=at, opened_at=at) for at in MOMENTS]
OURS = {"verified", "drilled"}
"""Rules that restic does not have: they keep backups that no rule of its own does."""


@pytest.mark.parametrize("rule", ANSWERS["rules"], ids=lambda rule: "-".join(rule["keep"]))
def test_what_restic_keeps_is_kept_and_nothing_else(rule):
    keep = KeepConfig(**{"last": 0, **rule["keep"]})
    decisions = decide(BACKUPS, keep, LATER, ANSWERS["timezone"])
    kept = [one for one in decisions if one.keep and {part.split()[0] for part in one.reason.split(", ")} - OURS]
    assert {one.backup.night_at.isoformat() for one in kept} == set(rule["kept"])
