"""docs/incumbent.md says which story keeps each defect of the demo script out: the stories have to be there."""

from __future__ import annotations

import re

import pytest

from tests.conftest import ROOT, TESTS

ROWS = [line for line in (ROOT / "docs" / "incumbent.md").read_text(encoding="utf-8").splitlines() if "| V" in line]
STORIES = {
    name
    for file in TESTS.rglob("test_*.py")
    for name in re.findall(r"^(?:async )?def (test_\w+)", file.read_text(encoding="utf-8"), re.MULTILINE)
}


def test_each_defect_stands_there_once():
    assert [row.split(" | ")[0] for row in ROWS] == [f"| V{number}" for number in range(1, 20)]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.split(" | ")[0].strip("| "))
def test_each_defect_is_held_off_by_stories_that_exist(row):
    named = re.findall(r"`(test_\w+)`", row)
    assert named
    assert set(named) <= STORIES
