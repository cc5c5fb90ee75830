"""What a unit said last, from its host's journal."""

from __future__ import annotations

import datetime as dt
import subprocess

import pytest

from vitam_operators import journal

UNIT = "vitam-copy-L-p.service"
BEGAN = dt.datetime(2026, 11, 24, 19, tzinfo=dt.UTC)


def test_the_journal_of_the_unit_since_it_began():
    """A name is used again by the next try, whose journal is the same."""
    command = journal.last_words(UNIT, BEGAN, lines=3)
    assert command.line == (
        f"sudo -n journalctl --unit={UNIT} --since=@1795546800 --output=cat --no-pager --quiet | tail --lines=3"
    )
    assert "--since=@0 " in journal.last_words(UNIT, None).line


def test_the_last_lines_not_the_first(tmp_path):
    """
    A copy of an hour writes thousands of lines of progress; the reason of its end is the last one.

    The journalctl here prints all since a moment, as every version does that is not told a number of lines.
    """
    program = tmp_path / "sudo"
    program.write_text("#!/bin/sh\nseq --format='tar: copied %g' 5000\necho 'tar: No space left on device'\n")
    program.chmod(0o755)
    command = journal.last_words(UNIT, BEGAN)
    done = subprocess.run(
        ["/bin/sh", "-c", command.line],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    said = command.read(done.stdout).splitlines()
    assert len(said) == 12
    assert said[-2:] == ["tar: copied 5000", "tar: No space left on device"]


@pytest.mark.parametrize(
    ("words", "ended"),
    [
        ("tar: copied 1", False),
        ("", False),
        (f"tar: No space left on device\n{UNIT}: Main process exited, code=exited, status=2/INVALIDARGUMENT", False),
        (f"tar: No space left on device\n{UNIT}: Failed with result 'exit-code'.", True),
        ("vitam-copy-L-q.service: Failed with result 'exit-code'.", False),
    ],
)
def test_whether_the_journal_has_the_end(words, ended):
    assert journal.says_the_end(UNIT, words) == ended


def test_what_systemd_says_is_left_out():
    said = f"tar: No space left on device\n{UNIT}: Main process exited\n{UNIT}: Failed with result 'exit-code'."
    assert journal.without_systemd(UNIT, said) == "tar: No space left on device"
