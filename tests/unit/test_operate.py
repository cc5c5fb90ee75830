"""docs/operate.md is what the person on duty has at night: no error and no fault that was seen may be missing there."""

from __future__ import annotations

import pytest

from tests.conftest import ROOT
from tests.faults.rows import ROWS
from tests.unit.test_errors import KINDS

PAGE = (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_error_says_there_what_to_do(kind):
    assert f"| `{kind.__name__}" in PAGE


@pytest.mark.parametrize("fault", sorted({row.fault for row in ROWS}))
def test_every_fault_that_was_broken_on_purpose_stands_there(fault):
    lines = [line for line in PAGE.splitlines() if line.startswith("| ")]
    assert any(fault in line.split(" | ")[0].removeprefix("| ").split("; ") for line in lines)
