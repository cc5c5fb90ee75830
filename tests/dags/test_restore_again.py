"""A restore that failed, and the next one of the same backup: what the first has left is not in its way."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.dags.night import AFTER, BEFORE
from tests.dags.test_restore import make, restore  # noqa: F401

STEPS = ["extract_copy", "rewrite_data", "stop_shard_member", "swap_data", "check_set", "decide_restore"]


@pytest.mark.parametrize("when", [BEFORE, AFTER])
@pytest.mark.parametrize("task", STEPS)
def test_the_next_restore_has_the_backups_data(restore, task, when):  # noqa: F811
    """Wherever the first one failed: its guards are gone, and what it brought is made anew."""
    restore.run_after -= dt.timedelta(seconds=60)
    restore.night.failing[task] = when
    restore.run()
    assert restore.state == "failed"
    restore.night.failing.clear()
    restore.run_after += dt.timedelta(seconds=5)
    restore.run()
    assert (restore.state, restore.documents, restore.different) == ("success", {100}, set())
