"""Versions that are claimed: each is known somehow, and nothing is "seen" that no run has shown."""

from __future__ import annotations

import re

import pytest

from tests.conftest import ROOT
from vitam_operators import supported
from vitam_operators.supported import ASSUMED, MONGODB, READ, SEEN, SHORT, SUPPORTED, VITAM

VERSIONS_PAGE = ROOT / "docs" / "versions.md"
README = (ROOT / "README.md").read_text(encoding="utf-8")


def shown(column: int) -> set[str]:
    """Return the versions of a column of docs/versions.md in rows that were run; none without that page."""
    if not VERSIONS_PAGE.exists():
        return set()
    rows = [line.strip("| ").split(" | ") for line in VERSIONS_PAGE.read_text(encoding="utf-8").splitlines()]
    return {row[column] for row in rows if len(row) > 2 and "NOT RUN" not in row and re.match(r"\d", row[column])}


@pytest.mark.parametrize(("what", "column"), [(VITAM, 0), (MONGODB, 1)])
def test_what_is_seen_of_vitam_and_mongodb_is_what_make_test_versions_has_shown(what, column):
    """That page is written by the runs themselves; without it nothing of these two was seen."""
    claimed = {v for one in SUPPORTED if (one.what, one.known) == (what, SEEN) for v in one.versions.split(", ")}
    assert {v for v in claimed if not any(f"{run}.".startswith(f"{v}.") for run in shown(column))} == set()


def test_each_row_says_how_it_is_known():
    assert {one.known for one in SUPPORTED} == {SEEN, READ, ASSUMED}
    assert [one.what for one in SUPPORTED if not (one.by and re.match(r"\d", one.versions))] == []


def test_the_first_screen_of_the_readme_has_the_short_form():
    """Somebody who has a CentOS 7 need not read on."""
    assert SHORT in README
    assert README.index(SHORT) < README.index("![")
    assert len(README[: README.index(SHORT)].splitlines()) < 20


@pytest.mark.parametrize("page", ["docs/operate.md", "docs/hosts.md", "README.md"])
def test_pages_ask_for_the_same_versions(page):
    """What is asked for stands on three pages, and is one list."""
    text = (ROOT / page).read_text(encoding="utf-8")
    least = {one.what: one.versions.split()[0] for one in SUPPORTED if one.versions.endswith("and later")}
    words = {"Python on hosts": "(?:Python|python3)", "tar": "tar", "curl": "curl"}
    wrong = {}
    for what, version in least.items():
        pattern = rf"\b{words.get(what, what)}`? (\d+\.[\d.]*\d|\d+)"
        named = set(re.findall(pattern, text))
        if page != "docs/hosts.md" and named != {version}:
            wrong[what] = named
    assert wrong == {}
    if page == "docs/hosts.md":
        assert "\n".join(supported.table()) in text
