"""
The fault matrix's rows whose step fails by itself: it exists, and fails at once.

The kind of fault: a row that waits for twenty tries of what was made to fail, or breaks a step that no night has.
"""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from tests.conftest import ROOT
from tests.dags.night import load_dag
from tests.faults import rows
from vitam_operators.operators.retries import is_final

FAILING = [row for row in rows.STEPS if row.breaks is rows.fails]


@pytest.mark.parametrize("row", FAILING, ids=lambda row: row.at)
def test_a_step_that_was_made_to_fail_exists_and_is_not_tried_again(row):
    task = load_dag(ROOT / "config" / "platform.example.yaml").task_dict[row.at]
    context = {"task": task, "ti": SimpleNamespace(try_number=1, max_tries=task.retries)}

    with pytest.raises(Exception, match="made to fail") as failed:
        row.breaks()

    assert is_final(failed.value, context)
