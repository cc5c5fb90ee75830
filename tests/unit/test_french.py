"""docs/fr/exploitation.md says the same as the English pages: whoever follows it types the same commands."""

from __future__ import annotations

import re

import pytest

from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "fr" / "exploitation.md").read_text(encoding="utf-8")
SOURCES = [*sorted((ROOT / "docs").glob("*.md")), ROOT / "README.md"]
ENGLISH = " ".join(" ".join(path.read_text(encoding="utf-8").split()) for path in SOURCES)
PROGRAMS = ("systemctl ", "sudo ", "journalctl ", "curl ", "python -m ", "db.", "ls ", "less ", "make ")


def commands():
    """Return each command of the page: the indented lines, and what stands between backticks and begins as one."""
    blocks = [line.strip() for line in PAGE.splitlines() if line.startswith("    ")]
    inline = re.findall(r"`([^`]+)`", " ".join(PAGE.split()))
    return sorted({text for text in (*blocks, *inline) if text.startswith(PROGRAMS)})


def test_the_page_has_commands():
    """A page of which the test read nothing would always be in step."""
    assert len(commands()) > 10


@pytest.mark.parametrize("command", commands())
def test_each_command_stands_in_an_english_page(command):
    """Two pages that differ in a command: one of them is wrong, at night."""
    assert " ".join(command.split()) in ENGLISH


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)#]+)", PAGE))))
def test_its_links_lead_somewhere(link):
    """They are relative to docs/fr."""
    assert (ROOT / "docs" / "fr" / link).resolve().is_file()
