"""docs/versions.md says what was run, and nothing that was not."""

from __future__ import annotations

from tests.conftest import ROOT
from tests.lab.versions_seen import INTRODUCTION, PAIRS, Row, page

DEBIAN = "Debian GNU/Linux 12 (bookworm), systemd 252"


def test_the_page_has_a_row_for_each_pair():
    """A pair that was not run stands there as such: a row is never missing in silence."""
    seen = Row("5.3", "4.2.6", DEBIAN, "night, drill", 240, "2026-11-30")
    lines = page([seen]).splitlines()[-len(PAIRS) :]
    assert [tuple(line.split(" | ")[:2]) for line in lines] == [(f"| {vitam}", mongodb) for vitam, mongodb in PAIRS]
    assert lines[1] == f"| 5.3 | 4.2.6 | {DEBIAN} | night, drill | 240 | 2026-11-30 |"
    assert lines[0] == "| 4.0.7 | 4.2.6 |  | NOT RUN |  |  |"


def test_the_page_in_docs_is_one_that_was_written():
    """Its pairs are those that ``make test-versions`` runs."""
    text = (ROOT / "docs" / "versions.md").read_text(encoding="utf-8")
    assert text.startswith(INTRODUCTION)
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")][2:]
    assert [tuple(row[:2]) for row in rows] == list(PAIRS)
